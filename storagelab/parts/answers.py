"""Settings as the line of code that a student types, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping

from storagelab.schema import Control, Value


def _in_unit(control: Control, si_value: Value) -> Value:
    """Return an SI value in the student's unit, as the slider's own number where it is one."""
    if control.kind != "scale":
        return si_value
    number = float(si_value) / control.si
    for value in control.values:
        if math.isclose(float(value), number, rel_tol=1e-9):
            number = float(value)
    return int(number) if number.is_integer() else number


def in_units(controls: list[Control], settings: Mapping[str, Value]) -> dict[str, Value]:
    """Return ``settings``, SI by control name, as an answer: by answer key, in student's units."""
    return {item.answer: _in_unit(item, settings[item.name]) for item in controls}


def answer_line(controls: list[Control], settings: Mapping[str, Value]) -> str:
    """Return the line of code that puts ``settings`` (SI, by control name) into an answer cell.

    Only the controls that the student decides are in it.
    """
    decided = [item for item in controls if item.decided]
    return f"decision = {in_units(decided, settings)!r}"


def read_answer(controls: list[Control], answer: object) -> dict[str, Value]:
    """Return the decided settings in ``answer``, SI by control name.

    Raises ``ValueError`` with a sentence for the student: what is missing, misspelt, of the
    wrong kind, no number at all, or outside the slider's range.
    """
    decided = {item.answer: item for item in controls if item.decided}
    example = answer_line(controls, {item.name: item.to_si(item.default) for item in controls})
    if not isinstance(answer, dict):
        raise ValueError(
            f"decision must be a dictionary such as {example.removeprefix('decision = ')}; "
            f"got {_short(answer)}. Copy the line that the workbench shows."
        )
    for key in answer:
        if key not in decided:
            raise ValueError(
                f"decision has the unknown entry {_short(key)}; it takes {', '.join(decided)}."
            )
    for key in decided:
        if key not in answer:
            raise ValueError(f"decision lacks {key!r}. Copy the line that the workbench shows.")
    return {item.name: _value(item, answer[key]) for key, item in decided.items()}


def _value(control: Control, value: object) -> Value:
    key = control.answer
    if control.kind == "switch":
        if not isinstance(value, bool):
            raise ValueError(f"{key} must be True or False; got {_short(value)}.")
        return value
    if control.kind == "choice":
        if not isinstance(value, str) or value not in control.values:
            names = ", ".join(repr(item) for item in control.values)
            raise ValueError(f"{key} must be one of {names}; got {_short(value)}.")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key} must be a number in {control.unit}; got {_short(value)}.")
    if control.labels and value not in control.values:  # each is a thing that one can have
        offered = ", ".join(f"{float(item):g}" for item in control.values)
        raise ValueError(f"{key} must be one of {offered} {control.unit}; got {_short(value)}.")
    low, high = (pick(float(item) for item in control.values) for pick in (min, max))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not low <= number <= high:  # false for NaN too
        raise ValueError(
            f"{key} must be from {low:g} to {high:g} {control.unit}; got {_short(value)}."
        )
    return control.to_si(number)


def _short(value: object) -> str:
    """Return what a student typed, as far as it fits into a sentence."""
    try:
        text = repr(value)
    except Exception:  # a student's class may do anything
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
