"""Warm processes that tests share: starting one takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandgrader.sandbox import Environment, Kind, WarmProcess, best_kind

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
