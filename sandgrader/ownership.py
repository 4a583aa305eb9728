"""Root writes a course's files as their owner.

Graded with ``sudo`` once, a course would have a gradebook and submissions that are root's, and
formgrader's buttons would fail in the instructor's own account from then on.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from sandgrader import namespaces

_ASK = -1


class Owner:
    """The account that a course's folder belongs to."""

    def __init__(self, folder: Path) -> None:
        """Look whose it is. A folder that isn't there is nobody else's."""
        try:
            known = folder.stat()
        except OSError:
            self.user, self.group = os.geteuid(), os.getegid()
        else:
            self.user, self.group = known.st_uid, known.st_gid

    @property
    def is_somebody_else(self) -> bool:
        """Whether this is root's process, and the folder isn't root's."""
        return os.geteuid() == 0 and self.user != 0

    def begin(self) -> None:
        """Make this thread's new files the owner's from now on; root's rights stay as they are."""
        if self.is_somebody_else:
            _be_for_files(self.user, self.group)
            _take_all_rights()

    def end(self) -> None:
        """Make new files root's again."""
        if self.is_somebody_else:
            _be_for_files(os.geteuid(), os.getegid())

    def give(self, places: Iterable[Path]) -> None:
        """Give the owner what is root's of these files and of all that is in these folders.

        No link is followed, and no file is given that has a second name elsewhere.
        """
        if not self.is_somebody_else:
            return
        for place in places:
            self._give(place)
            for root, folders, names in os.walk(place):
                for name in (*folders, *names):
                    self._give(Path(root, name))

    def _give(self, path: Path) -> None:
        try:
            known = path.lstat()
            only_here = stat.S_ISDIR(known.st_mode) or known.st_nlink == 1
            if known.st_uid == 0 and only_here:
                os.chown(path, self.user, self.group, follow_symlinks=False)
        except OSError:
            pass  # it isn't there, or its disk has no owners


def _be_for_files(user: int, group: int) -> None:
    """Be a user and a group for files alone, in this thread."""
    for name, number in (("setfsgid", group), ("setfsuid", user)):
        function = getattr(ctypes.CDLL(None), name)
        function.restype = ctypes.c_uint
        function(number)
        if function(_ASK) != number:  # it never says that it failed: in a container, say
            return


def _take_all_rights() -> None:
    """Take what this thread may have of root's rights: being another user took those on files."""
    _, permitted, passed, _, permitted_above, passed_above = namespaces.read_rights()
    low, high = (permitted, permitted, passed), (permitted_above, permitted_above, passed_above)
    namespaces.set_rights(*low, *high)
