"""A made-up class with students in it of whom there is something to know, and their near misses.

Every fact of the report has somebody who has it and somebody who nearly has it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from storagelab.ledger import Entry, read_ledger
from storagelab.parts import PARTS
from storagelab.tracks import load_track
from tests.report.synthetic import (
    Answer,
    Truth,
    cells_of,
    chain,
    make_class,
    write_ledger,
    write_notebook,
)

Line = tuple[str, str, Any, datetime]
"""An entry of a ledger: part, kind, what was said and when."""
LONG_LAW = """
    first = {0}
    second = {1}
    if first < 0:
        return 0.0
    third = first + second
    fourth = third - second
    return fourth * 3
"""


@dataclass
class Planted:
    """A class and whom something was done to, by a short name."""

    truth: Truth
    track: str
    by: dict[str, str]

    def folder(self, name: str, step: str = "submitted") -> Path:
        """Return where a step keeps somebody's submission."""
        return self.truth.course / step / self.by[name] / self.track

    def answer(self, name: str, part: str = "access") -> Answer:
        """Return what somebody said in a part."""
        return next(
            item
            for item in self.truth.answers
            if (item.student, item.track, item.part) == (self.by[name], self.track, part)
        )

    def change(self, name: str, part: str = "access", **fields: Any) -> None:
        """Write somebody's notebook of a part with other answers, not their ledger."""
        old = self.answer(name, part)
        new = replace(old, **fields)
        self.truth.answers[self.truth.answers.index(old)] = new
        write_notebook(self.folder(name) / f"{PARTS[part].stem}.ipynb", cells_of(new))

    def lines(self, name: str) -> list[Line]:
        """Return the entries of somebody's ledger, to be changed."""
        found: list[Entry] = read_ledger(self.folder(name), self.track)
        return [(item.part, item.kind, item.said, datetime.fromisoformat(item.time))
                for item in found]  # fmt: skip

    def write(self, name: str, lines: Sequence[Line]) -> None:
        """Write somebody's ledger anew, with digests that fit."""
        write_ledger(self.folder(name), self.track, chain(self.track, lines))

    def timed(self, name: str, kind: str, seconds: float, part: str = "access") -> None:
        """Have a part's entries of a kind stand so many seconds after its lock."""
        lines = self.lines(name)
        lock = next(line for line in lines if line[:2] == (part, "lock"))
        at = lock[3] + timedelta(seconds=seconds)
        self.write(name, [(*line[:3], at) if line[:2] == (part, kind) else line for line in lines])


def plant(root: Path, size: int = 60, track: str = "cloud_titan", seed: int = 11) -> Planted:
    """Make a class of ``size`` under ``root`` in which every fact of the report is somebody's."""
    truth = make_class(root, [track], size, seed=seed)
    names = iter(truth.students)
    found = Planted(truth, track, {})

    def person(name: str) -> str:
        found.by[name] = next(names)
        return name

    _openings(found, person)
    _answers(found, person)
    _reflections(found, person)
    _ledgers(found, person)
    _absent(found, person)
    return found


def _without(lines: Sequence[Line], part: str, kind: str) -> list[Line]:
    return [line for line in lines if line[:2] != (part, kind)]


def _openings(found: Planted, person: Callable[[str], str]) -> None:
    name = person("pasted a line 4 s after the lock")
    found.timed(name, "decision", 4)
    found.write(name, _without(found.lines(name), "access", "reveal"))
    name = person("opened before a second decision")
    lines = found.lines(name)
    at = next(index for index, line in enumerate(lines) if line[:2] == ("access", "reveal"))
    found.write(name, [*lines[:at], ("access", "decision", {"shuffled": False}, lines[at][3]),
                       *lines[at:]])  # fmt: skip
    name = person("opened after the decision")
    lines = found.lines(name)
    reveal = next(line for line in lines if line[:2] == ("access", "reveal"))
    at = next(index for index, line in enumerate(lines) if line[:2] == ("access", "decision"))
    late = (*reveal[:3], lines[at][3])
    before = _without(lines[: at + 1], "access", "reveal")
    found.write(name, [*before, late, *lines[at + 1 :]])
    name = person("decided in the notebook alone")
    lines = _without(found.lines(name), "access", "decision")
    found.write(name, _without(lines, "access", "reveal"))
    for name, seconds in (("decided 21 s after opening", 21), ("decided 61 s after opening", 61)):
        found.timed(person(name), "decision", seconds)


