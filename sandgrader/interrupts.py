"""Ctrl-C that isn't lost.

Python raises ``KeyboardInterrupt`` wherever it is at that moment. In the middle of a finalizer it
is printed and forgotten, and a class would be graded to its end. So it is kept in mind as well.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_asked = threading.Event()


@contextmanager
def remembered() -> Iterator[None]:
    """Remember interrupts for a while, beside what is done at them anyway."""
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():  # which signals never reach
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: Any) -> None:
        _asked.set()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def check() -> None:
    """Raise ``KeyboardInterrupt`` where one came."""
    if _asked.is_set():
        raise KeyboardInterrupt
