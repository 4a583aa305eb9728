"""Students at risk: who is told by which rule, and who just isn't."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sandgrader.report.cohort import Cohort
from sandgrader.report.gradebook import Assignment, Cell, Person, Submission
from sandgrader.report.risk import at_risk
from sandgrader.report.sections import Sections
from sandgrader.report.tables import NAME, with_names
from sandgrader.report.words import risk_rules
from sandgrader.scores import Score

MOMENT = datetime(2026, 11, 23)
CELLS = [Cell(sheet, "test", False, 10.0) for sheet in "abc"] + [Cell("a", "essay", True, 20.0)]


def cohort_of(**points: list[float | None]) -> Cohort:
    """Return a class by each student's points by machine in three notebooks; none: ungraded."""
    scores = {
        student: {
            (sheet, "test"): Score(
                auto=got, manual=None, extra=None, most=10.0, waits=got is None
            )
            for sheet, got in zip("abc", own, strict=True)
        }
        | {("a", "essay"): Score(auto=None, manual=20.0, extra=None, most=20.0, waits=False)}
        for student, own in points.items()
        if own
    }  # fmt: skip
    handed_in = {student: Submission(student, MOMENT, timedelta(), 0.0) for student in scores}
    return Cohort(
        assignment=Assignment("ps1", MOMENT, ["a", "b", "c"], CELLS, handed_in),
        people=[Person(student, student.title()) for student in points],
        scores=scores,
        handed_in=dict.fromkeys(scores),
    )


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ([5.0, 5.0, 5.0], None),  # half of them is enough
        ([5.0, 5.0, 4.9], "49.7% of the points by machine"),
        ([10.0, 10.0, 0.0], None),
        ([9.0, 0.0, 0.0], "30% of the points by machine; no point by machine in 2 of 3 notebooks"),
        ([10.0, None, None], None),  # what waits is judged by what can be seen
        ([], "nothing handed in"),
    ],
)  # fmt: skip
def test_each_rule_holds_from_its_number_on(own: list[float | None], why: str | None) -> None:
    table = at_risk(cohort_of(ada=own), Sections("ps1"))
    assert [row["why"] for row in table.rows] == ([why] if why else [])


def test_the_share_can_be_set_and_is_said() -> None:
    cohort = cohort_of(ada=[7.0, 7.0, 7.0])
    assert at_risk(cohort, Sections("ps1"), 0.7).rows == []
    assert at_risk(cohort, Sections("ps1"), 0.75).rows[0]["machine_share"] == pytest.approx(0.7)
    assert "less than 75% of the points" in risk_rules(0.75)


class Lessons(Sections):
    """A course in which eva works on something else, and ada has said nothing yet."""

    def expects(self, student: str) -> bool:
        return student != "eva"

    def risks(self, student: str) -> list[str]:
        return ["nothing said"] if student == "ada" else []


def test_a_course_adds_its_own_signs_and_excuses_who_works_on_something_else() -> None:
    cohort = cohort_of(ada=[2.0, 2.0, 2.0], ben=[3.0, 3.0, 3.0], cleo=[], eva=[])
    table = at_risk(cohort, Lessons("ps1"))
    assert [row["student"] for row in table.rows] == ["ada", "cleo", "ben"]
    assert table.rows[0]["signs"] == 2
    assert table.rows[0]["why"].endswith("; nothing said")


def test_names_stand_beside_ids() -> None:
    table = at_risk(cohort_of(ada=[], ben=[]), Sections("ps1"))
    named = with_names(table, {"ada": "Ada Lovelace"})
    assert [row["name"] for row in named.rows] == ["Ada Lovelace", None]
    assert named.columns[1] is NAME
    assert with_names(named, {}) is named
