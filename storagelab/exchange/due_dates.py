"""nbgrader's release and submit: the one writes the due date, the other looks at it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from storagelab.labs import deadline

WARNED = 15 * 60
"""Seconds for which a student who was warned may hand in late without another warning."""


def due_in_gradebook(coursedir: Any) -> datetime | None:
    """Return when nbgrader's assignment is due; none where it has no date, or isn't known."""
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            due: datetime | None = gradebook.find_assignment(coursedir.assignment_id).duedate
        except MissingEntry:
            return None
    return due and due.replace(tzinfo=UTC)  # the gradebook keeps UTC without saying so


def releasing(kind: Any) -> Any:
    """Return an exchange's class that releases, which writes the due date beside the notebooks."""

    class Release(kind):  # type: ignore[misc]
        def copy_files(self) -> None:
            deadline.write_due(Path(self.src_path), due_in_gradebook(self.coursedir))
            super().copy_files()

    return Release


def submitting(kind: Any) -> Any:
    """Return an exchange's class that submits, which warns before anything late is handed in."""

    class Submit(kind):  # type: ignore[misc]
        def copy_files(self) -> None:
            folder = Path(self.src_path)
            outbound = Path(getattr(self, "root", ""), self.coursedir.course_id, "outbound")
            due = deadline.find_due(folder, outbound / folder.name)
            if due is not None and deadline.is_past(due):
                mark = folder.with_name(f".{folder.name}.late")
                if not _was_warned(mark, due):
                    mark.write_text(due.isoformat(), encoding="utf-8")
                    self.fail(warning(folder.name, due))
            super().copy_files()

    return Submit


def _was_warned(mark: Path, due: datetime) -> bool:
    """Return whether a warning of this due date was said a short while ago."""
    try:
        recent = 0 <= time.time() - mark.stat().st_mtime < WARNED
        return recent and mark.read_text(encoding="utf-8") == due.isoformat()
    except OSError:
        return False


def warning(assignment: str, due: datetime) -> str:
    """Return what is said to somebody who is about to hand in late."""
    return (
        f"{assignment} was due {deadline.when(due)}, by this machine's clock. Nothing has been "
        "handed in now. What you submitted before stays as it is.\n"
        f"To hand in late, submit again within {WARNED // 60} minutes. The last submission counts: "
        "a late one takes the place of one that was on time, and may get fewer points. If you were "
        "given more time, that is counted when it is graded."
    )
