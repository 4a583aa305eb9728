"""A recording is what the workbench in the lab shows, and says when it is too large."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.playback import plain
from storagelab.widgets.recorded import store
from storagelab.widgets.recorded.bench import PageBench
from storagelab.widgets.recorded.page import plan_of
from storagelab.widgets.recorded.plan import Slice, settings_at, start_of, states
from storagelab.widgets.recorded.recording import record_tables
from storagelab.widgets.recorded.tables import Table, from_text

SOME = [
    ("tiny_pioneer", "access", ("buffer", "format")),
    ("mobile_nomad", "pipeline", ("link", "policy")),
    ("tiny_pioneer", "checkpoint", ("interval", "node_mtbf")),
]
"""Workbenches, each with the two controls that move."""


def piece_of(track_name: str, part_name: str, moving: tuple[str, ...]) -> Slice:
    controls = PARTS[part_name].of(load_track(track_name)).controls
    start = start_of(controls)
    return Slice({name: at for name, at in start.items() if name not in moving})


def rounded(target: Any) -> Any:
    widget, name = target
    return plain(getattr(widget, name), {"rows": 4, "run": 17}.get(name, 6))


@pytest.mark.parametrize(("track_name", "part_name", "moving"), SOME)
def test_each_state_is_what_the_workbench_shows_there(
    track_name: str, part_name: str, moving: tuple[str, ...]
) -> None:
    track, part = load_track(track_name), PARTS[part_name]
    controls = part.of(track).controls
    piece = piece_of(track_name, part_name, moving)
    ((_, raw),) = record_tables(track_name, part_name, piece, most=10**9)
    table, live = Table(raw), PageBench(track, part_name)
    every = states(controls, piece)
    chance = random.Random(1)
    for state in chance.sample(every, 6):
        outcome = part.run(track, settings_at(controls, state))
        at = [state[item.name] for item in piece.axes(controls)]
        trait = 0
        for unit in live.units:
            way = chance.randrange(len(unit.ways()))
            ways = unit.ways()
            unit.show(outcome)
            for choice, index in zip(unit.choices, ways[way], strict=True):
                choice.index = index
            for target in unit.targets:
                assert table.value(trait, at, way) == rounded(target), (target, state)
                trait += 1
            for choice, index in zip(unit.choices, ways[0], strict=True):
                choice.index = index


def test_of_a_large_table_the_start_is_a_table_of_its_own() -> None:
    names = ("tiny_pioneer", "access")
    controls = PARTS["access"].of(load_track("tiny_pioneer")).controls
    last, kind = controls[-1], next(item for item in controls if item.name == "format")
    piece = piece_of(*names, (last.name, kind.name))
    ((_, whole),) = record_tables(*names, piece, most=10**9)
    (first, small), (rest, large) = record_tables(*names, piece, most=1000)
    start = last.values.index(last.default)
    assert first.fixed == {**piece.fixed, last.name: start}
    assert rest == piece
    assert len(small) < len(large)
    all_of_it, opened, others = Table(whole), Table(small), Table(large)
    for trait in range(40):
        for at in range(len(kind.values)):
            assert opened.value(trait, [at]) == all_of_it.value(trait, [start, at])
            for where in range(len(last.values)):
                if where != start:
                    state = [where, at]
                    assert others.value(trait, state) == all_of_it.value(trait, state)


def test_a_recording_is_kept_until_something_changes_that_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("tiny_pioneer", "access")
    piece = piece_of(*names, ("buffer",))
    monkeypatch.setattr(store, "tables_of", lambda *names: [piece])
    (stored,) = store.record_all(tmp_path, [names])
    script = (tmp_path / f"{stored.name}.js").read_bytes()
    assert len(script) == stored.size
    said = script.decode("utf-16")
    found = re.fullmatch(r'storagelabRecorded\("([^"]+)","([^"]+)"\)', said)
    assert found.group(1) == stored.name
    assert Table(from_text(found.group(2))).shape == [13]
    # what is there isn't recorded again
    monkeypatch.setattr(store, "record_tables", None)
    assert store.record_all(tmp_path, [names]) == [stored]
    monkeypatch.setattr(store, "digest", lambda name: "another")
    with pytest.raises(TypeError):
        store.record_all(tmp_path, [names])


def test_the_digest_goes_by_what_a_figure_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    before = store.digest("tiny_pioneer")
    assert before == store.digest("tiny_pioneer") != store.digest("mobile_nomad")
    with monkeypatch.context() as patch:
        patch.setattr(store, "file_text", lambda name: "changed")
        assert store.digest("tiny_pioneer") != before
    with monkeypatch.context() as patch:
        patch.setattr(store, "version", lambda name: "another")
        store._package.cache_clear()
        assert store.digest("tiny_pioneer") != before
    store._package.cache_clear()
    assert store.digest("tiny_pioneer") == before
    named = {path.relative_to(store.PACKAGE).as_posix() for path in store.files()}
    assert {"access/requests.py", "data/devices.csv", "widgets/hands.py"} <= named
    assert not {name for name in named if name.startswith(("labs", "course", "data/tracks"))}


def test_a_change_of_prose_records_nothing() -> None:
    code = 'def law(x: float) -> float:\n    """Return half."""\n    return x / 2\n'
    said = code.replace("Return half", "Return a half").replace("x / 2", "x / 2  # exact\n")
    assert store.without_prose(said) == store.without_prose(code)
    for other in (code.replace("/ 2", "/ 3"), code.replace("x / 2", "'x / 2'")):
        assert store.without_prose(other) != store.without_prose(code)


def test_what_is_too_large_is_told_with_what_multiplies_it() -> None:
    assert store.over_budget("mobile_nomad", "checkpoint", [10**6, 2 * 10**6]) == ""
    said = store.over_budget("mobile_nomad", "checkpoint", [10**6 + 1])
    assert "checkpoint in mobile_nomad takes 1.00 MB before anything is moved" in said
    control = PARTS["checkpoint"].of(load_track("mobile_nomad")).control("interval")
    assert repr(control.label) in said
    assert "its 22 values" in said
    assert store.over_budget("mobile_nomad", "checkpoint", [10**6, 2 * 10**6 + 1]) != ""


@pytest.mark.parametrize("track_name", ["cloud_titan", "tiny_pioneer"])
def test_what_the_page_knows_of_a_workbench_fits_its_controls(track_name: str) -> None:
    track, part = load_track(track_name), PARTS["checkpoint"]
    made = PageBench(track, "checkpoint")
    controls = part.of(track).controls
    stored = [store.Stored("first", Slice({"sharded": 1}, plays_choices=False), 9)]
    plan = plan_of(track, made, stored)
    assert len(plan["names"]) == len(made.targets) == plan["units"][-1]["to"]
    assert len(plan["start"]) == len(controls) + len(plan["choices"])
    for control, told in zip(controls, plan["controls"], strict=True):
        assert control.values[told["start"]] == control.default
        assert len(told["cuts"]) == max(0, len(told["shown"]) - 1)
    called = controls[plan["event"]["control"]]
    assert called.to_si(called.values[plan["event"]["at"]]) == track.checkpoint.event_node_mtbf
    still = {at: index for at, index in enumerate(plan["start"]) if at >= len(controls)}
    sharded = [item.name for item in controls].index("sharded")
    assert plan["slices"][0]["fixed"] == {sharded: 1, **still}
