"""The scripts and styles that run in the page."""

from __future__ import annotations

from pathlib import Path


def text_of(name: str) -> str:
    """Return the script or style called ``name``, as text.

    Given a path, anywidget would watch the file, and keep every widget made of it for good.
    """
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
