"""A small class, graded by nbgrader, with a marker planted in everything that is hidden."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keys
import nbformat

from demo.forks import run_nbgrader
from demo.students import Answers, read_sheet, reference
from storagelab.course.layout import Layout
from storagelab.course.nbgrader_steps import make_course
from storagelab.labs import open_part
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS

REGIONS = ("HIDDEN TESTS", "MARK SCHEME", "SOLUTION")
STUDENTS = ("perfect", "wrong", "raises", "tells")
"""The students: all right, all wrong, raises in hidden calls, prints all it is called with."""
TRAVELS = "tells"
"""Who fetches and submits through the exchange; nbgrader takes the others' folders as they are."""


@dataclass
class Classroom:
    """Where a graded class lies, and what was planted in its source."""

    track: str
    folder: Path
    markers: dict[str, list[str]] = field(default_factory=dict)
    """By kind of region."""

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def exchange(self) -> Path:
        return self.folder / "exchange"

    @property
    def homes(self) -> Path:
        return self.folder / "homes"

    def nbgrader(self, *arguments: str, where: Path | None = None) -> str:
        return run_nbgrader(where or self.course, self.exchange, *arguments)

    def page(self, student: str, part: str, folder: str = "feedback") -> str:
        path = self.course / folder / student / self.track / f"{PARTS[part].stem}.html"
        return path.read_text(encoding="utf-8")


def plant(source: Path, target: Path) -> dict[str, list[str]]:
    """Copy a track's notebooks with a marker in each hidden region; return the markers."""
    markers: dict[str, list[str]] = {kind: [] for kind in REGIONS}
    target.mkdir(parents=True)
    for path in sorted(source.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            for kind in REGIONS:
                begin = re.search(rf"^( *)### BEGIN {kind}$", cell.source, re.MULTILINE)
                if not begin:
                    continue
                marker = f"planted{len(markers[kind]):03d}in{kind[:4].lower()}{path.stem[0]}"
                markers[kind].append(marker)
                line = f"{begin[1]}planted_line = {marker!r}"
                if kind == "SOLUTION" and cell.id == "law":
                    line = f"{begin[1]}# {marker}"
                cell.source = f"{cell.source[: begin.end()]}\n{line}{cell.source[begin.end() :]}"
        nbformat.write(notebook, target / path.name)
    return markers


def make_answers(track: str, name: str) -> Answers:
    """Return what a student types, cell by cell."""
    answers = reference(keys, track)
    for part, cells in answers.items():
        sheet = read_sheet(keys, track, part)
        if name == "wrong":
            cells["conclude"] = sheet.conclude(
                sheet.wrong_option, f"{3.7 * sheet.key['number']:.5g}"
            )
            cells["law"] = law(sheet, "    return 0.5 * ({value})")
            cells["decide"] = (
                "for settings in []:\n    part.record(settings)\n"
                f"decision = {start_of(sheet)!r}\npart.decide(decision)"
            )
        elif name == "raises":
            cells["conclude"] = sheet.conclude(
                sheet.key["conclusion"], f"{sheet.key['number'] * 3:.5g}"
            )
            cells["law"] = law(sheet, "    raise ValueError(f'I was called with {{{arguments}}}')")
            cells["decide"] = cells["decide"].replace(repr(sheet.key["decision"]), repr(sheet.dear))
        elif name == "tells":
            cells["law"] = law(
                sheet,
                "    import sys\n"
                "    print('called with', {arguments})\n"
                "    print('called with', {arguments}, file=sys.stderr)\n"
                "    get_ipython().display_pub.publish({{'text/plain': repr([{arguments}])}})\n"
                "    sys.displayhook([{arguments}])\n"
                "    {function}.__name__ = repr([{arguments}])\n"
                "    raise type(repr([{arguments}]), (Exception,), {{}})(repr([{arguments}]))",
            )
            cells["reflection"] = "print(In)\nfor line in In:\n    print(line)\n1 / 0"
    return answers


def law(sheet: Any, otherwise: str) -> str:
    """Return a law that is right for the open example, and does something else otherwise."""
    content = sheet.content.law
    example = ", ".join(map(repr, content.example))
    value = f"right({', '.join(content.arguments)})"
    body = otherwise.format(
        arguments=", ".join(content.arguments), value=value, function=content.name
    )
    right = sheet.law.replace(f"def {content.name}(", "def right(")
    return (
        f"{right}\n\n\n{sheet.head}\n"
        f"    if ({', '.join(content.arguments)},) == ({example},):\n        return {value}\n{body}"
    )


def start_of(sheet: Any) -> Any:
    """Return the settings of the crisis as a decision: they miss a target in every part."""
    return keys.as_decision(sheet.track, sheet.part, sheet.part.crisis(sheet.track))


def do_homework(folder: Path, track: str, name: str) -> None:
    """Fill in a fetched assignment, and leave the ledger that doing it in a browser leaves."""
    answers = make_answers(track, name)
    for part, cells in answers.items():
        path = folder / f"{PARTS[part].stem}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = cells.get(cell.id, cell.source)
        nbformat.write(notebook, path)
        with contextlib.redirect_stdout(io.StringIO()):
            session = open_part(track, part, folder)
            sheet = read_sheet(keys, track, part)
            right = "conclude" not in cells or name != "wrong"
            session.lock(sheet.key["prediction"] if right else sheet.wrong_option, 0.8)
            session.workbench()
            if part == "pipeline" and name != "wrong":
                for run in [*sheet.key["runs"], sheet.dear]:
                    session.record(run)


def run_class(layout: Layout, track: str, folder: Path) -> Classroom:
    """Take the class from a planted source to feedback; one student goes through the exchange."""
    assert track in TRACKS
    room = Classroom(track, folder)
    room.markers = plant(layout.source / track, folder / "planted" / track)
    make_course(room.course, room.exchange, layout.nbgrader_config, folder / "planted")
    room.nbgrader("generate_assignment", track, "--create")
    for name in STUDENTS:
        work = room.course / "submitted" / name / track
        if name == TRAVELS:
            room.nbgrader("release_assignment", track)
            (room.homes / name).mkdir(parents=True)
            shutil.copy2(layout.nbgrader_config, room.homes / name)
            room.nbgrader("fetch_assignment", track, where=room.homes / name)
            work = room.homes / name / track
        else:
            shutil.copytree(room.course / "release" / track, work)
        do_homework(work, track, name)
    room.nbgrader("submit", track, "--student", TRAVELS, where=room.homes / TRAVELS)
    room.nbgrader("collect", track)
    room.nbgrader("autograde", track, "--create")
    room.nbgrader("generate_feedback", track)
    room.nbgrader("release_feedback", track, "--student", TRAVELS)
    room.nbgrader("export", "--to", "grades.csv")
    return room
