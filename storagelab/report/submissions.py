"""What a submission tells beside its score: its ledger and its answers, both untrusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sandgrader.report.course import AUTOGRADED, SUBMITTED, Course
from storagelab.ledger import Entry, entries_of, written_times
from storagelab.parts import PARTS
from storagelab.report.ledger_state import DOUBTFUL, MISSING, changed_since, read_state
from storagelab.report.normal_form import Law, law_in
from storagelab.report.notebooks import literal, read_answers
from storagelab.report.shared_ledgers import Shared, shared_ledgers
from storagelab.report.variant import variant_in
from storagelab.tracks import Track


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
    laws: Mapping[str, Law] = field(default_factory=dict)
    """By part, in their normal form."""
    reflections: Mapping[str, str] = field(default_factory=dict)
    """By part."""
    variant: int = 0
    """Of the track: whose numbers the student has; 0 is the book's."""
    changed: str = ""
    """How the graded copy of the ledger differs from the one handed in, in a sentence."""
    shared: Shared | None = None
    """What the ledger has in common with another student's."""

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
    """Return what each student's submission of ``track`` tells; those without one are left out.

    Answers are those that were graded, as the scores are; the ledger is the one handed in.
    """
    found = {}
    for student in students:
        graded, handed_in = (
            course.folder(step, student, track.name) for step in (AUTOGRADED, SUBMITTED)
        )
        folders = [folder for folder in (graded, handed_in) if folder.is_dir()]
        if not folders:
            continue
        own = read_submission(folders[0], folders[-1], track, student)
        changed = changed_since(handed_in, graded, track, own.variant)
        found[student] = replace(
            own,
            state=DOUBTFUL if changed and own.entries else own.state,
            doubts=(*own.doubts, *([changed] if changed else ())),
            changed=changed,
        )
    return _mark_shared(found)


def read_submission(answers: Path, ledger: Path, track: Track, student: str) -> Evidence:
    """Return what one submission tells by itself: its notebooks' folder and its ledger's."""
    variant = variant_in(ledger, track, student)
    found = read_state(ledger, track, variant)
    return replace(
        _answers(answers, track, found.entries),
        entries=found.entries,
        state=found.state,
        doubts=found.doubts,
        variant=variant,
    )


def _answers(folder: Path, track: Track, entries: list[Entry]) -> Evidence:
    """Return what a submission's notebooks say, with the ledger's decisions where they don't."""
    conclusions: dict[str, str] = {}
    decisions: dict[str, dict[str, Any]] = {}
    laws: dict[str, Law] = {}
    reflections: dict[str, str] = {}
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
        law = law_in(cells.get("law", ""), part.of(track).law.name)
        if law:
            laws[part.name] = law
        reflection = literal(cells.get("reflection", ""), "reflection")
        if isinstance(reflection, str):
            reflections[part.name] = reflection
    return Evidence(
        conclusions=conclusions, decisions=decisions, laws=laws, reflections=reflections
    )


def _mark_shared(found: dict[str, Evidence]) -> dict[str, Evidence]:
    """Return the evidence with what ledgers have in common, which makes them doubtful."""
    shared = shared_ledgers({student: evidence.entries for student, evidence in found.items()})
    return found | {
        student: replace(
            found[student], state=DOUBTFUL, doubts=(*found[student].doubts, str(what)), shared=what
        )
        for student, what in shared.items()
    }
