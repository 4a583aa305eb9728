"""Blocks and read-ahead, byte by byte."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.access import pages_touched, read_ahead_bandwidth, useful_fraction


@given(st.integers(1, 300), st.integers(1, 64))
def test_the_mean_pages_of_a_read_are_those_over_every_place_it_can_begin(
    size: int, page: int
) -> None:
    counts = [(start + size - 1) // page - start // page + 1 for start in range(page)]
    assert pages_touched(size, page) == pytest.approx(sum(counts) / page)


@given(st.integers(1, 5000), st.integers(1, 700))
def test_what_is_read_ahead_is_whole_windows(run: int, window: int) -> None:
    fetched = 0
    while fetched < run:
        fetched += window
    assert useful_fraction(run, window) == pytest.approx(run / fetched)


def test_random_reads_under_a_window_throw_nearly_all_of_it_away() -> None:
    assert 1 - useful_fraction(4096, 131072) == pytest.approx(0.97, abs=0.005)
    assert useful_fraction(150e6, 131072) > 0.999


@given(st.integers(1, 10**6), st.integers(1, 4096))
def test_a_run_pays_its_latency_once_and_its_windows_whole(run: int, window: int) -> None:
    bandwidth, latency = 2e8, 5e-3
    fetched = math.ceil(run / window) * window
    assert read_ahead_bandwidth(bandwidth, latency, run, window) == pytest.approx(
        run / (latency + fetched / bandwidth)
    )


def test_long_runs_reach_the_bandwidth() -> None:
    assert read_ahead_bandwidth(2e8, 5e-3, 1e12, 1e6) == pytest.approx(2e8, rel=1e-4)
