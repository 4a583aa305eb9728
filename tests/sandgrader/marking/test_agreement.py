"""How far two markers agree, against what is published and what can be counted by hand."""

from __future__ import annotations

import math

import pytest

from sandgrader.marking.agreement import agreement, weighted_kappa

LEVELS = (0.0, 3.0, 6.0)


def test_kappa_is_cohens_of_a_table_that_is_in_every_textbook() -> None:
    # 50 proposals, two readers: both yes 20, both no 15, first alone 5, second alone 10
    pairs = [(1.0, 1.0)] * 20 + [(0.0, 0.0)] * 15 + [(1.0, 0.0)] * 5 + [(0.0, 1.0)] * 10
    found = agreement(pairs, (0.0, 1.0))
    assert found.exact == 0.7
    assert found.kappa == pytest.approx(0.4)  # (0.7 - 0.5) / (1 - 0.5)
    # of two values every disagreement weighs the same
    assert found.weighted == pytest.approx(0.4)


def test_a_weighted_kappa_is_that_of_its_matrix() -> None:
    pairs = [(0.0, 0.0)] * 4 + [(0.0, 3.0)] * 2 + [(3.0, 3.0)] * 5 + [(6.0, 3.0)] + [(6.0, 6.0)] * 3
    pairs += [(6.0, 0.0)]
    cells = [(one, two) for one in LEVELS for two in LEVELS]
    counts = {cell: pairs.count(cell) for cell in cells}
    rows = {one: sum(counts[one, two] for two in LEVELS) for one in LEVELS}
    columns = {two: sum(counts[one, two] for one in LEVELS) for two in LEVELS}
    weights = {(one, two): ((one - two) / 6) ** 2 for one, two in cells}
    seen = sum(weights[cell] * counts[cell] for cell in cells)
    chance = sum(weights[one, two] * rows[one] * columns[two] for one, two in cells) / len(pairs)
    found = agreement(pairs, LEVELS)
    assert found.weighted == pytest.approx(1 - seen / chance)
    assert found.near == 15 / 16  # 6 and 0 are two levels apart
    assert found.exact == 12 / 16


def test_markers_who_always_agree_have_one_and_who_disagree_less_than_none() -> None:
    same = agreement([(0.0, 0.0), (3.0, 3.0), (6.0, 6.0)], LEVELS)
    assert (same.exact, same.near, same.kappa, same.weighted) == (1, 1, 1, 1)
    crossed = agreement([(0.0, 6.0), (6.0, 0.0)], LEVELS)
    assert (crossed.exact, crossed.near, crossed.kappa, crossed.weighted) == (0, 0, -1, -1)


def test_where_everybody_got_the_same_there_is_no_kappa() -> None:
    found = agreement([(3.0, 3.0)] * 8, LEVELS)
    assert (found.exact, found.kappa, found.weighted) == (1, None, None)


def test_points_between_levels_count_to_the_nearest() -> None:
    assert agreement([(2.5, 5.5)], LEVELS).near == 1
    assert agreement([(1.0, 5.5)], LEVELS).near == 0
    assert agreement([(1.0, 5.5)], ()).near == 0


def test_nothing_marked_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        agreement([], LEVELS)


def test_kappa_does_not_hang_on_who_is_first() -> None:
    pairs = [(0.0, 3.0), (3.0, 3.0), (6.0, 3.0), (6.0, 6.0), (0.0, 0.0)]
    turned = [(second, first) for first, second in pairs]
    ours, theirs = (
        weighted_kappa(some, lambda first, second: abs(first - second)) for some in (pairs, turned)
    )
    assert ours is not None
    assert theirs is not None
    assert math.isclose(ours, theirs)
