"""The ledger: forged while the grader runs the notebook, edited, replayed, damaged."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.sandgrader.hostile.case import NO_LEDGER, TRACK, Case, Work, lost, write_ledger

LEDGER = "ledger.json"
NO_RUN = {
    **lost("lock", "the ledger can't be used"),
    **lost("lock runs", "the ledger can't be used", "pipeline"),
    **lost("decide", "its cell stops where it reads the ledger", "pipeline"),
    **lost("lock", "the ledger can't be used", "checkpoint"),
}


FORGED = {
    **lost("lock", "the prediction was locked while the notebook was graded"),
    **lost("lock runs", "lock and runs were written while the notebook was graded", "pipeline"),
    **lost("lock", "the prediction was locked while the notebook was graded", "checkpoint"),
}
REPLAYED = {
    **lost("lock", "it is a classmate's evidence"),
    **lost("lock runs", "it is a classmate's evidence", "pipeline"),
    **lost("lock", "it is a classmate's evidence", "checkpoint"),
}


def _without(folder: Path) -> None:
    (folder / LEDGER).unlink()


def _forge_by_environment(work: Work) -> None:
    for part in work.answers:
        work.before("lock", "import os\nos.environ.pop('NBGRADER_EXECUTION', None)", part)


def _forge_by_patch(work: Work) -> None:
    for part in work.answers:
        work.before(
            "lock",
            "import storagelab.labs.session\nstoragelab.labs.session.is_graded_run = lambda: False",
            part,
        )


def _forge_by_hand(work: Work) -> None:
    """Write the ledger with the package's own function, one entry for every question."""
    for part, cells in work.answers.items():
        prediction = work.sheets[part].key["prediction"]
        runs = work.sheets[part].key["runs"] if part == "pipeline" else []
        cells["lock"] = f"""
import pathlib
from storagelab.ledger import append_entry
here = pathlib.Path(".")
said = {{"prediction": {prediction!r}, "confidence": 1.0, "reason": ""}}
append_entry(here, "cloud_titan", {part!r}, "lock", said, {{}})
for run in {runs!r}:
    append_entry(here, "cloud_titan", {part!r}, "run", run, {{}})
"""


def _edit(folder: Path) -> None:
    path = folder / LEDGER
    ledger = json.loads(path.read_text(encoding="utf-8"))
    ledger["entries"][0]["said"]["confidence"] = 0.1
    path.write_text(json.dumps(ledger), encoding="utf-8")


def _swap(folder: Path) -> None:
    """Put the reveal before the lock, each entry unchanged."""
    path = folder / LEDGER
    ledger = json.loads(path.read_text(encoding="utf-8"))
    ledger["entries"][:2] = reversed(ledger["entries"][:2])
    path.write_text(json.dumps(ledger), encoding="utf-8")


def _replay(folder: Path) -> None:
    """Hand in the ledger that a classmate's notebooks wrote in the classmate's home."""
    _without(folder)
    write_ledger(folder, "innocent_ada")


def _replay_other_track(folder: Path) -> None:
    _without(folder)
    write_ledger(folder, folder.parent.name, "edge_guardian")


def _retitled(folder: Path) -> None:
    """Hand in another track's ledger under this track's name."""
    _replay_other_track(folder)
    path = folder / LEDGER
    text = path.read_text(encoding="utf-8").replace("edge_guardian", TRACK)
    path.write_text(text, encoding="utf-8")


def _nested(folder: Path) -> None:
    (folder / LEDGER).write_text("[" * 200_000, encoding="utf-8")


def _huge(folder: Path) -> None:
    path = folder / LEDGER
    path.write_bytes(path.read_bytes() + b" " * 6 * 2**20)


def _pipe(folder: Path) -> None:
    _without(folder)
    os.mkfifo(folder / LEDGER)


PACK = [
    Case(
        "ledger_forged_by_environment",
        "has no ledger; takes NBGRADER_EXECUTION away while the notebook is graded, so that "
        "`lock` and `record` write one then",
        _forge_by_environment,
        place=_without,
        loses=FORGED,
    ),
    Case(
        "ledger_forged_by_patch",
        "has no ledger; has `is_graded_run` say no, so that `lock` writes one",
        _forge_by_patch,
        place=_without,
        loses=FORGED,
    ),
    Case(
        "ledger_forged_by_append",
        "has no ledger; calls the package's own `append_entry` while the notebook is graded",
        _forge_by_hand,
        place=_without,
        loses=FORGED,
    ),
    Case(
        "ledger_edited",
        "lowers a confidence in the ledger after the reveal",
        place=_edit,
        loses=NO_RUN,
    ),
    Case(
        "ledger_entries_swapped",
        "puts an entry before another",
        place=_swap,
        loses=NO_RUN,
    ),
    Case(
        "ledger_of_a_classmate",
        "hands in the ledger that a classmate's notebooks wrote",
        place=_replay,
        loses=REPLAYED,
    ),
    Case(
        "ledger_of_another_track",
        "hands in an own ledger of another track",
        place=_replay_other_track,
        loses=NO_RUN,
    ),
    Case(
        "ledger_retitled",
        "hands in another track's ledger with this track's name written into it",
        place=_retitled,
        loses=NO_RUN,
    ),
    Case(
        "ledger_nested",
        "hands in a ledger of 200,000 opening brackets",
        place=_nested,
        loses=NO_RUN,
    ),
    Case(
        "ledger_huge",
        "hands in a ledger of 6 MB, most of it blanks",
        place=_huge,
        loses=NO_RUN,
    ),
    Case(
        "ledger_is_a_pipe",
        "hands in a named pipe for a ledger: who opens it waits for ever",
        place=_pipe,
        loses=NO_LEDGER,
        not_by_stock="",
    ),
]
