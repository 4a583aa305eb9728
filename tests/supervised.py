"""``python -m tests.supervised ...``: pytest, with nothing left of it however it ends.

Tests start hubs, kernels, browsers, databases and sandboxes, some of which leave their process
group or outlive their parent on purpose. This process adopts everything that is orphaned below it
(Linux calls it a child subreaper), passes Ctrl-C and SIGTERM on to pytest, gives it a few seconds
to clear up in good order, and kills what is still there.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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


class Supervised:
    """A process whose orphaned descendants are this process's to bury."""

    def __init__(self, command: list[str]) -> None:
        # in a group of its own: Ctrl-C reaches it once, from here, and not each of its processes
        self._process = subprocess.Popen(command, process_group=0)
        self.code: int | None = None
        """Its exit code, once it has one."""

    def reap(self) -> None:
        """Take down whoever has ended: tests wait for processes to be gone, and not just dead."""
        with suppress(ChildProcessError):  # nobody is left
            while True:
                number, status = os.waitpid(-1, os.WNOHANG)
                if not number:
                    return
                if number == self._process.pid:
                    self.code = self._process.returncode = os.waitstatus_to_exitcode(status)

    def wait(self, until: Callable[[], bool], seconds: float = float("inf")) -> None:
        """Wait for its end, or for something else, for so many seconds at most."""
        end = time.monotonic() + seconds
        self.reap()
        while self.code is None and not until() and time.monotonic() < end:
            time.sleep(0.02)
            self.reap()

    def interrupt(self) -> None:
        """Send it what Ctrl-C sends."""
        if self.code is None:
            self._process.send_signal(signal.SIGINT)

    def kill_descendants(self) -> list[str]:
        """Kill everything below this process and return what that was.

        Again and again: whoever is killed may have started another meanwhile.
        """
        killed: dict[int, str] = {}
        while found := psutil.Process().children(recursive=True):
            for process in found:
                with suppress(psutil.NoSuchProcess):
                    if process.status() != psutil.STATUS_ZOMBIE:
                        killed.setdefault(process.pid, " ".join(process.cmdline())[:120])
                        process.kill()
            time.sleep(0.02)
            self.reap()
        return list(killed.values())


def main(arguments: list[str]) -> int:
    """Run pytest with ``arguments`` and return its exit code, or 128 and the signal's number."""
    adopt_orphans()
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, note)
    pytest = Supervised([sys.executable, "-m", "pytest", *arguments])
    pytest.wait(until=lambda: bool(received))
    if received:
        pytest.interrupt()
        pytest.wait(until=lambda: False, seconds=GRACE)
    left = pytest.kill_descendants()
    if left and not received:
        print("Left behind by the tests, and killed:", *left, sep="\n  ", file=sys.stderr)
    return 128 + received[0] if received else int(pytest.code or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
