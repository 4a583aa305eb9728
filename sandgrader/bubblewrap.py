"""The mounts of a sandbox, as bubblewrap's arguments.

Whoever runs something in bubblewrap begins with an empty file system and says what is to be seen
in it: the machine's programs and libraries, the Python environment, and folders of its own.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

Proc = Literal["own", "outer", "none"]
"""Which ``/proc`` is mounted: the sandbox's own, the one around it, or only the folder for it."""
PROGRAM = "bwrap"
_PROC = Path("/proc")
WHOLE_PROC = Path("/run/sandgrader/proc")
"""Where whoever makes a container may mount a second ``/proc``, read-only.

An ordinary user may mount one in a sandbox where there is one already of which nothing is covered,
and with no more rights than that one has. Containers cover parts of theirs.
"""
_NAMES = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SYSTEM = tuple(Path("/", name) for name in _NAMES)
"""Where programs and libraries are; on a merged system all but the first are links into it."""


class Mounts:
    """Arguments that mount one thing after another; a later one may lie inside an earlier one."""

    def __init__(self) -> None:
        self.arguments: list[str] = []

    def system(self) -> None:
        """Mount the machine's programs and libraries read-only."""
        for folder in _SYSTEM:
            if folder.is_symlink():
                self.arguments += ["--symlink", os.readlink(folder), str(folder)]
            elif folder.exists():
                self.read_only(folder)

    def kernel(self, proc: Proc = "own") -> None:
        """Mount ``/dev`` of the sandbox's own, and a ``/proc``."""
        if proc == "outer":
            self.writable(_PROC, _PROC)
            if WHOLE_PROC.exists():
                self.read_only(WHOLE_PROC)
        else:
            self.arguments += ["--proc" if proc == "own" else "--dir", str(_PROC)]
        self.arguments += ["--dev", "/dev"]

    def no_settings_of_the_kernel(self) -> None:
        """Make those read-only: to root they belong, whichever rights it has given up."""
        for path in (_PROC / "sys", _PROC / "sysrq-trigger"):
            if path.exists():
                self.read_only(path)

    def no_files_among_devices(self) -> None:
        """Make ``/dev`` read-only: its devices can be used, and no files be made beside them."""
        self.arguments += ["--remount-ro", "/dev"]

    def settings(self, names: Iterable[str]) -> None:
        """Mount files and folders of ``/etc`` read-only, those that are there."""
        for path in (Path("/etc", name) for name in names):
            if path.exists():
                # a link may lead to what isn't there inside
                self.read_only(path.resolve(), path)

    def read_only(self, source: Path, target: Path | None = None) -> None:
        """Mount a file or a folder read-only, at the same path unless ``target`` is another."""
        self.arguments += ["--ro-bind", str(source), str(target or source)]

    def writable(self, source: Path, target: Path) -> None:
        """Mount a folder that can be written to."""
        self.arguments += ["--bind", str(source), str(target)]

    def in_memory(self, folder: Path, mode: int | None = None) -> None:
        """Mount an empty folder that is kept in memory; without a mode, bubblewrap's own."""
        self.arguments += [*_permissions(mode), "--tmpfs", str(folder)]

    def folder(self, path: Path, mode: int | None = None) -> None:
        """Make an empty folder, to mount something in; without a mode, bubblewrap's own."""
        self.arguments += [*_permissions(mode), "--dir", str(path)]

    def close(self, folder: Path) -> None:
        """Make the root read-only, and begin in ``folder``."""
        self.arguments += ["--remount-ro", "/", "--chdir", str(folder)]


def _permissions(mode: int | None) -> list[str]:
    return [] if mode is None else ["--perms", f"{mode:o}"]


def parents(paths: Iterable[Path]) -> list[Path]:
    """Return every folder on the way to ``paths``, the outermost first, without ``/``.

    Unless told, bubblewrap makes them for root alone.
    """
    found = {parent for path in paths for parent in path.parents}
    return sorted(found - {Path("/")}, key=lambda path: (len(path.parts), str(path)))


def python_folders() -> list[Path]:
    """Return the folders of this Python that lie outside the system's own, none within another.

    They are the environment, the installation that it was made from, and its packages.
    """
    executable = Path(sys.executable).resolve()
    found = {
        Path(sys.prefix).absolute(),
        Path(sys.base_prefix).absolute(),
        executable.parents[1],
        Path(sysconfig.get_paths()["purelib"]).absolute(),
    }
    return outermost(found)


def outermost(folders: Iterable[Path]) -> list[Path]:
    """Return those of ``folders`` that lie neither in another one nor in the system's, sorted."""
    found = set(folders)
    around = {*found, *_SYSTEM}
    return sorted(
        folder
        for folder in found
        if not any(folder != other and folder.is_relative_to(other) for other in around)
        and folder not in _SYSTEM
    )
