"""Reads a folder that a student handed in, whatever is in it, and keeps it while notebooks run.

Only regular files come along, by names that stay inside the folder: a link could point at another
student's work, a pipe would be waited for without end. Nothing is followed, and nothing raises.

A file has one name here, the one of :func:`plain_name`. Whatever is said of a file by its name
(that it is evidence, that it is the course's own) is said of it in all spellings.
"""

from __future__ import annotations

import base64
import os
import stat
import unicodedata
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from nbgrader.utils import parse_utc

from sandgrader.printable import printable

LARGEST_FILE = 128 * 2**20
LARGEST_FOLDER = 256 * 2**20
MOST_FILES = 2000
MOST_ENTRIES = 20_000
"""Files and folders that are looked at; a few seconds' worth."""
MOST_LEVELS = 20
"""Folders inside each other."""
LONGEST_NAME = 255
"""Bytes of a file's name, as Linux has it."""
LONGEST_PATH = 1000
"""Bytes of a path in a submission: the course's own path comes before it, and 4,096 are all."""
TIMESTAMP = "timestamp.txt"
"""The file in which nbgrader keeps the moment of a submission."""
LONGEST_TIMESTAMP = 200
"""Bytes of a file that says a time."""
_MOST_NOTES = 10


@dataclass(frozen=True)
class SubmissionFiles:
    """What a student handed in."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Contents by path, relative to the folder, with ``/`` between names."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why a path isn't among the files."""

    def notes(self) -> list[str]:
        """Return what was left out and why: one line a reason, however many files there are."""
        reasons: dict[str, list[str]] = {}
        for path, why in self.refused.items():
            reasons.setdefault(why, []).append(printable(path))
        lines = [
            f"{paths[0]} {why}" + (f"; so it is with {len(paths) - 1} more" if paths[1:] else "")
            for why, paths in reasons.items()
        ]
        if TIMESTAMP in self.files and not moment_of(self.files[TIMESTAMP]):
            lines.append(f"{TIMESTAMP} says no time: the submission counts as in time")
        return lines[:_MOST_NOTES]


def is_regular_file(path: Path) -> bool:
    """Return whether ``path`` is a plain file: a pipe would never end, a link may lead anywhere."""
    try:
        return path.is_file() and not path.is_symlink()
    except (OSError, ValueError):
        return False


def why_no_folder(path: Path) -> str:
    """Return why ``path`` can't be a submission's folder, in words; nothing where it can."""
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            return "the submission's folder is a link, and links aren't followed"
        if not stat.S_ISDIR(kind):
            return "the submission is no folder"
        os.scandir(path).close()
    except OSError as problem:
        return f"the submission's folder can't be read: {problem.strerror}"
    return ""


# --- names


def plain_name(name: str) -> str:
    """Return the one spelling of a path inside a folder; empty where it leads out, or is none."""
    path = PurePosixPath(name)
    try:
        longest = max((len(part.encode()) for part in path.parts), default=0)
        whole = len(str(path).encode())
    except UnicodeEncodeError:
        return ""
    inside = (
        0 < longest <= LONGEST_NAME
        and whole <= LONGEST_PATH
        and len(path.parts) <= MOST_LEVELS
        and not path.is_absolute()
        and ".." not in path.parts
        and "\0" not in name
    )
    return str(path) if inside else ""


def _folded(name: str) -> str:
    """Return what two names have in common that are one file on some file system."""
    return unicodedata.normalize("NFKC", name).casefold()


def _and_folders(name: str) -> Iterable[str]:
    """Yield a name and the folders that it lies in."""
    path = PurePosixPath(name)
    yield str(path)
    yield from map(str, list(path.parents)[:-1])


# --- reading


