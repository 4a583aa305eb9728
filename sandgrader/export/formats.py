"""The files, as Canvas's and Moodle's imports take them.

Canvas: a head that begins with ``Student``, ``ID``, ends its part about persons with ``Section``,
and goes on with a column for each assignment, ``Title`` or ``Title (id)``; a row ``Points
Possible``. A student is looked for by ``ID``, then ``SIS User ID``, then ``SIS Login ID``, then by
name. An empty cell takes a grade away that is there: who has none yet gets no row, and each
assignment a file of its own. (``lib/gradebook_importer.rb`` of instructure/canvas-lms.)

Moodle: a head and a row for each student, whose columns are mapped on a page. One column has to say
who it is; a row whose cell is empty would be counted for the student before it, and an unknown one
ends the import. (``grade/import/csv/classes/load_data.php`` of moodle/moodle.)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from sandgrader.export.grades import Grade
from sandgrader.export.ids import CANVAS, Ids
from sandgrader.report.tables import in_file

Rows = list[list[str]]
MOODLE_HEADS = {
    "email": "Email address",
    "id_number": "ID number",
    "username": "Username",
}
MOODLE_MOST = 100.0
"""Moodle refuses a grade above this, unless its site is set up otherwise."""


def as_csv(rows: Rows) -> bytes:
    """Return rows as the content of a file."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


def number(points: float) -> str:
    """Return points as all of these imports read them: a point, no exponent, no trailing zeros."""
    return f"{round(points, 4):.10g}"


def canvas(grades: Sequence[Grade], ids: Ids, title: str) -> Rows:
    """Return the rows for Canvas, of one assignment."""
    most = grades[0].most if grades else 0.0
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", in_file(title)],
        ["    Points Possible", "", "", "", "", number(most)],
    ]
    for grade in grades:
        known = ids.of(grade.person)
        rows.append(
            [
                in_file(known.get("name") or _name(grade)),
                *(known.get(key, "") for key in CANVAS),
                in_file(known.get("section", "")),
                number(grade.total),
            ]
        )
    return rows


def _name(grade: Grade) -> str:
    person = grade.person
    return ", ".join(filter(None, (person.last_name, person.first_name))) or person.id


def moodle(grades: Sequence[Grade], ids: Ids, title: str, by: str) -> Rows:
    """Return the rows for Moodle, of one assignment; ``by`` is the column that says who it is."""
    head = in_file(title)
    rows = [["First name", "Last name", MOODLE_HEADS[by], head, f"{head} (feedback)"]]
    for grade in grades:
        person = grade.person
        rows.append(
            [
                in_file(person.first_name),
                in_file(person.last_name),
                ids.of(person)[by],
                number(grade.total),
                in_file(in_words(grade)),
            ]
        )
    return rows


def in_words(grade: Grade) -> str:
    """Return a grade's parts in a sentence."""
    parts = [
        f"{name}: {number(part.machine + part.hand)} of {number(part.most)}"
        for name, part in grade.parts.items()
    ]
    if grade.penalty:
        hours = number(round(grade.late.total_seconds() / 3600, 1))
        parts.append(f"{number(grade.penalty)} taken off for being {hours} h late")
    return "; ".join(parts)


def plain(grades: Sequence[Grade]) -> Rows:
    """Return the rows for a spreadsheet: a student's assignment a row, all that is known of it."""
    notebooks = list(dict.fromkeys(name for grade in grades for name in grade.parts))
    head = [
        "student", "last_name", "first_name", "email", "assignment", "state", "due", "submitted",
        "extension_hours", "hours_late",
    ]  # fmt: skip
    for name in notebooks:
        head += [f"{name} machine", f"{name} by hand", f"{name} most", f"{name} to be graded"]
    head += ["machine", "by hand", "points", "penalty", "total", "most", "to be graded"]
    return [[in_file(cell) for cell in head], *(_plain(grade, notebooks) for grade in grades)]


def _plain(grade: Grade, notebooks: Sequence[str]) -> list[str]:
    person, is_graded = grade.person, grade.state != "nothing handed in"
    row = [
        in_file(person.id), in_file(person.last_name), in_file(person.first_name),
        in_file(person.email), in_file(grade.assignment), grade.state,
        grade.due.isoformat(sep=" ") if grade.due else "",
        grade.submitted.isoformat(sep=" ") if grade.submitted else "",
        number(grade.extension.total_seconds() / 3600) if grade.extension else "",
        number(grade.late.total_seconds() / 3600) if is_graded else "",
    ]  # fmt: skip
    for name in notebooks:
        row += _part(grade, name) if is_graded else [""] * 4
    if not is_graded:
        return [*row, "", "", "", "", "", number(grade.most), ""]
    sums: Mapping[str, float] = {
        "machine": sum(part.machine for part in grade.parts.values()),
        "hand": sum(part.hand for part in grade.parts.values()),
    }
    return [
        *row, number(sums["machine"]), number(sums["hand"]), number(grade.points),
        number(grade.penalty), number(grade.total), number(grade.most), str(len(grade.waiting)),
    ]  # fmt: skip


def _part(grade: Grade, name: str) -> list[str]:
    part = grade.parts.get(name)
    if part is None:
        return [""] * 4
    return [number(part.machine), number(part.hand), number(part.most), str(len(part.waiting))]
