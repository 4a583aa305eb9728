"""Formats against the bytes that Python's own archiver and a TFRecord writer make."""

import io
import math
import struct
import tarfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.access import shuffle_displacement
from storagelab.formats import FORMATS, RAW, TFRECORD, WEBDATASET, sample_cost, shuffle_reach


def tar_bytes(sizes: Any) -> Any:
    """Write each sample as an image and a label of 4 bytes; return the archive's members' bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for number, size in enumerate(sizes):
            for ending, length in (("jpg", size), ("cls", 4)):
                member = tarfile.TarInfo(f"{number:06}.{ending}")
                member.size = length
                archive.addfile(member, io.BytesIO(bytes(length)))
        return archive.offset  # before the two empty blocks and the record's padding


@given(st.integers(1, 5000), st.integers(1, 5))
def test_a_webdataset_sample_takes_what_a_tar_archive_takes(size: int, count: int) -> None:
    assert WEBDATASET.stored_size(size) * count == tar_bytes([size] * count)


@given(st.integers(1, 5000))
def test_a_tfrecord_takes_what_its_framing_takes(size: int) -> None:
    record = struct.pack("<Q", size) + bytes(4) + bytes(size) + bytes(4)
    assert TFRECORD.stored_size(size) == len(record)


@given(st.sampled_from(list(FORMATS.values())), st.integers(1, 10**8))
def test_no_format_stores_fewer_bytes_than_the_sample(file_format: Any, size: int) -> None:
    assert file_format.stored_size(size) >= size
    assert RAW.stored_size(size) == size


def read_shard(file_format: Any, sample_size: Any, request_size: float) -> tuple[Any, Any]:
    """Walk through one shard request by request; return its requests and whole samples."""
    requests, place = 0, 0.0
    while place < file_format.shard_size:
        place += request_size
        requests += 1
    return requests, file_format.shard_size / file_format.stored_size(sample_size)


@pytest.mark.parametrize("file_format", [TFRECORD, WEBDATASET])
@pytest.mark.parametrize("request_size", [2**18, 2**23, 2**26, 2**31])
def test_a_shards_requests_are_those_of_a_walk_through_it(
    file_format: Any, request_size: int
) -> None:
    requests, samples = read_shard(file_format, 114660, request_size)
    cost = sample_cost(file_format, 114660, request_size)
    assert cost.requests * samples == pytest.approx(requests)
    assert cost.opens * samples == pytest.approx(1)
    assert cost.bytes * samples == pytest.approx(file_format.shard_size)


@given(st.floats(1, 1e8), st.floats(512, 1e8))
def test_a_raw_file_is_opened_once_and_read_to_its_end(size: float, request_size: float) -> None:
    cost = sample_cost(RAW, size, request_size)
    assert (cost.opens, cost.bytes) == (1, size)
    assert (cost.requests - 1) * request_size < size <= cost.requests * request_size * (1 + 1e-12)


@given(st.sampled_from(list(FORMATS.values())), st.floats(1, 1e6), st.floats(512, 1e8))
def test_larger_requests_are_never_more_requests(
    file_format: Any, size: float, request_size: float
) -> None:
    cost = sample_cost(file_format, size, request_size)
    assert sample_cost(file_format, size, 2 * request_size).requests <= cost.requests


def test_a_full_shuffle_moves_a_sample_by_a_third_of_the_dataset() -> None:
    count = 20000
    order = np.random.default_rng(7).permutation(count)
    moved = np.abs(order - np.arange(count)).mean()
    assert shuffle_reach(RAW, True, count, 0) == pytest.approx(moved, rel=0.02)


@given(st.sampled_from(list(FORMATS.values())), st.floats(1, 1e9), st.floats(0, 1e7))
def test_order_as_stored_reaches_nowhere_and_no_buffer_beats_a_permutation_of_shards(
    file_format: Any, samples: float, buffer: float
) -> None:
    assert shuffle_reach(file_format, False, samples, buffer) == 0
    reach = shuffle_reach(file_format, True, samples, buffer)
    if not file_format.sharded:
        assert reach == samples / 3
    else:
        assert 0 <= reach <= min(shuffle_displacement(buffer), samples / 3) * (1 + 1e-12)


@pytest.mark.parametrize("size", [math.nan, 0, -1, "4", None])
def test_a_bad_size_is_refused_by_name(size: Any) -> None:
    with pytest.raises(ValueError, match="sample_size must be"):
        sample_cost(RAW, size, 4096)
    with pytest.raises(ValueError, match="request_size must be"):
        sample_cost(WEBDATASET, 4096, size)
    with pytest.raises(ValueError, match="buffer must be"):
        shuffle_reach(TFRECORD, True, 1000, math.nan)
