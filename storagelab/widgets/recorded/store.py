"""Recordings as files: made by several processes, and kept until something changes that matters."""

from __future__ import annotations

import ast
import codecs
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from storagelab.parts import PARTS
from storagelab.tracks import file_text, load_track
from storagelab.widgets.recorded.plan import Slice, slices_of, start_of
from storagelab.widgets.recorded.recording import record_tables, tables_of
from storagelab.widgets.recorded.tables import as_text

FIRST, ALL = 1_000_000, 3_000_000
"""Bytes that a page loads at most before anything is moved, and of all its tables."""
PACKAGE = Path(__file__).resolve().parents[2]
"""The folder of the package."""
_RECORDED = "widgets/recorded/"
_APART = (
    "course", "labs", "report", "simulation", "validation", "cli.py", "ledger.py", "data/tracks",
    "widgets/__init__.py", "widgets/fleets.py", "widgets/gallery.py",
    *(f"{_RECORDED}{name}.py" for name in ("ledger", "page", "player", "store")),
)  # fmt: skip
"""What of the package no figure depends on, and the tracks, of which each has its own."""
_LIBRARIES = ("bqplot", "ipywidgets", "msgspec", "numpy")


def files() -> list[Path]:
    """Return the package's files that a recording depends on, but for the track's own."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in (".py", ".csv", ".toml")
        and not path.relative_to(PACKAGE).as_posix().startswith(_APART)
    ]


def digest(track_name: str) -> str:
    """Return what tells whether a track's recordings are still what they were.

    It is made of the package's Python files and facts, the libraries that draw, and the track.
    """
    whole = hashlib.sha256(_package())
    whole.update(file_text(track_name).encode())
    return whole.hexdigest()[:12]


@cache
def _package() -> bytes:
    """Return a digest of what every track's recordings depend on."""
    whole = hashlib.sha256()
    for path in files():
        content = path.read_bytes()
        if path.suffix == ".py":
            content = without_prose(content.decode()).encode()
        whole.update(path.name.encode() + b"\0" + content + b"\0")
    for name in _LIBRARIES:
        whole.update(f"{name} {version(name)}\n".encode())
    return whole.digest()


def without_prose(source: str) -> str:
    """Return what a module does, in whatever way it is laid out, without comments and docstrings.

    No figure shows these, and recording takes minutes.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not _is_text(item)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(statement: ast.stmt) -> bool:
    """Return whether a statement is a string and nothing else."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


class Stored(msgspec.Struct, frozen=True):
    """A table as a file."""

    name: str
    """Of its script, without the ending."""
    piece: Slice
    size: int
    """Bytes of the script."""


def _script(name: str, raw: bytes) -> bytes:
    """Return a script that hands a table to the page; scripts load from files too."""
    text = f"storagelabRecorded({json.dumps(name)},{json.dumps(as_text(raw), ensure_ascii=False)})"
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def _record(folder: str, stem: str, track_name: str, part_name: str, piece: Slice) -> None:
    """Record a piece of a workbench's states into files, the list of them last."""
    stored = []
    # what a page opens with is small; the rest waits until somebody moves that far
    most = FIRST if stem.endswith("-0") else ALL
    room = most * 28 // 30
    for number, (smaller, raw) in enumerate(record_tables(track_name, part_name, piece, room)):
        name = f"{stem}-{number}"
        script = _script(name, raw)
        _write(Path(folder) / f"{name}.js", script)
        stored.append(Stored(name, smaller, len(script)))
    _write(Path(folder) / f"{stem}.json", msgspec.json.encode(stored))


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)  # whole, or not there


def _stem(track_name: str, part_name: str) -> str:
    return f"{track_name}-{part_name}-{digest(track_name)}"


def stored_tables(folder: Path, track_name: str, part_name: str) -> list[Stored]:
    """Return a workbench's tables, the one that a page opens with first.

    Raises ``FileNotFoundError`` where they aren't recorded.
    """
    listed = (folder / f"{_stem(track_name, part_name)}.json").read_bytes()
    return msgspec.json.decode(listed, type=list[Stored])


def record_all(
    folder: Path, workbenches: Iterable[tuple[str, str]], processes: int | None = None
) -> list[Stored]:
    """Record the workbenches of tracks and parts into ``folder``, unless that is done.

    Return their tables. Raises ``ValueError`` where a page would load more than ``FIRST`` or
    ``ALL`` bytes; it says which control multiplies them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = list(dict.fromkeys(workbenches))
    # a page's kernel keeps every widget that was ever made in it, so it finds a list and makes none
    new = [names for names in asked if not (folder / f"{_stem(*names)}.json").exists()]
    _run(folder, [job for names in new for job in _jobs(folder, *names)], processes)
    for names in new:
        _list(folder, *names)
    found = []
    for names in asked:
        stored = stored_tables(folder, *names)
        problem = over_budget(*names, [item.size for item in stored])
        if problem:
            raise ValueError(problem)
        found += stored
    return found


Job = tuple[int, str, str, str, Slice]
"""A number of states, the name of the list of what they come to, the workbench, the states."""


def _jobs(folder: Path, track_name: str, part_name: str) -> list[Job]:
    """Return what is still to be recorded of a workbench."""
    controls = PARTS[part_name].of(load_track(track_name)).controls
    stem = _stem(track_name, part_name)
    return [
        (piece.states(controls), f"{stem}-{number}", track_name, part_name, piece)
        for number, piece in enumerate(tables_of(track_name, part_name))
        if not (folder / f"{stem}-{number}.json").exists()
    ]


def _run(folder: Path, jobs: list[Job], processes: int | None) -> None:
    """Record what is to be recorded, the longest first, so that none is left at the end."""
    jobs.sort(key=lambda job: -job[0])
    if len(jobs) == 1:
        _record(str(folder), *jobs[0][1:])
    elif jobs:
        with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
            for running in [pool.submit(_record, str(folder), *job[1:]) for job in jobs]:
                running.result()


def _list(folder: Path, track_name: str, part_name: str) -> None:
    """List all tables of a workbench, the one that a page opens with first."""
    stem = _stem(track_name, part_name)
    start = start_of(PARTS[part_name].of(load_track(track_name)).controls)
    found = [
        item
        for number in range(len(tables_of(track_name, part_name)))
        for item in msgspec.json.decode(
            (folder / f"{stem}-{number}.json").read_bytes(), type=list[Stored]
        )
    ]
    found.sort(key=lambda item: not item.piece.fixed.items() <= start.items())
    _write(folder / f"{stem}.json", msgspec.json.encode(found))


def over_budget(track_name: str, part_name: str, sizes: Sequence[int]) -> str:
    """Return a sentence where tables of so many bytes are too large, or an empty text.

    The first one is what a page opens with.
    """
    if sizes[0] <= FIRST and sum(sizes) <= ALL:
        return ""
    part = PARTS[part_name]
    controls = part.of(load_track(track_name)).controls
    moving = slices_of(load_track(track_name), part)[0].axes(controls)
    most = max(moving, key=lambda item: len(item.values))
    return (
        f"What is recorded of {part_name} in {track_name} takes {sizes[0] / 1e6:.2f} MB before "
        f"anything is moved, and {sum(sizes) / 1e6:.2f} MB in all; a page has room for "
        f"{FIRST / 1e6:g} MB and {ALL / 1e6:g} MB. What multiplies it most is {most.label!r} with "
        f"its {len(most.values)} values: give it fewer, or fix it in the track's file."
    )
