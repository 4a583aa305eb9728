"""A report put together: tables first, then figures with their words, from the tables alone.

Whatever a page or a file says is made from tables that were cleared for it, so that nothing can
get round the rules of the shared version.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandgrader.report import charts, items, privacy, risk, roster, words
from sandgrader.report.cohort import Cohort
from sandgrader.report.course import Course
from sandgrader.report.figures import Chapter, Figure, Report
from sandgrader.report.sections import CourseSections, Sections
from sandgrader.report.tables import Column, Row, Table, Tables, joined, with_names


def make_report(
    course: Course,
    cohorts: Sequence[Cohort],
    added: CourseSections,
    shared: bool,
    risk_below: float = risk.BELOW,
) -> Report:
    """Return the report on some assignments; the ``shared`` one without persons in it.

    Who has less than ``risk_below`` of the machine's points, 0 to 1, is told as at risk.
    """
    chapters: list[Chapter] = []
    found: dict[str, list[Table]] = {}
    for cohort in cohorts:
        sections = added.about(course, cohort)
        name, title = cohort.assignment.name, sections.title
        class_size, least = len(cohort.handed_in), privacy.LEAST
        if not class_size:
            chapters.append(Chapter(name, title, notice="Nobody has handed this in yet."))
            if shared:
                continue
        elif shared and class_size < least:
            notice = f"Fewer than {least} students have handed this in: nothing of it is shared."
            chapters.append(Chapter(name, title, notice=notice))
            continue
        tables = _tables(cohort, added, sections, shared)
        if shared:
            tables = _cleared(tables)
        else:
            at_risk = risk.at_risk(cohort, sections, risk_below)
            names = {person.id: person.name for person in cohort.people}
            tables = {table.name: with_names(table, names) for table in (*tables.values(), at_risk)}
        for key, table in tables.items():
            found.setdefault(key, []).append(table)
        if class_size:
            figures = _figures(cohort, added, sections, tables, shared, risk_below)
            chapters.append(Chapter(name, title, figures))
    return Report(chapters, [joined(group) for group in found.values()], shared)


def _tables(cohort: Cohort, added: CourseSections, sections: Sections, coarse: bool) -> Tables:
    students = roster.students(cohort, added.student_columns, sections.about)
    points = roster.points(cohort)
    made = [
        students,
        points,
        roster.states(students),
        roster.distribution(points),
        items.items(cohort, coarse),
        *sections.tables(coarse),
    ]
    return {table.name: table for table in made}


def _cleared(tables: Tables) -> Tables:
    """Return the tables of the shared version."""
    cleared = {name: privacy.guarded(table) for name, table in tables.items()}
    drawn = privacy.pseudonymous(tables["students"], tables["points"])
    return {name: table for name, table in cleared.items() if table} | {drawn.name: drawn}


def _figures(
    cohort: Cohort,
    added: CourseSections,
    sections: Sections,
    tables: Tables,
    shared: bool,
    risk_below: float,
) -> list[Figure]:
    first = [_states(tables), _distribution(tables)]
    found = [*sections.figures(tables), _items(tables)]
    if shared:
        return [*first, *found, _pseudonyms(tables)]
    return [
        *first,
        _at_risk(tables, words.risk_rules(risk_below, sections.risk_rule)),
        *found,
        *sections.figures_with_names(tables),
        _everybody(cohort, added, tables),
    ]


def _states(tables: Tables) -> Figure:
    table = tables["states"]
    return Figure("Who is where", [words.states(table)], table=table)


def _distribution(tables: Tables) -> Figure:
    table, said = tables["distribution"], words.distribution(tables["distribution"])
    picture = charts.draw(charts.distribution(table), said)
    return Figure("Points", [said, words.GIVEN_OUT], picture, table)


def _at_risk(tables: Tables, rules: str) -> Figure:
    table = tables["at_risk"]
    said = [words.at_risk(table), rules]
    return Figure("Students at risk", said, table=table if table.rows else None, wide=True)


def _items(tables: Tables) -> Figure:
    table = tables["items"]
    machine = table.of(by="machine")
    said = words.items(machine)
    picture = charts.draw(charts.items(machine), said) if machine.rows else ""
    return Figure("Every graded cell", [said, words.ITEMS], picture, table, wide=True)


def _pseudonyms(tables: Tables) -> Figure:
    heading, table = "Students under drawn names", tables["pseudonyms"]
    return Figure(heading, [words.PSEUDONYMS], table=table, wide=True)


def _everybody(cohort: Cohort, added: CourseSections, tables: Tables) -> Figure:
    """Return the class list, with a column for each notebook."""
    notebooks = cohort.assignment.notebooks
    columns = tables["students"].columns
    at = next(index for index, column in enumerate(columns) if column.name == "points")
    own = tuple(
        Column(f"in {name}", f"points in {name}", added.label_of(name)) for name in notebooks
    )
    by_notebook = {
        (row["student"], row["notebook"]): row["points"] for row in tables["points"].rows
    }
    rows: list[Row] = [
        {**row, **{f"in {name}": by_notebook.get((row["student"], name)) for name in notebooks}}
        for row in tables["students"].rows
    ]
    table = Table("students", "Everybody", (*columns[:at], *own, *columns[at:]), rows)
    return Figure("Everybody", [words.EVERYBODY], table=table, wide=True)
