"""The hidden tests' inputs: the same for a student each time, others for another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storagelab.labs.checking import drawn, follows_law

RANGES = [[1e-3, 1e3], [5.0, 6.0]]


@pytest.fixture
def submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    def of(student: str) -> Any:
        folder = tmp_path / student / "cloud_titan"
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(folder)
        return drawn("cloud_titan/access/law", RANGES)

    return of


def test_grading_again_asks_the_same_and_another_student_is_asked_something_else(
    submission: Callable[[str], Any],
) -> None:
    assert submission("ada") == submission("ada")
    assert submission("ada") != submission("ben")
    here = drawn("cloud_titan/access/law", RANGES)
    assert here != drawn("cloud_titan/pipeline/law", RANGES)


def test_inputs_stay_in_their_ranges_and_reach_over_their_decades(
    submission: Callable[[str], Any],
) -> None:
    cases = submission("ada")
    assert len(cases) == 30
    for (low, high), column in zip(RANGES, zip(*cases, strict=True), strict=True):
        assert all(low <= value <= high for value in column)
    assert min(case[0] for case in cases) < 0.1
    assert max(case[0] for case in cases) > 10


def test_a_law_is_called_with_its_options_and_its_warnings_are_swallowed() -> None:
    def law(value: Any, factor: float) -> Any:
        import warnings

        warnings.warn("an edge", stacklevel=1)
        return factor * value

    follows_law(lambda value: 3 * value, law, [(1.0,), (2.0,)], {"factor": 3})
    with pytest.raises(ValueError, match="agrees with the example but not with the law"):
        follows_law(lambda value: 2 * value, law, [(1.0,)], {"factor": 3})
