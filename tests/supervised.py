"""``python -m tests.supervised ...``: pytest, with nothing left of it however it ends.

Tests start hubs, kernels, browsers, databases and sandboxes, some of which leave their process
group or outlive their parent on purpose. This process adopts everything that is orphaned below it
(Linux calls it a child subreaper), passes Ctrl-C and SIGTERM on to pytest, gives it a few seconds
to clear up in good order, and kills what is still there.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType

import psutil

GRACE = 5.0
"""Seconds that an interrupted pytest has to run its fixtures' endings."""
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends; does nothing but on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants() -> Iterator[psutil.Process]:
    """Yield every living process below this one."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                yield process


def kill_descendants() -> list[str]:
    """Kill everything below this process and return what that was.

    Again and again: whoever is killed may have started another meanwhile.
    """
    killed: dict[int, str] = {}
    while found := list(descendants()):
        for process in found:
            with suppress(psutil.NoSuchProcess):
                killed.setdefault(process.pid, " ".join(process.cmdline())[:120])
                process.kill()
        psutil.wait_procs(found, timeout=1)
    return list(killed.values())


def main(arguments: list[str]) -> int:
    """Run pytest with ``arguments`` and return its exit code, or 128 and the signal's number."""
    adopt_orphans()
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    # in a group of its own: Ctrl-C reaches pytest once, from here, and not each of its processes
    pytest = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], process_group=0)
    while pytest.poll() is None and not received:
        with suppress(subprocess.TimeoutExpired):
            pytest.wait(timeout=0.2)
    if received:
        pytest.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            pytest.wait(timeout=GRACE)
    left = kill_descendants()
    pytest.wait()
    if left and not received:
        print("Left behind by the tests, and killed:", *left, sep="\n  ", file=sys.stderr)
    return 128 + received[0] if received else pytest.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
