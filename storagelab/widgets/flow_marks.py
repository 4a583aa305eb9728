"""FlowMarks: marks that move along a figure's bands as fast as the data does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import traitlets

from storagelab.units import format_bytes
from storagelab.widgets import shared_styles
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script, style

MOST = 8.0
"""Marks a second, at most, that the demand comes to."""


def mark_size(demand: float) -> float:
    """Return the bytes that a mark stands for: 1, 2 or 5 times a power of ten.

    As few as keep ``demand``, in bytes/s, at ``MOST`` marks a second or below.
    """
    least = demand / MOST
    power = 10.0 ** math.floor(math.log10(least))
    return next(size * power for size in (1, 2, 5, 10) if size * power >= least * (1 - 1e-9))


class FlowMarks(Scripted):
    """A button that has marks move along the first bands of a figure, until it is pressed again.

    Marks stand a fixed distance apart and each is as many bytes, so that as many pass in a second
    as bytes do, and each band's marks are as fast as its rate. Nothing moves before somebody asks
    for it, out of sight, or where the system asks for reduced motion.
    """

    _esm: Any = sent(script("flow_marks.js"))
    _css: Any = sent(style("flow_marks.css"))
    count: Any = traitlets.Int().tag(sync=True)
    """How many shapes the figure's mark has, by which the script finds it; the bands come first."""
    rates: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    """Marks a second on each band."""
    words: Any = traitlets.Unicode().tag(sync=True)

    def __init__(self, count: int) -> None:
        super().__init__(count=count, layout=shared_styles.layout())

    def show(self, rates: Sequence[float], demand: float) -> None:
        """Have the bands' ``rates``, in bytes/s, shown, of which ``demand`` is the most."""
        size = mark_size(demand)
        self.rates = [rate / size for rate in rates]
        self.words = f"Each mark is {format_bytes(size)}; they pass as fast as the data does."
