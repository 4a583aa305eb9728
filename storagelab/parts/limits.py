"""Limits: what a decision can miss. A part lists its own in its folder's ``limits`` module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from storagelab.tracks import Track

OutcomeT_contra = TypeVar("OutcomeT_contra", contravariant=True)

Figures = Mapping[str, str]
"""The numbers of an outcome in people's units, by name."""


class Goal(msgspec.Struct, frozen=True):
    """A limit as a line of a list: what it is about, how that is now, and what is asked for."""

    what: str
    now: str
    asked: str
    is_number: bool = True
    """Whether ``now`` is a number, and not only the side of the limit that it is on."""


def _nothing(track: Track, outcome: object, shown: Figures) -> Sequence[str]:
    return ()


class Limit(msgspec.Struct, Generic[OutcomeT_contra], frozen=True, kw_only=True):
    """One limit of a part, and everything that is said of it."""

    name: str
    """As a track's ``unmet`` table names it."""
    label: str
    """As the class report names it."""
    in_use: Callable[[Track], bool]
    """Whether a track sets it; one that does needs a sentence for it in ``unmet``."""
    is_missed: Callable[[OutcomeT_contra], bool]
    sentence: Callable[[Track, OutcomeT_contra, Figures], str]
    """What a decision that misses it is told after the track's own sentence: its numbers."""
    goal: Callable[[Track, OutcomeT_contra, Figures], Goal | None]
    """The limit in the list of what is asked for; none where it isn't worth a line now."""
    once_recorded: bool = False
    """Whether only a recorded run shows if it is met."""
    seen: Callable[[Track, OutcomeT_contra, Figures], Sequence[str]] = _nothing
    """The sentences of the summary under the sliders that are about it, missed or not."""


def seen(
    limits: Sequence[Limit[OutcomeT_contra]],
    track: Track,
    outcome: OutcomeT_contra,
    shown: Figures,
) -> list[str]:
    """Return what a summary says of some limits, in their order."""
    return [sentence for limit in limits for sentence in limit.seen(track, outcome, shown)]
