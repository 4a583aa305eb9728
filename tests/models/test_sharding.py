"""Shards on hosts, counted one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.formats import (
    FORMATS,
    RAW,
    metadata_rate,
    shard_imbalance,
    shards_per_host,
    shuffle_separation,
    straddled_shards,
)


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_straddled_shard_is_one_with_a_hosts_boundary_inside(shards: int, hosts: int) -> None:
    """Samples divided evenly: boundaries lie at k·S/H; exact in whole numbers."""
    inside = {k * shards // hosts for k in range(1, hosts) if k * shards % hosts}
    assert straddled_shards(shards, hosts) == len(inside)


@given(st.integers(1, 200), st.integers(1, 60))
def test_the_host_with_the_most_shards_sets_the_epochs_length(shards: int, hosts: int) -> None:
    dealt = [0] * hosts
    for shard in range(shards):
        dealt[shard % hosts] += 1
    assert shard_imbalance(shards, hosts) == pytest.approx(max(dealt) / (shards / hosts))


def test_three_shards_on_two_hosts_cost_a_third_more() -> None:
    assert shard_imbalance(3, 2) == pytest.approx(4 / 3)
    assert shard_imbalance(1001, 2) == pytest.approx(1.001, abs=1e-4)


def test_shards_of_150_megabytes_are_plenty_for_64_hosts() -> None:
    assert shards_per_host(10e12, 150e6, 64) == pytest.approx(1041.7, rel=1e-3)
    assert metadata_rate(0.5, 14_286) == 7143


def test_counts_beyond_exact_whole_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shards must be a whole number from 1 up \(to 2\^53\)"):
        straddled_shards(2.0**60, 4)


def test_neighbours_stay_together_in_order_and_part_most_in_a_permutation() -> None:
    for file_format in FORMATS.values():
        assert shuffle_separation(file_format, False, 3e6, 1000) == 1
    assert shuffle_separation(RAW, True, 3e6, 1000) == 1e6
    assert shuffle_separation(RAW, True, 1, 0) == 1
    sharded = shuffle_separation(FORMATS["tfrecord"], True, 3e6, 1000)
    assert sharded == pytest.approx(1000, rel=0.01)
    assert shuffle_separation(FORMATS["tfrecord"], True, 100, 1000) < 101
