"""Text of a student's, made fit for an instructor's terminal, a log or a report.

A name of a file or a folder may hold anything: an escape sequence that clears the screen or writes
another line in its place, a mark that turns the reading direction, a line's end.
"""

from __future__ import annotations

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what isn't seen: controls, formats, halves of pairs, no characters."""


def printable(text: str, keep: str = "") -> str:
    """Return ``text`` with what can't be seen written out by its number; ``keep`` stays."""
    if text.isprintable():
        return text
    return "".join(
        _written_out(letter)
        if letter not in keep and unicodedata.category(letter) in _UNSEEN
        else letter
        for letter in text
    )


def _written_out(letter: str) -> str:
    code = ord(letter)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
