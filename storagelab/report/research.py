"""``storagelab research``: a class's ledgers and scores under stable pseudonyms.

A pseudonym is a keyed digest (HMAC-SHA-256) of the student's id. With the same key it is the same
in every term, so that a person can be followed without being named; without the key nobody can
compute it from a list of ids. Who has the key can: such data are pseudonymous, not anonymous.

What students wrote stays out (reasons, reflections, code, file names), and so do the moments. Of a
ledger, which is the student's file, only numbers and the words that the track itself offers go in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

import click

from sandgrader.report.cohort import read_cohorts
from sandgrader.report.course import ReportError, open_course, open_gradebook
from sandgrader.report.gradebook import read_class
from sandgrader.report.tables import Column, Row, Table, write_tables
from sandgrader.scores import Score
from storagelab.ledger import Entry
from storagelab.parts import PARTS
from storagelab.report.submissions import read_evidence
from storagelab.tracks import TRACKS, Track, load_track

_KEY_BYTES = 32
_DIGITS = 16
_STUDENT = Column("student", "a pseudonym, the same for the same student wherever the key is")
_ASSIGNMENT = Column("assignment", "the assignment; in this course a track")

_SCORES = (
    _STUDENT,
    _ASSIGNMENT,
    Column("notebook", "the notebook"),
    Column("cell", "the cell's grade id"),
    Column("points", "points given; empty where a person still has to"),
    Column("most", "points that there are"),
    Column("by_person", "whether a person gave them"),
)
_ENTRIES = (
    _STUDENT,
    _ASSIGNMENT,
    Column("sequence", "the entry's place in the ledger, from 1"),
    Column("part", "access, pipeline or checkpoint"),
    Column("kind", "what was done: lock, reveal, run, decision"),
    Column("seconds", "since the ledger's first entry, by the student's clock"),
    Column("said", "JSON: settings in the student's units; a lock's prediction and confidence"),
    Column("model", "JSON: what the model said then, in SI units"),
    Column("ledger", "sound or doubtful: see the class report"),
)


class Pseudonyms:
    """Pseudonyms by a key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, student: str) -> str:
        """Return a student's pseudonym, sixteen hexadecimal digits."""
        return hmac.new(self._key, student.encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def read_key(path: Path) -> bytes:
    """Return the key in a file, which is made, for its owner alone, where there is none.

    Raises :class:`ReportError` where it is no key, or others may read it.
    """
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES) + "\n")
    except FileExistsError:
        pass
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise ReportError(
            f"Others may read {path}: chmod 600 it. If somebody did, it names people."
        )
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ReportError(
            f"{path} is no key: name the one of last time, or a file that isn't there."
        )
    return key


@click.command()
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]...")
@click.option(
    "--course", type=click.Path(path_type=Path), default=".", show_default=True,
    help="The course's folder, with nbgrader_config.py.",
)  # fmt: skip
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), required=True,
    help="A file with the key, made where there is none. Keep it, and keep it from the data.",
)  # fmt: skip
@click.option("--who", multiple=True, help="Only say the pseudonym of this student; repeatable.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default="research",
    show_default=True, help="Where the CSV files go.",
)  # fmt: skip
def command(
    assignments: tuple[str, ...], course: Path, key: Path, who: tuple[str, ...], out: Path
) -> None:
    """Export a class's scores and ledgers for research, under stable pseudonyms.

    No names, ids, texts or moments are in it. It is still about persons: small classes and unusual
    work can be recognised. --who says which rows are a person's, to take them out again.
    """
    try:
        if who and not key.exists():
            raise ReportError(
                f"There is no key in {key}: name the one that the data were made with."
            )
        pseudonyms = Pseudonyms(read_key(key))
        for student in who:
            click.echo(f"{student}  {pseudonyms.of(student)}")
        if who:
            return
        if out.resolve() in key.resolve().parents:
            raise ReportError(f"{key} would travel with the data in {out}: keep it elsewhere.")
        tables = read_tables(course, assignments, pseudonyms)
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = write_tables(out, tables)
    except ReportError as problem:
        raise click.ClickException(str(problem)) from None
    except OSError as problem:
        raise click.ClickException(f"{problem.filename}: {problem.strerror}.") from None
    people = len({row["student"] for table in tables for row in table.rows})
    click.echo(f"{len(paths)} CSV files in {out}, on {people} students. The key is {key}.")


def read_tables(folder: Path, names: tuple[str, ...], pseudonyms: Pseudonyms) -> list[Table]:
    """Return the scores and the ledgers' entries of a course, by pseudonym.

    Raises :class:`ReportError` where there is nothing to read.
    """
    course = open_course(folder)
    with open_gradebook(course.db_url) as gradebook:
        cohorts = read_cohorts(course, read_class(gradebook, names))
    scores: list[Row] = []
    entries: list[Row] = []
    for cohort in cohorts:
        name = cohort.assignment.name
        for student, cells in cohort.scores.items():
            about = {"student": pseudonyms.of(student), "assignment": name}
            scores += [{**about, **_score(*of)} for of in cells.items()]
        if name in TRACKS:
            track = load_track(name)
            for student, evidence in read_evidence(course, track, cohort.handed_in).items():
                about = {
                    "student": pseudonyms.of(student),
                    "assignment": name,
                    "ledger": evidence.state,
                }
                entries += [{**about, **row} for row in _rows(evidence.entries, track)]
    # in an order that says nothing of the class list
    scores.sort(key=lambda row: (row["student"], row["assignment"], row["notebook"], row["cell"]))
    entries.sort(key=lambda row: (row["student"], row["assignment"], row["sequence"]))
    return [
        Table("scores", "Scores", _SCORES, scores),
        Table("entries", "Ledgers", _ENTRIES, entries),
    ]


def _score(where: tuple[str, str], score: Score) -> Row:
    by_person = score.manual is not None
    return {
        "notebook": where[0],
        "cell": where[1],
        "points": None if score.waits and not by_person else score.points,
        "most": score.most,
        "by_person": by_person,
    }


def _rows(entries: list[Entry], track: Track) -> Iterator[Row]:
    first = next((entry.written for entry in entries if entry.written), None)
    words = _words_of(track)
    for entry in entries:
        seconds = (entry.written - first).total_seconds() if entry.written and first else None
        yield {
            "sequence": entry.sequence,
            "part": entry.part if entry.part in PARTS else None,
            "kind": entry.kind,
            "seconds": seconds,
            "said": _only(entry.said, words),
            "model": _only(entry.model, words),
        }


def _words_of(track: Track) -> set[str]:
    """Return every word that the track itself offers: options, settings and their values."""
    words: set[str] = set()
    for part in PARTS.values():
        content = part.of(track)
        words |= {option.id for option in content.question.options}
        words |= {"prediction", "confidence", "variant", "cost", *part.recorded}
        for control in content.controls:
            words |= {control.answer, *(str(value) for value in control.values)}
    return words


def _only(said: dict[str, bool | int | float | str] | dict[str, float | str],
          words: set[str]) -> str:  # fmt: skip
    kept = {
        name: value
        for name, value in said.items()
        if name in words and (not isinstance(value, str) or value in words)
    }
    return json.dumps(kept, sort_keys=True)
