"""Shares of points: all of them near the best answer, then less and less."""

import pytest

from storagelab.parts.scoring import share_for_cost, share_for_waste


def test_meeting_a_target_costs_nothing_up_to_a_quarter_more_and_never_earns_nothing() -> None:
    assert share_for_cost(100, 100) == share_for_cost(125, 100) == 1
    assert share_for_cost(500, 100) == pytest.approx(0.25)
    assert share_for_cost(1e9, 100) == 0.25
    shares = [share_for_cost(cost, 100) for cost in range(100, 700, 20)]
    assert shares == sorted(shares, reverse=True)


def test_an_interval_near_the_best_earns_all_and_one_that_wastes_twice_as_much_nothing() -> None:
    assert share_for_waste(1) == share_for_waste(1.05) == 1
    assert share_for_waste(1.525) == pytest.approx(0.5)
    assert share_for_waste(2) == share_for_waste(9) == share_for_waste(float("inf")) == 0
