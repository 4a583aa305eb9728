"""Folders that end with the process that made them: if it is killed, the next one removes them.

A folder is held by a lock on itself, which the kernel gives back however its holder ends. What
nobody holds is left over. That works for temporary folders and for control groups, and across
containers that share a file system.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

_PREFIX = "sandgrader-"


class HeldFolder:
    """A new folder in ``parent``, held until it is released. Raises ``OSError``."""

    def __init__(self, parent: Path) -> None:
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            try:
                self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:  # somebody who clears up was faster
                continue
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.path.stat()
            except OSError:  # or between the two
                os.close(self._lock)
                continue
            return

    def release(self) -> None:
        """Let it go; whoever made it has removed it, or somebody else may."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


class HeldTemporaryFolder(HeldFolder):
    """A new temporary folder; where killed processes left theirs, those are removed first."""

    def __init__(self) -> None:
        parent = Path(tempfile.gettempdir())
        clear_up(parent, shutil.rmtree)
        super().__init__(parent)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()


def clear_up(parent: Path, remove: Callable[[Path], object]) -> None:
    """Remove what killed processes of this user have left in ``parent``. Raises nothing."""
    with contextlib.suppress(OSError), os.scandir(parent) as found:
        for item in found:
            if item.name.startswith(_PREFIX):
                with contextlib.suppress(OSError):
                    _clear_one(Path(item.path), remove)


def _clear_one(path: Path, remove: Callable[[Path], object]) -> None:
    state = path.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
        return
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(path)
    finally:
        os.close(lock)
