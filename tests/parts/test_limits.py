"""A limit is added in a part's folder and nowhere else: it then shows wherever limits show."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from storagelab import tracks
from storagelab.labs import checking
from storagelab.labs.errors import StudentError
from storagelab.parts import PARTS
from storagelab.parts.access import limits as access_limits
from storagelab.parts.checkpoint import limits as checkpoint_limits
from storagelab.parts.limits import Goal, Limit
from storagelab.parts.pipeline import limits as pipeline_limits
from storagelab.report import outcomes, strategies
from storagelab.tracks import load_track

MODULES = {
    "access": access_limits,
    "pipeline": pipeline_limits,
    "checkpoint": checkpoint_limits,
}
THRIFT: Limit[Any] = Limit(
    name="thrift",
    label="thrift itself",
    in_use=lambda track: True,
    is_missed=lambda outcome: outcome.cost > 0,
    sentence=lambda track, outcome, shown: f"It takes {shown['cost']}, and nothing may be taken.",
    goal=lambda track, outcome, shown: Goal("spent", shown["cost"], "nothing"),
    seen=lambda track, outcome, shown: ["Nothing may be spent."],
)


@pytest.fixture(params=PARTS.values(), ids=list(PARTS))
def part(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A part with one limit more."""
    load_track("cloud_titan")  # which has no sentence for it
    module = MODULES[request.param.name]
    monkeypatch.setattr(module, "LIMITS", (*module.LIMITS, THRIFT))
    outcomes.judge.cache_clear()
    yield request.param
    outcomes.judge.cache_clear()


def test_a_new_limit_is_missed_said_fed_back_and_reported(part: Any) -> None:
    track = load_track("cloud_titan")
    outcome = part.baseline(track)
    assert outcome.unmet[-1] == "thrift"
    assert "Nothing may be spent." in part.summary(track, outcome)
    assert part.goals(track, outcome)[-1].goal.asked == "nothing"
    with pytest.raises(StudentError, match=r"It takes .*, and nothing may be taken\."):
        checking.meets_targets(part, track, outcome)

    controls = part.of(track).controls
    decision = {item.answer: item.default for item in controls if item.decided}
    handed_in = SimpleNamespace(runs=lambda name: [], decisions={part.name: decision}, variant=0)
    cohort: Any = SimpleNamespace(
        assignment=SimpleNamespace(name=track.name), evidence={"ada": handed_in}
    )
    (row,) = strategies.strategies(cohort, track).rows
    assert "thrift itself" in row["missed"]


def test_a_track_needs_a_sentence_for_a_new_limit(
    part: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (resources.files("storagelab") / "data" / "tracks" / "cloud_titan.toml").read_text(
        "utf-8"
    )
    with pytest.raises(ValueError, match="no sentence for the limit 'thrift'"):
        tracks.parse_track(text, "x.toml")
    unused = replace(THRIFT, in_use=lambda track: False)
    module = MODULES[part.name]
    monkeypatch.setattr(module, "LIMITS", (*module.LIMITS[:-1], unused))
    assert tracks.parse_track(text, "x.toml").name == "cloud_titan"
