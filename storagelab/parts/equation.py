"""Equations with the present numbers in them: as TeX, as words, and symbol by symbol."""

from __future__ import annotations

import msgspec

from storagelab.units import format_share, significant


class Symbol(msgspec.Struct, frozen=True):
    """One symbol of an equation, for those who would rather read a table, or hear it."""

    sign: str
    """Such as ``M``, or ``t_open`` for a letter with a subscript."""
    meaning: str
    value: str
    unit: str
    dominates: bool = False


class Equation(msgspec.Struct, frozen=True):
    """An equation, what dominates in it, and what its symbols are."""

    tex: str
    """Without delimiters, of the commands that TeX's amsmath has: what dominates is boxed, units
    that cancel are struck out."""
    words: str
    """Which term dominates, as sentences."""
    symbols: tuple[Symbol, ...]


def symbol(sign: str, meaning: str, formatted: str, dominates: bool = False) -> Symbol:
    """Return a symbol whose value is written with its unit, such as ``3.5 s`` or ``20%``."""
    if formatted.endswith("%"):
        return Symbol(sign, meaning, formatted[:-1], "%", dominates)
    value, _, unit = formatted.rpartition(" ")
    if not value[-1:].isdigit():  # a plain number, or words
        return Symbol(sign, meaning, formatted, "", dominates)
    return Symbol(sign, meaning, value, unit, dominates)


def text(words: str) -> str:
    """Return words or a formatted number as upright TeX."""
    return rf"\text{{{words}}}"


def boxed(tex: str, really: bool = True) -> str:
    """Return a term with the box of what dominates around it, if it does."""
    return rf"\boxed{{{tex}}}" if really else tex


def struck(value: float, scale: float, unit: str) -> str:
    r"""Return ``value``, in SI, in units of ``scale``, the unit struck out because it cancels.

    ``\cancel`` is an extension that a page without a network lacks, and a slash laid over ``ms``
    reads as m/s: the line lies flat, of en dashes, one for each letter.
    """
    line = rf"\rlap{{\text{{{'–' * len(unit)}}}}}"
    return rf"{text(significant(value / scale))}\ {line}{text(unit)}"


def share(value: float) -> str:
    """Return a share as TeX; inside of text, MathJax would show the backslash."""
    return rf"{text(format_share(value).removesuffix('%'))}\%"
