"""A forked process's own namespaces and limits, entered after the fork and before any other code.

Bubblewrap has made the file system and cut the network when a warm process starts; what is left
for each of its forks is a world of its own within that: its processes (which all end with it), its
shared memory, and a folder in memory of limited size. Python 3.11 has no ``unshare`` and no Python
has ``mount``, so that a few calls go to the C library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_CAPABILITY_VERSION_3 = 0x20080522

WORK = Path("/submission")
"""Where a sandboxed interpreter's files are."""


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def hide_from_debuggers(hidden: bool = True) -> None:
    """Keep other processes of the same user from reading this one's memory, or allow it again."""
    _call("prctl", _PR_SET_DUMPABLE, 0 if hidden else 1, 0, 0, 0)


def die_with_parent() -> None:
    """End when the parent process ends."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def become_subreaper() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def unshare() -> None:
    """Give the processes that this one forks from now on namespaces of their own.

    Raises ``OSError`` where the kernel doesn't allow it.
    """
    user, group = os.getuid(), os.getgid()
    _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWIPC)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount_own_folders(disk: int, readable: list[str]) -> None:
    """Put empty folders of ``disk`` bytes at most where files are written, seen by no one else.

    They are where submissions lie, for temporary files and for shared memory. What is ``readable``
    and lies in one of them stays in sight. Raises ``OSError``.
    """
    _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    options = f"size={disk},nr_inodes=20000,mode=700".encode()
    for folder in (WORK, Path("/tmp"), Path("/dev/shm")):
        inside = [Path(item) for item in readable if Path(item).is_relative_to(folder)]
        opened = [os.open(item, os.O_PATH) for item in inside]
        kinds = [item.is_dir() for item in inside]
        _call("mount", b"tmpfs", bytes(folder), b"tmpfs", _MS_NOSUID | _MS_NODEV, options)
        for item, descriptor, is_folder in zip(inside, opened, kinds, strict=True):
            item.parent.mkdir(parents=True, exist_ok=True)
            item.mkdir() if is_folder else item.touch()
            source = f"/proc/self/fd/{descriptor}".encode()
            _call("mount", source, bytes(item), None, _MS_BIND | _MS_REC, None)
            os.close(descriptor)
    # where this is refused, the sandbox's other processes stay in sight, and no more than that
    with contextlib.suppress(OSError):
        _call("mount", b"proc", b"/proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, None)


def drop_capabilities() -> None:
    """Give up what the own user namespace allows, for good. Raises ``OSError``."""
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _call("capset", header, bytes(24))


def limit(memory: int, disk: int, processes: int) -> None:
    """Set what a single process may take: bytes of memory, of a file, and how many of its kind."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: disk,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 512,
    }
    if os.getuid() != 0:
        limits[resource.RLIMIT_NPROC] = processes
    for kind, value in limits.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a process too many is the first to go
            Path("/proc/self/oom_score_adj").write_text("1000")
