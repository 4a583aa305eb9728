"""Validation at the door: a quantity is checked once, where it enters, and trusted inside."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.int64]

if TYPE_CHECKING:  # typing's own has defaults (PEP 696) from Python 3.13 on
    from typing_extensions import TypeVar

    Q = TypeVar("Q", float, Floats, default=float)
else:
    from typing import TypeVar

    Q = TypeVar("Q", float, Floats)
"""What a law returns: a ``float``, or an array as soon as one of its quantities is an array."""

Quantity: TypeAlias = Q | float
"""A quantity that a law is asked about; scalars and arrays may be mixed."""
Rows: TypeAlias = Floats | Sequence[float] | Sequence[Sequence[float]]
"""One number for each of some parts, along the last axis."""


class DomainWarning(UserWarning):
    """A law was asked for a value outside the range in which its assumptions hold."""


def _checked(
    name: str,
    value: object,
    inside: Callable[[Any], Any],
    allowed: str,
    interval: bool = True,
) -> Floats:
    """Return ``value`` as floats where all of them are finite and ``inside``.

    Where ``inside`` is an interval, the least and the greatest element speak for all of them,
    which keeps the check of a million numbers cheap beside the law itself. So does comparing a
    single number as it is: that is what most calls bring, and NaN and infinity are inside nothing.
    """
    number = value.item() if isinstance(value, np.ndarray) and not value.ndim else value
    kind = type(number)
    is_plain = (
        kind is np.float64 or kind is float or (kind is int and -COUNTABLE <= number <= COUNTABLE)  # type: ignore[operator]
    )
    if is_plain and inside(number):
        # a law of scalars is several times as fast as one of arrays without an axis
        return number if kind is np.float64 else np.float64(number)  # type: ignore
    try:
        raw = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must be {allowed}; got {value!r}, which is no array") from None
    if raw.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be {allowed}; got {value!r}, which is not a number")
    numbers = np.asarray(raw, dtype=np.float64)
    if not numbers.size:
        return numbers
    # NaN is both the least and the greatest, and inside nothing; nor is infinity
    if interval and inside(numbers.min()) and inside(numbers.max()):
        return numbers
    with np.errstate(invalid="ignore"):
        good = np.isfinite(numbers) & inside(numbers)
    if good.all():
        return numbers
    if numbers.ndim == 0:
        raise ValueError(f"{name} must be {allowed}; got {numbers.item()!r}")
    where = tuple(int(index) for index in np.argwhere(~good)[0])
    place = ", ".join(str(index) for index in where)
    raise ValueError(f"{name}[{place}] must be {allowed}; got {numbers[where].item()!r}")


LEAST, MOST = 1e-100, 1e100
"""The magnitudes that a quantity may have: no product of three leaves a float's range."""

COUNTABLE = 2**53
"""Up to here a float counts exactly; beyond, neighbouring whole numbers are the same one."""


def positive(name: str, value: object) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are above 0 (1e-100 to 1e100)."""
    return _checked(
        name,
        value,
        lambda x: (x >= LEAST) & (x <= MOST),
        "a finite number above 0 (1e-100 to 1e100)",
    )


def non_negative(name: str, value: object) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are 0 or more (up to 1e100)."""
    return _checked(
        name, value, lambda x: (x >= 0) & (x <= MOST), "a finite number of 0 or more (up to 1e100)"
    )


def at_least(name: str, value: object, least: float) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are >= ``least`` (to 1e100)."""
    return _checked(
        name,
        value,
        lambda x: (x >= least) & (x <= MOST),
        f"a finite number of {least:g} or more (up to 1e100)",
    )


def fraction(name: str, value: object) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless all are from 0 to 1."""
    return _checked(name, value, lambda x: (x >= 0) & (x <= 1), "a fraction from 0 to 1")


def whole(name: str, value: object, least: int = 1) -> Floats:
    """Return ``value`` as floats; raise ``ValueError`` unless whole, from ``least`` to 2^53."""
    return _checked(
        name,
        value,
        lambda x: (x >= least) & (x <= COUNTABLE) & (x == np.floor(x)),
        f"a whole number from {least} up (to 2^53)",
        interval=False,
    )


def single(name: str, numbers: Floats) -> float:
    """Return the one number in ``numbers``; raise ``ValueError`` where they are an array."""
    if numbers.ndim:
        raise ValueError(f"{name} must be one number, not an array of shape {numbers.shape}")
    return numbers.item()


def choice(name: str, value: object) -> bool:
    """Return ``value`` where it is True or False; raise ``ValueError`` for anything else."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False; got {value!r}")
    return bool(value)


def require(condition: npt.ArrayLike, message: str) -> None:
    """Raise ``ValueError(message)`` unless ``condition`` holds in every element."""
    if not _everywhere(condition):
        raise ValueError(message)


def _everywhere(condition: npt.ArrayLike) -> bool:
    """Return whether a condition holds in every element; of one element without a reduction."""
    if isinstance(condition, (bool, np.bool_)):
        return bool(condition)
    return bool(np.all(condition))


def warn_if(condition: npt.ArrayLike, message: str) -> None:
    """Warn with ``message`` (:class:`DomainWarning`) where ``condition`` holds in any element."""
    if not _everywhere(np.logical_not(condition)):
        warnings.warn(message, DomainWarning, stacklevel=3)


def to_scalar(values: Floats) -> Q:  # type: ignore[type-var]
    """Return a scalar result as a Python ``float`` and an array as itself.

    Which of the two it is, a type checker learns from the law that returns it.
    """
    return values.item() if np.ndim(values) == 0 else values  # type: ignore[return-value]


def as_int(name: str, counts: Floats) -> int | Counts:
    """Return whole floats as ``int``, or an int64 array; raise ``ValueError`` above 2^53."""
    require(
        counts <= COUNTABLE, f"the {name} is too large to count: check the units of the arguments"
    )
    return int(counts) if np.ndim(counts) == 0 else counts.astype(np.int64)
