"""Reads a folder that a student handed in, whatever is in it.

Only regular files come along, by names that stay inside the folder: a link could point at another
student's work, a pipe would be waited for without end. Nothing is followed, and nothing raises.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

LARGEST_FILE = 128 * 2**20
LARGEST_FOLDER = 256 * 2**20
MOST_FILES = 2000
TIMESTAMP = "timestamp.txt"
"""The file in which nbgrader keeps the moment of a submission."""


@dataclass(frozen=True)
class SubmissionFiles:
    """What a student handed in."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Contents by path, relative to the folder, with ``/`` between names."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why a path isn't among the files."""


def is_regular_file(path: Path) -> bool:
    """Return whether ``path`` is a plain file: a pipe would never end, a link may lead anywhere."""
    try:
        return path.is_file() and not path.is_symlink()
    except (OSError, ValueError):
        return False


def read_folder(folder: Path, ignored: list[str] | None = None) -> SubmissionFiles:
    """Return the files of ``folder``; names that match a pattern of ``ignored`` are passed over."""
    handed = SubmissionFiles()
    _read(folder, "", handed, ignored or [])
    return handed


def _read(folder: Path, prefix: str, handed: SubmissionFiles, ignored: list[str]) -> None:
    try:
        names = sorted(os.listdir(folder))
    except OSError as problem:
        handed.refused[prefix or "."] = f"can't be read: {problem.strerror}"
        return
    for name in names:
        if any(fnmatch(name, pattern) for pattern in ignored):
            continue
        path = f"{prefix}{name}"
        try:
            path.encode()
        except UnicodeEncodeError:
            handed.refused[path.encode(errors="replace").decode()] = "its name is no text"
            continue
        why = _take(folder / name, path, handed, ignored)
        if why:
            handed.refused[path] = why


def _take(file: Path, path: str, handed: SubmissionFiles, ignored: list[str]) -> str:
    """Add a file or a folder; return why not, or nothing."""
    try:
        kind = file.lstat().st_mode
        if stat.S_ISLNK(kind):
            return "is a link, and links aren't followed"
        if stat.S_ISDIR(kind):
            if path.count("/") > 20:
                return "is too deep"
            _read(file, f"{path}/", handed, ignored)
            return ""
        if not stat.S_ISREG(kind):
            return "is no regular file"
        if len(handed.files) >= MOST_FILES:
            return f"is one of more than {MOST_FILES} files"
        taken = sum(map(len, handed.files.values()))
        limit = min(LARGEST_FILE, LARGEST_FOLDER - taken)
        # opened without following, in case it was exchanged for a link just now
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            return f"is too large: more than {limit / 2**20:.0f} MiB"
        handed.files[path] = content
    except OSError as problem:
        return f"can't be read: {problem.strerror}"
    return ""