def _answers(found: Planted, person: Callable[[str], str]) -> None:
    for name in ("two decisions", "two decisions of another's", "one decision of another's"):
        person(name)
    dearest = {
        part: {
            control.answer: control.values[-1]
            for control in PARTS[part].of(load_track(found.track)).controls
            if control.decided
        }
        for part in ("access", "checkpoint")
    }
    for part, decision in dearest.items():
        found.change("two decisions", part, decision=decision)
        found.change("two decisions of another's", part, decision=dict(decision))
    found.change("one decision of another's", "access", decision=dict(dearest["access"]))
    head = found.answer("two decisions").law.splitlines()[3]
    arguments = head[head.index("(") + 1 : head.index(")")].split(", ")
    long = head + LONG_LAW.format(*arguments)
    found.change(person("a long law"), law=long)
    renamed = long.replace("first", "one").replace("third", "sum_") + "    # by myself\n"
    found.change(person("a long law with other names"), law=renamed)
    found.change(person("a long law with another number"), law=long.replace("* 3", "* 4"))


def _reflections(found: Planted, person: Callable[[str], str]) -> None:
    text = found.answer(person("a reflection")).reflection
    found.change(person("the same reflection"), reflection=text.upper().replace(" ", "  "))
    words = text.split()
    edited = " ".join([*words[:12], "which", "surprised", "me,", *words[16:]])
    found.change(person("an edited reflection"), reflection=edited)
    own = found.answer(person("one sentence of another's")).reflection
    found.change("one sentence of another's", reflection=f"{own} {' '.join(words[:9])}.")


def _ledgers(found: Planted, person: Callable[[str], str]) -> None:
    lines = found.lines(person("a ledger"))
    last = lines[-1][3]
    more: Line = ("checkpoint", "decision", {"interval_min": 1}, last)
    found.write(person("went on with another's ledger"), [*lines, more])
    later = [(*line[:3], line[3] + timedelta(seconds=1)) for line in lines[3:]]
    found.write(person("three entries of another's"), [*lines[:3], *later])
    for name, user in (("locked under another name", "somebody"), ("locked under the own", "")):
        lines = found.lines(person(name))
        said = {**lines[0][2], "user": user or found.by[name]}
        found.write(name, [(*lines[0][:2], said, lines[0][3]), *lines[1:]])
    for name, seconds in (("a clock set back", 90), ("a clock that stood still", 0)):
        lines = found.lines(person(name))
        at = next(index for index, line in enumerate(lines) if line[:2] == ("pipeline", "lock"))
        moment = lines[at - 1][3] - timedelta(seconds=seconds)
        found.write(name, [*lines[:at], (*lines[at][:3], moment), *lines[at + 1 :]])
    for name, step in (("a ledger that grew while graded", "autograded"),
                       ("handed in again", "submitted")):  # fmt: skip
        lines = found.lines(person(name))
        shutil.copytree(found.folder(name), found.folder(name, "autograded"))
        longer = chain(found.track, [*lines, (*more[:3], lines[-1][3])])
        write_ledger(found.folder(name, step), found.track, longer)


def _absent(found: Planted, person: Callable[[str], str]) -> None:
    with Gradebook(f"sqlite:///{found.truth.course / 'gradebook.db'}", course_id="") as gradebook:
        for name in ("handed in nothing", "handed in nothing either"):
            shutil.rmtree(found.folder(person(name)))
            gradebook.remove_submission(found.track, found.by[name])
    (found.folder(person("locked nothing")) / "ledger.json").unlink()
