"""Facts on how the work was done, for a talk and never for a verdict.

Each kind of fact comes with what else explains it. All of it is about persons and nothing of it is
shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from sandgrader.report.tables import ASSIGNMENT, STUDENT, Column, Row, Table
from storagelab.parts import PARTS
from storagelab.report.alike import (
    LAW,
    Alike,
    borrowed_decisions,
    equal_answers,
    equal_reflections,
    similar_reflections,
)
from storagelab.report.cohort import TrackCohort
from storagelab.report.columns import PART
from storagelab.report.ledger_state import step_back
from storagelab.report.openings import opening, seconds
from storagelab.report.outcomes import DECISION
from storagelab.report.submissions import Evidence

SOON = 60.0
"""Seconds from the workbench to the decision up to which that is told."""

UNOPENED, QUICK, BORROWED, ANSWERS, REFLECTIONS, LEDGERS, NAMES, CLOCKS, CHANGED = (
    "decided without the workbench", "decided soon after opening it", "fits another's numbers",
    "equal decisions or laws", "reflections alike", "ledger shared", "locked under another name",
    "clock runs backwards", "changed while it was graded",
)  # fmt: skip

INNOCENT = {
    UNOPENED: "The workbench was opened in another copy of the folder or at a neighbour's screen, "
    "or the book's was used, which keeps no ledger; the decision was computed in code; the ledger "
    "was lost and the answers were typed again.",
    QUICK: "The ledger was lost and the notebook was run again from top to bottom; the decision "
    "was found before, with the book's workbench or on paper.",
    BORROWED: "The student misread the own numbers, or changed machines and went on with another "
    "ledger's; by chance a decision that misses for one meets for another.",
    ANSWERS: "Two worked as a pair where that is allowed, or took the steps of the same chapter, "
    "lecture or assistant; two who look for the cheapest place on the same sliders can meet.",
    REFLECTIONS: "Both wrote from the same notes, worked in a study group, or had their words "
    "translated or smoothed by the same tool.",
    LEDGERS: "Two worked at one machine and each took the folder home; a folder was lent to "
    "somebody whose own was lost; the wrong folder was handed in.",
    NAMES: "An account was shared or renamed, or a folder was copied between accounts to mend "
    "something.",
    CLOCKS: "The machine's clock was set, a virtual machine slept, or the work moved to another "
    "machine with another clock.",
    CHANGED: "Under nbgrader's own autograder a notebook that runs can write into the copy that is "
    "graded; somebody who runs the course touched the folder.",
}
"""What else explains each kind of fact."""

_FACTS = (
    STUDENT,
    ASSIGNMENT,
    PART,
    Column("kind", f"one of: {', '.join(INNOCENT)}", "kind"),
    Column("fact", "what the files say", "what the files say"),
    Column("others", "the other students whom it is about", "with"),
    Column("numbers", "whether these have the same variant of the track's numbers: the same, "
           "different, or both; empty where ledgers don't say", "their numbers"),
)  # fmt: skip
_KINDS = (
    ASSIGNMENT,
    Column("kind", "the kind of fact", "kind"),
    Column("students", "students of whom it is told", "students"),
    Column("innocent", "what else explains it", "what else explains it"),
)


class Fact(NamedTuple):
    """What the files say of one student."""

    student: str
    part: str | None
    kind: str
    fact: str
    others: tuple[str, ...] = ()


def facts(cohort: TrackCohort) -> Table:
    """Return every fact of every student."""
    found: list[Fact] = []
    for student, evidence in cohort.evidence.items():
        found += _own(student, evidence)
    found += _borrowed(cohort)
    for alike in equal_answers(cohort):
        found += _same(alike.students, _common_part(alike), ANSWERS, _answers(alike))
    for part in PARTS:
        found += _reflections(cohort, part)
    order = {kind: number for number, kind in enumerate(INNOCENT)}
    parts = {part: number for number, part in enumerate(PARTS)}
    found.sort(key=lambda fact: (order[fact.kind], fact.student, parts.get(fact.part or "", -1)))
    rows: list[Row] = [
        {
            **fact._asdict(),
            "assignment": cohort.assignment.name,
            "others": ", ".join(fact.others) or None,
            "numbers": _numbers(cohort, fact),
        }
        for fact in found
    ]
    return Table("integrity", "Facts on how the work was done", _FACTS, rows)


def kinds(facts: Table) -> Table:
    """Return how many students each kind of fact is told of, and what else explains it."""
    students: dict[str, set[str]] = defaultdict(set)
    for row in facts.rows:
        students[row["kind"]].add(row["student"])
    name = facts.rows[0]["assignment"] if facts.rows else ""
    rows: list[Row] = [
        {
            "assignment": name,
            "kind": kind,
            "students": len(students[kind]),
            "innocent": innocent,
        }
        for kind, innocent in INNOCENT.items()
        if students[kind]
    ]
    return Table("integrity_kinds", "Kinds of facts, and what else explains them", _KINDS, rows)


def _own(student: str, evidence: Evidence) -> Iterator[Fact]:
    """Yield what a student's own files say."""
    for part in PARTS:
        found = opening(evidence, part)
        if found is None:
            continue
        since = found.lock_to_decision
        if not found.opened:
            stands = (
                "The decision stands in the notebook alone"
                if not found.decisions
                else "The decision stands"
                if since is None
                else f"The decision stands {seconds(since)} after the lock"
            )
            yield Fact(student, part, UNOPENED, f"{stands}; the workbench was not opened.")
        elif found.reveal_to_decision is not None and 0 <= found.reveal_to_decision <= SOON:
            yield Fact(
                student, part, QUICK,
                f"The decision stands {seconds(found.reveal_to_decision)} after the workbench was "
                "first opened.",
            )  # fmt: skip
    if evidence.shared:
        yield Fact(student, None, LEDGERS, str(evidence.shared), evidence.shared.others)
    names = {str(entry.said["user"]) for entry in evidence.entries if "user" in entry.said}
    if names - {student}:
        others = ", ".join(sorted(names - {student}))
        yield Fact(student, None, NAMES, f"The hub's name in the ledger is {others}.")
    back = step_back(evidence.entries)
    if back:
        yield Fact(
            student, None, CLOCKS,
            f"Entry {back[0]} is dated {seconds(back[1])} before the entry that it follows.",
        )  # fmt: skip
    if evidence.changed:
        yield Fact(student, None, CHANGED, evidence.changed)


