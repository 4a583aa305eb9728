"""ControlRow: a control with a field to type into and a button that resets it."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import Any

import ipywidgets

from storagelab.schema import Control, Value
from storagelab.widgets import shared_styles
from storagelab.widgets.controls import field_label, make_control


def nearest(control: Control, asked: float) -> Value:
    """Return the value of a scale nearest to ``asked``, both in the student's unit.

    The distance is a ratio where the values span decades, and a difference elsewhere.
    """
    values = sorted(float(value) for value in control.values)
    low, high = values[0], values[-1]
    inside = min(max(asked, low), high)
    by_ratio = _by_ratio(values)
    return min(
        values, key=lambda value: abs(math.log(value / inside)) if by_ratio else abs(value - inside)
    )


def cuts(control: Control) -> list[float]:
    """Return the numbers between two values of a scale up to which the lower one is nearer.

    In the student's unit and in their order, one fewer than values: what :func:`nearest` goes by.
    """
    values = sorted(float(value) for value in control.values)
    return [
        math.sqrt(low * high) if _by_ratio(values) else (low + high) / 2
        for low, high in pairwise(values)
    ]


def _by_ratio(values: list[float]) -> bool:
    """Return whether a scale's sorted values span decades."""
    return values[0] > 0 and values[-1] / values[0] >= 100


def in_field(control: Control, value: Value) -> float:
    """Return a scale's ``value`` as its field writes it, in the student's unit.

    A number that people write in at most six digits, or a whole one, is written as it is. Of any
    other, which nobody reads, at least three digits are, and as many as it takes to mean it when
    they are typed.
    """
    number = float(value)
    if number.is_integer() or number == float(f"{number:.6g}"):
        return number
    rounded = (float(f"{number:.{digits}g}") for digits in range(3, 17))
    return next((short for short in rounded if nearest(control, short) == value), number)


def snap(control: Control, typed: float, present: float) -> Value:
    """Return the value of a scale that ``typed`` means, all in the student's unit.

    It is the nearest value. If ``typed`` is above or below the present value, it is at least the
    next value in that direction, so that the field's own arrows never get stuck. NaN means the
    present value.
    """
    if math.isnan(typed):
        return present
    values = sorted(float(value) for value in control.values)
    meant = nearest(control, typed)
    asked = min(max(typed, values[0]), values[-1])
    if meant == present and asked != present:
        return values[values.index(present) + (1 if asked > present else -1)]
    return meant


class ControlRow:
    """One control of a workbench; ``value`` is the student's number, ``widget`` is shown.

    A scale can be set in three ways: with a slider, with a field, and back to the default with a
    button. A switch or a choice has none of these additions. All that follows from a change, in
    the field and in ``on_change``, happens within ``together``.
    """

    def __init__(
        self,
        control: Control,
        on_change: Callable[[], None],
        together: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.control = control
        self._on_change = on_change
        self._together = together
        self.slider = make_control(control)
        self.slider.observe(self._moved, "value")
        self.widget = self.slider
        self.field: Any = None
        if control.kind == "scale":
            self.widget = self._with_field()

    @property
    def value(self) -> Value:
        """The present value in the student's unit."""
        value: Value = self.slider.value
        return value

    @value.setter
    def value(self, value: Value) -> None:
        self.slider.value = value

    def _with_field(self) -> ipywidgets.Widget:
        self.field = ipywidgets.FloatText(
            value=in_field(self.control, self.slider.value),
            description=field_label(self.control),
            step=None,
            layout=shared_styles.layout(width="7em"),
            style=shared_styles.style(ipywidgets.widgets.widget_description.DescriptionStyle),
            _dom_classes=("storagelab-field",),
        )
        self.field.observe(self._typed, "value")
        self.back = shared_styles.button(
            "2.6em", icon="undo", tooltip=f"{self.control.label}: back to the default"
        )
        self.back.on_click(self._to_default)
        return shared_styles.row([self.slider, self.field, self.back], "storagelab-control")

    def _moved(self, change: Any) -> None:
        with self._together():
            if self.field is not None:
                self.field.value = in_field(self.control, change["new"])
            self._on_change()

    def _typed(self, change: Any) -> None:
        present = float(self.slider.value)
        if change["new"] == in_field(self.control, present):
            return
        self.slider.value = snap(self.control, float(change["new"]), present)
        self.field.value = in_field(self.control, self.slider.value)

    def _to_default(self, button: Any) -> None:
        self.slider.value = self.control.default