def read_folder(
    folder: Path, ignored: list[str] | None = None, first: Collection[str] = ()
) -> SubmissionFiles:
    """Return the files of ``folder``; names that match a pattern of ``ignored`` are passed over.

    Where there are more than can be taken, notebooks and the files in ``first`` are taken before
    all others, and what lies in hidden folders after them.
    """
    handed = SubmissionFiles()
    before = {TIMESTAMP, *first}
    left = LARGEST_FOLDER
    for path in sorted(_walk(folder, ignored or [], handed), key=lambda path: _turn(path, before)):
        if len(handed.files) >= MOST_FILES:
            handed.refused[path] = f"is one of more than {MOST_FILES} files"
            continue
        try:
            content = _read(folder / path, left)
        except OSError as problem:
            handed.refused[path] = f"can't be read: {problem.strerror}"
            continue
        except ValueError as problem:
            handed.refused[path] = str(problem)
            continue
        left -= len(content)
        handed.files[path] = content
    return handed


def _turn(path: str, before: Collection[str]) -> tuple[int, str]:
    is_first = path in before or ("/" not in path and path.endswith(".ipynb"))
    return (0 if is_first else 2 if _is_hidden(path) else 1), path


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/")[:-1])


def _walk(folder: Path, ignored: list[str], handed: SubmissionFiles) -> list[str]:
    """Return the paths of a folder's regular files; hidden folders are looked into last."""
    open_ones, hidden = deque([""]), deque[str]()
    found: list[str] = []
    left = MOST_ENTRIES
    while open_ones or hidden:
        prefix = (open_ones or hidden).popleft()
        try:
            with os.scandir(folder / prefix) as listed:
                entries = sorted(islice(listed, left + 1), key=lambda entry: entry.name)
        except OSError as problem:
            handed.refused[prefix.rstrip("/") or "."] = f"can't be read: {problem.strerror}"
            continue
        if len(entries) > left:
            where = prefix.rstrip("/") or "."
            handed.refused[where] = (
                f"isn't read to its end: there are more than {MOST_ENTRIES} files and folders"
            )
        for entry in entries[:left]:
            path = f"{prefix}{entry.name}"
            if any(fnmatch(entry.name, pattern) for pattern in ignored):
                continue
            try:
                path.encode()
            except UnicodeEncodeError:
                handed.refused[path.encode(errors="replace").decode()] = "its name is no text"
                continue
            why = _why_not(entry, path)
            if why:
                handed.refused[path] = why
            elif entry.is_dir(follow_symlinks=False):
                (hidden if _is_hidden(f"{path}/") else open_ones).append(f"{path}/")
            else:
                found.append(path)
        left -= min(left, len(entries))
    return found


def _why_not(entry: os.DirEntry[str], path: str) -> str:
    """Return why an entry is neither read nor looked into, or nothing."""
    try:
        kind = entry.stat(follow_symlinks=False).st_mode
    except OSError as problem:
        return f"can't be read: {problem.strerror}"
    if stat.S_ISLNK(kind):
        return "is a link, and links aren't followed"
    if not stat.S_ISDIR(kind) and not stat.S_ISREG(kind):
        return "is no regular file"
    if path.count("/") >= MOST_LEVELS:
        return "is too deep"
    if len(path.encode()) > LONGEST_PATH:
        return "has too long a path"
    if stat.S_ISDIR(kind) and path == TIMESTAMP:
        return "is a folder"
    return ""


def _read(file: Path, left: int) -> bytes:
    """Return a file's content. Raises ``OSError``, and ``ValueError`` with words where it may not.

    ``left`` is how many bytes the submission may still have.
    """
    # opened without following, in case it was exchanged for a link just now
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if os.fstat(descriptor).st_size > LARGEST_FILE:
            raise ValueError(f"is too large: more than {LARGEST_FILE / 2**20:.0f} MiB")
        content = b"" if os.fstat(descriptor).st_size > left else stream.read(left + 1)
        if len(content) > left or os.fstat(descriptor).st_size > left:
            words = f"is too large: with it there are more than {LARGEST_FOLDER / 2**20:.0f} MiB"
            raise ValueError(words)
    return content


# --- the moment of a submission