def _borrowed(cohort: TrackCohort) -> Iterator[Fact]:
    for student, part, others in borrowed_decisions(cohort):
        said = "The decision misses a target with the own numbers, and meets all with the others'."
        yield Fact(student, part, BORROWED, said, others)


def _same(students: tuple[str, ...], part: str | None, kind: str, said: str) -> Iterator[Fact]:
    """Yield the same of each of some students."""
    for student in students:
        yield Fact(
            student, part, kind, said, tuple(other for other in students if other != student)
        )


def _common_part(alike: Alike) -> str | None:
    """Return the part that all places lie in, if it is one."""
    parts = {part for _, part in alike.places}
    return parts.pop() if len(parts) == 1 else None


def _answers(alike: Alike) -> str:
    """Say what is equal, such as the same decision in parts 1 and 2 and the same law in part 3."""
    said = []
    for what, name in ((DECISION, "decision"), (LAW, "law")):
        numbers = [str(PARTS[part].number) for kind, part in alike.places if kind == what]
        if numbers:
            parts = "part" if len(numbers) == 1 else "parts"
            listed = " and ".join(filter(None, (", ".join(numbers[:-1]), numbers[-1])))
            said.append(f"the same {name} in {parts} {listed}")
    sentence = ", and ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _reflections(cohort: TrackCohort, part: str) -> Iterator[Fact]:
    """Yield one fact for each student of a part, with the most alike of the others first."""
    for students in equal_reflections(cohort, part):
        yield from _same(students, part, REFLECTIONS, "The same words in the same order.")
    near: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for one, other, share in similar_reflections(cohort, part):
        near[one].append((share, other))
        near[other].append((share, one))
    for student, found in near.items():
        found.sort(key=lambda item: (-item[0], item[1]))
        said = f"Up to {found[0][0]:.0%} alike, without what the class has in common."
        yield Fact(student, part, REFLECTIONS, said, tuple(other for _, other in found))


def _numbers(cohort: TrackCohort, fact: Fact) -> str | None:
    """Return whether those whom a fact is about have the same numbers, as far as ledgers say."""
    variants = [cohort.evidence[student].variant for student in (fact.student, *fact.others)]
    if not fact.others or not all(variants):
        return None
    own, *others = variants
    kinds = {"the same" if variant == own else "different" for variant in others}
    return " and ".join(sorted(kinds, reverse=True))
