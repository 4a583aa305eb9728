"""A part's whole workbench for a page without a kernel."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from storagelab.parts import PARTS
from storagelab.schema import Control, Value
from storagelab.tracks import Track, load_track
from storagelab.widgets.code_line import EXACT, NEAR, WRONG
from storagelab.widgets.control_row import ControlRow, cuts, in_field, nearest
from storagelab.widgets.message_batcher import MessageBatcher
from storagelab.widgets.presets import Position, positions
from storagelab.widgets.recorded.bench import Kept, PageBench, Unit
from storagelab.widgets.recorded.plan import position, start_of
from storagelab.widgets.recorded.store import Stored, record_all
from storagelab.widgets.theme import caption_html

FOLDER = "STORAGELAB_RECORDINGS"
"""The environment variable that names the folder with the recordings."""


def show_workbench(track: str = "cloud_titan", part: str = "access") -> ipywidgets.VBox:
    """Return a part's workbench as a page shows it that has no kernel, with every control alive.

    What it shows in each state is recorded first, unless that is done, into the folder that the
    environment variable ``STORAGELAB_RECORDINGS`` names. The page loads it from the folder
    ``recordings`` beside itself. Raises ``ValueError`` for an unknown track and for a recording
    that is too large, and ``KeyError`` for an unknown part.
    """
    loaded, known = load_track(track), PARTS[part]
    stored = record_all(Path(os.environ.get(FOLDER, "build/recordings")), [(track, part)])
    made = PageBench(loaded, part)
    bench, player = made.bench, made.player
    rows = [bench.controls[item.name] for item in bench.content.controls]
    player.sliders = [row.slider for row in rows]
    player.fields = [item for row in rows if row.field for item in (row.field, row.back)]
    player.targets = [widget for widget, _ in made.targets]
    player.choices = [
        choice for unit in made.units for choice in unit.choices if not isinstance(choice, Kept)
    ]
    player.pressed = bench.presets.buttons
    event = [bench.event] if known.has_event else []
    player.words = [bench.presets.words, made.below.line.words, *(item.words for item in event)]
    player.others = [made.below.line.field, *(item.button for item in event)]
    player.plan = plan_of(loaded, made, stored)
    if known.records_runs:
        from storagelab.widgets.recorded.ledger import show_runs  # other parts record no runs

        player.ledger, runs = show_runs(bench)
        player.plan = {**player.plan, "runs": runs}
    _place(made)
    return bench.widget


def _place(made: PageBench) -> None:
    """Put the player into the dock and the moment on the stage, and leave the batcher out."""
    bench = made.bench
    dock, stage = bench.dock, bench.stage
    made.player.add_class("storagelab-recorded")  # in sight where a narrow dock is folded
    dock.children = (dock.children[0], made.player, *dock.children[1:])
    stage.children = (*stage.children, made.moment)
    bench.widget.children = tuple(
        item for item in bench.widget.children if not isinstance(item, MessageBatcher)
    )


def plan_of(track: Track, made: PageBench, stored: Sequence[Stored]) -> dict[str, Any]:
    """Return what the player has to know besides the widgets and the tables."""
    part, content = made.part, made.bench.content
    controls = content.controls
    index = {item.name: at for at, item in enumerate(controls)}
    start = start_of(controls)
    choices = [
        choice for unit in made.units for choice in unit.choices if not isinstance(choice, Kept)
    ]
    first = [choice.index for choice in choices]
    still = {len(controls) + at: where for at, where in enumerate(first)}

    def sliced(item: Stored) -> dict[str, Any]:
        fixed = {index[name]: at for name, at in item.piece.fixed.items()}
        return {
            "file": item.name,
            "fixed": fixed if item.piece.plays_choices else {**fixed, **still},
            "axes": [index[item.name] for item in item.piece.axes(controls)],
        }

    fields = iter(range(0, 2 * len(controls), 2))
    plan: dict[str, Any] = {
        "controls": [
            _control(made.bench.controls[item.name], start[item.name], fields) for item in controls
        ],
        "slices": [sliced(item) for item in stored],
        "start": [*(start[item.name] for item in controls), *first],
        "choices": [choice.description for choice in choices],
        "names": [name for _, name in made.targets],
        "units": _units(made.units, choices),
        "presets": [_preset(item, controls) for item in positions(content)],
        "follows": _follows(made.units, choices, index),
        "line": {"wrong": caption_html(WRONG), "exact": EXACT_HTML, "near": NEAR_HTML},
    }
    if part.has_event:
        mtbf = content.control("node_mtbf")
        plan["event"] = {
            "words": made.bench.event.says,
            "control": index["node_mtbf"],
            "at": position(mtbf, track.checkpoint.event_node_mtbf),
        }
    return plan


EXACT_HTML, NEAR_HTML = caption_html(EXACT), caption_html(NEAR)


def _control(row: ControlRow, start: int, fields: Any) -> dict[str, Any]:
    control = row.control
    scale = control.kind == "scale"
    return {
        "label": control.label,
        "kind": control.kind,
        "answer": control.answer,
        "decided": control.decided,
        "labelled": bool(control.labels),
        "values": control.values,
        "cuts": cuts(control) if scale else [],
        "shown": [in_field(control, value) for value in control.values] if scale else [],
        "start": start,
        "field": next(fields) if scale else None,
    }


def _units(units: list[Unit], choices: list[Any]) -> list[dict[str, Any]]:
    """Return where each unit's traits are, and the numbers of its choices."""
    found, begin = [], 0
    for unit in units:
        end = begin + len(unit.targets)
        found.append(
            {
                "from": begin,
                "to": end,
                "choices": [
                    None if isinstance(choice, Kept) else choices.index(choice)
                    for choice in unit.choices
                ],
                "ways": unit.ways(),
            }
        )
        begin = end
    return found


def _follows(
    units: list[Unit], choices: list[Any], index: Mapping[str, int]
) -> dict[str, Any] | None:
    """Return which choice goes over to the control that moves, if one does."""
    for unit in units:
        if unit.along:
            controls = {index[name]: option for option, name in enumerate(unit.along)}
            return {"choice": choices.index(unit.choices[0]), "controls": controls}
    return None


def _preset(place: Position, controls: list[Control]) -> dict[str, Any]:
    """Return a preset by the controls' numbers; exact if it says values that controls have."""
    known = [(at, item) for at, item in enumerate(controls) if item.name in place.values]
    found = {at: _nearest(item, place.values[item.name]) for at, item in known}
    return {
        "positions": {at: item.values.index(found[at]) for at, item in known},
        "exact": all(found[at] == place.values[item.name] for at, item in known),
        "words": caption_html(place.words),
    }


def _nearest(control: Control, value: Value) -> Value:
    return nearest(control, float(value)) if control.kind == "scale" else value
