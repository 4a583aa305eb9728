"""What was found of a reference solution is believed while all that it hangs on is the same."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from traitlets.config import Config

from sandgrader import sandbox, trials, worker
from sandgrader.assignment import Assignment, Isolation
from sandgrader.kernels import OWN
from sandgrader.sandbox import Environment, Limits
from tests.sandgrader.conftest import KIND, WHY_PLAIN
from tests.sandgrader.sheets import assignment, cell
from tests.sandgrader.test_configuration import make_course

CELLS = (cell("given", "import math"), cell("answer", "x = 2", "x"), cell("test", "assert x", "t"))
FOUND = {
    "sheet": (
        Isolation(
            "both",
            "its test",
            ("x",),
            {"m": "math"},
            {"t": "the source"},
            {"t": ("x",)},
            frozenset({"t"}),
        ),
        ["math"],
    )
}


def plan(**changed: object) -> Assignment:
    return assignment(*CELLS, **changed)[0]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    trials.keep(tmp_path, plan(), FOUND)
    return tmp_path


def test_it_is_found_again(kept: Path) -> None:
    assert trials.read(kept, plan()) == FOUND
    assert trials.file_of(kept, "homework").stat().st_mode & 0o077 == 0
    assert len([*kept.iterdir()]) == 1


def other_source() -> Assignment:
    return assignment(*CELLS[:2], cell("test", "assert x == 2", "t"))[0]


def other_given_cell() -> Assignment:
    return assignment(cell("given", "import cmath"), *CELLS[1:])[0]


CHANGED: dict[str, Callable[[], Assignment]] = {
    "a test": other_source,
    "a given cell": other_given_cell,
    "a file beside": lambda: plan(beside={"data.csv": b"1"}),
    "a limit": lambda: plan(limits=Limits(cell_time=11.0)),
    "evidence": lambda: plan(evidence=frozenset({"ledger.json"})),
    "a variable": lambda: plan(environment=Environment(variables={"A": "1"})),
    "the configuration": lambda: plan(config=Config({"IgnorePattern": {"pattern": "x"}})),
    "the sandbox": lambda: plan(sandbox="off"),
    "one interpreter": lambda: plan(one_interpreter=True),
    "what only shows": lambda: plan(only_shows=frozenset({"draw"})),
}


@pytest.mark.parametrize("what", CHANGED)
def test_whatever_changes_in_the_assignment_has_it_tried_anew(what: str, kept: Path) -> None:
    assert trials.read(kept, CHANGED[what]()) is None


def test_another_python_has_it_tried_anew(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", "3.99")
    assert trials.read(kept, plan()) is None


def test_another_package_has_it_tried_anew(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "site-packages"
    (place / "numpy-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(place))
    assert trials.read(kept, plan()) is None
    trials.keep(kept, plan(), FOUND)
    assert trials.read(kept, plan()) == FOUND
    (place / "numpy-1.0.dist-info").rename(place / "numpy-1.1.dist-info")
    assert trials.read(kept, plan()) is None


def test_another_grader_has_it_tried_anew(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_grader", lambda: ["sandbox.py changed"])
    assert trials.read(kept, plan()) is None


def test_what_notebooks_may_read_is_looked_at(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "laws.py").write_text("g = 9.8")
    (tmp_path / "aside").mkdir()
    reading = plan(environment=Environment(readable=(str(package),)))
    trials.keep(tmp_path / "aside", reading, FOUND)
    assert trials.read(tmp_path / "aside", reading) == FOUND
    (package / "laws.py").write_text("g = 9.81")
    assert trials.read(tmp_path / "aside", reading) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[" * 100_000, b'{"format": 1, "digest": "", "notebooks": {}}', b"\xff"],
)
def test_a_file_that_is_none_has_it_tried_anew(content: bytes, kept: Path) -> None:
    trials.file_of(kept, "homework").write_bytes(content)
    assert trials.read(kept, plan()) is None


def test_a_way_that_there_isnt_has_it_tried_anew(kept: Path) -> None:
    path = trials.file_of(kept, "homework")
    path.write_bytes(path.read_bytes().replace(b'"both"', b'"none"'))
    assert trials.read(kept, plan()) is None


def test_a_file_that_others_can_write_has_it_tried_anew(kept: Path) -> None:
    trials.file_of(kept, "homework").chmod(0o620)
    assert trials.read(kept, plan()) is None


def test_a_link_and_a_pipe_have_it_tried_anew(kept: Path) -> None:
    path = trials.file_of(kept, "homework")
    path.rename(kept / "elsewhere.json")
    path.symlink_to(kept / "elsewhere.json")
    assert trials.read(kept, plan()) is None
    path.unlink()
    os.mkfifo(path)
    assert trials.read(kept, plan()) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_somebody_elses_file_has_it_tried_anew(kept: Path) -> None:
    os.chown(trials.file_of(kept, "homework"), 65534, 65534)
    assert trials.read(kept, plan()) is None


def test_a_reference_that_fails_is_tried_each_time(tmp_path: Path) -> None:
    failing = {"sheet": (Isolation("kernel", missed={"t": "a time-out"}), list[str]())}
    trials.keep(tmp_path, plan(), failing)
    assert trials.read(tmp_path, plan()) is None


def test_a_kernel_of_another_environment_is_tried_each_time(tmp_path: Path) -> None:
    elsewhere = plan()
    known = replace(elsewhere.notebooks["sheet"], kernel=OWN)
    elsewhere = replace(elsewhere, notebooks={"sheet": known})
    trials.keep(tmp_path, elsewhere, FOUND)
    assert not [*tmp_path.iterdir()]


# --- a sandbox that is gone since


def made_then_lost(
    course: Path, monkeypatch: pytest.MonkeyPatch, grade: Callable[..., str], settings: str = ""
) -> None:
    """Grade a course in bubblewrap, which is of no use from then on, and whose trials are kept."""
    if KIND != "bubblewrap":
        pytest.skip(f"bubblewrap can't be used here: {WHY_PLAIN}")
    make_course(course, settings)
    assert json.loads(grade(course, "ps1", "--json"))[0]["sandbox"] == "bubblewrap"
    assert trials.file_of(course / ".grading", "ps1").is_file()
    # the program is what it was, so that the trial is believed; the kernel lets it do nothing
    monkeypatch.setattr(sandbox, "_bubblewrap", lambda *_: ["false"])
    monkeypatch.setattr(worker, "find_isolation", None)


def test_a_kept_trial_hides_no_missing_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grade: Callable[..., str]
) -> None:
    made_then_lost(tmp_path, monkeypatch, grade)
    said = " ".join(grade(tmp_path, "ps1", "--force").split())
    assert "NO SANDBOX" in said
    assert "1 of 1 submissions: no sandbox: the sandbox didn't start" in said


def test_nor_one_that_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grade: Callable[..., str]
) -> None:
    made_then_lost(tmp_path, monkeypatch, grade, "c.Grade.sandbox = 'required'\n")
    said = " ".join(grade(tmp_path, "ps1", "--force", code=2).split())
    assert "Nothing was graded: a sandbox is required: the sandbox didn't start" in said
