"""Extensions of due dates by student, in a file that an instructor keeps beside the configuration.

``extensions.csv``::

    student,assignment,until,extra,reason
    ada,cloud_titan,2026-03-08 23:59 Europe/Berlin,,asked on 1 March
    ben,*,,2 days,learning agreement

nbgrader's gradebook has a place for them (``SubmittedAssignment.extension``) and no page that fills
it. What the file says is put there, so that everything of nbgrader's that asks how late a
submission is takes it into account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader import api
from sqlalchemy import Column, Float, MetaData, String, Table, delete, inspect, select
from traitlets import Unicode
from traitlets.config import LoggingConfigurable

from sandgrader.csv_lines import read_lines, refuse

EVERY = "*"
"""In the place of an assignment: all of them."""
_COLUMNS = ("student", "assignment", "until", "extra", "reason")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AMOUNT = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)\b\s*,?", re.IGNORECASE
)

EXTENDED = Table(
    "storagelab_extended",
    MetaData(),
    Column("submission", String(32), primary_key=True),
    Column("seconds", Float, nullable=False),
)
"""Which of the gradebook's extensions are the file's: a line that is taken out takes its own away.

In the gradebook, beside nbgrader's tables, without a foreign key: nbgrader deletes submissions."""


class Extensions(LoggingConfigurable):
    """Where a course keeps its extensions."""

    file = Unicode("extensions.csv", help="The file with extensions, in the course's folder.").tag(
        config=True
    )


@dataclass(frozen=True)
class Extension:
    """A line of the file: a new due date, or time in addition to the assignment's own."""

    line: int
    student: str
    assignment: str
    """Or :data:`EVERY`."""
    until: datetime | None
    """In UTC, without a zone, as nbgrader keeps times."""
    extra: timedelta | None

    def beyond(self, due: datetime | None) -> timedelta | None:
        """Return the time beyond a due date, if that makes one; negative where it is before it."""
        if due is None:
            return None
        return self.extra if self.until is None else self.until - due


def read_extensions(root: Path, config_parent: Any) -> list[Extension]:
    """Return the extensions of the course in ``root``; none where it has no such file.

    Raises :class:`CourseError` for bad lines, all of them at once, and for a file that the
    configuration names and that isn't there.
    """
    settings = Extensions(parent=config_parent)
    path = root / settings.file
    if not settings.file or (not path.exists() and settings.file == Extensions.file.default_value):
        return []
    found: list[Extension] = []
    faults: list[str] = []
    for number, cells in read_lines(path, ("student", "assignment"), _COLUMNS):
        try:
            extension = _parse(number, cells)
        except ValueError as problem:
            faults.append(f"line {number}: {problem}")
            continue
        for other in found:
            if (other.student, other.assignment) == (extension.student, extension.assignment):
                faults.append(
                    f"line {number}: {extension.student} has an extension of "
                    f"{extension.assignment} in line {other.line} already"
                )
        found.append(extension)
    refuse(path, faults)
    return found


def _parse(number: int, cells: dict[str, str]) -> Extension:
    for name in ("student", "assignment"):
        if not cells[name]:
            raise ValueError(f"no {name}")
    until, extra = cells.get("until", ""), cells.get("extra", "")
    if bool(until) == bool(extra):
        raise ValueError("either a new due date (until) or additional time (extra), and not both")
    if until and cells["assignment"] == EVERY:
        raise ValueError("one due date for all assignments: give additional time (extra), or a "
                         "line for each")  # fmt: skip
    return Extension(
        line=number,
        student=cells["student"],
        assignment=cells["assignment"],
        until=parse_moment(until) if until else None,
        extra=parse_amount(extra) if extra else None,
    )


def parse_moment(text: str) -> datetime:
    """Return a moment in UTC, without a zone. Raises ``ValueError`` where it names no zone.

    Due dates are local times to students and UTC to nbgrader: a time without a zone would be hours
    off without anybody noticing.
    """
    shape = "a moment is written 2026-03-08 23:59 +01:00, or with UTC or Europe/Berlin at its end"
    words = text.split()
    zone = UTC if words[-1].upper() in ("UTC", "Z") else None
    if zone is None and re.fullmatch(r"[A-Za-z_]+(/[A-Za-z_+\-0-9]+)+", words[-1]):
        try:
            named = ZoneInfo(words[-1])
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"there is no time zone {words[-1]!r}: {shape}") from None
        return _in_utc(" ".join(words[:-1]), named, shape)
    if zone is not None:
        return _in_utc(" ".join(words[:-1]), zone, shape)
    joined = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", text)
    return _in_utc(joined, None, shape)


