"""What this course adds to the class report: beliefs, confidence, times, strategies, ledgers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sandgrader.report.charts import draw
from sandgrader.report.cohort import Cohort
from sandgrader.report.course import SUBMITTED, Course
from sandgrader.report.figures import Figure
from sandgrader.report.sections import CourseSections, Sections
from sandgrader.report.tables import Column, Row, Table, Tables
from storagelab.parts import PARTS
from storagelab.report import (
    beliefs,
    calibration,
    charts,
    integrity,
    ledgers,
    openings,
    outcomes,
    strategies,
    times,
    words,
)
from storagelab.report.cohort import STEMS, TrackCohort, read_track
from storagelab.tracks import TRACKS, Track

_LEDGER = Column(
    "ledger", "sound, missing, unusable or doubtful; empty where nothing was handed in", "ledger"
)
_OPENED = Column(
    "opened", "parts whose workbench was opened before the decision that stands, by the ledger, of "
    "those that were decided; empty where there is no ledger", "workbench opened",
)  # fmt: skip


class StoragelabSections(CourseSections):
    """What this course adds about any assignment of a gradebook."""

    student_columns = (_LEDGER, _OPENED)

    def label_of(self, notebook: str) -> str:
        """Return the head of a notebook's column in the class list."""
        return f"part {PARTS[STEMS[notebook]].number}" if notebook in STEMS else notebook

    def about(self, course: Course, cohort: Cohort) -> Sections:
        """Return what is added about one assignment."""
        if cohort.assignment.name in TRACKS:
            elsewhere = {
                student
                for track in TRACKS
                if track != cohort.assignment.name
                for student in course.students_in(SUBMITTED, track)
            }
            return TrackSections(read_track(course, cohort), elsewhere)
        return _NoTrack(cohort.assignment.name)


class _NoTrack(Sections):
    """An assignment that is no track of this course: it has no ledgers."""

    def about(self, student: str) -> Row:
        return {_LEDGER.name: None, _OPENED.name: None}


