"""The collector rests while something is made, and afterwards is as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from storagelab.labs.collector import resting_collector


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    was_enabled = gc.isenabled()
    yield
    (gc.enable if was_enabled else gc.disable)()


@pytest.mark.parametrize("enabled", [True, False])
def test_it_rests_and_is_as_it_was_even_after_an_error(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    with pytest.raises(KeyError):
        rest_and_fail()
    assert gc.isenabled() == enabled


def test_nothing_is_collected_meanwhile() -> None:
    gc.enable()
    with resting_collector():
        before = collections()
        kept = [[number] for number in range(100_000)]
        assert collections() == before
    assert len(kept) == 100_000


def rest_and_fail() -> None:
    with resting_collector():
        assert not gc.isenabled()
        raise KeyError


def collections() -> list[Any]:
    return [generation["collections"] for generation in gc.get_stats()]
