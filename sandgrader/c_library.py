"""Calls of the C library that Python has no function for."""

from __future__ import annotations

import ctypes
import os


def call(name: str, *arguments: object) -> int:
    """Call a function and return what it returns. Raises ``OSError`` where that is below zero."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(getattr(libc, name)(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
