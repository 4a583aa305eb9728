"""What tests ask of processes by their numbers."""

from __future__ import annotations

import psutil


def lives(number: int) -> bool:
    """Return whether a process runs; one that has ended and isn't buried yet doesn't."""
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
