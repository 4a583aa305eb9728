"""People's units, and the only place where numbers are dressed for the screen.

Everything inside is SI (bytes, seconds, bytes/s, fractions). ``GB`` is 1e9 bytes and ``GiB``
2^30 bytes, everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

KIB, MIB, GIB, TIB = 2**10, 2**20, 2**30, 2**40
KB, MB, GB, TB, PB = 1e3, 1e6, 1e9, 1e12, 1e15
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MONTH = 730.5 * HOUR
"""A mean month: a twelfth of 365.25 days."""
GBIT_PER_SECOND = 1e9 / 8

_DECIMAL = ((PB, "P"), (TB, "T"), (GB, "G"), (MB, "M"), (KB, "k"))
YEAR = 365.25 * DAY
_TIMES = (
    # 90 minutes read better than 1.5 h, and 47 h better than 1.96 d
    (YEAR, 2, "years"),
    (DAY, 3, "d"),
    (HOUR, 2, "h"),
    (MINUTE, 1, "min"),
    (1.0, 1, "s"),
    (1e-3, 1, "ms"),
)
"""Units of time: seconds in one, how many of it there are at least, its name."""


def significant(value: float, digits: int = 3) -> str:
    """Return ``value`` with so many significant digits, grouped by thousands, no exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, decimals)
    text = f"{rounded:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> tuple[float, str]:
    for scale, prefix in steps:
        if abs(value) >= scale * 0.9995:
            return value / scale, prefix
    return value, ""


def format_bytes(size: float) -> str:
    """Return a size in decimal units, such as ``350 GB``."""
    value, prefix = _scaled(size, _DECIMAL)
    return f"{significant(value)} {prefix}B"


def format_binary(size: float) -> str:
    """Return a size in binary units, such as ``16 MiB``: for powers of 2."""
    value, prefix = _scaled(size, ((GIB, "Gi"), (MIB, "Mi"), (KIB, "Ki")))
    return f"{significant(value)} {prefix}B"


def format_size(size: float) -> str:
    """Return the size of a piece: ``16 KiB`` where it is whole KiB below 1 MiB, else as ``115 kB``.

    Pages, tiles and blocks are powers of 2, and in decimal units their numbers look crooked.
    """
    if 0 < size < MIB and size % KIB == 0:
        return format_binary(size)
    return format_bytes(size)


def format_bandwidth(rate: float) -> str:
    """Return a rate of bytes/s in decimal units, such as ``1.64 GB/s``."""
    return f"{format_bytes(rate)}/s"


def format_time(seconds: float) -> str:
    """Return a time in its natural unit, such as ``3.5 s``, ``6.1 h`` or ``69 µs``."""
    if seconds == 0:
        return "0 s"
    for scale, least, unit in _TIMES:
        if abs(seconds) >= scale * least * 0.9995:
            return f"{significant(seconds / scale)} {unit}"
    return f"{significant(seconds / 1e-6)} µs"


def bandwidth_unit(rate: float) -> tuple[float, str]:
    """Return the unit for an axis up to ``rate`` bytes/s: bytes/s in one, and its name."""
    for scale, prefix in _DECIMAL:
        if rate >= scale:
            return scale, f"{prefix}B/s"
    return 1.0, "B/s"


def time_unit(seconds: float) -> tuple[float, str]:
    """Return the unit for an axis up to ``seconds``: seconds in one, and its name."""
    for scale, least, unit in _TIMES:
        if seconds >= scale * least:
            return scale, unit
    return 1e-6, "µs"


def format_hours(seconds: float) -> str:
    """Return a time in whole hours, such as ``744 h``: for jobs that are compared in hours."""
    return f"{seconds / HOUR:,.0f} h"


class Form(NamedTuple):
    """How a number of some size is written; a page without a kernel writes by the same forms."""

    least: float
    """From which size on."""
    scale: float
    """What it is divided by."""
    digits: int | None
    """Its significant digits, or None for a fixed number of decimals."""
    decimals: int
    text: str
    """With ``{number}`` in the number's place."""


MONEY = (
    Form(1e6, 1e6, 3, 0, "${number} million"),
    Form(100.0, 1.0, None, 0, "${number}"),
    Form(0.0, 1.0, None, 2, "${number}"),
)
POWER = (
    Form(0.9995, 1.0, 3, 0, "{number} W"),
    Form(0.9995e-3, 1e-3, 3, 0, "{number} mW"),
    Form(0.0, 1e-6, 3, 0, "{number} µW"),
)


def _formed(value: float, forms: Sequence[Form]) -> str:
    """Return a number as the first of the forms writes it that is for its size."""
    form = next(item for item in forms if abs(value) >= item.least or not item.least)
    scaled = value / form.scale
    if form.digits is None:
        number = f"{scaled:,.{form.decimals}f}"
    else:
        number = significant(scaled, form.digits)
    return form.text.format(number=number)


def format_power(watts: float) -> str:
    """Return a power in its natural unit, such as ``640 µW``, ``12 mW`` or ``1.75 W``."""
    return _formed(watts, POWER) if watts else "0 W"


def format_count(count: float) -> str:
    """Return a count such as ``5,500`` or ``87.2 million``."""
    for scale, word in ((1e9, "billion"), (1e6, "million")):
        if abs(count) >= scale:
            return f"{significant(count / scale)} {word}"
    return significant(count) if abs(count) < 1000 else f"{count:,.0f}"


def format_share(share: float) -> str:
    """Return a fraction as a percentage, such as ``94.6%`` or ``1.8%``."""
    percent = 100 * share
    return f"{significant(percent, 2 if abs(percent) < 10 else 3)}%"


def format_odds(share: float) -> str:
    """Return a fraction below 1 as people say it, such as ``1 in 100 million``; 0 is ``none``."""
    return f"1 in {format_count(float(f'{1 / share:.3g}'))}" if share > 0 else "none"


def format_rare(share: float) -> str:
    """Return a fraction as a percentage, or as ``1 part in 12,000`` where that has many zeros."""
    if 0 < share < 1e-4:
        return f"1 part in {format_count(float(f'{1 / share:.2g}'))}"
    return format_share(share)


def format_money(dollars: float) -> str:
    """Return an amount of US dollars, such as ``$1,230`` or ``$2.35 million``."""
    return _formed(dollars, MONEY)
