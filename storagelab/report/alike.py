"""What students of a class have in common that most of the class hasn't.

Honest students meet: at the cheapest decision, at the one right formula, at the words of the
question. All that is taken out before anything is said of two people.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from storagelab.parts import PARTS, AnyPart
from storagelab.parts.answers import in_units
from storagelab.report.cohort import TrackCohort
from storagelab.report.outcomes import DECISION, judge, own_track
from storagelab.report.similarity import LEAST_WORDS, similar_pairs, words

POPULAR = 0.1
"""Share of the class from which on an answer is one that many find by themselves."""
POPULAR_STUDENTS = 10
"""Students who have to have it, at least, for it to be popular."""
DECISIONS_ALIKE, ANSWERS_ALIKE = 2, 3
"""How many decisions, or decisions and laws, have to be equal: in fewer honest students meet."""
LONG = 6
"""Statements of a law from which on it alone is enough."""

Place = tuple[str, str]
"""``decision`` or ``law``, and the part."""
LAW = "law"


class Alike(NamedTuple):
    """What some students have in common."""

    students: tuple[str, ...]
    places: tuple[Place, ...]


def equal_answers(cohort: TrackCohort) -> list[Alike]:
    """Return who has the same decisions and laws, names, comments and spacing of a law aside.

    Without answers that say nothing: the least-cost decision, the one at which the workbench
    opens, and what a tenth of the class have. Of what is left, two decisions have to be equal, or
    three decisions and laws, or one law that is long.
    """
    own: dict[str, dict[Place, str]] = defaultdict(dict)
    long: list[Alike] = []
    for part in PARTS.values():
        decisions = {
            student: written
            for student, evidence in cohort.evidence.items()
            if (written := _written(evidence.decisions.get(part.name)))
        }
        laws = {
            student: evidence.laws[part.name]
            for student, evidence in cohort.evidence.items()
            if part.name in evidence.laws
        }
        forms = {student: law.form for student, law in laws.items()}
        expected = {
            student: _expected(cohort, part, cohort.evidence[student].variant)
            for student in decisions
        }
        for what, answers in ((DECISION, decisions), (LAW, forms)):
            popular = _popular(answers.values())
            for student, answer in answers.items():
                if answer in popular or (what == DECISION and answer in expected[student]):
                    continue
                own[student][what, part.name] = answer
        place = LAW, part.name
        long += [
            Alike(students, (place,))
            for students in _groups(
                {
                    student: law.form
                    for student, law in laws.items()
                    if law.lines >= LONG and place in own[student]
                }
            )
        ]
    told = _together(own)
    return [*told, *(one for one in long if not _told(one.students, told))]


def _together(own: Mapping[str, Mapping[Place, str]]) -> list[Alike]:
    """Return who has the same answers in enough places, the most places first."""
    places = [(what, part) for what in (DECISION, LAW) for part in PARTS]
    told: list[Alike] = []
    for size in range(len(places), DECISIONS_ALIKE - 1, -1):
        for chosen in combinations(places, size):
            decisions = sum(what == DECISION for what, _ in chosen)
            if decisions < DECISIONS_ALIKE and size < ANSWERS_ALIKE:
                continue
            found = _groups(
                {
                    student: "\n".join(answers[place] for place in chosen)
                    for student, answers in own.items()
                    if all(place in answers for place in chosen)
                }
            )
            told += [Alike(students, chosen) for students in found if not _told(students, told)]
    return told


def _told(students: Collection[str], told: Iterable[Alike]) -> bool:
    """Return whether it is told of all these students that they have something in common."""
    return any(set(students) <= set(more.students) for more in told)


def borrowed_decisions(cohort: TrackCohort) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield student, part and others whose numbers a decision fits in the place of its own.

    The decision misses a target with the student's own variant of the numbers, and meets all
    with those of others who have the same one. Without decisions of a tenth of the class.
    """
    for part in PARTS:
        had: dict[str, list[str]] = defaultdict(list)
        for student, evidence in sorted(cohort.evidence.items()):
            if part in evidence.decisions and evidence.variant:
                had[_written(evidence.decisions[part])].append(student)
        popular = _popular(item for item, students in had.items() for _ in students)
        for decision in had.keys() - popular - {""}:
            students = had[decision]
            met = {
                student: _meets(cohort, part, decision, cohort.evidence[student].variant)
                for student in students
            }
            others = tuple(student for student, meets in met.items() if meets)
            for student, meets in met.items():
                if others and not meets:
                    yield student, part, others


def _meets(cohort: TrackCohort, part: str, decision: str, variant: int) -> bool:
    point = judge(cohort.track.name, variant)(part, DECISION, json.loads(decision))
    return point is not None and not point.missed


def equal_reflections(cohort: TrackCohort, part: str) -> list[tuple[str, ...]]:
    """Return the students whose reflections are the same words in the same order."""
    return list(
        _groups(
            {
                student: " ".join(text)
                for student, text in _reflections(cohort, part).items()
                if len(text) >= LEAST_WORDS
            }
        )
    )


def similar_reflections(cohort: TrackCohort, part: str) -> Iterator[tuple[str, str, float]]:
    """Yield pairs of students whose reflections are alike but not equal, and how much, 0 to 1."""
    texts = _reflections(cohort, part)
    content = PARTS[part].of(cohort.track)
    question = words(PARTS[part].words(cohort.track, content.reflection))
    for one, other, share in similar_pairs(texts, question):
        if texts[one] != texts[other]:
            yield one, other, share


def _reflections(cohort: TrackCohort, part: str) -> dict[str, list[str]]:
    return {
        student: words(evidence.reflections[part])
        for student, evidence in cohort.evidence.items()
        if part in evidence.reflections
    }


def _written(decision: Mapping[str, object] | None) -> str:
    """Return a decision as text that is equal where it is; empty where it is no decision."""
    try:
        return json.dumps(decision, sort_keys=True) if decision else ""
    except (TypeError, ValueError, RecursionError):
        return ""


def _expected(cohort: TrackCohort, part: AnyPart, variant: int) -> set[str]:
    """Return the decisions of the least cost, and at which the workbench opens, of a variant."""
    track = own_track(cohort.track.name, variant) or cohort.track
    controls = [item for item in part.of(track).controls if item.decided]
    opens = in_units(controls, {item.name: item.to_si(item.default) for item in controls})
    reference = cohort.reference.get(part.name)
    return {_written(opens), _written(reference.least.get(variant) if reference else None)}


def _popular(found: Iterable[str]) -> set[str]:
    """Return what so many have that nobody has it from another."""
    counted = Counter(found)
    least = max(POPULAR_STUDENTS, POPULAR * counted.total())
    return {item for item, students in counted.items() if students >= least}


def _groups(found: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Yield the students, sorted, who have the same."""
    had: dict[str, list[str]] = defaultdict(list)
    for student, item in sorted(found.items()):
        had[item].append(student)
    for students in had.values():
        if len(students) > 1:
            yield tuple(students)
