"""A forked process's own namespaces and limits, entered after the fork and before any other code.

Bubblewrap has made the file system and cut the network when a warm process starts; what is left
for each of its forks is a world of its own within that: its processes (which all end with it), its
shared memory, its keys, and folders in memory of limited size. No Python can fork into
namespaces, or mount, so that a few calls go to the C library.
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

from sandgrader import c_library, system_calls
from sandgrader.bubblewrap import WHOLE_PROC

_CLONE_NEWNS = 0x00020000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_CLOSED = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 8, 47, 2
_HEADER = struct.pack("=Ii", 0x20080522, 0)  # the third version of it, and this thread
_CAP_DAC_READ_SEARCH, _CAP_SYS_ADMIN = 2, 21

LIMITS = ("memory", "disk", "processes", "processor")
"""What :func:`limit` takes, by the names that an order for an interpreter has for it."""
WORK = Path("/submission")
"""Where a sandboxed interpreter's files are."""
_INSIDE = 1000
"""The number that its user and its group have inside, whichever they are outside."""


def mount_proc(place: Path = Path("/proc"), read_only: bool = False) -> None:
    """Mount a ``/proc`` of the own processes. Raises ``OSError`` where that isn't allowed."""
    flags = _CLOSED | _MS_RDONLY if read_only else _CLOSED
    c_library.call("mount", b"proc", bytes(place), b"proc", flags, None)


def become(user: int, reads_all: bool) -> None:
    """Become an unprivileged user and group of that number, and no member of any other group.

    With ``reads_all``, root's right to read every file is kept, by all that is started too. Raises
    ``OSError``.
    """
    os.setgroups([])
    os.setresgid(user, user, user)
    c_library.call("prctl", _PR_SET_KEEPCAPS, int(reads_all), 0, 0, 0)
    os.setresuid(user, user, user)
    if reads_all:
        _keep_rights(1 << _CAP_DAC_READ_SEARCH)
        c_library.call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0)


def hide_from_debuggers(hidden: bool = True) -> None:
    """Keep other processes of the same user from reading this one's memory, or allow it again."""
    c_library.call("prctl", _PR_SET_DUMPABLE, 0 if hidden else 1, 0, 0, 0)


def die_with_parent() -> None:
    """End when the parent process ends."""
    c_library.call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def become_subreaper() -> None:
    """Become the parent of every descendant whose own parent ends."""
    c_library.call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def is_alone() -> bool:
    """Return whether this process has one thread, those of its libraries counted."""
    return len(os.listdir("/proc/self/task")) == 1


def fork_apart() -> int:
    """Fork a process that is the first of namespaces of its own; return what ``os.fork`` does.

    All other processes there end with it. Whoever forks it is alone. Nothing of what Python
    does after a fork is done in it (new locks, new seeds): it is a page of memory each, and who
    forks again has it done then. Raises ``OSError`` where the kernel doesn't allow it.
    """
    apart = _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWIPC
    return system_calls.clone(apart | signal.SIGCHLD)


def become_somebody(user: int, group: int) -> None:
    """Be a user and a group of the own namespace, and outside of it who forked this process.

    These two it has to be told: who has no number here yet can't ask for it. Raises ``OSError``.
    """
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_INSIDE} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{_INSIDE} {group} 1")


def mount_own_folders(disk: int, readable: list[str]) -> bool:
    """Put empty folders of ``disk`` bytes in all where files are written, seen by no one else.

    They are where submissions lie, for temporary files and for shared memory. What is ``readable``
    and lies in one of them stays in sight. Nothing else can be written to, nor can what ``/proc``
    shows of the kernel. Returns whether ``/proc`` shows the own processes and no others. Raises
    ``OSError``.
    """
    c_library.call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    places = {"work": WORK, "temporary": Path("/tmp"), "shared": Path("/dev/shm")}
    kept = {
        item: os.open(item, os.O_PATH)
        for item in readable
        if any(Path(item).is_relative_to(place) for place in places.values())
    }
    # one file system under all three: its size is what all their files may take together
    options = f"size={disk},nr_inodes=20000,mode=700".encode()
    c_library.call("mount", b"tmpfs", bytes(WORK), b"tmpfs", _MS_NOSUID | _MS_NODEV, options)
    opened = {}
    for name in places:
        (WORK / name).mkdir()
        opened[name] = os.open(WORK / name, os.O_PATH)
    for name, place in places.items():
        _bind(opened[name], place)
    for item, descriptor in kept.items():
        target = Path(item)
        is_folder = Path(f"/proc/self/fd/{descriptor}").is_dir()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.mkdir() if is_folder else target.touch()
        _bind(descriptor, target)
    # where this is refused, the processes that were in sight before stay so
    own = False
    with contextlib.suppress(OSError):
        mount_proc(read_only=True)
        own = True
    if WHOLE_PROC.exists():  # it has shown the kernel that it may, and others' processes to anybody
        closed = _CLOSED | _MS_RDONLY
        c_library.call("mount", b"none", bytes(WHOLE_PROC.parent), b"tmpfs", closed, None)
    read_only = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _CLOSED
    c_library.call("mount", None, b"/proc", None, read_only, None)
    return own


def _bind(descriptor: int, target: Path) -> None:
    source = f"/proc/self/fd/{descriptor}".encode()
    c_library.call("mount", source, bytes(target), None, _MS_BIND | _MS_REC, None)
    os.close(descriptor)


def drop_rights(reads_all: bool = False) -> None:
    """Give up, for good, what the own user namespace allows, and calls that no notebook needs.

    Raises ``OSError``.
    """
    system_calls.leave_keys_behind()
    c_library.call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _keep_rights(1 << _CAP_DAC_READ_SEARCH if reads_all else 0)
    system_calls.refuse()


def drop_right_to_mount() -> None:
    """Give up ``CAP_SYS_ADMIN`` for all that is started from now on. Raises ``OSError``."""
    c_library.call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    rights = read_rights()
    low = [mask & ~(1 << _CAP_SYS_ADMIN) for mask in rights[:3]]
    set_rights(*low, *rights[3:])


def _keep_rights(mask: int) -> None:
    """Have the rights of a mask (all of them below 32), and no others."""
    set_rights(mask, mask, mask, 0, 0, 0)


def read_rights() -> tuple[int, ...]:
    """Return this thread's rights as masks: effective, permitted, inheritable; then above 32."""
    known = ctypes.create_string_buffer(24)
    c_library.call("capget", _HEADER, known)
    return struct.unpack("=6I", known)


def set_rights(*masks: int) -> None:
    """Set this thread's rights, in the order of :func:`read_rights`. Raises ``OSError``."""
    c_library.call("capset", _HEADER, struct.pack("=6I", *masks))


def go_first() -> None:
    """Be among the first that the kernel ends where the machine's memory is full."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")


def limit(memory: int, disk: int, processes: int, seconds: int) -> None:
    """Set what a single process may take.

    Bytes of memory and of a file, how many of its kind there may be, and seconds of a processor.
    """
    limits = {
        resource.RLIMIT_CPU: seconds,
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