def _in_utc(text: str, zone: Any, shape: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no moment: {shape}") from None
    if ":" not in text:
        raise ValueError(f"{text!r} names no time of the day: {shape}")
    if zone is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone: {shape}")
    return moment.astimezone(UTC).replace(tzinfo=None)


def parse_amount(text: str) -> timedelta:
    """Return an amount of time, such as ``2 days`` or ``1w 12h``. Raises ``ValueError``."""
    total, at = timedelta(), 0
    while match := _AMOUNT.match(text, at):
        total += timedelta(**{_UNITS[match[2][0].lower()]: float(match[1])})
        at = match.end()
    if at == 0 or text[at:].strip():
        raise ValueError(f"{text!r} is no amount of time: write 2 days, 36 h or 1 week 2 days")
    return total


def check_lines(
    extensions: Iterable[Extension],
    dues: Mapping[str, datetime | None],
    root: Path,
    config_parent: Any,
) -> None:
    """Raise :class:`CourseError` for lines that don't fit the gradebook's assignments.

    ``dues`` are these with their due dates, in UTC without a zone.
    """
    faults = []
    for item in extensions:
        if item.assignment not in dues and item.assignment != EVERY:
            faults.append(
                f"line {item.line}: the gradebook has no assignment {item.assignment!r} "
                f"(it has: {', '.join(dues) or 'none'})"
            )
            continue
        due = dues.get(item.assignment)
        if item.until is not None and due is not None and item.until < due:
            faults.append(
                f"line {item.line}: {item.until} UTC is before the due date of "
                f"{item.assignment}, which is {due} UTC"
            )
    refuse(root / Extensions(parent=config_parent).file, faults)


def extension_for(
    extensions: Iterable[Extension], student: str, assignment: str
) -> Extension | None:
    """Return the line that counts for a student's assignment: its own before one for all."""
    own = {item.assignment: item for item in extensions if item.student == student}
    return own.get(assignment) or own.get(EVERY)


def grant(
    gradebook: Any, assignment: str, due: datetime | None, extensions: Iterable[Extension]
) -> list[str]:
    """Put what the file says into the gradebook, for who has handed in. Nothing is committed.

    Returns what else there is to say, in words: an extension of the gradebook's own that the file
    doesn't have. Such a one stays.
    """
    extensions = [*extensions]
    submission, of = api.SubmittedAssignment.__table__, api.Assignment.__table__
    query = (
        select(submission.c.id, submission.c.student_id, submission.c.extension)
        .select_from(submission.join(of, of.c.id == submission.c.assignment_id))
        .where(of.c.name == assignment)
    )
    rows = [*gradebook.db.execute(query)]
    ours = _ours(gradebook)
    if not extensions and not ours:
        return []
    said: list[str] = []
    for row in rows:
        line = extension_for(extensions, row.student_id, assignment)
        wanted = line.beyond(due) if line else None
        wanted = None if wanted is not None and wanted <= timedelta() else wanted
        is_ours = row.id in ours and row.extension == timedelta(seconds=ours[row.id])
        if line is None and row.extension is not None and not is_ours:
            said.append(
                f"{row.student_id} has an extension of {row.extension} that was given in the "
                "gradebook and stands in no line of the file; it counts"
            )
            continue
        if wanted != row.extension:
            gradebook.db.execute(
                submission.update().where(submission.c.id == row.id).values(extension=wanted)
            )
        _remember(gradebook, row.id, ours.get(row.id), wanted)
    return said


def _ours(gradebook: Any) -> dict[str, float]:
    if not inspect(gradebook.db.connection()).has_table(EXTENDED.name):
        return {}
    return {row.submission: row.seconds for row in gradebook.db.execute(select(EXTENDED))}


def _remember(gradebook: Any, submission: str, was: float | None, now: timedelta | None) -> None:
    seconds = None if now is None else now.total_seconds()
    if seconds == was:
        return
    EXTENDED.create(gradebook.db.connection(), checkfirst=True)
    gradebook.db.execute(delete(EXTENDED).where(EXTENDED.c.submission == submission))
    if seconds is not None:
        gradebook.db.execute(EXTENDED.insert().values(submission=submission, seconds=seconds))
