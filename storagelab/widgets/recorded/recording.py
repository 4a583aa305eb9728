"""Walks all states of a table and records what the workbench shows in each of them."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from storagelab.parts import PARTS
from storagelab.tracks import load_track
from storagelab.widgets.closing import close_all, parts_of
from storagelab.widgets.drawing import Target
from storagelab.widgets.figure_tools import FigureTools
from storagelab.widgets.playback import plain
from storagelab.widgets.recorded.bench import Kept, PageBench, Unit
from storagelab.widgets.recorded.plan import Slice, settings_at, slices_of, states
from storagelab.widgets.recorded.player import Player
from storagelab.widgets.recorded.reads import Memory, Watched
from storagelab.widgets.recorded.tables import Codes, Columns, Node, Numbered, packed

Row = tuple[tuple[int, ...], ...]
"""The numbers of the values of a unit's traits, for each combination of its choices."""


class Taped:
    """A unit with what its traits were in each state."""

    def __init__(self, unit: Unit, axes: Sequence[str], plays_choices: bool) -> None:
        self._unit, self._axes = unit, axes
        ways = unit.ways()
        # the page itself says whether a run is recorded, in every table
        hidden = all(isinstance(choice, Kept) for choice in unit.choices)
        self._ways = ways if plays_choices or hidden else ways[:1]
        self._values = [Numbered() for _ in unit.targets]
        self._rows: list[Codes] = []
        self.drawn = 0
        """How often the unit was shown."""

    def walk(self, outcomes: npt.NDArray[np.object_]) -> None:
        """Record the outcomes of all states, watched ones in an array on the axes of the table.

        A figure keeps what doesn't change while the control moves that it is drawn against, so
        that one moves the fastest.
        """
        if self._unit.along and len(self._ways) > 1:
            for way in self._ways:
                self._walk(outcomes, [way], self._unit.along[way[0]])
        else:
            self._walk(outcomes, self._ways, self._axes[-1])

    def _walk(
        self, outcomes: npt.NDArray[np.object_], ways: list[tuple[int, ...]], fastest: str
    ) -> None:
        """Record all states in some combinations of the choices."""
        self._turned = False
        memory = Memory(partial(self._record, ways))
        axis = self._axes.index(fastest if fastest in self._axes else self._axes[-1])
        order = np.moveaxis(np.arange(outcomes.size).reshape(outcomes.shape), axis, -1).ravel()
        found = np.empty((outcomes.size, len(ways), len(self._values)), dtype=int)
        flat = outcomes.ravel()
        for at in order.tolist():
            found[at] = memory(flat[at])
        self.drawn += memory.calls
        self._rows += [
            found[:, way].reshape(*outcomes.shape, len(self._values)) for way in range(len(ways))
        ]

    def _record(self, ways: list[tuple[int, ...]], outcome: Any) -> Row:
        """Show ``outcome`` in each combination; from one to the next only what changes is set."""
        unit = self._unit
        if len(ways) == 1:
            self._choose(ways[0])
        unit.show(outcome)
        found: dict[tuple[int, ...], tuple[int, ...]] = {}
        for way in reversed(ways) if self._turned else ways:
            self._choose(way)
            found[way] = self._present()
        self._turned = not self._turned
        return tuple(found[way] for way in ways)

    def _choose(self, way: tuple[int, ...]) -> None:
        for choice, index in zip(self._unit.choices, way, strict=True):
            choice.index = index

    def _present(self) -> tuple[int, ...]:
        return tuple(
            numbered.number(_key(target), partial(_told, target))
            for numbered, target in zip(self._values, self._unit.targets, strict=True)
        )

    def nodes(self, columns: Columns, kept: Codes) -> list[Node]:
        """Return each trait's nodes: one, or one for each combination of the choices.

        ``kept`` are the positions on the first axis that are wanted.
        """
        found = []
        for trait, numbered in enumerate(self._values):
            codes = [rows[kept, ..., trait] for rows in self._rows]
            if all((item == codes[0]).all() for item in codes[1:]):
                codes = codes[:1]
            found.append([columns.add(item, numbered.values) for item in codes])
        return found


def _told(target: Target) -> Any:
    """Return a trait's value as JSON.

    The numbers of a figure's table are as the page writes them, and what a run came to has all
    digits, since the page says by how much two runs differ.
    """
    widget, name = target
    in_a_table = isinstance(widget, FigureTools) and name == "rows"
    digits = 17 if isinstance(widget, Player) else 4 if in_a_table else 6
    return plain(getattr(widget, name), digits)


def _key(target: Target) -> Any:
    """Return something that equals nothing but a trait of the same value."""
    value = getattr(*target)
    if isinstance(value, np.ndarray) and value.dtype != object:
        return (value.shape, value.dtype.str, value.tobytes())
    if isinstance(value, bool | float | int | str):
        return (type(value), value)
    return pickle.dumps(value)


@cache
def tables_of(track_name: str, part_name: str) -> list[Slice]:
    """Return the tables of a workbench, that of the start first."""
    made = PageBench(load_track(track_name), part_name)
    found = slices_of(made.track, made.part, made.most_ways)
    close_all(made.bench.widget)
    return found


def record_tables(
    track_name: str, part_name: str, piece: Slice, most: int
) -> list[tuple[Slice, bytes]]:
    """Return the packed table of a piece of a workbench's states.

    Where it takes more than ``most`` bytes, the states with the last control where it starts have a
    table of their own, which comes first, and all others another one. Raises ``ValueError`` for a
    trait that can't be recorded, such as a number that isn't finite.
    """
    track, whole = load_track(track_name), PARTS[part_name]
    controls = whole.of(track).controls
    made = PageBench(track, part_name)
    for widget in parts_of(made.bench.widget):
        widget.comm = None  # nobody listens, and packing what is sent takes as long as a figure
    axes = piece.axes(controls)
    shape = [len(item.values) for item in axes]
    outcomes = np.empty(math.prod(shape), dtype=object)
    for at, state in enumerate(states(controls, piece)):
        outcomes[at] = Watched(whole.run(track, settings_at(controls, state)))
    tapes = []
    for unit in made.units:
        tapes.append(Taped(unit, [item.name for item in axes], piece.plays_choices))
        tapes[-1].walk(outcomes.reshape(shape))
    whole_axis = np.arange(shape[0])
    raw = _packed(tapes, shape, whole_axis)
    if len(raw) <= most or len(axes) < 2:
        return [(piece, raw)]
    last = axes[0]
    at = last.values.index(last.default)
    first = Slice({**piece.fixed, last.name: at}, piece.plays_choices)
    # what the first table has isn't looked for in the other one: its neighbour fills its place
    others = np.where(whole_axis == at, at - 1 if at else 1, whole_axis)
    return [
        (first, _packed(tapes, shape, np.array([at]))),
        (piece, _packed(tapes, shape, others)),
    ]


def _packed(tapes: Sequence[Taped], shape: Sequence[int], kept: Codes) -> bytes:
    """Return a table with the positions ``kept`` of its first axis; a single one is no axis."""
    columns = Columns()
    nodes = [node for tape in tapes for node in tape.nodes(columns, kept)]
    if len(kept) > 1:
        return packed([len(kept), *shape[1:]], nodes, columns)
    columns.drop_first()
    return packed(shape[1:], nodes, columns)
