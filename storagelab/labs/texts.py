"""The texts of a part that have numbers in them, as a notebook shows them: the student's own."""

from __future__ import annotations

from collections.abc import Callable

from storagelab.parts import AnyPart
from storagelab.tracks import Track


def _question(track: Track, part: AnyPart) -> str:
    question = part.of(track).question
    options = "\n".join(f'- `"{option.id}"` {option.text}' for option in question.options)
    return f"**{question.text.strip()}**\n\n{options}"


_TEXTS: dict[str, Callable[[Track, AnyPart], str]] = {
    "crisis": lambda track, part: part.of(track).crisis,
    "question": _question,
    "look": lambda track, part: part.of(track).look,
    "conclude": lambda track, part: part.asks_again(track),
    "task": lambda track, part: part.of(track).task,
    "reflection": lambda track, part: part.of(track).reflection,
}
NAMES = tuple(_TEXTS)
"""What there are, in the order of a notebook."""


def text_of(track: Track, part: AnyPart, name: str) -> str:
    """Return the text called ``name``, in Markdown, with the numbers of ``track``'s crisis.

    Raises ``ValueError`` for a text that there isn't.
    """
    if name not in _TEXTS:
        raise ValueError(f"there is no text {name!r}; there are {', '.join(NAMES)}")
    return part.words(track, _TEXTS[name](track, part))
