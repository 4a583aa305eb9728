"""Facts on how the work was done: who has one is told, who nearly has one isn't."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandgrader.report.page import render
from storagelab.ledger import NO_PART, Opening, append_entry, read_ledger
from storagelab.report import integrity, openings, outcomes
from storagelab.report.integrity import (
    ANSWERS,
    BORROWED,
    CHANGED,
    CLOCKS,
    INNOCENT,
    LEDGERS,
    NAMES,
    QUICK,
    REFLECTIONS,
    UNOPENED,
)
from storagelab.report.ledger_state import DOUBTFUL, SOUND
from storagelab.report.normal_form import law_in
from storagelab.report.similarity import similar_pairs, words
from storagelab.report.variant import variant_in
from storagelab.tracks import load_track
from tests.report import prose
from tests.report.conftest import cohorts_of, report_of
from tests.report.planted import Planted, plant

TOLD = {
    ("pasted a line 4 s after the lock", UNOPENED),
    ("opened after the decision", UNOPENED),
    ("decided in the notebook alone", UNOPENED),
    ("decided 21 s after opening", QUICK),
    ("two decisions", ANSWERS),
    ("two decisions of another's", ANSWERS),
    ("a long law", ANSWERS),
    ("a long law with other names", ANSWERS),
    ("a reflection", REFLECTIONS),
    ("the same reflection", REFLECTIONS),
    ("an edited reflection", REFLECTIONS),
    ("a ledger", LEDGERS),
    ("went on with another's ledger", LEDGERS),
    ("locked under another name", NAMES),
    ("a clock set back", CLOCKS),
    ("a ledger that grew while graded", CHANGED),
}
"""Everything that is told of the planted students; of their near misses nothing is."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    return plant(tmp_path_factory.mktemp("planted") / "course")


@pytest.fixture(scope="module")
def cohort(planted: Planted) -> Any:
    return cohorts_of(planted.truth.course)[planted.track]


@pytest.fixture(scope="module")
def facts(cohort: Any) -> Any:
    return integrity.facts(cohort)


def fact_of(facts: Any, planted: Planted, name: str, kind: str) -> Any:
    (row,) = facts.of(student=planted.by[name], kind=kind).rows
    return row


def test_who_has_a_fact_is_told_and_who_nearly_has_it_is_not(planted: Planted, facts: Any) -> None:
    who = {student: name for name, student in planted.by.items()}
    told = {(who[row["student"]], row["kind"]) for row in facts.rows if row["student"] in who}
    assert told == TOLD
    assert {kind for _, kind in TOLD} == set(INNOCENT) - {BORROWED}


def test_facts_are_said_in_words_that_judge_nobody(planted: Planted, facts: Any) -> None:
    def says(name: str, kind: str) -> str:
        return str(fact_of(facts, planted, name, kind)["fact"])

    assert says("pasted a line 4 s after the lock", UNOPENED) == (
        "The decision stands 4 s after the lock; the workbench was not opened."
    )
    assert "stands in the notebook alone" in says("decided in the notebook alone", UNOPENED)
    assert "21 s after the workbench" in says("decided 21 s after opening", QUICK)
    assert says("two decisions", ANSWERS).startswith("The same decision in parts 1 and 3")
    assert "goes on from there" in says("a ledger", LEDGERS)
    assert "dated 90 s before" in says("a clock set back", CLOCKS)
    assert "1 entry that wasn't handed in" in says("a ledger that grew while graded", CHANGED)
    everything = " ".join(str(value) for row in facts.rows for value in row.values())
    for word in ("cheat", "plagiar", "suspect", "suspicious", "fraud", "dishonest"):
        assert word not in (everything + " ".join(INNOCENT.values())).lower()


def test_the_others_are_named(planted: Planted, facts: Any) -> None:
    row = fact_of(facts, planted, "two decisions", ANSWERS)
    assert row["others"] == planted.by["two decisions of another's"]
    edited = fact_of(facts, planted, "an edited reflection", REFLECTIONS)["others"]
    assert set(edited.split(", ")) == {
        planted.by["a reflection"], planted.by["the same reflection"]
    }  # fmt: skip


def test_a_ledger_that_was_never_opened_is_sound_and_the_list_says_what_was_opened(
    planted: Planted, cohort: Any
) -> None:
    student = planted.by["pasted a line 4 s after the lock"]
    assert cohort.evidence[student].state == SOUND
    (row,) = openings.openings(cohort).of(student=student, part="access").rows
    assert (row["opened"], row["lock_to_decision"], row["reveal_to_decision"]) == (False, 4, None)
    report = report_of(planted.truth.course, shared=False)
    (students,) = [table for table in report.tables if table.name == "students"]
    assert students.of(student=student).rows[0]["opened"] == "2 of 3"


def test_honest_students_of_a_made_up_class_are_seldom_named(planted: Planted, facts: Any) -> None:
    """Of 1,200 it were 20; docs/report.md has the numbers."""
    others = {row["student"] for row in facts.rows} - set(planted.by.values())
    assert len(others) <= 4


def test_the_ledger_that_counts_is_the_one_handed_in(planted: Planted, cohort: Any) -> None:
    grew = cohort.evidence[planted.by["a ledger that grew while graded"]]
    again = cohort.evidence[planted.by["handed in again"]]
    assert grew.state == DOUBTFUL
    assert again.state == SOUND
    for name in ("a ledger that grew while graded", "handed in again"):
        handed_in = read_ledger(planted.folder(name), planted.track)
        assert cohort.evidence[planted.by[name]].entries == handed_in
        graded = read_ledger(planted.folder(name, "autograded"), planted.track)
        assert len(handed_in) != len(graded)


