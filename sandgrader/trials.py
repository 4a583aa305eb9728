"""What was found of reference solutions, kept for the next run of the same assignment.

Trying a reference solution takes longer than grading a student. What is found hangs on the source,
the configuration, the grader and the environment, and holds until one of these changes: all of
them are in the digest that a file is kept under. The file decides how safely a class is graded, so
it lies in the grader's own folder and is believed only where nobody else could have written it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from traitlets.config.loader import LazyConfigValue

from sandgrader import bubblewrap
from sandgrader.assignment import Assignment, Isolation

FORMAT = 1
LARGEST = 4 * 2**20
"""Bytes of a file that is read."""
MOST_FILES = 20_000
"""Files of what notebooks may read; where there are more, nothing is kept."""

Tried = tuple[Isolation, list[str]]
"""How a notebook is run, and what its reference solution imports."""


class _Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    isolation: Isolation
    imports: list[str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    digest: str
    notebooks: dict[str, _Found]


class UnknownError(Exception):
    """Nobody can tell what a trial hangs on; the message says why."""


def file_of(aside: Path, assignment: str) -> Path:
    """Return where an assignment's trials are kept."""
    name = hashlib.sha256(assignment.encode(errors="surrogateescape")).hexdigest()[:16]
    return aside / f"trials-{name}.json"


def read(aside: Path, assignment: Assignment) -> dict[str, Tried] | None:
    """Return what was found of each notebook; none where they have to be tried anew."""
    try:
        content = _read(file_of(aside, assignment.name))
        file = msgspec.json.decode(content, type=_File)
        if file.format != FORMAT or file.digest != digest_of(assignment):
            return None
    except (OSError, UnknownError, msgspec.MsgspecError, RecursionError):
        return None
    if [*file.notebooks] != [*assignment.notebooks]:
        return None
    return {name: (found.isolation, found.imports) for name, found in file.notebooks.items()}


def keep(aside: Path, assignment: Assignment, tried: Mapping[str, Tried]) -> None:
    """Keep what was found, if all of it went well. Raises nothing.

    A test that failed for the reference solution may have failed for want of time.
    """
    if any(isolation.missed for isolation, _ in tried.values()):
        return
    with contextlib.suppress(OSError, UnknownError):
        found = {name: _Found(isolation, imports) for name, (isolation, imports) in tried.items()}
        content = msgspec.json.encode(_File(FORMAT, digest_of(assignment), found))
        path = file_of(aside, assignment.name)
        handle, new = tempfile.mkstemp(dir=aside, prefix=f".{path.name}.")  # for its owner alone
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(new).replace(path)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise


def _read(path: Path) -> bytes:
    """Return a file that is the grader's own. Raises ``OSError``."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
        state = os.fstat(stream.fileno())
        own = stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid()
        if not own or state.st_mode & 0o022 or state.st_size > LARGEST:
            raise PermissionError(f"{path} may be somebody else's")
        return stream.read(LARGEST)


# --- what a trial hangs on


def digest_of(assignment: Assignment) -> str:
    """Return what changes with all that a trial of its reference solutions hangs on.

    Raises :class:`UnknownError` where nobody can tell.
    """
    said = json.dumps([_said_of(assignment), _grader(), _environment()], sort_keys=True)
    whole = hashlib.sha256(said.encode(errors="surrogateescape"))
    for folder in assignment.environment.readable:
        for line in _listed(Path(folder)):
            whole.update(line.encode(errors="surrogateescape"))
    return whole.hexdigest()


def _said_of(assignment: Assignment) -> dict[str, Any]:
    notebooks = {}
    for name, known in assignment.notebooks.items():
        if known.kernel is not None:
            raise UnknownError(f"{name} is run by a kernel whose packages aren't known")
        notebooks[name] = {
            "cells": [asdict(cell) for cell in known.cells.values()],
            "reference": known.reference,
            "bound": known.bound,
        }
    return {
        "name": assignment.name,
        "notebooks": notebooks,
        "order": [*notebooks],
        "beside": {name: _digest(content) for name, content in assignment.beside.items()},
        "kept": sorted(assignment.kept),
        "evidence": sorted(assignment.evidence),
        "environment": asdict(assignment.environment),
        "limits": asdict(assignment.limits),
        "sandbox": assignment.sandbox,
        "one_interpreter": assignment.one_interpreter,
        "only_shows": sorted(assignment.only_shows),
        "executor": assignment.executor,
        "forgives": assignment.forgives,
        "configuration": _as_json(assignment.config),
    }


def _as_json(value: Any) -> Any:
    """Return a configuration as JSON can hold it; of functions and the like, what they are called.

    None of these has a part in a trial, in which nbgrader's preprocessors don't run.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, LazyConfigValue):  # what is to be added to a default
        return _as_json(value.to_dict())
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def _grader() -> list[str]:
    """Return this package's own files by their content."""
    folder = Path(__file__).parent
    return [f"{path.name} {_digest(path.read_bytes())}" for path in sorted(folder.glob("*.py"))]


def _environment() -> list[Any]:
    """Return Python, the machine, and what is installed, with the moment of its installation."""
    program = shutil.which(bubblewrap.PROGRAM) or ""
    installed = []
    for place in dict.fromkeys(sys.path):
        with contextlib.suppress(OSError), os.scandir(place or ".") as entries:
            installed += [
                [place, entry.name, entry.stat().st_mtime_ns]
                for entry in entries
                if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))
            ]
    return [
        *(sys.version, sys.executable, sys.prefix, platform.machine(), platform.release()),
        [program, *_state(program)],
        os.geteuid(),
        sorted(installed),
    ]


def _state(path: str) -> list[int]:
    with contextlib.suppress(OSError):
        state = os.stat(path)
        return [state.st_size, state.st_mtime_ns]
    return []


def _listed(folder: Path) -> list[str]:
    """Return the files in a folder, with what changes when one of them does."""
    lines = [*islice(_walked(folder), MOST_FILES + 1)]
    if len(lines) > MOST_FILES:
        raise UnknownError(f"{folder} has more than {MOST_FILES} files")
    return sorted(lines)


def _walked(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield f"{path} {_state(str(path))}"
    for root, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            file = os.path.join(root, name)
            yield f"{file} {_state(file)}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
