"""A track's prose as HTML: paragraphs and bold text; everything else stays as it is."""

from __future__ import annotations

import re
from html import escape


def paragraphs(text: str) -> str:
    """Return plain text with blank lines and ``**bold**`` as HTML."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text, quote=False))
    return "".join(f"<p>{block}</p>" for block in bold.split("\n\n"))
