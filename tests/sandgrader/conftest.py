"""Warm processes that tests share: starting one takes longer than most tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from sandgrader.sandbox import Environment, Kind, WarmProcess, best_kind
from tests.sandgrader import quickstart
from tests.sandgrader.command import grade_here

KIND, WHY_PLAIN = best_kind()


@pytest.fixture(scope="session", params=["bubblewrap", "plain"])
def warm(request: pytest.FixtureRequest) -> Iterator[WarmProcess]:
    """A warm process of each kind."""
    kind: Kind = request.param
    if kind == "bubblewrap" and kind != KIND:
        pytest.skip(f"bubblewrap can't be used here: {WHY_PLAIN}")
    process = WarmProcess(kind, Environment(imports=("numpy",)))
    yield process
    process.close()


@pytest.fixture(scope="session")
def sealed() -> Iterator[WarmProcess]:
    """A warm process in bubblewrap."""
    if KIND != "bubblewrap":
        pytest.skip(f"bubblewrap can't be used here: {WHY_PLAIN}")
    process = WarmProcess("bubblewrap", Environment(imports=("numpy",)))
    yield process
    process.close()


@pytest.fixture(scope="session")
def grade() -> Callable[..., str]:
    """Run ``sandgrader grade`` in this process."""
    return grade_here


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a folder, once for all processes that tests run in."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        folder = root / name
        with FileLock(root / f"{name}.lock"):
            if not folder.exists():
                new = root / f"{name}.new"
                new.mkdir()
                fill(new)
                new.rename(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def fresh(once: Callable[..., Path]) -> Path:
    """nbgrader's quick-start course with a class's submissions, nothing graded."""
    return once("quickstart", quickstart.make_course) / "course"


@pytest.fixture(scope="session")
def graded(fresh: Path, grade: Callable[..., str], once: Callable[..., Path]) -> Path:
    """The same, graded; to be looked at, and copied to be changed."""

    def fill(folder: Path) -> None:
        grade(quickstart.copied(fresh, folder), quickstart.NAME)

    return once("quickstart-graded", fill) / "course"
