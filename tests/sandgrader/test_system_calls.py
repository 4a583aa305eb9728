"""The filter of system calls, run as the kernel runs it, for both architectures on any machine.

The numbers here are Linux's own: those of x86_64 are written down from
``arch/x86/entry/syscalls/syscall_64.tbl`` and those of ARM64 from
``include/uapi/asm-generic/unistd.h`` (Linux 6.6), and compared with the machine's headers where it
has any.
"""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from sandgrader import system_calls

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""``AUDIT_ARCH_X86_64`` and ``AUDIT_ARCH_AARCH64`` of ``linux/audit.h``: the ELF machine's number
(62, 183) with the bits for 64 and for the lower byte first."""
OTHERS = {"i386": 0x40000003, "arm": 0x40000028, "riscv64": 0xC00000F3, "none": 0}
MACHINES = [*AUDIT]

PERMITTED = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "mmap": (9, 222),
    "brk": (12, 214),
    "ioctl": (16, 29),
    "dup": (32, 23),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "socket": (41, 198),
    "connect": (42, 203),
    "execve": (59, 221),
    "exit": (60, 93),
    "wait4": (61, 260),
    "kill": (62, 129),
    "fcntl": (72, 25),
    "getcwd": (79, 17),
    "getrlimit": (97, 163),
    "gettimeofday": (96, 169),
    "prctl": (157, 167),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "openat": (257, 56),
    "socketpair": (53, 199),
    "pipe2": (293, 59),
    "getrandom": (318, 278),
    "statx": (332, 291),
    "faccessat2": (439, 439),
}
"""What every notebook needs."""
REFUSED = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
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
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
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
MISSING = {"memfd_create": (319, 279), "io_uring_setup": (425, 425), "clone3": (435, 435)}
SETRLIMIT, PRLIMIT, CLONE = (160, 164), (302, 261), (56, 220)

ALLOWED = 0x7FFF0000  # SECCOMP_RET_ALLOW
FAILS = 0x00050000  # SECCOMP_RET_ERRNO, with the error's number in the lower half


def verdict(machine: str, call: int, *arguments: int, audit: int | None = None) -> int:
    """Return what the filter says of a call, by the rules of the kernel's classic BPF.

    Those that a filter of ours uses: load a word of ``struct seccomp_data``, compare, return.
    """
    audit = AUDIT[machine] if audit is None else audit
    whole = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", call, audit, 0, *whole)
    content = system_calls._program(machine)
    program = [*struct.iter_unpack("<HBBI", content)]
    place = accumulator = 0
    for _ in range(len(program)):  # a jump leads forward: there is no loop
        code, if_true, if_false, constant = program[place]
        place += 1
        match code:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                assert constant % 4 == 0
                (accumulator,) = struct.unpack_from("<I", data, constant)
            case 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
                place += if_true if accumulator == constant else if_false
            case 0x35:  # BPF_JMP | BPF_JGE | BPF_K
                place += if_true if accumulator >= constant else if_false
            case 0x45:  # BPF_JMP | BPF_JSET | BPF_K
                place += if_true if accumulator & constant else if_false
            case 0x06:  # BPF_RET | BPF_K
                return int(constant)
            case _:
                raise AssertionError(f"an instruction of another kind: {code:#x}")
    raise AssertionError("it ends without a verdict")


def numbers(table: dict[str, tuple[int, int]], machine: str) -> dict[str, int]:
    return {name: both[MACHINES.index(machine)] for name, both in table.items()}


every_machine = pytest.mark.parametrize("machine", MACHINES)


@every_machine
def test_each_call_has_the_verdict_that_is_meant(machine: str) -> None:
    for table, expected in (
        (PERMITTED, ALLOWED),
        (REFUSED, FAILS | errno.EPERM),
        (MISSING, FAILS | errno.ENOSYS),
    ):
        found = {name: verdict(machine, call) for name, call in numbers(table, machine).items()}
        assert found == dict.fromkeys(table, expected)


@every_machine
def test_no_other_call_is_refused(machine: str) -> None:
    """Of all numbers that there are, and some to come."""
    meant = {**numbers(REFUSED, machine), **numbers(MISSING, machine)}
    refused = {call for call in range(1000) if verdict(machine, call) != ALLOWED}
    assert refused == {*meant.values(), SETRLIMIT[MACHINES.index(machine)]}


@every_machine
@pytest.mark.parametrize("other", [*OTHERS, "x86_64", "aarch64"])
def test_a_program_of_another_architecture_can_call_nothing(machine: str, other: str) -> None:
    if other == machine:
        return
    audit = {**OTHERS, **AUDIT}[other]
    for call in (*range(500), *REFUSED.get(other, ())):
        assert verdict(machine, call, audit=audit) == FAILS | errno.ENOSYS


def test_the_second_numbers_of_x86_64_lead_nowhere() -> None:
    x32 = 0x40000000
    for call in (x32, x32 + 1, x32 + 101, x32 + 512, x32 + 547, 2**32 - 1):
        assert verdict("x86_64", call) == FAILS | errno.ENOSYS
    assert verdict("aarch64", x32) == ALLOWED  # where the kernel has no such call


@every_machine
def test_limits_can_be_asked_for_and_setting_them_does_nothing(machine: str) -> None:
    place = MACHINES.index(machine)
    nothing = FAILS  # an error of number 0
    assert verdict(machine, SETRLIMIT[place], 7, 0x7FFE_0000_1000) == nothing
    assert verdict(machine, PRLIMIT[place], 0, 7, 0, 0x7FFE_0000_1000) == ALLOWED
    for new in (0x1000, 0x7FFE_0000_0000, 1 << 32, 2**64 - 1):  # in either half of the word
        assert verdict(machine, PRLIMIT[place], 0, 7, new, 0) == nothing


@every_machine
def test_a_child_has_no_namespace_of_its_own(machine: str) -> None:
    """By the flags of ``linux/sched.h``; threads and forks are as ever."""
    call = CLONE[MACHINES.index(machine)]
    threads = 0x00000100 | 0x00000200 | 0x00000400 | 0x00000800 | 0x00010000 | 0x00040000
    for flags in (17, threads, 0x01200011, 0x00004111):  # a fork, a thread, glibc's fork, a vfork
        assert verdict(machine, call, flags) == ALLOWED
    kinds = {
        "CLONE_NEWNS": 0x00020000,
        "CLONE_NEWCGROUP": 0x02000000,
        "CLONE_NEWUTS": 0x04000000,
        "CLONE_NEWIPC": 0x08000000,
        "CLONE_NEWUSER": 0x10000000,
        "CLONE_NEWPID": 0x20000000,
        "CLONE_NEWNET": 0x40000000,
    }
    for name, flag in kinds.items():
        assert verdict(machine, call, flag | 17) == FAILS | errno.EPERM, name


def defined(path: str) -> dict[str, int]:
    """Return the numbers of a header of the machine's own; none where there isn't one."""
    header = Path(path)
    found = re.findall(
        r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$",
        header.read_text() if header.is_file() else "",
        re.MULTILINE,
    )
    return {name: int(number) for name, number in found}


@pytest.mark.parametrize(
    ("machine", "path"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_the_numbers_are_those_of_the_machines_headers(machine: str, path: str) -> None:
    known = defined(path)
    if not known:
        pytest.skip(f"there is no {path}: Debian's linux-libc-dev has it")
    one = {"setrlimit": SETRLIMIT, "prlimit64": PRLIMIT, "clone": CLONE}
    ours = numbers({**PERMITTED, **REFUSED, **MISSING, **one}, machine)
    there = {name: number for name, number in ours.items() if name in known}
    assert there == {name: known[name] for name in there}
    assert len(there) > 70
