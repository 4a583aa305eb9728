"""Warm processes that tests share: starting one takes longer than most tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sandgrader.run import cluster
from sandgrader.sandbox import Environment, Kind, WarmProcess, best_kind
from tests.sandgrader import quickstart
from tests.sandgrader.command import grade_on

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
def grade() -> Iterator[Callable[..., str]]:
    """Run ``sandgrader grade`` in this process, on workers that all tests share."""
    with cluster(2, None) as client:
        yield partial(grade_on, client.scheduler_info()["address"])


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader's quick-start course with a class's submissions, nothing graded."""
    return quickstart.make_course(tmp_path_factory.mktemp("quickstart"))


@pytest.fixture(scope="session")
def graded(
    fresh: Path, grade: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, graded; to be looked at, and copied to be changed."""
    course = quickstart.copied(fresh, tmp_path_factory.mktemp("graded"))
    grade(course, quickstart.NAME)
    return course
