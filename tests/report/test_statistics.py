"""Intervals, scores, correlations and quartiles, against SciPy and against what is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sandgrader.report.items import correlation, items
from storagelab.report.beliefs import locks
from storagelab.report.calibration import BINS, brier, brier_scores, calibration, wilson
from storagelab.report.times import spread, times
from storagelab.tracks import load_track


@given(st.integers(1, 2000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_wilsons_interval_is_scipys(pair: Any) -> None:
    right, of = pair
    expected = stats.binomtest(right, of).proportion_ci(0.95, method="wilson")
    assert wilson(right, of) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert wilson(right, of)[0] <= right / of <= wilson(right, of)[1]


@pytest.mark.parametrize(("right", "of"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_share_has_no_interval(right: int, of: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(right, of)


def test_the_brier_score_of_known_forecasts() -> None:
    assert brier([1.0, 0.0], [True, False]) == 0.0
    assert brier([1.0, 0.0], [False, True]) == 1.0
    assert brier([0.5] * 8, [True, False] * 4) == 0.25
    assert brier([0.8, 0.6], [True, False]) == pytest.approx((0.04 + 0.36) / 2)
    with pytest.raises(ValueError, match="no prediction"):
        brier([], [])


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), min_size=3, max_size=50))
def test_discrimination_is_the_point_biserial_correlation(pairs: list[Any]) -> None:
    item = np.array([float(hit) for hit, _ in pairs])
    rest = np.array([points for _, points in pairs])
    found = correlation(item, rest)
    if np.ptp(item) == 0 or np.ptp(rest) < 1e-9:
        assert found is None
    else:
        assert found == pytest.approx(stats.pointbiserialr(item, rest).statistic, abs=1e-9)


def test_two_students_discriminate_nothing() -> None:
    assert correlation(np.array([0.0, 1.0]), np.array([0.0, 1.0])) is None


# --- on the made-up class


def locked(truth: Any, track: Any) -> list[Any]:
    return [answer for answer in truth.answers if answer.track == track]


def right_option(cohort: Any, part: Any) -> Any:
    return cohort.reference[part].options(0)[0]


@pytest.mark.parametrize("track", ["cloud_titan", "tiny_pioneer"])
def test_every_prediction_is_in_one_bin_and_counted_right(
    truth: Any, cohorts: Any, track: str
) -> None:
    cohort = cohorts[track]
    table = calibration(locks(cohort))
    own = locked(truth, track)
    assert sum(row["predictions"] for row in table.rows) == len(own)
    for row in table.rows:
        top = 1.01 if row["to_confidence"] == BINS[-1] else row["to_confidence"]
        inside = [item for item in own if row["from_confidence"] <= item.confidence < top]
        hits = [item.prediction == right_option(cohort, item.part) for item in inside]
        assert (row["predictions"], row["right"]) == (len(inside), sum(hits))
        assert row["students"] == len({item.student for item in inside})
        if inside:
            assert (row["low"], row["high"]) == wilson(sum(hits), len(inside))


def test_the_brier_scores_are_those_of_the_class(truth: Any, cohorts: Any) -> None:
    cohort = cohorts["cloud_titan"]
    table = brier_scores(load_track("cloud_titan"), locks(cohort))
    for part in ("access", "pipeline", "checkpoint", "all"):
        own = [item for item in locked(truth, "cloud_titan") if part in ("all", item.part)]
        hit = np.array([item.prediction == right_option(cohort, item.part) for item in own])
        stated = np.array([item.confidence for item in own])
        row = table.of(part=part).rows[0]
        assert row["brier"] == pytest.approx(((stated - hit) ** 2).mean())
        assert row["brier_from_chance"] == pytest.approx(
            ((0.25 + 0.75 * stated - hit) ** 2).mean()  # every question has four options
        )
        assert row["share"] == pytest.approx(hit.mean())


def test_items_are_those_of_the_class(truth: Any, cohorts: Any) -> None:
    table, track = items(cohorts["cloud_titan"]), "cloud_titan"
    cells = [cell for cell in truth.cells[track] if not cell[3]]
    points = np.array(
        [
            [truth.points[student, track, cell[0], cell[1]] for cell in cells]
            for student in truth.students
        ]
    )
    for index, (notebook, name, most, _) in enumerate(cells):
        row = table.of(notebook=notebook, cell=name).rows[0]
        own = points[:, index]
        assert row["students"] == len(truth.students)
        assert row["mean_share"] == pytest.approx(own.mean() / most)
        assert (row["full"], row["none"]) == ((own == most).sum(), (own == 0).sum())
        expected = np.corrcoef(own, points.sum(axis=1) - own)[0, 1]
        assert row["discrimination"] == pytest.approx(expected)
    by_person = table.of(by="person").rows
    assert [row["students"] for row in by_person] == [0, 0, 0]  # they still wait
    assert {row["discrimination"] for row in by_person} == {None}


def test_times_are_those_of_the_ledgers(truth: Any, cohorts: Any) -> None:
    table = times(cohorts["tiny_pioneer"])
    own = {(item.student, item.part): item.minutes for item in locked(truth, "tiny_pioneer")}
    assert {(row["student"], row["part"]): row["minutes"] for row in table.rows} == pytest.approx(
        own,
        abs=2 / 60,  # the ledger has whole seconds
    )
    counted = spread(table)
    assert sum(row["students"] for row in counted.rows) == len(own)
    for row in counted.rows:
        top = row["to_minutes"] if row["to_minutes"] is not None else np.inf
        inside = [
            found
            for found in table.of(part=row["part"]).rows
            if row["from_minutes"] <= found["minutes"] < top
        ]
        assert row["students"] == len(inside)