def moment_of(content: bytes) -> str:
    """Return what a file says of the time, in UTC and in a form that sorts; empty if nothing."""
    if len(content) > LONGEST_TIMESTAMP:
        return ""
    try:
        text = content.decode("utf-8-sig").strip()
        return str(parse_utc(text).isoformat()) if text else ""
    except Exception:  # of many kinds, whatever else dateutil takes for a time
        return ""


def read_moment(folder: Path) -> str:
    """Return when a submission was handed in, as :func:`moment_of` does; empty if nobody knows."""
    path = folder / TIMESTAMP
    if not is_regular_file(path):
        return ""
    try:
        return moment_of(_read(path, LONGEST_TIMESTAMP))
    except (OSError, ValueError):
        return ""


# --- while notebooks run


class CarriedFiles:
    """A submission's files on their way from one notebook to the next, and to the tests.

    Cells may write what they like, but evidence and the moment of the submission stay as they were
    handed in: for the next notebook, for tests, and afterwards.
    """

    def __init__(
        self,
        handed: Mapping[str, bytes],
        beside: Mapping[str, bytes],
        kept: Collection[str] = (),
        evidence: Collection[str] = (),
    ) -> None:
        """Begin with what was handed in and the course's own files ``beside`` it.

        Those come before a student's of the same name, but for those in ``kept``.
        """
        own = {
            name: content
            for name, content in beside.items()
            if not (name in kept and name in handed)
        }
        self.files: dict[str, bytes] = {}
        """Contents by path, as the next notebook finds them."""
        self._folders: set[str] = set()
        for name, content in [*own.items(), *handed.items()]:
            if name not in own or name not in self.files:
                self._put(name, content)
        self._own = frozenset(own)
        names = {plain_name(name) for name in (*evidence, TIMESTAMP)} - {""}
        self.fixed: dict[str, bytes | None] = {
            name: self.files.get(name) for name in names if name != TIMESTAMP
        }
        """Evidence as it was handed in; none where it wasn't."""
        self._fixed = {_folded(name) for name in names}
        self._above = {folder for name in names for folder in map(_folded, _and_folders(name))}

    def _put(self, name: str, content: bytes) -> bool:
        """Put a file where none of the others is in its way."""
        folders = [*_and_folders(name)][1:]
        if name in self._folders or any(folder in self.files for folder in folders):
            return False
        self.files[name] = content
        self._folders.update(folders)
        return True

    def take(self, sent: Any) -> dict[str, str]:
        """Keep the files that an interpreter sent, in base64 by name, and return those for a judge.

        What isn't a file, has a name that leads out, is evidence, or is too much is passed over.
        """
        size = sum(map(len, self.files.values()))
        taken = {}
        for written, content in sent.items() if isinstance(sent, dict) else ():
            name = plain_name(written)
            if not name or not isinstance(content, str) or self._is_fixed(name):
                continue
            try:
                decoded = base64.b64decode(content)
            except ValueError:
                continue
            taken[name] = content
            before = len(self.files.get(name, b""))
            fits = size - before + len(decoded) <= LARGEST_FOLDER
            if fits and (name in self.files or len(self.files) < MOST_FILES):
                self._make_way(name)
                if self._put(name, decoded):
                    size += len(decoded) - before
        return taken

    def _is_fixed(self, name: str) -> bool:
        """Return whether a name is evidence's, or in its way, in whatever spelling."""
        return _folded(name) in self._above or any(
            folder in self._fixed for folder in map(_folded, _and_folders(name))
        )

    def _make_way(self, name: str) -> None:
        """Forget what cells have put another thing in the place of; the course's own stays."""
        for folder in [*_and_folders(name)][1:]:
            if folder in self.files and folder not in self._own:
                del self.files[folder]
        if name in self._folders:
            inside = [other for other in self.files if other.startswith(f"{name}/")]
            if not any(other in self._own for other in inside):
                for other in inside:
                    del self.files[other]
                self._folders = {
                    folder for other in self.files for folder in [*_and_folders(other)][1:]
                }
