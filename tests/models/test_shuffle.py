"""Shuffling against buffers that are played to the end of their stream."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.access import (
    buffer_fill_time,
    buffer_memory,
    neighbour_separation,
    shuffle_displacement,
    stream_displacement,
)


def shuffled(stream: Any, buffer: Any, generator: Any) -> Any:
    """Return the stream in the order in which a shuffle buffer gives it out."""
    pool, given_out = [], []
    for item in stream:
        pool.append(item)
        if len(pool) >= buffer:
            place = generator.integers(len(pool))
            pool[place], pool[-1] = pool[-1], pool[place]
            given_out.append(pool.pop())
    generator.shuffle(pool)
    return given_out + pool


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 1.0])
def test_a_stream_with_ends_is_displaced_as_a_played_one(share: float) -> None:
    samples, generator = 2000, np.random.default_rng(int(100 * share))
    buffer = int(share * samples)
    means = []
    for _ in range(40):
        order = np.array(shuffled(range(samples), buffer, generator))
        means.append(np.abs(order - np.arange(samples)).mean())
    error = np.std(means, ddof=1) / np.sqrt(len(means))
    assert abs(np.mean(means) - stream_displacement(samples, buffer)) < 4 * error + 0.002 * buffer


def test_a_buffer_as_large_as_the_dataset_is_a_full_shuffle() -> None:
    assert stream_displacement(1e9, 1e9) == pytest.approx(1e9 / 3)
    assert stream_displacement(1e9, 5e9) == pytest.approx(1e9 / 3)


def test_both_halves_of_the_law_meet_and_an_endless_stream_is_the_limit() -> None:
    below, above = stream_displacement(1e9, np.array([0.5e9, 0.5e9 + 1]))
    assert above == pytest.approx(below, rel=1e-8)
    assert stream_displacement(1e15, 1000) == pytest.approx(shuffle_displacement(1000))
    assert stream_displacement(1e6, 0) == 0
    assert stream_displacement(1, 1) == 0


@given(st.floats(10, 1e9), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_buffer_never_shuffles_less_and_no_buffer_more_than_a_permutation(
    n: float, one: float, other: float
) -> None:
    small, large = sorted((one * n, other * n))
    assert stream_displacement(n, small) <= stream_displacement(n, large) * (1 + 1e-9)
    assert stream_displacement(n, large) <= n / 3 * (1 + 1e-9)


@pytest.mark.parametrize("interleave", [1, 4, 32])
@pytest.mark.parametrize("buffer", [1, 20, 200])
def test_neighbours_part_as_they_do_behind_a_played_reader(interleave: int, buffer: int) -> None:
    shard, rounds = 400, max(2, 64 // interleave)
    generator = np.random.default_rng(interleave * 1000 + buffer)
    stored = np.arange(rounds * interleave * shard).reshape(rounds, interleave, shard)
    stream = stored.transpose(0, 2, 1).ravel()  # one sample from each open shard in turn
    position = np.empty(stream.size)
    position[shuffled(stream.tolist(), buffer, generator)] = np.arange(stream.size)
    apart = np.abs(np.diff(position.reshape(-1, shard), axis=1))
    error = apart.std() / np.sqrt(apart.size / max(1, buffer / 10))
    law = neighbour_separation(interleave, buffer)
    assert abs(apart.mean() - law) < 4 * error + 0.01 * law


def test_without_a_buffer_neighbours_are_as_far_apart_as_shards_are_open() -> None:
    assert neighbour_separation(1, 0) == neighbour_separation(1, 1) == 1
    assert neighbour_separation(16, 0) == 16
    assert neighbour_separation(1, 1e6) == pytest.approx(1e6, rel=1e-5)


def test_a_buffer_costs_memory_and_a_start() -> None:
    assert buffer_memory(10_000, 114_660) == pytest.approx(1.1466e9)
    assert buffer_fill_time(10_000, 114_660, 1e9) == pytest.approx(1.1466)
