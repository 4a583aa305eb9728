"""Cold starts against a fleet that is played second by second, and sizes against published ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.pipeline import (
    doubling_load_time,
    fleet_load_time,
    kv_cache_size,
    load_time,
    spill_bandwidth,
)


@pytest.mark.parametrize("replicas", [1, 2, 3, 40])
def test_many_replicas_share_a_source_as_played_ones_do(replicas: int) -> None:
    size, source, port, step = 100.0, 30.0, 12.0, 0.01
    loaded = [0.0] * replicas
    seconds = 0.0
    while min(loaded) < size - 1e-9:
        rate = min(port, source / replicas)
        loaded = [has + rate * step for has in loaded]
        seconds += step
    law = fleet_load_time(size, replicas, source, port)
    assert seconds == pytest.approx(law, abs=2 * step)


@pytest.mark.parametrize("replicas", [1, 2, 5, 64, 100])
def test_replicas_that_hand_on_are_done_when_played_ones_are(replicas: int) -> None:
    size, source, port = 100.0, 30.0, 12.0
    have, seconds = 1, size / min(source, port)
    while have < replicas:
        have = min(replicas, 2 * have)
        seconds += size / port
    assert doubling_load_time(size, replicas, source, port) == pytest.approx(seconds)


@given(st.floats(1, 1e12), st.integers(1, 4096), st.floats(1e6, 1e12), st.floats(1e6, 1e12))
def test_one_replica_is_a_plain_load_and_more_are_never_done_sooner(
    size: float, replicas: int, source: float, port: float
) -> None:
    alone = load_time(size, [source, port])
    for law in (fleet_load_time, doubling_load_time):
        assert law(size, 1, source, port) == pytest.approx(alone)
        assert law(size, replicas, source, port) >= alone * (1 - 1e-12)


def test_a_token_of_opt_13b_holds_800_kib_and_a_sequence_1_6_gb() -> None:
    """40 layers, 40 heads of 128 numbers in two bytes: Kwon et al. 2023 (SOSP 23), section 3."""
    assert kv_cache_size(1, 40, 40, 128, 2) == 800 * 1024
    assert kv_cache_size(2048, 40, 40, 128, 2) == pytest.approx(1.6e9, rel=0.05)


@given(st.integers(1, 100_000), st.floats(1e9, 1e12), st.floats(1e13, 1e17))
def test_at_the_bandwidth_of_the_spill_reading_takes_as_long_as_computing(
    tokens: int, parameters: float, operations: float
) -> None:
    each = kv_cache_size(1, 80, 8, 128, 2)
    reading = tokens * each / spill_bandwidth(each, parameters, operations)
    assert reading == pytest.approx(2 * parameters * tokens / operations)
