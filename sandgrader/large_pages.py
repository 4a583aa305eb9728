"""Keeps what a process shares with its forks in large pages.

A fork copies the tables of its parent's memory, and its end takes them down again: of a process
with everything imported, 20,000 entries each way, which is most of what a fork costs. A large page
has one entry in the place of 512. Whichever part of it a fork writes to is split off for it then.
"""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

from sandgrader import c_library

_SIZE = 2 * 2**20  # bytes, on x86-64, and on ARM64 with pages of 4 KiB
_MADV_COLLAPSE = 25


def collapse() -> None:
    """Put the memory that this process has by now into large pages, where the kernel can.

    Linux does from 6.1 on, whatever it does by itself; elsewhere all stays as it is.
    """
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/maps").read_text().splitlines():
            place, rights, *_, inode = line.split(maxsplit=5)[:5]
            if rights != "rw-p" or inode != "0":  # the own memory, and no file's
                continue
            begin, end = (int(number, 16) for number in place.split("-"))
            for page in range(-(-begin // _SIZE) * _SIZE, end - _SIZE + 1, _SIZE):
                with contextlib.suppress(OSError):  # nothing is there, or no large page is free
                    where, length = ctypes.c_void_p(page), ctypes.c_size_t(_SIZE)
                    c_library.call("madvise", where, length, _MADV_COLLAPSE)
