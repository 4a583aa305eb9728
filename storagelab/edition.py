"""The course's edition: a digest of all that a track's numbers come from.

A ledger keeps it beside the numbers that the model gave. After a price, a fact or a law was
corrected the edition is another, and then numbers of the earlier one are held against nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

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
    package = resources.files("storagelab")
    modules = [item for item in package.iterdir() if item.is_file() and item.name.endswith(".py")]
    for file in [*_sorted(modules), *(path for room in _ROOMS for path in _files(package / room))]:
        # as text: a checkout on Windows has other line ends
        digest.update(f"\0{file.name}\0{file.read_text(encoding='utf-8')}".encode())
    return digest.hexdigest()[:_LENGTH]


def stands_on(assignment: str) -> str:
    """Return a digest of all that the hidden tests of an assignment judge by, beside its source.

    These are the track's edition and the rules that tests share. Empty for an assignment that is no
    track. For ``c.Grade.stands_on``: a grade remembers it.
    """
    if assignment not in files():
        return ""
    rules = (resources.files("storagelab") / _TESTS).read_text(encoding="utf-8")
    return hashlib.sha256(f"{edition(assignment)}\0{rules}".encode()).hexdigest()[:_LENGTH]


def _files(folder: Traversable) -> Iterator[Traversable]:
    for item in _sorted(folder.iterdir()):
        if item.is_dir():
            if item.name not in _NOT_HERE:
                yield from _files(item)
        elif item.name.endswith((".py", ".csv", ".json", ".toml")):
            yield item


def _sorted(items: Iterable[Traversable]) -> list[Traversable]:
    return sorted(items, key=lambda item: item.name)
