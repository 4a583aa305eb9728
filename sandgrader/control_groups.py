"""Limits that the kernel keeps for all processes of an interpreter together, where it lets us.

A control group counts every process and every page: of files without a name, of pipes, of what
many processes share. It takes rights that root has, and whom a machine has given some. Where there
are none, ``RLIMIT_NPROC`` limits the processes of an ordinary user, and
:mod:`~sandgrader.sandbox` looks at their memory four times a second.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from sandgrader.leftovers import HeldFolder, clear_up

_MOUNT = Path("/sys/fs/cgroup")
_PATIENCE = 1.0  # seconds in which a group's last processes go
_PROCESSES, _MEMORY = "pids", "memory"
_LIMITS = {
    _PROCESSES: ("pids.max",),
    # of the second version and of the first
    _MEMORY: ("memory.max", "memory.limit_in_bytes"),
}
_TAKEN = ("memory.current", "memory.usage_in_bytes")
_DEATHS = ("memory.events", "memory.oom_control")
"""Files that count the processes that were ended because the group's memory was full."""


class ControlGroups:
    """The control groups of an interpreter's processes; without effect where there can't be any."""

    def __init__(self, processes: int, memory: int) -> None:
        """Make them, for so many processes and bytes."""
        self._folders: dict[str, HeldFolder] = {}
        for controller, limit in ((_PROCESSES, processes), (_MEMORY, memory)):
            for parent in _parents(controller):
                with contextlib.suppress(OSError):
                    self._make(controller, parent, limit)
                    break

    def _make(self, controller: str, parent: Path, limit: int) -> None:
        # a process is in one group of the second version, which then has both limits
        made = (folder for folder in self._folders.values() if folder.path.parent == parent)
        folder = next(made, None)
        if folder is None:
            clear_up(parent, _end)
            folder = HeldFolder(parent)
        try:
            name = next(name for name in _LIMITS[controller] if (folder.path / name).exists())
            (folder.path / name).write_text(str(limit))
        except (OSError, StopIteration):
            if folder not in self._folders.values():
                _end(folder.path)
                folder.release()
            raise OSError(f"{parent} limits no {controller}") from None
        self._folders[controller] = folder

    @property
    def hold_memory(self) -> bool:
        """Whether the kernel limits the memory of all processes together."""
        return _MEMORY in self._folders

    @property
    def hold_processes(self) -> bool:
        """Whether the kernel limits the number of processes."""
        return _PROCESSES in self._folders

    def put(self, process: int) -> None:
        """Put a process into them; its descendants are born there."""
        for folder in {*self._folders.values()}:
            try:
                (folder.path / "cgroup.procs").write_text(str(process))
            except OSError:
                self._remove(folder)

    def _remove(self, folder: HeldFolder) -> None:
        self._folders = {key: one for key, one in self._folders.items() if one is not folder}
        _end(folder.path)
        folder.release()

    def memory_taken(self) -> int:
        """Return the bytes that are taken in the group; 0 where nobody can tell."""
        if _MEMORY in self._folders:
            for name in _TAKEN:
                with contextlib.suppress(OSError, ValueError):
                    return int((self._folders[_MEMORY].path / name).read_text())
        return 0

    def limit_memory(self, limit: int) -> None:
        """Have another limit in bytes from now on, as far as there is so little in it."""
        if _MEMORY in self._folders:
            for name in _LIMITS[_MEMORY]:
                path = self._folders[_MEMORY].path / name
                with contextlib.suppress(OSError):
                    if path.exists():
                        path.write_text(str(limit))

    def memory_deaths(self) -> int:
        """Return how many processes were ended because there was no memory left in the group."""
        if _MEMORY in self._folders:
            for name in _DEATHS:
                with contextlib.suppress(OSError, ValueError):
                    lines = (self._folders[_MEMORY].path / name).read_text().split("\n")
                    counts = dict(line.split() for line in lines if line)
                    return int(counts.get("oom_kill", 0))
        return 0

    def close(self) -> None:
        """End what is left in them and take them away."""
        for folder in {*self._folders.values()}:
            self._remove(folder)


def _end(group: Path) -> None:
    """End a group's processes and remove it. Raises nothing: the next run tries again."""
    end = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(OSError, ValueError):
            for process in map(int, (group / "cgroup.procs").read_text().split()):
                if process > 0:  # one that can't be seen from here is called 0
                    os.kill(process, signal.SIGKILL)
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > end:
                return
            time.sleep(0.01)
        else:
            return


def _parents(controller: str) -> Iterator[Path]:
    """Yield the control groups in which one may be made that limits what ``controller`` counts."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                yield _MOUNT / controllers / path.lstrip("/")
            elif not controllers:
                # a group with processes of its own can't limit groups in it, but the root can
                yield from (_MOUNT / path.lstrip("/"), _MOUNT)
