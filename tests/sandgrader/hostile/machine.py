"""Attacks on the machine under the sandbox, on the next student, and on limits that are many.

Who finds nothing has all points: the code raises where it gets through.
"""

from __future__ import annotations

from pathlib import Path

from nbformat.v4 import new_code_cell

from tests.sandgrader.hostile.case import Case, Notebooks, lost, right

REFUSED = lost("decide", "its cell is refused what it takes, before the answer")
NO_SANDBOX = "it would change this machine: stock nbgrader has no sandbox"
TOO_MUCH = "it would take the machine with it: stock nbgrader has no such limit"

CALL = """
import ctypes, os

libc = ctypes.CDLL(None, use_errno=True)
numbers = {"x86_64": 0, "aarch64": 1}[os.uname().machine]

def call(name, *arguments):
    return libc.syscall(dict(
        add_key=(248, 217), keyctl=(250, 219), mount=(165, 40), unshare=(272, 97), bpf=(321, 280),
        ptrace=(101, 117), shmget=(29, 194), memfd_create=(319, 279), io_uring_setup=(425, 425),
        userfaultfd=(323, 282), perf_event_open=(298, 241),
    )[name][numbers], *arguments)
"""
"""Calls the kernel by number, as whoever means harm does."""


def refused(name: str, story: str, code: str) -> Case:
    """Return who has all points, unless what they try succeeds."""
    return right(name, story, f"{CALL.strip()}\n\n{code.strip()}", not_by_stock=NO_SANDBOX)


def _large_beside(folder: Path) -> None:
    (folder / "measurements.bin").write_bytes(b"1234567890" * 6_000_000)


def _prints_in_every_cell(notebooks: Notebooks) -> None:
    cells = notebooks["access"].cells
    cells[len(cells) :] = [new_code_cell("print('y' * 1_900_000)") for _ in range(24)]


PACK = [
    refused(
        "kernel_settings",
        "writes to every setting of the kernel that lets it, `core_pattern` first",
        """
written = []
for top in ("/proc/sys/kernel", "/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/sys"):
    for root, _, names in os.walk(top):
        for name in sorted(names, key=lambda name: name != "core_pattern"):
            path = os.path.join(root, name)
            try:
                with open(path, "r+b", buffering=0) as setting:
                    setting.write(setting.read())
                written.append(path)
            except OSError:
                pass
if written:
    raise RuntimeError(f"written: {written}")
""",
    ),
    refused(
        "kernel_request",
        "asks the kernel by its request key to say who is there",
        """
for path in ("/proc/sysrq-trigger", "/proc/acpi/wakeup", "/proc/self/../sysrq-trigger"):
    try:
        with open(path, "w") as trigger:
            trigger.write("h")
    except OSError:
        continue
    raise RuntimeError(path)
""",
    ),
    refused(
        "keys_for_the_next",
        "stores an answer in the kernel's keyring for whoever comes next",
        """
for keyring in (-1, -2, -3, -4, -5):
    if call("add_key", b"user", b"answer", b"42", 2, keyring) > 0:
        raise RuntimeError(f"stored in {keyring}")
""",
    ),
    refused(
        "pipe_for_the_next",
        "leaves words in the pipes that its interpreter inherited, and looks for others' there",
        """
os.write(2, b"y" * 1_000_000)
for stream in range(3):
    try:
        reader = os.open(f"/proc/self/fd/{stream}", os.O_RDONLY | os.O_NONBLOCK)
        if set(os.read(reader, 4096)) - {ord("y")}:
            raise RuntimeError(f"somebody else's words in {stream}")
    except OSError:  # its own pipe may be empty by now
        pass
""",
    ),
    refused(
        "devices_for_files",
        "keeps files for others where devices are",
        """
for path in ("/dev/answer", "/dev/mqueue/answer", "/run/answer", "/var/tmp/answer"):
    try:
        open(path, "w").close()
    except OSError:
        continue
    raise RuntimeError(path)
""",
    ),
    refused(
        "own_namespaces",
        "becomes root in a namespace of its own and mounts what it likes there",
        """
new_user, new_mounts = 0x10000000, 0x20000
if call("unshare", new_user | new_mounts) == 0:
    raise RuntimeError("a namespace")
if call("mount", b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    raise RuntimeError("a mount")
""",
    ),
    refused(
        "kernel_parts",
        "tries the parts of the kernel in which holes were found",
        """
for name, arguments in {"bpf": (0, None, 0), "userfaultfd": (0,), "io_uring_setup": (1, None),
                        "perf_event_open": (None, 0, -1, -1, 0), "ptrace": (0, 0, 0, 0)}.items():
    answer = call(name, *arguments)
    if answer != -1 or ctypes.get_errno() not in (1, 38):
        raise RuntimeError(f"{name} is there")
""",
    ),
    right(
        "memory_nameless",
        "fills memory with files that have no name",
        f"{CALL.strip()}\n\nfor number in range(400):\n"
        "    file = os.memfd_create(f'hoard{number}')\n    os.write(file, b'y' * 2**24)",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "memory_shared",
        "fills memory with segments that no process holds",
        f"{CALL.strip()}\n\nfor number in range(400):\n"
        "    segment = call('shmget', 0, 2**24, 0o1600)\n    if segment < 0:\n"
        "        raise MemoryError\n    ctypes.memset(libc.shmat(segment, None, 0), 1, 2**24)",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "disk_three_folders",
        "writes 240 MB in each of three folders",
        "for folder in ('.', '/tmp', '/dev/shm'):\n"
        "    with open(f'{folder}/hoard.bin', 'wb') as file:\n        for _ in range(240):\n"
        "            file.write(b'y' * 1_000_000)",
        loses=REFUSED,
        not_by_stock=TOO_MUCH,
    ),
    right(
        "output_every_cell",
        "prints 2 MB in each of two dozen cells, beside right work",
        spoil=_prints_in_every_cell,
        not_by_stock="it makes a page that no browser opens",
    ),
    right(
        "innocent_60_mb",
        "hands in 60 MB of measurements and reads them",
        "with open('measurements.bin', 'rb') as file:\n    assert len(file.read()) == 60_000_000",
        place=_large_beside,
        not_by_stock="it is an innocent's, and stock nbgrader has no such limit",
    ),
    right(
        "innocent_28_mb",
        "writes 28 MB of results beside the notebook",
        "with open('results.bin', 'wb') as file:\n    file.write(b'1234567' * 4_000_000)",
        not_by_stock="it is an innocent's, and stock nbgrader has no such limit",
    ),
]
