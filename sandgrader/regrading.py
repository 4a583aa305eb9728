"""What the scores were before a run, and whose moved in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sandgrader import scores
from sandgrader.course import Course


class ScoresBefore:
    """An assignment's scores from before a run, kept in a file if there are any."""

    def __init__(self, course: Course, aside: Path, assignment: str) -> None:
        """Read them. Raises ``OSError`` where they can't be kept."""
        self._course, self._assignment = course, assignment
        self._before = self._read()
        self.kept = ""
        if self._before:
            moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            path = aside / f"scores-{assignment}-{moment}.json"
            scores.write_snapshot(path, self._before)
            self.kept = str(path.relative_to(course.root))

    def _read(self) -> scores.Scores:
        with self._course.gradebook.transaction() as gradebook:
            return scores.read_scores(gradebook, [self._assignment])

    def moved(self) -> list[str]:
        """Return whose score isn't what it was, in words; a first grade is no move."""
        found = []
        for change in scores.moved(self._before, self._read()).changes:
            if change.before is None or (change.before.auto is None and not change.before.waits):
                continue
            key = change.key
            points = f" ({change.by:+g} points)" if change.by else ""
            found.append(f"{key.student}, {key.notebook}, {key.cell}: {change.what}{points}")
        return found
