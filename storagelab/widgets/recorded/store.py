"""Recordings as files: made by several processes, and kept until something changes that matters."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

from storagelab.parts import PARTS
from storagelab.tracks import file_text, load_track
from storagelab.widgets.recorded.plan import Slice
from storagelab.widgets.recorded.recording import record_table, tables_of

FIRST, ALL = 1_000_000, 3_000_000
"""Bytes that a page loads at most before anything is moved, and of all its tables."""
_PACKAGE = Path(__file__).resolve().parents[2]
_APART = ("course", "labs", "report", "simulation", "validation", "data/tracks")
"""Folders of the package that no figure depends on, and the tracks, of which each has its own."""
_LIBRARIES = ("bqplot", "ipywidgets", "msgspec", "numpy")


def digest(track_name: str) -> str:
    """Return what tells whether a track's recordings are still what they were.

    It is made of the package's Python files and facts, the libraries that draw, and the track.
    """
    whole = hashlib.sha256()
    files = [
        path
        for path in sorted(_PACKAGE.rglob("*"))
        if path.suffix in (".py", ".csv", ".toml")
        and not path.relative_to(_PACKAGE).as_posix().startswith(_APART)
    ]
    for path in files:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    whole.update(file_text(track_name).encode())
    for name in _LIBRARIES:
        whole.update(f"{name} {version(name)}\n".encode())
    return whole.hexdigest()[:12]


def file_name(track_name: str, part_name: str, number: int, made_of: str) -> str:
    """Return the name of a table's script, without its ending."""
    return f"{track_name}-{part_name}-{number}-{made_of}"


def _script(name: str, text: str) -> str:
    """Return a script that hands a table to the page; scripts load from files too."""
    return f"storagelabRecorded({json.dumps(name)},{json.dumps(text)})\n"


def _record(folder: str, name: str, track_name: str, part_name: str, part: Slice) -> None:
    text = _script(name, record_table(track_name, part_name, part))
    unfinished = Path(folder) / f"{name}.{os.getpid()}"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(Path(folder) / f"{name}.js")  # whole, or not there


def record_all(
    folder: Path, workbenches: Iterable[tuple[str, str]], processes: int | None = None
) -> list[Path]:
    """Record the workbenches of tracks and parts into ``folder``, unless that is done.

    Return the files of their tables. Raises ``ValueError`` where a page would load more than
    ``FIRST`` or ``ALL`` bytes; it says which control multiplies them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs, found = [], []
    asked = list(dict.fromkeys(workbenches))
    for track_name, part_name in asked:
        track, part = load_track(track_name), PARTS[part_name]
        made_of, controls = digest(track_name), part.of(track).controls
        for number, piece in enumerate(tables_of(track_name, part_name)):
            name = file_name(track_name, part_name, number, made_of)
            found.append(folder / f"{name}.js")
            if not found[-1].exists():
                jobs.append((piece.states(controls), name, track_name, part_name, piece))
    jobs.sort(key=lambda job: -job[0])  # the longest first, so that none is left at the end
    if jobs:
        with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
            running = [pool.submit(_record, str(folder), *job[1:]) for job in jobs]
            for job in running:
                job.result()
    for track_name, part_name in asked:
        problem = over_budget(folder, track_name, part_name)
        if problem:
            raise ValueError(problem)
    return found


def sizes(folder: Path, track_name: str, part_name: str) -> list[int]:
    """Return the bytes of each of a workbench's tables, in their order."""
    made_of = digest(track_name)
    count = len(tables_of(track_name, part_name))
    names = [file_name(track_name, part_name, number, made_of) for number in range(count)]
    return [(folder / f"{name}.js").stat().st_size for name in names]


def over_budget(folder: Path, track_name: str, part_name: str) -> str:
    """Return a sentence where a workbench's recording is too large, or an empty text."""
    first, *others = sizes(folder, track_name, part_name)
    if first <= FIRST and first + sum(others) <= ALL:
        return ""
    track, part = load_track(track_name), PARTS[part_name]
    moving = tables_of(track_name, part_name)[0].axes(part.of(track).controls)
    most = max(moving, key=lambda item: len(item.values))
    return (
        f"The recording of {part.name} in {track_name} takes {first / 1e6:.2f} MB before anything "
        f"is moved, and {(first + sum(others)) / 1e6:.2f} MB in all; a page has room for "
        f"{FIRST / 1e6:g} MB and {ALL / 1e6:g} MB. What multiplies it most is {most.label!r} with "
        f"its {len(most.values)} values: give it fewer, or fix it in the track's file."
    )
