"""A filter of system calls: what no notebook needs, and what reaches past a sandbox's walls.

Keys outlive the process that stores them and would carry one student's secrets to the next; files
without a name and mounts of one's own would be memory that no limit counts; a namespace of one's
own gives rights over parts of the kernel that are otherwise root's. What is left out besides are
the parts of the kernel in which most of its holes were found. The numbers are the kernel's own:
``arch/x86/entry/syscalls/syscall_64.tbl`` and ``include/uapi/asm-generic/unistd.h``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
from functools import cache

from sandgrader import c_library

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""As the kernel's audit numbers them."""
_X32 = 0x40000000
"""From here on x86_64 has a second set of numbers for the same calls."""
_REFUSED = {
    # keys
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # memory that isn't a process's and isn't a file's
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    # other processes' memory and files
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # large and seldom used parts of the kernel
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # the machine itself
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
}
"""Numbers on x86_64 and on aarch64 of calls that aren't permitted."""
_MISSING = {
    "memfd_create": (319, 279),
    "io_uring_setup": (425, 425),
    # its flags lie in memory, where no filter sees them; libraries then use clone, below
    "clone3": (435, 435),
}
"""Calls that aren't there, as on an older kernel: whoever uses them has another way."""
_SETRLIMIT, _PRLIMIT = (160, 164), (302, 261)
"""Who took from itself the right to start a process would take it from what answers for it."""
_CLONE = (56, 220)
_CLONE3 = 435
"""The same on every machine, but its flags lie in memory, and container runtimes refuse it."""
_NEW_NAMESPACES = 0x7E020000
"""Flags of clone that make a namespace: for mounts, groups, names, users, processes and others."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# bytes into what the kernel describes a call by; an argument has two words, the lower one first
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _THIRD_ARGUMENT = 0, 4, 16, 32
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_NOTHING_DONE = _ERROR  # an error of number 0: the caller takes it for a success
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_KEYCTL_JOIN_SESSION_KEYRING = 1


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def machine_is_known() -> bool:
    """Return whether there is a filter for this machine's architecture."""
    return os.uname().machine in _ARCHITECTURES


def refuse() -> None:
    """Refuse the calls, to this process and all that it starts, for good.

    No new rights may be to be had any more (``PR_SET_NO_NEW_PRIVS``). Without effect on an
    architecture that has no filter. Raises ``OSError`` where the kernel knows no filters.
    """
    if machine_is_known():
        content = _program(os.uname().machine)
        program = _Program(len(content) // 8, content)
        c_library.call("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


def _here(numbers: tuple[int, ...]) -> int:
    """Return which of a call's numbers is that of this machine, which is known."""
    return numbers[[*_ARCHITECTURES].index(os.uname().machine)]


def prepare() -> None:
    """Make the filter, which forks of this process then have."""
    if machine_is_known():
        _program(os.uname().machine)


def clone(flags: int) -> int:
    """Fork by the kernel's own call, with its flags; return what ``os.fork`` does.

    Raises ``OSError``.
    """
    if machine_is_known():
        return c_library.call("syscall", _here(_CLONE), flags, None, None, None, None)
    signal_of_end = flags & 0xFF
    said = struct.pack("=11Q", flags - signal_of_end, 0, 0, 0, signal_of_end, *[0] * 6)
    return c_library.call("syscall", _CLONE3, said, len(said))


def leave_keys_behind() -> None:
    """Begin with an empty keyring in the place of the one that all processes here share."""
    if machine_is_known():
        number = _here(_REFUSED["keyctl"])
        with contextlib.suppress(OSError):  # a kernel without keys, or one that refuses them
            c_library.call("syscall", number, _KEYCTL_JOIN_SESSION_KEYRING, None)


@cache
def _program(machine: str) -> bytes:
    """Return the filter, in the kernel's classic BPF: each test is followed by what it decides."""
    place = [*_ARCHITECTURES].index(machine)
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        # a program of another architecture has other numbers
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        lines += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    for calls, error in ((_REFUSED, errno.EPERM), (_MISSING, errno.ENOSYS)):
        for numbers in calls.values():
            lines += [(_EQUAL, 0, 1, numbers[place]), (_RETURN, 0, 0, _ERROR | error)]
    # limits are as they are: one can ask for them, and setting them does nothing
    lines += [
        (_EQUAL, 0, 1, _SETRLIMIT[place]),
        (_RETURN, 0, 0, _NOTHING_DONE),
        (_EQUAL, 0, 6, _PRLIMIT[place]),
        (_LOAD, 0, 0, _THIRD_ARGUMENT),
        (_EQUAL, 0, 2, 0),
        (_LOAD, 0, 0, _THIRD_ARGUMENT + 4),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _NOTHING_DONE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    lines += [
        (_EQUAL, 0, 3, _CLONE[place]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _ERROR | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
