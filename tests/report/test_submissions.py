"""What is read of a submission is untrusted: it is listed or left out, and never run."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrader.report.course import open_course
from storagelab.edition import edition
from storagelab.parts import PARTS
from storagelab.parts.answers import in_units
from storagelab.report.ledger_state import DOUBTFUL, MISSING, SOUND, UNUSABLE
from storagelab.report.notebooks import LONGEST_CELL, literal, read_answers
from storagelab.report.submissions import read_evidence
from storagelab.tracks import load_track
from tests.report.synthetic import BEGIN, CONFIG, chain, write_ledger, write_notebook

TRACK = load_track("cloud_titan")
SAID = {"prediction": "iops", "confidence": 0.7, "reason": "because"}
LOCK = ("access", "lock", SAID, BEGIN)
REVEAL = ("access", "reveal", {"prediction": "iops"}, BEGIN + timedelta(minutes=1))

literals = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)  # fmt: skip


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def home(course: Any, student: str = "ada", step: str = "submitted") -> Any:
    folder = course / step / student / TRACK.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def evidence(course: Any, *students: Any) -> Any:
    return read_evidence(open_course(course), TRACK, students or ("ada",))


# --- literals


@given(literals)
def test_a_literal_answer_is_read_as_it_is(value: Any) -> None:
    assert literal(f"import math\nanswer = 1\nanswer = {value!r}\nprint(answer)", "answer") == value


@given(st.text(max_size=200))
def test_whatever_stands_in_a_cell_is_read_or_left(source: str) -> None:
    literal(source, "answer")


@pytest.mark.parametrize(
    "source",
    [
        "answer = open('/etc/passwd').read()",
        "answer = __import__('os').system('true')",
        "answer = other",
        "if True:\n    answer = 1",
        "other = 1",
        "answer += 1",
        "answer: int",
        "answer = (",
        "answer = '\0'",
        "answer = " + "(" * 5000,
        "answer = " + "-" * 20_000 + "1",
        "answer = " + "[" * 90 + "]" * 90 + " + 1",
        f"answer = '{'x' * LONGEST_CELL}'",
        "answer = 1\nanswer = {[]: 1}",
        "answer = 1\nanswer = compute()",
    ],
)
def test_what_is_no_literal_is_none_and_nothing_is_run(source: Any) -> None:
    assert literal(source, "answer") is None


def test_an_annotated_answer_and_one_of_several_names_are_answers() -> None:
    assert literal("answer: str = 'iops'", "answer") == "iops"
    assert literal("a = answer = 'iops'", "answer") == "iops"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff\xfe{}",
        b'{"cells": 3}',
        b'{"cells": [{"metadata": 3}]}',
        b'{"cells": [{"source": 3}]}',
        b'{"cells": [' * 50_000,
    ],
)
def test_a_file_that_is_no_notebook_has_no_answers(tmp_path: Path, content: Any) -> None:
    (tmp_path / "1_access.ipynb").write_bytes(content)
    assert read_answers(tmp_path / "1_access.ipynb") == {}


def test_answers_are_found_by_their_grade_id(tmp_path: Path) -> None:
    cells = [
        {"source": "x", "metadata": {}},
        {"source": "x", "metadata": {"nbgrader": []}},
        {"source": "x", "metadata": {"nbgrader": {"grade_id": 3}}},
        {"source": ["first\n", "line"], "metadata": {"nbgrader": {"grade_id": "law"}}},
        {"source": "again", "metadata": {"nbgrader": {"grade_id": "law"}}},
    ]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert read_answers(tmp_path / "n.ipynb") == {"law": "first\nline"}


# --- ledgers


def test_a_sound_ledger_is_read(course: Path) -> None:
    write_ledger(home(course), TRACK.name, chain(TRACK.name, [LOCK, REVEAL]))
    found = evidence(course)["ada"]
    assert (found.state, found.doubts) == (SOUND, ())
    lock = found.lock("access")
    assert (lock.prediction, lock.confidence, lock.reason) == ("iops", 0.7, "because")
    assert found.lock("pipeline") is None
    assert found.times("access") == [BEGIN, BEGIN + timedelta(minutes=1)]


def test_no_ledger_is_no_crime(course: Path) -> None:
    home(course)
    assert evidence(course)["ada"].state == MISSING
    assert evidence(course, "nobody") == {}


def broken(folder: Path, how: Any) -> None:
    path = folder / "ledger.json"
    if how == "a pipe":  # reading it would wait for ever
        os.mkfifo(path)
    elif how == "a link":
        path.symlink_to("/dev/zero")
    elif how == "a folder":
        path.mkdir()
    elif how == "a missing link":
        path.symlink_to("nowhere")
    else:
        write_ledger(folder, TRACK.name, chain(TRACK.name, [LOCK, REVEAL]))
        content = path.read_bytes()
        path.write_bytes(
            {
                "cut off": content[:-40],
                "edited": content.replace(b"0.7", b"0.1"),
                "of another track": content.replace(b'"cloud_titan"', b'"tiny_pioneer"'),
                "nested": b"[" * 200_000,
                "no JSON": b"\x00\xff",
                "a surrogate": content.replace(b"because", b"\\ud800"),
                "too large": content + b" " * (5 * 2**20),
                "of another version": content.replace(b'"version":2', b'"version":9'),
            }[how]
        )


@pytest.mark.parametrize(
    "how",
    ["a pipe", "a link", "a folder", "a missing link", "cut off", "edited", "of another track",
     "nested", "no JSON", "a surrogate", "too large", "of another version"],
)  # fmt: skip
def test_a_ledger_that_cant_be_used_is_listed_with_the_reason(course: Path, how: str) -> None:
    broken(home(course), how)
    found = evidence(course)["ada"]
    assert found.state == UNUSABLE
    assert len(found.doubts) == 1
    assert found.doubts[0].startswith("ledger.json")
    assert "Your notebook" not in found.doubts[0]
    assert found.entries == []


RUN = in_units(
    TRACK.pipeline.controls,
    {item.name: item.to_si(item.default) for item in TRACK.pipeline.controls},
)


def sealed_with(model: Any, kind: str = "run", said: Any = RUN) -> list[Any]:
    entries = chain(
        TRACK.name, [("pipeline", "lock", SAID, BEGIN), ("pipeline", kind, said, BEGIN)]
    )
    last = msgspec.structs.replace(entries[-1], model=model, digest="")
    return [entries[0], msgspec.structs.replace(last, digest=last.sealed(TRACK.name))]


def test_numbers_that_the_model_never_gave_are_doubtful_though_the_digests_fit(
    course: Path,
) -> None:
    outcome = PARTS["pipeline"].judge(TRACK, RUN)
    today = {"edition": edition(TRACK.name)}
    made_up = {"cost": 1.0, **today}
    write_ledger(home(course), TRACK.name, sealed_with({"cost": outcome.cost, **today}))
    write_ledger(home(course, "ben"), TRACK.name, sealed_with(made_up))
    write_ledger(home(course, "cleo"), TRACK.name, sealed_with(made_up, said={"cache": "x"}))
    found = evidence(course, "ada", "ben", "cleo")
    assert found["ada"].state == SOUND
    for student in ("ben", "cleo"):
        assert found[student].state == DOUBTFUL
        assert "entry 2 aren't what this edition" in found[student].doubts[0]


@pytest.mark.parametrize("model", [{"cost": 1.0}, {"cost": 1.0, "edition": "0123456789ab"}])
def test_numbers_of_another_edition_are_held_against_nobody(course: Path, model: Any) -> None:
    """A price was corrected, or the ledger is from before editions were kept."""
    write_ledger(home(course), TRACK.name, sealed_with(model))
    assert (evidence(course)["ada"].state, evidence(course)["ada"].doubts) == (SOUND, ())


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([REVEAL, LOCK], "revealed before it was locked"),
        ([REVEAL], "without a lock"),
        ([LOCK, LOCK], "locked 2 times"),
        ([(*REVEAL[:3], BEGIN), (*LOCK[:3], BEGIN - timedelta(hours=1))], "clock runs backwards"),
        ([("access", "lock", {**SAID, "confidence": 7.5}, BEGIN)], "outside of 0 to 1"),
    ],
)
def test_what_the_notebooks_would_never_write_is_doubtful(
    course: Path, lines: Any, says: str
) -> None:
    write_ledger(home(course), TRACK.name, chain(TRACK.name, lines))
    found = evidence(course)["ada"]
    assert found.state == DOUBTFUL
    assert says in " ".join(found.doubts)
    if "outside" in says:
        assert found.lock("access") is None


def test_an_entry_without_a_time_is_doubtful_and_has_none(course: Path) -> None:
    entry = msgspec.structs.replace(chain(TRACK.name, [LOCK])[0], time="soon", digest="")
    entry = msgspec.structs.replace(entry, digest=entry.sealed(TRACK.name))
    write_ledger(home(course), TRACK.name, [entry])
    found = evidence(course)["ada"]
    assert found.doubts == ("Entry 1 has no time.",)
    assert found.times("access") == []


def test_a_replayed_ledger_names_whose_it_is(course: Path) -> None:
    lines = [LOCK, REVEAL, ("access", "decision", {}, BEGIN + timedelta(minutes=9))]
    lines.append(("pipeline", "lock", SAID, BEGIN + timedelta(minutes=20)))
    for student in ("ada", "ben"):
        write_ledger(home(course, student), TRACK.name, chain(TRACK.name, lines))
    other = [(*line[:3], line[3] + timedelta(seconds=1)) for line in lines]
    write_ledger(home(course, "cleo"), TRACK.name, chain(TRACK.name, other))
    found = evidence(course, "ada", "ben", "cleo")
    assert "are those of ben" in found["ada"].doubts[0]
    assert "are those of ada" in found["ben"].doubts[0]
    assert found["cleo"].state == SOUND


# --- which of several sources counts


def test_what_was_graded_counts_before_what_was_handed_in_since(course: Path) -> None:
    for step, conclusion in (("submitted", "compute"), ("autograded", "iops")):
        path = home(course, step=step) / "1_access.ipynb"
        write_notebook(path, {"conclude": f"conclusion = {conclusion!r}"})
    assert evidence(course)["ada"].conclusions == {"access": "iops"}


def test_the_answer_cell_is_the_decision_and_the_ledger_stands_in_for_it(course: Path) -> None:
    first, last = {"cache_gb": 1000}, {"cache_gb": 2000}
    lines = [("pipeline", "decision", said, BEGIN) for said in (first, last)]
    write_ledger(home(course), TRACK.name, chain(TRACK.name, lines))
    assert evidence(course)["ada"].decisions == {"pipeline": last}
    write_notebook(home(course) / "2_pipeline.ipynb", {"decide": "decision = best(runs)"})
    assert evidence(course)["ada"].decisions == {"pipeline": last}
    write_notebook(home(course) / "2_pipeline.ipynb", {"decide": "decision = {'cache_gb': 3}"})
    assert evidence(course)["ada"].decisions == {"pipeline": {"cache_gb": 3}}
