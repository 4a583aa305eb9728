"""Object stores: three ceilings, each of them reached, and ranges that share a link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.access import get_rate, ranged_read_time
from storagelab.queueing import littles_outstanding

FIRST, STREAM = 0.15, 90e6


def test_each_ceiling_of_the_rate_binds_in_turn() -> None:
    few = get_rate(110e3, FIRST, STREAM, 64, 1, 5500, 12.5e9)
    assert few == pytest.approx(64 / (0.15 + 110e3 / 90e6))
    assert get_rate(110e3, FIRST, STREAM, 10_000, 1, 5500, 12.5e9) == 5500
    assert get_rate(110e3, FIRST, STREAM, 10_000, 2, 5500, 12.5e9) == 11000
    assert get_rate(110e3, FIRST, STREAM, 10_000, 99, 5500, 1.1e8) == pytest.approx(1000)


@given(st.floats(1e3, 1e9), st.integers(1, 5000))
def test_no_rate_has_more_outstanding_than_there_are_streams(size: float, streams: int) -> None:
    rate = get_rate(size, FIRST, STREAM, streams, 3, 5500, 12.5e9)
    assert littles_outstanding(rate, FIRST + size / STREAM) <= streams * (1 + 1e-9)


def test_more_ranges_share_the_streaming_and_not_the_first_byte() -> None:
    one, two = (ranged_read_time(1e9, FIRST, STREAM, n, 1.25e9) for n in (1, 2))
    assert one == pytest.approx(0.15 + 1e9 / 90e6)
    assert two - FIRST == pytest.approx((one - FIRST) / 2)
    # 14 streams of 90 MB/s are more than 10 Gb/s
    assert ranged_read_time(1e9, FIRST, STREAM, 14, 1.25e9) == pytest.approx(0.15 + 0.8)
    assert ranged_read_time(0, FIRST, STREAM, 14, 1.25e9) == FIRST
