"""File formats: what a sample costs in requests, opens and bytes, and how it can be shuffled."""

from __future__ import annotations

import math
from dataclasses import dataclass

from storagelab.access import shuffle_displacement
from storagelab.checks import non_negative, positive

TAR_BLOCK = 512
"""Bytes of a tar header and the multiple that a member is padded to (POSIX.1-1988, ustar)."""
TFRECORD_FRAME = 16
"""Bytes around a TFRecord: length 8, masked CRC of the length 4, masked CRC of the data 4."""


@dataclass(frozen=True)
class FileFormat:
    """How samples lie in files.

    ``shard_size`` is the bytes of one shard, or None where each sample is a file of its own;
    ``members`` the archive members that make up one sample (data and label).
    """

    name: str
    label: str
    shard_size: float | None
    members: int = 1

    def stored_size(self, sample_size: float) -> float:
        """Return the bytes that a sample of ``sample_size`` bytes takes in this format."""
        if self.name == "tfrecord":
            return sample_size + TFRECORD_FRAME
        if self.name == "webdataset":
            payload = math.ceil(sample_size / TAR_BLOCK) * TAR_BLOCK
            # the label's member is one header and one block
            return payload + TAR_BLOCK + (self.members - 1) * 2 * TAR_BLOCK
        return sample_size


RAW = FileFormat("raw", "raw files", None)
# ≥ 100 MB a file is TensorFlow's advice; WebDataset's shards are often about 1 GB
TFRECORD = FileFormat("tfrecord", "TFRecord", 150e6)
WEBDATASET = FileFormat("webdataset", "WebDataset", 1e9, members=2)
FORMATS = {item.name: item for item in (RAW, TFRECORD, WEBDATASET)}


@dataclass(frozen=True)
class SampleCost:
    """What storage has to do for one sample, on average."""

    requests: float
    opens: float
    bytes: float


def sample_cost(file_format: FileFormat, sample_size: float, request_size: float) -> SampleCost:
    """Return the requests, file opens and bytes that one sample of ``sample_size`` bytes costs.

    Raw: a file to open for each sample, read in requests of at most ``request_size`` bytes.
    Shards: requests run through the shard from end to end and carry several samples each, or a
    part of one; the last request of a shard is short.

    Raises ``ValueError`` for a size of 0 or less.
    """
    positive("sample_size", sample_size), positive("request_size", request_size)
    stored = file_format.stored_size(sample_size)
    if file_format.shard_size is None:
        return SampleCost(float(math.ceil(stored / request_size)), 1.0, stored)
    samples = file_format.shard_size / stored
    return SampleCost(
        math.ceil(file_format.shard_size / request_size) / samples, 1 / samples, stored
    )


def shuffle_reach(file_format: FileFormat, shuffled: bool, samples: float, buffer: float) -> float:
    """Return how far the shuffle moves a sample from its stored order, as mean |samples|.

    Raw files can be drawn in any order, so a shuffled epoch is a true permutation of ``samples``
    samples: N/3. A shard is read from end to end, so within it the shuffle reaches as far as a
    buffer of ``buffer`` samples (:func:`storagelab.access.shuffle_displacement`); that shards
    come in a new order each epoch moves neighbours together and does not part them.

    Raises ``ValueError`` for fewer than 0 samples or a negative buffer.
    """
    non_negative("buffer", buffer)
    if not shuffled:
        return 0.0
    if file_format.shard_size is None:
        return float(positive("samples", samples)) / 3
    return float(shuffle_displacement(min(buffer, samples)))