class TrackSections(Sections):
    """What is added about a track; ``elsewhere`` are the students who work on another one."""

    risk_rule = "a ledger without a lock that can be read"

    def __init__(self, cohort: TrackCohort, elsewhere: Collection[str]) -> None:
        super().__init__(f"{cohort.track.persona.name}: {cohort.track.title}")
        self._cohort, self._track, self._elsewhere = cohort, cohort.track, elsewhere

    def about(self, student: str) -> Row:
        """Return the state of a student's ledger, and in how many parts the workbench was open."""
        evidence = self._cohort.evidence.get(student)
        if evidence is None:
            return {_LEDGER.name: None, _OPENED.name: None}
        found = [item for part in PARTS if (item := openings.opening(evidence, part))]
        opened = f"{sum(item.opened for item in found)} of {len(found)}" if found else None
        return {_LEDGER.name: evidence.state, _OPENED.name: opened}

    def expects(self, student: str) -> bool:
        """Return whether a student has no other track: a class may share them out."""
        return student not in self._elsewhere

    def risks(self, student: str) -> list[str]:
        """Return whether a student has handed in without a lock."""
        evidence = self._cohort.evidence.get(student)
        locked = evidence and any(evidence.lock(part) for part in PARTS)
        return ["no lock that can be read"] if evidence and not locked else []

    def tables(self, coarse: bool) -> list[Table]:
        """Return the tables of ledgers, beliefs, confidence, times and strategies."""
        cohort, track = self._cohort, self._track
        locks, spent = beliefs.locks(cohort), times.times(cohort)
        chosen = strategies.strategies(cohort, track)
        told = integrity.facts(cohort)
        return [
            told,
            integrity.kinds(told),
            openings.openings(cohort),
            ledgers.ledgers(cohort),
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

    def figures(self, tables: Tables) -> list[Figure]:
        """Return what the page says of the class's ledgers and answers."""
        track = self._track
        found = [_beliefs(track, name, tables) for name in PARTS]
        if tables["calibration"].rows and tables["brier"].rows:
            found += _calibration(track, tables)
        elif not self._cohort.reference:
            found.append(Figure("Confidence against correctness", [words.NO_KEY]))
        if tables["time_quartiles"].rows:
            found += [
                _times(tables),
                Figure("How long it took", [], table=tables["time_spread"], folded=True),
            ]
        found += [
            _plane(track, name, tables) for name in PARTS if tables["plane"].of(part=name).rows
        ]
        decisions = tables["decisions"]
        return [*found, Figure("What decisions come to", [words.DECISIONS], table=decisions)]

    def figures_with_names(self, tables: Tables) -> list[Figure]:
        """Return what is said of single students: facts, ledgers, and all that they did."""
        told = tables["ledgers"]
        found = _integrity(tables, {person.id: person.name for person in self._cohort.people})
        if told.rows:
            found.append(Figure("Ledgers to look at", [words.LEDGERS], table=told, wide=True))
        for name, said in words.ONE_BY_ONE.items():
            table = tables[name]
            if table.rows:
                found.append(Figure(table.title, [said], table=table, wide=True, folded=True))
        return found


def _integrity(tables: Tables, names: Mapping[str, str]) -> list[Figure]:
    def with_names(others: str) -> str:
        found = ((other, names.get(other)) for other in others.split(", "))
        return ", ".join(f"{other} ({name})" if name else other for other, name in found)

    facts, kinds = tables["integrity"], tables["integrity_kinds"]
    columns = (
        replace(column, show=with_names) if column.name == "others" else column
        for column in facts.columns
    )
    facts = replace(facts, columns=tuple(columns))
    heading = "Integrity: facts, and no verdicts"
    if not facts.rows:
        return [Figure(heading, [words.NO_FACTS])]
    said = [words.integrity(facts), words.NO_PROOF, words.TAKEN_OUT]
    return [
        Figure(heading, said, table=facts, wide=True),
        Figure("What else explains such a fact", [], table=kinds, wide=True),
    ]


def _heading(name: str) -> str:
    return f"Part {PARTS[name].number}"


def _beliefs(track: Track, name: str, tables: Tables) -> Figure:
    table = tables["beliefs"].of(part=name)
    said = words.beliefs(table)
    question = PARTS[name].words(track, PARTS[name].of(track).question.text)
    more = [words.CHANGED_CASE] if PARTS[name].changed_case else []
    picture = draw(charts.beliefs(table), said)
    heading = f"{_heading(name)}: beliefs before and after"
    return Figure(heading, [f"“{question}”", said, *more], picture, table)


def _calibration(track: Track, tables: Tables) -> list[Figure]:
    table = tables["calibration"]
    counts = [len(part.of(track).question.options) for part in PARTS.values()]
    chance = sum(1 / count for count in counts) / len(counts)
    said = words.calibration(table, tables["brier"])
    picture = draw(charts.calibrated(table, chance), said)
    return [
        Figure("Confidence against correctness", [said, words.scale(chance)], picture, table),
        Figure("Brier scores", [words.BRIER], table=tables["brier"]),
    ]


def _times(tables: Tables) -> Figure:
    table = tables["time_quartiles"]
    said = words.times(table)
    picture = draw(charts.times(table, words.PLANNED), said)
    return Figure("Time in each part", [said, words.UNSEEN], picture, table)


def _plane(track: Track, name: str, tables: Tables) -> Figure:
    table, aim = tables["plane"].of(part=name), outcomes.target(track, name)
    costs, share = PARTS[name].costs, PARTS[name].useful_share
    (scale, label), useful = costs.axis(track), share.label
    said = words.plane(track, name, table, tables["decisions"].of(part=name), aim)
    picture = draw(charts.plane(table, label, useful, scale, aim), said)
    columns = tuple(
        replace(column, show=lambda cost: costs.amount(track, cost))
        if column.name == "cost"
        else replace(column, label=useful)
        if column.name == "useful"
        else column
        for column in table.columns
    )
    fullest = sorted(table.rows, key=lambda row: -row["students"])
    table = replace(table, columns=columns, rows=fullest)
    heading = f"{_heading(name)}: strategies in the plane of cost and {share.heading}"
    return Figure(heading, [said, words.PLANE], picture, table)
