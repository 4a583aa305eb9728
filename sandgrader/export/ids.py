"""Who a student is in another system: a file that an instructor keeps, the gradebook where not.

A CSV file with a line for each student: ``student`` is nbgrader's id, the other columns are those
of Canvas and Moodle, as far as they are needed::

    student,name,canvas_id,sis_user_id,sis_login_id,section,email,id_number,username
    ada,"Ames, Ada",4711,,ada.ames,Monday,ada@uni.example,,
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandgrader.csv_lines import read_lines, refuse
from sandgrader.export.grades import Person
from sandgrader.report.tables import in_file

CANVAS = ("canvas_id", "sis_user_id", "sis_login_id")
MOODLE = ("email", "id_number", "username")
_COLUMNS = ("student", "name", *CANVAS, "section", *MOODLE)


@dataclass(frozen=True)
class Ids:
    """What is known of students elsewhere."""

    lines: dict[str, dict[str, str]] = field(default_factory=dict)
    """By nbgrader's id."""
    own: str = ""
    """The column for which nbgrader's ids stand themselves, if any."""

    def of(self, person: Person) -> dict[str, str]:
        """Return a student's ids by column, without those that nobody knows."""
        found = {"email": person.email, "canvas_id": person.lms_user_id}
        if self.own:
            found[self.own] = person.id
        found |= {key: value for key, value in self.lines.get(person.id, {}).items() if value}
        if not found["canvas_id"].isdecimal():
            del found["canvas_id"]
        # an id that has to be quoted for a spreadsheet would be nobody's
        return {
            key: value
            for key, value in found.items()
            if value and (key not in (*CANVAS, *MOODLE) or in_file(value) == value)
        }


def read_ids(path: Path | None, own: str = "") -> Ids:
    """Return the ids in a file, if there is one.

    Raises :class:`CourseError` for bad lines: who is there twice, two of one id, an id that a
    spreadsheet would take for a formula.
    """
    if path is None:
        return Ids(own=own)
    lines: dict[str, dict[str, str]] = {}
    seen: dict[tuple[str, str], int] = {}
    faults: list[str] = []
    for number, cells in read_lines(path, ("student",), _COLUMNS):
        student = cells.pop("student")
        for fault in _faults(student, cells, lines, seen):
            faults.append(f"line {number}: {fault}")
        lines[student] = cells
        for key in (*CANVAS, *MOODLE):
            if cells.get(key):
                seen.setdefault((key, cells[key]), number)
    refuse(path, faults)
    return Ids(lines, own)


def _faults(
    student: str,
    cells: Mapping[str, str],
    lines: Mapping[str, object],
    seen: Mapping[tuple[str, str], int],
) -> list[str]:
    found = []
    if not student:
        found.append("no student")
    elif student in lines:
        found.append(f"{student} for the second time")
    for key in (*CANVAS, *MOODLE):
        value = cells.get(key, "")
        if value and in_file(value) != value:
            found.append(f"{key} {value!r} begins as a formula does, or has unseen characters")
        if (key, value) in seen:
            found.append(f"{key} {value!r} is another student's in line {seen[key, value]}")
    if cells.get("canvas_id") and not cells["canvas_id"].isdecimal():
        found.append(
            f"canvas_id {cells['canvas_id']!r} is no number: the column ID of Canvas's own export "
            "has it"
        )
    return found