def test_nothing_of_it_is_shared(
    planted: Planted, tmp_path: Path, report: Callable[..., Any]
) -> None:
    report("--course", planted.truth.course, "--out", tmp_path / "out", "--shared")
    names = {path.stem for path in (tmp_path / "out").iterdir()}
    assert not names & {"integrity", "integrity_kinds", "openings", "at_risk"}
    text = "".join(
        path.read_text(encoding="utf-8").lower() for path in (tmp_path / "out").iterdir()
    )
    for word in ("integrity", "workbench was not", "at risk", *planted.truth.students):
        assert word not in text


def test_the_page_says_what_else_explains_it_and_that_it_is_no_proof(planted: Planted) -> None:
    page = render(report_of(planted.truth.course, shared=False))
    assert "None of this is proof" in page
    assert "What else explains such a fact" in page
    assert "the book&#39;s was used" in page


# --- variants


def test_a_decision_that_fits_the_numbers_of_another_and_not_the_own_is_told(
    planted: Planted, cohort: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What variants come to is put in the place of the model."""
    own, giver = (planted.by[name] for name in ("two decisions", "two decisions of another's"))
    kept = {own: 3, giver: 4}
    evidence = cohort.evidence | {
        student: replace(cohort.evidence[student], variant=number)
        for student, number in kept.items()
    }
    for misses, told in (({3}, [own]), ({3, 4}, []), (set(), [])):
        monkeypatch.setattr(
            "storagelab.report.alike.judge",
            lambda track, variant, misses=misses: (
                lambda *said: outcomes.Point(1.0, 1.0, ("cost",) if variant in misses else ())
            ),
        )
        found = integrity.facts(replace(cohort, evidence=evidence))
        assert {row["student"] for row in found.of(kind=BORROWED).rows} == set(told)
        assert fact_of(found, planted, "two decisions", ANSWERS)["numbers"] == "different"


@pytest.mark.parametrize(("kept", "variant"), [(1, 1), (100_000, 0), (None, 0)])
def test_the_variant_is_read_off_the_ledger(
    planted: Planted, tmp_path: Path, kept: int | None, variant: int
) -> None:
    """One that there isn't is none, and without a ledger or a term in the notebooks it is 0."""
    if kept is not None:
        said = Opening(kept, course="made-up", term="2026-11", origin="drawn").said
        append_entry(tmp_path, planted.track, NO_PART, "open", said, {})
    assert variant_in(tmp_path, load_track(planted.track), "ada") == variant


# --- laws


LAW = '''
import math

def law(share, wait):
    """Return it."""
    half = share / 2  # of it
    return half * wait
'''


@pytest.mark.parametrize(
    ("source", "same"),
    [
        (LAW.replace("half", "x").replace("# of it", ""), True),
        (LAW.replace('    """Return it."""\n', ""), True),
        (LAW.replace("share, wait", "s: float, w: float").replace("share", "s")
         .replace("* wait", "*w"), True),
        (LAW.replace("/ 2", "/(2)"), True),
        (LAW.replace("/ 2", "/ 3"), False),
        (LAW.replace("half * wait", "wait * half"), False),
        (LAW.replace("half * wait", "half * math.e"), False),
        ("def other(share, wait):\n    return 1\n" + LAW, True),
    ],
)  # fmt: skip
def test_names_comments_and_spacing_of_a_law_dont_matter(source: str, same: bool) -> None:
    law, other = law_in(LAW, "law"), law_in(source, "law")
    assert law is not None
    assert other is not None
    assert (law.form == other.form) == same
    assert law.lines == 2


@pytest.mark.parametrize(
    "source",
    ["", "law = 3", "def law(:", "def law(a):\n    raise ValueError", "def law(a):\n    ...",
     'def law(a):\n    """To do."""', "def law(a):\n    return " + "-" * 20_000 + "a"],
)  # fmt: skip
def test_what_is_no_law_is_none(source: str) -> None:
    assert law_in(source, "law") is None


# --- texts


def test_honest_texts_of_a_class_of_300_are_hardly_alike_and_edited_ones_are() -> None:
    texts = {f"s{at}": words(prose.reflection(random.Random(at))) for at in range(300)}
    assert len(list(similar_pairs(texts, []))) <= 1  # of 44,850 pairs
    copied = texts["s0"]
    texts["copy"] = [*copied[:5], "really", *copied[5:20], "also", *copied[23:]]
    assert ("copy", "s0") in {(one, other) for one, other, _ in similar_pairs(texts, [])}


def test_what_the_question_says_makes_nobody_alike() -> None:
    question = words("why is a random read of the disk so much slower than one in order " * 2)
    own = {"a": "it jumps and waits for the head", "b": "each request pays the price of a seek"}
    texts = {name: [*question, *words(text)] for name, text in own.items()}
    assert list(similar_pairs(texts, question)) == []
    assert len(list(similar_pairs(texts, []))) == 1


def test_short_texts_and_nobody_are_not_compared() -> None:
    assert list(similar_pairs({}, [])) == []
    assert list(similar_pairs({"a": ["yes"] * 9, "b": ["yes"] * 9}, [])) == []
