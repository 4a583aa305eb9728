"""File formats: what a sample costs in requests, opens and bytes, and how it can be shuffled."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from storagelab.access import neighbour_separation, stream_displacement
from storagelab.checks import Q, Quantity, non_negative, positive, to_scalar, whole

TAR_BLOCK = 512
"""Bytes of a tar header and the multiple that a member is padded to (POSIX.1-1988, ustar)."""
TFRECORD_FRAME = 16
"""Bytes around a TFRecord: length 8, masked CRC of the length 4, masked CRC of the data 4."""
RECORDIO_HEADER = 8
"""Bytes before a record of RecordIO: its magic number and its length, 4 each (dmlc-core)."""


class FileFormat(msgspec.Struct, frozen=True):
    """How samples lie in files."""

    name: str
    shard_size: float | None
    """Bytes of one shard; None where each sample lies for itself."""
    framing: float = 0.0
    """Bytes around each sample."""
    block: float = 1.0
    """Bytes of which a sample takes whole multiples."""
    opened: bool = True
    """Whether a shard (or a sample for itself) is a file that has to be opened."""
    useful: float = 1.0
    """Share of what lies in a shard that is needed when only some shards are read."""

    @property
    def sharded(self) -> bool:
        """Whether several samples lie in one shard."""
        return self.shard_size is not None

    def stored_size(self, sample_size: float) -> float:
        """Return the bytes that a sample of ``sample_size`` bytes takes in this format."""
        if self.block > 1:
            sample_size = math.ceil(sample_size / self.block) * self.block
        return sample_size + self.framing


RAW = FileFormat("raw", None)
# records in large files with an index beside them: each can be read for itself, padded to 4 bytes
RECORDIO = FileFormat("recordio", None, framing=RECORDIO_HEADER, block=4, opened=False)
# ≥ 100 MB a file is TensorFlow's advice; WebDataset's shards are often about 1 GB
TFRECORD = FileFormat("tfrecord", 150e6, framing=TFRECORD_FRAME)
# a header before the sample, and a header and a block for its label
WEBDATASET = FileFormat("webdataset", 1e9, framing=3 * TAR_BLOCK, block=TAR_BLOCK)
# a log or a pack of map tiles, cut into segments that are written once from end to end
SEGMENT = FileFormat("segment", 64e6)
# parts of one file that is open already, each read for itself
ROW = FileFormat("row", None, opened=False)
# rows that are often needed together, side by side: most of what is read is used
BUNDLE = FileFormat("bundle", 256 * 1024, opened=False, useful=0.8)
FORMATS = {item.name: item for item in (RAW, RECORDIO, TFRECORD, WEBDATASET, SEGMENT, ROW, BUNDLE)}


class SampleCost(msgspec.Struct, frozen=True):
    """What storage has to do for one sample, on average."""

    requests: float
    opens: float
    bytes: float


def sample_cost(file_format: FileFormat, sample_size: float, request_size: float) -> SampleCost:
    """Return the requests, file opens and bytes that one sample of ``sample_size`` bytes costs.

    Raw: a file to open for each sample, read in requests of at most ``request_size`` bytes.
    Shards: requests run through the shard from end to end and carry several samples each, or a
    part of one; the last request of a shard is short.

    Where only some of the samples are needed, a shard brings others along: all three grow by
    ``1 / useful``.

    Raises ``ValueError`` for a size of 0 or less.
    """
    positive("sample_size", sample_size), positive("request_size", request_size)
    stored = file_format.stored_size(sample_size)
    if file_format.shard_size is None:
        requests, opens = float(math.ceil(stored / request_size)), 1.0
    else:
        samples = file_format.shard_size / stored
        requests, opens = math.ceil(file_format.shard_size / request_size) / samples, 1 / samples
    more = 1 / file_format.useful
    return SampleCost(requests * more, opens * more if file_format.opened else 0.0, stored * more)


def shuffle_reach(file_format: FileFormat, shuffled: bool, samples: float, buffer: float) -> float:
    """Return how far the shuffle moves a sample from its stored order on average, in samples.

    Raw files can be drawn in any order, so a shuffled epoch is a true permutation of ``samples``
    samples: N/3. A shard is read from end to end, so within it the shuffle reaches as far as a
    buffer of ``buffer`` samples (:func:`storagelab.access.stream_displacement`); that shards
    come in a new order each epoch moves neighbours together and does not part them.

    Raises ``ValueError`` for fewer than 0 samples or a negative buffer.
    """
    non_negative("buffer", buffer)
    if not shuffled:
        return 0.0
    if not file_format.sharded:
        return float(positive("samples", samples)) / 3
    return stream_displacement(samples, buffer)


def shuffle_separation(
    file_format: FileFormat, shuffled: bool, samples: float, buffer: float
) -> float:
    """Return how many samples part two that were stored side by side, on average.

    1 in the stored order, N/3 for raw files in random order, and for a shard read through a
    buffer :func:`storagelab.access.neighbour_separation`. Raises ``ValueError`` as
    :func:`shuffle_reach` does.
    """
    non_negative("buffer", buffer)
    count = float(positive("samples", samples))
    if not shuffled:
        return 1.0
    if not file_format.sharded:
        return max(1.0, count / 3)
    return neighbour_separation(1, min(buffer, count))


def metadata_rate(opens: Quantity[Q], sample_rate: Quantity[Q]) -> Q:
    """Return the opens/s that a file system's metadata server has to answer.

    ``opens`` a sample (:class:`SampleCost`) times samples/s: raw files ask it for every sample,
    shards for one in a thousand. Raises ``ValueError`` for a negative argument.
    """
    return to_scalar(non_negative("opens", opens) * non_negative("sample_rate", sample_rate))


def shards_per_host(dataset_size: Quantity[Q], shard_size: Quantity[Q], hosts: Quantity[Q]) -> Q:
    """Return the mean shards of a host: ``dataset / shard / hosts``.

    TensorFlow's data performance guide advises at least 10 files a host, of 100 MB or more
    each. Raises ``ValueError`` for a size of 0 or less, or hosts that aren't whole.
    """
    shards = positive("dataset_size", dataset_size) / positive("shard_size", shard_size)
    return to_scalar(shards / whole("hosts", hosts))


def shard_imbalance(shards: Quantity[Q], hosts: Quantity[Q]) -> Q:
    """Return how much longer an epoch takes because whole shards don't divide evenly, 1 or more.

    The host with the most has ``⌈S/H⌉`` shards where the mean is ``S/H``, and the others wait
    for it at the epoch's end: 3 shards on 2 hosts cost a third more, 1,001 on 2 a thousandth.

    Raises ``ValueError`` for counts that aren't whole.
    """
    count, readers = whole("shards", shards), whole("hosts", hosts)
    return to_scalar(np.ceil(count / readers) * readers / count)


def straddled_shards(shards: Quantity[Q], hosts: Quantity[Q]) -> Q:
    """Return how many shards several hosts have to open when samples are divided evenly.

    Host k takes the samples from ``k/H`` to ``(k + 1)/H`` of the dataset, and a boundary inside
    of a shard makes two hosts read it: ``H - gcd(S, H)`` of them, at most all S.

    Raises ``ValueError`` for counts that aren't whole.
    """
    count, readers = whole("shards", shards), whole("hosts", hosts)
    common = np.gcd(count.astype(np.int64), readers.astype(np.int64))
    return to_scalar(np.minimum(count, readers - common))
