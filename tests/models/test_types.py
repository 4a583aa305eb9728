"""What a type checker is told of a law is what the law does; ``make lint`` checks the first half.

An ``ignore`` that isn't needed is an error, so those below are mistakes which the checker finds.
"""

from typing import assert_type

import numpy as np
import pytest

from storagelab import checkpoint, pipeline, queueing
from storagelab.checks import Counts, Floats

ROW: Floats = np.array([1.0, 2.0, 3.5])


def test_numbers_give_a_number() -> None:
    found = checkpoint.young_interval(3.5, 22000.0)
    assert_type(found, float)
    assert type(found) is float
    assert_type(checkpoint.young_interval(3, mtbf=np.float64(22000.0)), float)
    assert_type(checkpoint.two_level_intervals(1.0, 9.0, 1e4, 0.5), tuple[float, float])


def test_an_array_anywhere_gives_an_array() -> None:
    found = checkpoint.young_interval(ROW, 22000.0)
    assert_type(found, Floats)
    assert type(found) is np.ndarray
    assert_type(checkpoint.young_interval(3.5, mtbf=ROW * 1e4), Floats)
    assert_type(queueing.mm1_wait(ROW, ROW / 10), Floats)
    assert_type(pipeline.bytes_fetched(1e12, ROW / 10, "lru"), Floats)


def test_a_law_of_one_law_passes_the_kind_on() -> None:
    assert_type(pipeline.stall_time(pipeline.mean_epoch_time(9.0, 3.0, 10), 1.0, 2.0), float)
    assert_type(pipeline.stall_time(pipeline.mean_epoch_time(9.0, ROW, 10), 1.0, 2.0), Floats)


def test_a_count_is_whole() -> None:
    count = pipeline.connections_for(1e9, 87.5e6)
    assert_type(count, int)
    assert type(count) is int
    counts = pipeline.connections_for(ROW * 1e9, 87.5e6)
    assert_type(counts, Counts)
    assert counts.dtype == np.int64


def test_what_is_no_quantity_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="dump_time must be"):
        checkpoint.young_interval("3.5", 22000.0)  # type: ignore[type-var]
    with pytest.raises(ValueError, match="mtbf must be"):
        checkpoint.young_interval(ROW, None)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="dump"):
        checkpoint.young_interval(dump=ROW, mtbf=22000.0)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="link_bandwidth must be"):
        pipeline.connections_for("1e9", 87.5e6)  # type: ignore[call-overload]
