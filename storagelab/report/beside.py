"""A student's own numbers, for who marks the reflection that has to be argued with them.

What was chosen is read off the submission, which is the student's; what it comes to is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandgrader.submission_files import is_regular_file
from storagelab.labs.texts import text_of
from storagelab.ledger import FILE_NAME, Entry, entries_of, read_ledger
from storagelab.parts import PARTS, AnyPart
from storagelab.parts.formatting import format_cost
from storagelab.report.notebooks import literal, read_answers
from storagelab.report.outcomes import DECISION, RUN, Judge, Point, judge
from storagelab.report.variant import variant_in
from storagelab.tracks import TRACKS, Track, load_track
from storagelab.units import format_share

UNREADABLE = "can't be read"


@dataclass(frozen=True)
class _Submission:
    folder: Path
    track: Track
    entries: list[Entry]
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
    entries, said = _read_ledger(folder, assignment)
    # nbgrader's folders are <step>/<student>/<assignment>
    variant = variant_in(folder, load_track(assignment), folder.parent.name)
    if variant:
        said["Variant"] = str(variant)
    track = load_track(assignment, variant)
    # the notebook shows it in an output, with the student's own numbers
    said["Asked"] = text_of(track, part, "reflection").replace("**", "")
    work = _Submission(folder, track, entries, judge(assignment, variant))
    said |= {"Predicted": _predicted(entries, part), "Concluded": _concluded(folder, part)}
    is_last = part.number == len(PARTS)
    for item in PARTS.values() if is_last else [part]:
        of_part = f", part {item.number}" if is_last else ""
        said |= {f"{name}{of_part}": text for name, text in _decided(work, item)}
    said |= dict(_runs(work, part))
    return said


def _read_ledger(folder: Path, track: str) -> tuple[list[Entry], dict[str, str]]:
    """Return a ledger's entries, and what there is to say where it has none that can be used."""
    path = folder / FILE_NAME
    if not is_regular_file(path):
        return [], {"Ledger": "none"}
    try:
        return read_ledger(folder, track), {}
    except (ValueError, RecursionError, MemoryError) as problem:
        return [], {"Ledger": f"{UNREADABLE}: {str(problem).partition('. ')[0]}"}


def _predicted(entries: list[Entry], part: AnyPart) -> str:
    for entry in entries_of(entries, part.name, "lock")[:1]:
        said = entry.said
        reason = f": {said['reason']}" if said["reason"] else ""
        return f"{said['prediction']}, {float(said['confidence']):.0%} certain{reason}"
    return "never locked"


def _concluded(folder: Path, part: AnyPart) -> str:
    answers = read_answers(folder / f"{part.stem}.ipynb")
    conclusion = literal(answers.get("conclude", ""), "conclusion")
    return conclusion if isinstance(conclusion, str) else UNREADABLE


def _decided(work: _Submission, part: AnyPart) -> Iterable[tuple[str, str]]:
    """Yield what was decided, as the answer cell says or else the ledger, and what it comes to."""
    answers = read_answers(work.folder / f"{part.stem}.ipynb")
    said = literal(answers.get("decide", ""), "decision")
    if not isinstance(said, dict):
        kept = entries_of(work.entries, part.name, "decision")
        said = dict(kept[-1].said) if kept else None
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
    for number, entry in enumerate(entries_of(work.entries, part.name, "run"), 1):
        changed = {name: value for name, value in entry.said.items() if value != at_first.get(name)}
        point = work.point(part.name, RUN, dict(entry.said))
        figures = UNREADABLE if point is None else _figures(work.track, point)
        yield f"Run {number}", f"{_settings(changed) or 'as at the start'}: {figures}"


def _settings(said: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items())


def _figures(track: Track, point: Point) -> str:
    return f"{format_share(point.useful)}, {format_cost(track, point.cost)}"
