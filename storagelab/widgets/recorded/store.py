"""Recordings as files: made by several processes, and kept until something changes that matters."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

import msgspec

from storagelab.parts import PARTS
from storagelab.tracks import file_text, load_track
from storagelab.widgets.recorded.plan import Slice, start_of
from storagelab.widgets.recorded.recording import record_tables, tables_of
from storagelab.widgets.recorded.tables import as_text

FIRST, ALL = 1_000_000, 3_000_000
"""Bytes that a page loads at most before anything is moved, and of all its tables."""
PACKAGE = Path(__file__).resolve().parents[2]
"""The folder of the package."""
_RECORDED = "widgets/recorded/"
_APART = (
    "course", "labs", "report", "simulation", "validation", "cli.py", "ledger.py", "data/tracks",
    f"{_RECORDED}page.py", f"{_RECORDED}player.py", f"{_RECORDED}store.py", "widgets/__init__.py",
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
    whole = hashlib.sha256()
    for path in files():
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    whole.update(file_text(track_name).encode())
    for name in _LIBRARIES:
        whole.update(f"{name} {version(name)}\n".encode())
    return whole.hexdigest()[:12]


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
    for number, (smaller, raw) in enumerate(record_tables(track_name, part_name, piece, FIRST)):
        name = f"{stem}-{number}"
        script = _script(name, raw)
        _write(Path(folder) / f"{name}.js", script)
        stored.append(Stored(name, smaller, len(script)))
    _write(Path(folder) / f"{stem}.json", msgspec.json.encode(stored))


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)  # whole, or not there


def _stems(track_name: str, part_name: str) -> list[str]:
    """Return the names of the lists of a workbench's tables."""
    made_of = digest(track_name)
    count = len(tables_of(track_name, part_name))
    return [f"{track_name}-{part_name}-{made_of}-{number}" for number in range(count)]


def stored_tables(folder: Path, track_name: str, part_name: str) -> list[Stored]:
    """Return a workbench's tables, the one that a page opens with first.

    Raises ``FileNotFoundError`` where one isn't recorded.
    """
    controls = PARTS[part_name].of(load_track(track_name)).controls
    start = start_of(controls)
    found = [
        item
        for stem in _stems(track_name, part_name)
        for item in msgspec.json.decode((folder / f"{stem}.json").read_bytes(), type=list[Stored])
    ]
    return sorted(found, key=lambda item: not item.piece.fixed.items() <= start.items())


def record_all(
    folder: Path, workbenches: Iterable[tuple[str, str]], processes: int | None = None
) -> list[Stored]:
    """Record the workbenches of tracks and parts into ``folder``, unless that is done.

    Return their tables. Raises ``ValueError`` where a page would load more than ``FIRST`` or
    ``ALL`` bytes; it says which control multiplies them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = list(dict.fromkeys(workbenches))
    jobs = [
        (piece.states(PARTS[part_name].of(load_track(track_name)).controls), stem, names, piece)
        for names in asked
        for track_name, part_name in [names]
        for stem, piece in zip(_stems(*names), tables_of(*names), strict=True)
        if not (folder / f"{stem}.json").exists()
    ]
    jobs.sort(key=lambda job: -job[0])  # the longest first, so that none is left at the end
    if len(jobs) == 1:
        _record(str(folder), jobs[0][1], *jobs[0][2], jobs[0][3])
    elif jobs:
        with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
            running = [
                pool.submit(_record, str(folder), stem, *names, piece)
                for _, stem, names, piece in jobs
            ]
            for job in running:
                job.result()
    found = []
    for names in asked:
        stored = stored_tables(folder, *names)
        problem = over_budget(*names, [item.size for item in stored])
        if problem:
            raise ValueError(problem)
        found += stored
    return found


def over_budget(track_name: str, part_name: str, sizes: Sequence[int]) -> str:
    """Return a sentence where tables of so many bytes are too large, or an empty text.

    The first one is what a page opens with.
    """
    if sizes[0] <= FIRST and sum(sizes) <= ALL:
        return ""
    part = PARTS[part_name]
    controls = part.of(load_track(track_name)).controls
    moving = tables_of(track_name, part_name)[0].axes(controls)
    most = max(moving, key=lambda item: len(item.values))
    return (
        f"What is recorded of {part_name} in {track_name} takes {sizes[0] / 1e6:.2f} MB before "
        f"anything is moved, and {sum(sizes) / 1e6:.2f} MB in all; a page has room for "
        f"{FIRST / 1e6:g} MB and {ALL / 1e6:g} MB. What multiplies it most is {most.label!r} with "
        f"its {len(most.values)} values: give it fewer, or fix it in the track's file."
    )
