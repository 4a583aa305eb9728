"""A student's own numbers, for who marks the reflection that has to be argued with them.

What was chosen is read off the submission, which is the student's; what it comes to is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storagelab.labs.texts import text_of
from storagelab.parts import PARTS, AnyPart
from storagelab.parts.formatting import format_cost
from storagelab.report.ledger_state import MISSING, UNUSABLE
from storagelab.report.outcomes import DECISION, RUN, Judge, Point, judge
from storagelab.report.submissions import Evidence, read_submission
from storagelab.tracks import TRACKS, Track, load_track
from storagelab.units import format_share

UNREADABLE = "can't be read"


@dataclass(frozen=True)
class _Submission:
    track: Track
    evidence: Evidence
    point: Judge


def own_numbers(folder: Path, assignment: str, notebook: str) -> Mapping[str, str]:
    """Return what a submission says in numbers, by what they are about.

    For the notebook's own part: what was asked, prediction, conclusion, decision, what that comes
    to, and the recorded runs. The last part is argued with the figures of all parts, and has every
    decision. Nothing where ``assignment`` is no track, or ``notebook`` none of its parts.
    """
    part = next((item for item in PARTS.values() if item.stem == notebook), None)
    if part is None or assignment not in TRACKS:
        return {}
    # nbgrader's folders are <step>/<student>/<assignment>
    evidence = read_submission(folder, folder, load_track(assignment), folder.parent.name)
    said = {}
    if evidence.state in (MISSING, UNUSABLE):
        why = " ".join(evidence.doubts)
        said["Ledger"] = f"{UNREADABLE}: {why}" if why else "none"
    if evidence.variant:
        said["Variant"] = str(evidence.variant)
    track = load_track(assignment, evidence.variant)
    # the notebook shows it in an output, with the student's own numbers
    said["Asked"] = text_of(track, part, "reflection").replace("**", "")
    work = _Submission(track, evidence, judge(assignment, evidence.variant))
    said["Predicted"] = _predicted(evidence, part)
    said["Concluded"] = evidence.conclusions.get(part.name, UNREADABLE)
    is_last = part.number == len(PARTS)
    for item in PARTS.values() if is_last else [part]:
        of_part = f", part {item.number}" if is_last else ""
        said |= {f"{name}{of_part}": text for name, text in _decided(work, item)}
    said |= dict(_runs(work, part))
    return said


def _predicted(evidence: Evidence, part: AnyPart) -> str:
    lock = evidence.lock(part.name)
    if lock is None:
        return "never locked"
    reason = f": {lock.reason}" if lock.reason else ""
    return f"{lock.prediction}, {lock.confidence:.0%} certain{reason}"


def _decided(work: _Submission, part: AnyPart) -> Iterable[tuple[str, str]]:
    """Yield what was decided, as the answer cell says or else the ledger, and what it comes to."""
    said = work.evidence.decisions.get(part.name)
    if said is None:
        yield "Decided", UNREADABLE
        return
    yield "Decided", _settings(said)
    point = work.point(part.name, DECISION, said)
    if point is None:
        yield "Comes to", UNREADABLE
        return
    missed = ", ".join(part.limit(name).label for name in point.missed)
    figures = f"{part.useful_share.heading} {_figures(work.track, point)}"
    yield "Comes to", f"{figures}; misses {missed}" if missed else f"{figures}; meets every target"


def _runs(work: _Submission, part: AnyPart) -> Iterable[tuple[str, str]]:
    """Yield each recorded run by what it changed, with what it came to."""
    at_first = {item.answer: item.default for item in part.of(work.track).controls}
    for number, settings in enumerate(work.evidence.runs(part.name), 1):
        changed = {name: value for name, value in settings.items() if value != at_first.get(name)}
        point = work.point(part.name, RUN, settings)
        figures = UNREADABLE if point is None else _figures(work.track, point)
        yield f"Run {number}", f"{_settings(changed) or 'as at the start'}: {figures}"


def _settings(said: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items())


def _figures(track: Track, point: Point) -> str:
    return f"{format_share(point.useful)}, {format_cost(track, point.cost)}"
