"""On workers of other networks, without the course's folder, a third of which dies."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.far import grade_with_deaths, why_not
from tests.sandgrader import quickstart
from tests.sandgrader.quickstart import NAME, copied, grades_of


@pytest.mark.nightly
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_nothing_is_lost_on_far_workers_that_die(fresh: Path, graded: Path, tmp_path: Path) -> None:
    course = copied(fresh, tmp_path)

    def done() -> int:
        return len([*course.glob(f"autograded/*/{NAME}/problem1.ipynb")])

    summary = grade_with_deaths(course, NAME, done, len(quickstart.CLASS), 3)
    assert summary["graded"] == len(quickstart.CLASS)
    assert grades_of(course) == grades_of(graded)
