"""Which states of a workbench are recorded, and into which tables they go.

All controls together would be too many states where a track gives several things besides what is
decided. Then a table holds what a decision sets, and each value of what is given has a table of its
own, which a page loads when it is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

import msgspec

from storagelab.parts import AnyPart
from storagelab.schema import Control, Value
from storagelab.tracks import Track

AT_ONCE = 20_000
"""States of one table at most."""
WAYS_AT_ONCE = 100_000
"""States times the combinations of the figures' own choices."""
BESIDE = 7_000
"""States at most of a table in which something moves that is given.

Of several things that are given the tables are as many, and not as useful: their number's square
divides it."""


class Slice(msgspec.Struct, frozen=True):
    """The states of one table: some controls stand still, all others take each of their values."""

    fixed: dict[str, int]
    """Where those stand that don't move: positions by the controls' names."""
    plays_choices: bool = True
    """Whether the figures' own choices move too."""

    def axes(self, controls: Sequence[Control]) -> list[Control]:
        """Return the controls that move, the last one first."""
        return [item for item in reversed(controls) if item.name not in self.fixed]

    def states(self, controls: Sequence[Control]) -> int:
        """Return how many states these are."""
        return math.prod(len(item.values) for item in self.axes(controls))


def position(control: Control, si_value: Value) -> int:
    """Return where on a control a value in SI stands; ``ValueError`` where it doesn't."""
    values = [control.to_si(value) for value in control.values]
    return values.index(si_value)


def start_of(controls: Sequence[Control]) -> dict[str, int]:
    """Return where the controls stand when a workbench opens."""
    return {item.name: item.values.index(item.default) for item in controls}


def slices_of(track: Track, part: AnyPart, ways: int = 1) -> list[Slice]:
    """Return the tables of a part, that of the start first.

    As long as a table has more than ``AT_ONCE`` states, one of the controls that the task gives is
    taken out of it: the one with the most values first. The first table has these where they start,
    and another one where the bad news puts them. Each of them has one more in which it moves, and
    the others stand where they start: all their combinations would be millions. With ``ways``
    combinations of choices in a figure, the first table may become too large for them; then they
    have a table of their own.

    These other tables leave decided controls out, the last one first, until there is room.
    """
    controls = part.of(track).controls
    start, out = start_of(controls), _taken_out(controls)
    origin = {item.name: start[item.name] for item in out}
    together = math.prod(len(item.values) for item in controls if item not in out)
    plays = together * ways <= WAYS_AT_ONCE
    found = [Slice(origin, plays)]
    told = _after_bad_news(track, part, out, origin)
    if told != origin:
        found.append(Slice(told, plays))
    room = BESIDE // max(1, len(out)) ** 2
    for item in out:
        fixed = {name: at for name, at in origin.items() if name != item.name}
        found.append(_smaller(controls, fixed, room, keeps=item))
    if not plays:
        found.append(_smaller(controls, origin, room // ways, plays_choices=True))
    return found


def _taken_out(controls: Sequence[Control]) -> list[Control]:
    given = [item for item in controls if not item.decided]
    given.sort(key=lambda item: -len(item.values))
    out: list[Control] = []
    while given and math.prod(len(item.values) for item in controls if item not in out) > AT_ONCE:
        out.append(given.pop(0))
    return out


def _after_bad_news(
    track: Track, part: AnyPart, out: Sequence[Control], origin: Mapping[str, int]
) -> dict[str, int]:
    """Return where what is taken out stands after the track's turn, and after the call."""
    turned = part.of(track).turned
    told = {**origin, **{item.name: position(item, turned[item.name]) for item in out}}
    if part.has_event and "node_mtbf" in told:
        mtbf = part.of(track).control("node_mtbf")
        told["node_mtbf"] = position(mtbf, track.checkpoint.event_node_mtbf)
    return told


def _smaller(
    controls: Sequence[Control],
    fixed: Mapping[str, int],
    most: int,
    keeps: Control | None = None,
    plays_choices: bool = False,
) -> Slice:
    """Return a table of at most so many states, without the last of the controls."""
    start, smaller = start_of(controls), Slice(dict(fixed), plays_choices)
    for item in reversed(controls):
        if smaller.states(controls) <= most:
            break
        if item.name not in smaller.fixed and item is not keeps:
            smaller = Slice({**smaller.fixed, item.name: start[item.name]}, plays_choices)
    return smaller


def states(controls: Sequence[Control], part: Slice) -> list[dict[str, int]]:
    """Return each state of a table, as positions by name; the first control moves the fastest."""
    axes = part.axes(controls)
    return [
        {**part.fixed, **dict(zip((item.name for item in axes), at, strict=True))}
        for at in product(*(range(len(item.values)) for item in axes))
    ]


def settings_at(controls: Sequence[Control], state: Mapping[str, int]) -> dict[str, Value]:
    """Return the settings of a state, SI by control name."""
    return {item.name: item.to_si(item.values[state[item.name]]) for item in controls}
