"""A limit on how many processes an interpreter has, kept by the kernel.

For an ordinary user ``RLIMIT_NPROC`` is that limit. The kernel doesn't hold root to it, and in a
container one often grades as root: there a control group is the limit. Where neither is possible,
the check that :mod:`~sandgrader.sandbox` makes four times a second ends a fork bomb, after a while.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")


class ProcessLimit:
    """A control group for an interpreter's processes; without effect where there can't be one."""

    def __init__(self, processes: int) -> None:
        self._folder: Path | None = None
        if os.getuid() != 0:
            return
        for parent in _own_groups():
            with contextlib.suppress(OSError):
                self._folder = Path(tempfile.mkdtemp(prefix="grade-", dir=parent))
                (self._folder / "pids.max").write_text(str(processes))
                return
            self.close()

    def put(self, process: int) -> None:
        """Put a process into it; its descendants are born there."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                (self._folder / "cgroup.procs").write_text(str(process))

    def close(self) -> None:
        """Take it away; it has to be empty, or stays."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()
                self._folder = None


def _own_groups() -> list[Path]:
    """Return the control groups of this process in which the number of processes can be limited."""
    found = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            mount = _MOUNT / "pids" if controllers == "pids" else _MOUNT
            if controllers in ("pids", ""):
                found.append(mount / path.lstrip("/"))
    return found
