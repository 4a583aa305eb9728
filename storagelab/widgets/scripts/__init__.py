"""The scripts and styles that run in the page."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r"^import \{[^}]*\} from '\./(\w+\.js)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)


def style(name: str) -> str:
    """Return the style sheet called ``name`` as text."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def script(name: str) -> str:
    """Return the script called ``name`` as the text of one module, without imports.

    A page gets a script as text, where an import of the file beside it leads nowhere, so the text
    of each imported file stands in front, once.
    """
    texts: dict[str, str] = {}
    _collect(name, texts)
    *helpers, main = texts.values()
    return "\n".join([*(_EXPORT.sub("", helper) for helper in helpers), main])


def _collect(name: str, texts: dict[str, str]) -> None:
    """Add the text of a script to ``texts``, behind the texts of what it imports."""
    text = (_FOLDER / name).read_text(encoding="utf-8")
    for imported in _IMPORT.findall(text):
        if imported not in texts:
            _collect(imported, texts)
    texts[name] = _IMPORT.sub("", text)
