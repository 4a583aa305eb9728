"""Validation at the door: a quantity is checked once, where it enters, and trusted inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Quantity: TypeAlias = Any
"""A ``float``, or an array of them: what goes in as a scalar comes out as a ``float``."""


def _checked(
    name: str, value: object, inside: Callable[[Floats], npt.NDArray[np.bool_]], allowed: str
) -> Floats:
    try:
        raw = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must be {allowed}; got {value!r}, which is no array") from None
    if raw.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be {allowed}; got {value!r}, which is not a number")
    numbers = raw.astype(np.float64)
    with np.errstate(invalid="ignore"):
        good = np.isfinite(numbers) & inside(numbers)
    if not good.all():
        if numbers.ndim == 0:
            raise ValueError(f"{name} must be {allowed}; got {numbers.item()!r}")
        where = tuple(int(index) for index in np.argwhere(~good)[0])
        place = ", ".join(str(index) for index in where)
        raise ValueError(f"{name}[{place}] must be {allowed}; got {numbers[where].item()!r}")
    return numbers


def positive(name: str, value: object) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are finite and above 0."""
    return _checked(name, value, lambda x: x > 0, "a finite number above 0")


def non_negative(name: str, value: object) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are finite and 0 or more."""
    return _checked(name, value, lambda x: x >= 0, "a finite number of 0 or more")


def at_least(name: str, value: object, least: float) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are finite and >= ``least``."""
    return _checked(name, value, lambda x: x >= least, f"a finite number of {least:g} or more")


def fraction(name: str, value: object) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are from 0 to 1."""
    return _checked(name, value, lambda x: (x >= 0) & (x <= 1), "a fraction from 0 to 1")


def whole(name: str, value: object, least: int = 1) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are whole and >= ``least``."""
    return _checked(
        name, value, lambda x: (x >= least) & (x == np.floor(x)), f"a whole number from {least} up"
    )


def single(name: str, numbers: Floats) -> float:
    """Return the one number in ``numbers``; raise ``ValueError`` where they are an array."""
    if numbers.ndim:
        raise ValueError(f"{name} must be one number, not an array of shape {numbers.shape}")
    return numbers.item()


def require(condition: npt.ArrayLike, message: str) -> None:
    """Raise ``ValueError(message)`` unless ``condition`` holds in every element."""
    if not np.all(condition):
        raise ValueError(message)


def plain(values: Floats) -> Quantity:
    """Return a scalar result as a Python ``float`` and an array as itself."""
    return values.item() if np.ndim(values) == 0 else values
