"""When an assignment is due, as its release says it, and whether that moment has passed.

The date is in the instructor's gradebook. When an assignment is released, ``storagelab.exchange``
puts it beside the notebooks in ``due.json``, and so it comes along when a student fetches them.
Where the exchange is a folder in sight, the file there counts: a date that was moved reaches those
who have fetched the assignment before.

What is late is said by this machine's clock. Nothing is graded by it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storagelab.labs.run_mode import is_graded_run

FILE_NAME = "due.json"
EXCHANGE = "NBGRADER_EXCHANGE"
"""The variable that names the exchange, as in ``nbgrader_config.py``."""
_COURSE, _EXCHANGE = "storagelab", "/srv/nbgrader/exchange"
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def write_due(folder: Path, due: datetime | None) -> None:
    """Put a moment (with its time zone) beside the notebooks of a folder; none takes it away."""
    path = folder / FILE_NAME
    if due is None:
        path.unlink(missing_ok=True)
    else:
        moment = due.astimezone(UTC).isoformat(timespec="seconds")
        path.write_text(json.dumps({"due": moment}) + "\n", encoding="utf-8")


def read_due(folder: Path) -> datetime | None:
    """Return the moment that is written in a folder; none where there is none that can be read."""
    try:
        due = datetime.fromisoformat(json.loads((folder / FILE_NAME).read_bytes())["due"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return due if due.tzinfo else None


def find_due(folder: Path, released: Path | None = None) -> datetime | None:
    """Return when the assignment in ``folder`` is due.

    Where its folder in the exchange is in sight (``released``, or where that folder usually is) it
    is as that one says, and else as this one does.
    """
    root = Path(os.environ.get(EXCHANGE, _EXCHANGE))
    released = released or root / _COURSE / "outbound" / folder.absolute().name
    return read_due(released if released.is_dir() else folder)


def is_past(due: datetime, now: datetime | None = None) -> bool:
    """Return whether a moment has passed by this machine's clock, or at another moment, ``now``."""
    return (now or datetime.now(UTC)) > due


def when(due: datetime, now: datetime | None = None) -> str:
    """Return a moment as people write it in this machine's time zone, and how far it is."""
    here = due.astimezone()
    away = abs(due - (now or datetime.now(UTC)))
    far = f"{_length(away)} ago" if is_past(due, now) else f"in {_length(away)}"
    return f"{here:%A} {here.day} {here:%B %Y, %H:%M %Z} ({far})"


def _length(time: timedelta) -> str:
    """Return a length of time in the two largest units that it has."""
    left = int(time.total_seconds())
    words: list[str] = []
    for size, unit in _UNITS:
        count, rest = divmod(left, size)
        if count or words:
            words.append(f"{count} {unit}{'' if count == 1 else 's'}")
            left = rest
    return " ".join([word for word in words if not word.startswith("0 ")][:2]) or "under a minute"


def due_line(folder: Path, now: datetime | None = None) -> str:
    """Return a sentence on when the assignment in ``folder`` is due; empty where nobody knows.

    A graded run says nothing: what it prints is to be the same each time.
    """
    due = None if is_graded_run() else find_due(folder)
    if due is None:
        return ""
    if is_past(due, now):
        return f"This was due {when(due, now)}: what you submit now is late."
    return f"Due {when(due, now)}."
