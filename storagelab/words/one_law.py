"""The end of the course in words: one law, every track."""

from __future__ import annotations

from collections.abc import Mapping

from storagelab.experiments.one_law import ReadPoint, SavePoint
from storagelab.units import format_binary, format_bytes, format_share, format_time, significant

YOU = "you"
"""The name of the student's own point."""


def describe(reads: Mapping[str, ReadPoint], saves: Mapping[str, SavePoint]) -> str:
    """Return what the two curves show, a sentence for each point; the student's come last."""
    lines = [
        "Every read lies on one curve: a request of b bytes gets b / (b + L·B) of the bandwidth.",
        *(
            f"{_name(name)} at {format_binary(point.size)} with half of the bandwidth at "
            f"{format_bytes(point.half)}: {format_share(point.efficiency)}."
            for name, point in reads.items()
        ),
        "Every save lies on another: an interval of u times sqrt(2·d·M) wastes (u + 1/u) / 2 "
        "times the least.",
        *(
            f"{_name(name)} every {format_time(point.interval)}, where the least is at "
            f"{format_time(point.young)}: {significant(point.waste)} times the least."
            for name, point in saves.items()
        ),
    ]
    return "\n".join(lines)


def _name(name: str) -> str:
    return "You" if name == YOU else name
