"""The course's edition: a digest of all that a track's numbers come from.

A ledger keeps it beside the numbers that the model gave. After a price, a fact or a law was
corrected the edition is another, and then numbers of the earlier one are held against nobody.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache

from storagelab.track_files import file_text, files, variants_file

_ROOMS = ("access", "checkpoint", "data", "parts", "pipeline", "queueing")
"""Folders of facts, models and experiments; the modules beside them count too."""
_NOT_HERE = {"published", "tracks", "variants", "__pycache__"}
"""What no outcome depends on, and the files of other tracks."""
_TESTS = "labs/checking.py"
"""What hidden tests call, beside models."""
_LENGTH = 12


@cache
def edition(track: str) -> str:
    """Return the edition of a track, twelve hexadecimal digits.

    Raises ``KeyError`` for a track that there isn't.
    """
    digest = hashlib.sha256(file_text(track).encode())
    variants = variants_file(track)
    if variants.is_file():
        digest.update(f"\0{variants.read_text(encoding='utf-8')}".encode())
    package = os.path.dirname(__file__)  # a hundred files, in half the time that paths take
    for name, path in _files(package):
        digest.update(f"\0{name}\0".encode() + _text(path))
    return digest.hexdigest()[:_LENGTH]


def stands_on(assignment: str) -> str:
    """Return a digest of all that the hidden tests of an assignment judge by, beside its source.

    These are the track's edition and the rules that tests share. Empty for an assignment that is no
    track. For ``c.Grade.stands_on``: a grade remembers it.
    """
    if assignment not in files():
        return ""
    rules = _text(os.path.join(os.path.dirname(__file__), _TESTS))
    digest = hashlib.sha256(f"{edition(assignment)}\0".encode() + rules)
    return digest.hexdigest()[:_LENGTH]


def _text(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read().replace(b"\r\n", b"\n")  # which a checkout on Windows has


def _files(package: str) -> Iterator[tuple[str, str]]:
    """Return the name and the path of every file that counts, always in the same order."""
    yield from _in(package, (".py",), False)
    for room in _ROOMS:
        yield from _in(os.path.join(package, room), (".py", ".csv", ".json", ".toml"), True)


def _in(folder: str, endings: tuple[str, ...], deep: bool) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as found:
        items = sorted(found, key=lambda item: item.name)
    for item in items:
        if item.name.endswith(endings):
            yield item.name, item.path
        elif deep and item.is_dir() and item.name not in _NOT_HERE:
            yield from _in(item.path, endings, deep)
