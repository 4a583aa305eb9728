"""What the page is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandgrader.report.tables import Table


@dataclass(frozen=True)
class Figure:
    """A section of the page: words, a picture, and the numbers in it."""

    heading: str
    words: list[str]
    picture: str = ""
    """SVG; empty where a table says enough."""
    table: Table | None = None
    wide: bool = False
    """Whether the table needs the whole width."""
    folded: bool = False
    """Whether it is opened by whoever wants it: a long list behind what was said before."""


@dataclass(frozen=True)
class Chapter:
    """What the page says of one assignment."""

    name: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    notice: str = ""
    """What is said in the place of figures."""


@dataclass(frozen=True)
class Report:
    """Everything that is written."""

    chapters: list[Chapter]
    tables: list[Table]
    shared: bool
