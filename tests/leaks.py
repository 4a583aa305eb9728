"""A search for texts that no student may see, in whatever spelling a file has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path

from storagelab.course.answers import load_answers
from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track


def plain(text: str) -> str:
    """Return a text as it is read: no tags, no entities, no quotes of one kind or another."""
    text = unescape(re.sub(r"</?[a-zA-Z][^>]*>", "", text)).replace("\\n", " ").replace("\\", "")
    return " ".join(re.sub("[\"'‘’“”*`]", "", text).split()).lower()


def secrets_in(folder: Path, secrets: Iterable[str], suffixes: tuple[str, ...] = ()) -> list[str]:
    """Return ``file: secret`` for each secret in a folder's files, those of some suffixes or all.

    Others' scripts aren't read, nor what Python compiles from a file that is read.
    """
    wanted = {secret: plain(secret) for secret in secrets}
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or {"vendor", "__pycache__"} & set(path.parts):
            continue
        if suffixes and path.suffix not in suffixes:
            continue
        text = plain(path.read_text(encoding="utf-8", errors="replace"))
        name = path.relative_to(folder)
        found += [f"{name}: {secret}" for secret, words in wanted.items() if words in text]
    return found


def texts_of_answers(layout: Layout) -> list[str]:
    """Return every text of every track's answers.

    Of a law's solution only the lines that name one of the law's arguments: others, such as
    ``return 1.0``, say nothing by themselves.
    """
    told = []
    for name in TRACKS:
        for part in PARTS.values():
            answers = load_answers(layout, name).of(part)
            named = re.compile(rf"\b(?:{'|'.join(part.of(load_track(name)).law.arguments)})\b")
            told += [answers.reason, *answers.scheme, *answers.facts]
            told += [line for line in answers.solution if named.search(line)]
    return list(dict.fromkeys(told))
