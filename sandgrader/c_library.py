"""Calls of the C library that Python has no function for."""

from __future__ import annotations

import ctypes
import os

_LIBRARY = ctypes.PyDLL(None, use_errno=True)
"""Loaded once: each time it is, it makes types, which costs a fork more than what it calls.

No other thread of Python's runs during a call: a call may fork, and the fork has this thread alone.
"""


def call(name: str, *arguments: object) -> int:
    """Call a function and return what it returns. Raises ``OSError`` where that is below zero."""
    result = int(getattr(_LIBRARY, name)(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
