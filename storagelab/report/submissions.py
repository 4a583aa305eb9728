"""What a submission tells beside its score: its ledger and its answers, both untrusted."""

from __future__ import annotations

import itertools
import math
import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sandgrader.report.course import AUTOGRADED, SUBMITTED, Course
from sandgrader.submission_files import is_regular_file
from storagelab.edition import edition
from storagelab.ledger import FILE_NAME, Entry, LedgerError, entries_of, read_ledger, written_times
from storagelab.parts import PARTS
from storagelab.report.notebooks import literal, read_answers
from storagelab.report.outcomes import DECISION, RUN, judge
from storagelab.tracks import Track

SOUND, MISSING, UNUSABLE, DOUBTFUL = "sound", "missing", "unusable", "doubtful"
"""What a ledger can be; a doubtful one is read, and its doubts are listed."""
COPIED_FROM = 4
"""Entries with the same digest, by content and second, from which two ledgers are one."""


@dataclass(frozen=True)
class Lock:
    """A prediction before the evidence."""

    prediction: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What one student's submission of a track tells."""

    entries: list[Entry] = field(default_factory=list)
    state: str = MISSING
    doubts: tuple[str, ...] = ()
    """Why a ledger is unusable or doubtful, in sentences."""
    conclusions: Mapping[str, str] = field(default_factory=dict)
    """By part, as far as they can be read."""
    decisions: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """By part, as the answer cell says, else as the ledger does."""

    def lock(self, part: str) -> Lock | None:
        """Return the lock of a part, if there is a usable one."""
        for entry in entries_of(self.entries, part, "lock")[:1]:
            said = entry.said
            confidence = float(said["confidence"])
            if 0 <= confidence <= 1:
                return Lock(str(said["prediction"]), confidence, str(said["reason"]))
        return None

    def runs(self, part: str) -> list[dict[str, Any]]:
        """Return the settings of the recorded runs, in the student's units."""
        return [dict(entry.said) for entry in entries_of(self.entries, part, "run")]

    def times(self, part: str) -> list[datetime]:
        """Return when the entries of a part were written, as far as that can be read."""
        return written_times(self.entries, part)


def read_evidence(course: Course, track: Track, students: Iterable[str]) -> dict[str, Evidence]:
    """Return what each student's submission of ``track`` tells; those without one are left out."""
    found = {}
    for student in students:
        for step in (AUTOGRADED, SUBMITTED):  # the scores are of what was graded
            folder = course.folder(step, student, track.name)
            if folder.is_dir():
                found[student] = _read(folder, track)
                break
    return _mark_copies(found)


def _read(folder: Path, track: Track) -> Evidence:
    entries, state, doubts = _read_ledger(folder, track)
    conclusions: dict[str, str] = {}
    decisions: dict[str, dict[str, Any]] = {}
    for part in PARTS.values():
        cells = read_answers(folder / f"{part.stem}.ipynb")
        conclusion = literal(cells.get("conclude", ""), "conclusion")
        if isinstance(conclusion, str):
            conclusions[part.name] = conclusion
        decision = literal(cells.get("decide", ""), "decision")
        if isinstance(decision, dict):
            decisions[part.name] = decision
        else:
            for entry in entries_of(entries, part.name, "decision")[-1:]:
                decisions[part.name] = dict(entry.said)
    return Evidence(entries, state, doubts, conclusions, decisions)


def _read_ledger(folder: Path, track: Track) -> tuple[list[Entry], str, tuple[str, ...]]:
    path = folder / FILE_NAME
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        return [], MISSING, ()
    if not is_regular_file(path):
        kind = "a link" if stat.S_ISLNK(mode) else "no plain file"
        return [], UNUSABLE, (f"{FILE_NAME} is {kind}.",)
    try:
        entries = read_ledger(folder, track.name)
    except LedgerError as problem:
        return [], UNUSABLE, (_first_sentence(str(problem)),)
    except (ValueError, RecursionError, MemoryError) as problem:
        return [], UNUSABLE, (f"{FILE_NAME} can't be read ({type(problem).__name__}).",)
    if not entries:
        return [], MISSING, ()
    doubts = (*_doubts(entries), *_other_numbers(entries, track))
    return entries, DOUBTFUL if doubts else SOUND, doubts


def _first_sentence(text: str) -> str:
    """Return what is wrong, without the advice for the student behind it."""
    return text.partition(". ")[0].rstrip(".")[:240] + "."


def _doubts(entries: list[Entry]) -> Iterable[str]:
    """Yield what the notebooks would never write, though the chain of digests is whole."""
    times = [entry.written for entry in entries]
    if None in times:
        yield f"Entry {times.index(None) + 1} has no time."
    known = [time for time in times if time is not None]
    if any(later < earlier for earlier, later in itertools.pairwise(known)):
        yield "Its clock runs backwards."
    for part in PARTS:
        locks, reveals, runs = (
            entries_of(entries, part, kind) for kind in ("lock", "reveal", "run")
        )
        evidence = [*reveals, *runs]
        if len(locks) > 1:
            yield f"The part {part} was locked {len(locks)} times."
        if evidence and not locks:
            yield f"The part {part} was revealed without a lock."
        elif evidence and min(item.sequence for item in evidence) < locks[0].sequence:
            yield f"The part {part} was revealed before it was locked."
        for lock in locks[:1]:
            if not 0 <= float(lock.said["confidence"]) <= 1:
                yield f"The part {part} was locked with a confidence outside of 0 to 1."


def _other_numbers(entries: list[Entry], track: Track) -> Iterable[str]:
    """Yield a sentence where an entry's numbers aren't what the model says of its settings.

    Numbers of another edition, from before a price was corrected, are held against nobody.
    """
    point, today = judge(track.name), edition(track.name)
    for entry in entries:
        cost = entry.model.get("cost")
        if entry.kind not in (RUN, DECISION) or not isinstance(cost, float):
            continue
        if entry.model.get("edition") != today:
            continue
        computed = point(entry.part, entry.kind, dict(entry.said)) if entry.part in PARTS else None
        if computed is None or not math.isclose(computed.cost, cost, rel_tol=1e-6):
            yield (
                f"The numbers of entry {entry.sequence} aren't what this edition of the course "
                "gives for its settings."
            )
            return


def _mark_copies(found: dict[str, Evidence]) -> dict[str, Evidence]:
    """Mark ledgers that begin alike: a digest holds everything before it, to the second."""
    owners: dict[str, list[str]] = defaultdict(list)
    for student, evidence in found.items():
        if len(evidence.entries) >= COPIED_FROM:
            owners[evidence.entries[COPIED_FROM - 1].digest].append(student)
    marked = dict(found)
    for students in owners.values():
        for student in students if len(students) > 1 else ():
            others = ", ".join(other for other in students if other != student)
            evidence = found[student]
            doubt = f"Its first {COPIED_FROM} entries are those of {others}, to the second."
            marked[student] = Evidence(
                evidence.entries, DOUBTFUL, (*evidence.doubts, doubt),
                evidence.conclusions, evidence.decisions,
            )  # fmt: skip
    return marked
