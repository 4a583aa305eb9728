"""Shares of points: all of them near the best answer, then less and less."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts.scoring import share_for_cost, share_for_waste


@pytest.mark.parametrize("crisis", [0, 90, 400, math.inf])
def test_meeting_a_target_costs_nothing_up_to_a_quarter_more_and_never_earns_nothing(
    crisis: float,
) -> None:
    """A crisis that costs about as much as its cure, or has no price, is no measure."""
    assert share_for_cost(100, 100, crisis) == share_for_cost(125, 100, crisis) == 1
    assert share_for_cost(126, 100, crisis) < 1
    assert share_for_cost(500, 100, crisis) == pytest.approx(0.25)
    assert share_for_cost(1e9, 100, crisis) == 0.25


def test_beside_a_dear_crisis_the_last_dollars_of_storage_do_not_count() -> None:
    """14,600 a month of idle accelerators, and a cure for 35: 3% of the one is 438."""
    assert share_for_cost(473, 35, 14_600) == 1
    assert share_for_cost(474, 35, 14_600) < 1
    # half-way, by the logarithm, between what is free and what the crisis costs
    half = math.sqrt(473 * 14_600)
    assert share_for_cost(half, 35, 14_600) == pytest.approx(0.625)
    assert share_for_cost(14_600, 35, 14_600) == pytest.approx(0.25)


@given(
    least=st.floats(1e-6, 1e6),
    crisis=st.floats(0, 1e9),
    costs=st.lists(st.floats(0, 1e9)).map(sorted),
)
def test_who_spends_more_never_earns_more(least: float, crisis: float, costs: list[float]) -> None:
    shares = [share_for_cost(least + cost, least, crisis) for cost in costs]
    assert shares == sorted(shares, reverse=True)
    assert all(0.25 <= share <= 1 for share in shares)


def test_an_interval_near_the_best_earns_all_and_one_that_wastes_twice_as_much_nothing() -> None:
    assert share_for_waste(1) == share_for_waste(1.05) == 1
    assert share_for_waste(1.525) == pytest.approx(0.5)
    assert share_for_waste(2) == share_for_waste(9) == share_for_waste(float("inf")) == 0
