"""The three parts of the course, each one typed object with one folder.

Importing this loads no part's models: :class:`storagelab.parts.part.Part` says what loads when.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from storagelab.parts.access import ACCESS
from storagelab.parts.checkpoint import CHECKPOINT
from storagelab.parts.outcome import Outcome
from storagelab.parts.part import Part, si_values
from storagelab.parts.pipeline import PIPELINE

__all__ = [
    "ACCESS",
    "CHECKPOINT",
    "PARTS",
    "PIPELINE",
    "AnyOutcome",
    "AnyPart",
    "Outcome",
    "Part",
    "load_part",
    "si_values",
]

AnyPart: TypeAlias = Part[Any, Any]
"""A part that was looked up by its name: which outcome goes with it isn't known to the types."""

AnyOutcome: TypeAlias = Any
"""An outcome of such a part: a part's own code has its type."""

PARTS: dict[str, AnyPart] = {part.name: part for part in (ACCESS, PIPELINE, CHECKPOINT)}


def load_part(name: str) -> AnyPart:
    """Return the part called ``name``; ``ValueError`` with the known names if there is none."""
    if name not in PARTS:
        raise ValueError(f"unknown part {name!r}; known are {', '.join(PARTS)}")
    return PARTS[name]
