"""What the outcomes of all parts have in common.

An outcome is a frozen record of plain numbers in SI units with the settings inside it. What is
drawn, saved, said or graded is derived from it and from nothing else.

Settings are dataclasses, so that one of them can be replaced by name. Outcomes are structs: nobody
replaces anything in those, and a class of thirty fields is made in a fiftieth of the time, which
every notebook pays when it opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from storagelab.parts.limits import Limit


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What some settings of a part come to."""

    costs: dict[str, float]
    """In the track's currency, by item; over its period, or for a whole job."""

    @property
    def limits(self) -> Sequence[Limit[Any]]:
        """Every limit of the part, in the order in which they are named."""
        raise NotImplementedError

    @property
    def cost(self) -> float:
        """All in all, in the track's currency."""
        return sum(self.costs.values())

    @property
    def unmet(self) -> tuple[str, ...]:
        """The names of the limits that these settings miss."""
        return tuple(limit.name for limit in self.limits if limit.is_missed(self))
