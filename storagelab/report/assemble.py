"""A report put together: tables first, then figures with their words, from the tables alone.

Whatever a page or a file says is made from tables that were cleared for it, so that nothing can
get round the rules of the shared version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from storagelab.parts import PARTS
from storagelab.report import (
    beliefs,
    calibration,
    charts,
    items,
    outcomes,
    privacy,
    roster,
    strategies,
    times,
    words,
)
from storagelab.report.cohort import STEMS, Cohort
from storagelab.report.tables import Column, Row, Table, joined
from storagelab.tracks import Track

Tables = dict[str, Table]
FULLEST = 12
"""Cells of a plane that the page lists."""


@dataclass(frozen=True)
class Figure:
    """A section of the page: words, a picture, and the numbers in it."""

    heading: str
    words: list[str]
    picture: str = ""
    """SVG; empty where a table says enough."""
    table: Table | None = None
    wide: bool = False
    """Whether the table needs the whole width."""


@dataclass(frozen=True)
class Chapter:
    """What the page says of one assignment."""

    name: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    notice: str = ""
    """What is said in the place of figures."""


@dataclass(frozen=True)
class Report:
    """Everything that is written."""

    chapters: list[Chapter]
    tables: list[Table]
    shared: bool


def make_report(cohorts: Sequence[Cohort], shared: bool) -> Report:
    """Return the report on some assignments; the ``shared`` one without persons in it."""
    chapters: list[Chapter] = []
    found: dict[str, list[Table]] = {}
    for cohort in cohorts:
        name = cohort.assignment.name
        title = f"{cohort.track.persona.name}: {cohort.track.title}" if cohort.track else name
        class_size, least = len(cohort.handed_in), privacy.LEAST
        if not class_size:
            chapters.append(Chapter(name, title, notice="Nobody has handed this in yet."))
            if shared:
                continue
        elif shared and class_size < least:
            notice = f"Fewer than {least} students have handed this in: nothing of it is shared."
            chapters.append(Chapter(name, title, notice=notice))
            continue
        tables = _cleared(cohort) if shared else _tables(cohort)
        for key, table in tables.items():
            found.setdefault(key, []).append(table)
        if class_size:
            chapters.append(Chapter(name, title, _figures(cohort, tables, shared)))
    return Report(chapters, [joined(group) for group in found.values()], shared)


def _tables(cohort: Cohort, coarse: bool = False) -> Tables:
    students, points = roster.students(cohort), roster.points(cohort)
    made = [
        students,
        points,
        roster.states(students),
        roster.distribution(points),
        items.items(cohort, coarse),
    ]
    track = cohort.track
    if track is not None:
        locks, spent = beliefs.locks(cohort), times.times(cohort)
        chosen = strategies.strategies(cohort, track)
        made += [
            roster.ledgers(cohort),
            locks,
            beliefs.beliefs(cohort, track, locks),
            beliefs.moves(locks),
            calibration.calibration(locks, coarse),
            calibration.brier_scores(track, locks, coarse),
            spent,
            times.spread(spent),
            times.quartiles(spent, coarse),
            chosen,
            strategies.plane(track, chosen),
            strategies.misses(cohort, chosen),
        ]
    return {table.name: table for table in made}


def _cleared(cohort: Cohort) -> Tables:
    """Return the tables of the shared version."""
    tables = _tables(cohort, coarse=True)
    cleared = {name: privacy.guarded(table) for name, table in tables.items()}
    drawn = privacy.pseudonymous(tables["students"], tables["points"])
    return {name: table for name, table in cleared.items() if table} | {drawn.name: drawn}


def _figures(cohort: Cohort, tables: Tables, shared: bool) -> list[Figure]:
    found = [_states(tables), _distribution(tables)]
    track = cohort.track
    if track is not None:
        found += [_beliefs(track, name, tables) for name in PARTS]
        if tables["calibration"].rows and tables["brier"].rows:
            found += _calibration(track, tables)
        elif not cohort.reference:
            found.append(Figure("Confidence against correctness", [words.NO_KEY]))
        if tables["time_quartiles"].rows:
            found.append(_times(tables))
        found += [
            _plane(track, name, tables) for name in PARTS if tables["plane"].of(part=name).rows
        ]
        found.append(Figure("What decisions come to", [words.DECISIONS], table=tables["decisions"]))
    found.append(_items(tables))
    if shared:
        found.append(
            Figure("Students under drawn names", [words.PSEUDONYMS],
                   table=tables["pseudonyms"], wide=True)
        )  # fmt: skip
        return found
    if track is not None and tables["ledgers"].rows:
        told = tables["ledgers"]
        found.append(Figure("Ledgers to look at", [words.LEDGERS], table=told, wide=True))
    found.append(_everybody(cohort, tables))
    return found


def _states(tables: Tables) -> Figure:
    table = tables["states"]
    return Figure("Who is where", [words.states(table)], table=table)


def _distribution(tables: Tables) -> Figure:
    table, said = tables["distribution"], words.distribution(tables["distribution"])
    picture = charts.draw(charts.distribution(table), said)
    return Figure("Points", [said, words.GIVEN_OUT], picture, table)


def _heading(name: str) -> str:
    return f"Part {PARTS[name].number}"


def _beliefs(track: Track, name: str, tables: Tables) -> Figure:
    table = tables["beliefs"].of(part=name)
    said = words.beliefs(table)
    question = PARTS[name].words(track, PARTS[name].of(track).question.text)
    more = [words.CHANGED_CASE] if PARTS[name].changed_case else []
    picture = charts.draw(charts.beliefs(table), said)
    heading = f"{_heading(name)}: beliefs before and after"
    return Figure(heading, [f"“{question}”", said, *more], picture, table)


def _calibration(track: Track, tables: Tables) -> list[Figure]:
    table = tables["calibration"]
    counts = [len(part.of(track).question.options) for part in PARTS.values()]
    chance = sum(1 / count for count in counts) / len(counts)
    said = words.calibration(table, tables["brier"])
    picture = charts.draw(charts.calibrated(table, chance), said)
    return [
        Figure("Confidence against correctness", [said, words.scale(chance)], picture, table),
        Figure("Brier scores", [words.BRIER], table=tables["brier"]),
    ]


def _times(tables: Tables) -> Figure:
    table = tables["time_quartiles"]
    said = words.times(table)
    picture = charts.draw(charts.times(table, words.PLANNED), said)
    return Figure("Time in each part", [said, words.UNSEEN], picture, table)


def _plane(track: Track, name: str, tables: Tables) -> Figure:
    table, aim = tables["plane"].of(part=name), outcomes.target(track, name)
    costs, share = PARTS[name].costs, PARTS[name].useful_share
    (scale, label), useful = costs.axis(track), share.label
    said = words.plane(track, name, table, tables["decisions"].of(part=name), aim)
    picture = charts.draw(charts.plane(table, label, useful, scale, aim), said)
    fullest = sorted(table.rows, key=lambda row: -row["students"])
    if len(fullest) > FULLEST:
        said += f" The table has the {FULLEST} fullest cells; plane.csv has them all."
    columns = tuple(
        replace(column, show=lambda cost: costs.amount(track, cost))
        if column.name == "cost"
        else replace(column, label=useful)
        if column.name == "useful"
        else column
        for column in table.columns
    )
    table = replace(table, columns=columns, rows=fullest[:FULLEST])
    heading = f"{_heading(name)}: strategies in the plane of cost and {share.heading}"
    return Figure(heading, [said, words.PLANE], picture, table)


def _items(tables: Tables) -> Figure:
    table = tables["items"]
    machine = table.of(by="machine")
    said = words.items(machine)
    picture = charts.draw(charts.items(machine), said) if machine.rows else ""
    return Figure("Every graded cell", [said, words.ITEMS], picture, table, wide=True)


def _everybody(cohort: Cohort, tables: Tables) -> Figure:
    """Return the class list, with a column for each notebook."""
    notebooks = cohort.assignment.notebooks
    columns = tables["students"].columns
    at = next(index for index, column in enumerate(columns) if column.name == "points")
    own = tuple(
        Column(f"in {name}", f"points in {name}",
               f"part {PARTS[STEMS[name]].number}" if name in STEMS else name)
        for name in notebooks
    )  # fmt: skip
    by_part = {(row["student"], row["notebook"]): row["points"] for row in tables["points"].rows}
    rows: list[Row] = [
        {**row, **{f"in {name}": by_part.get((row["student"], name)) for name in notebooks}}
        for row in tables["students"].rows
    ]
    table = Table("students", "Everybody", (*columns[:at], *own, *columns[at:]), rows)
    return Figure("Everybody", [words.EVERYBODY], table=table, wide=True)
