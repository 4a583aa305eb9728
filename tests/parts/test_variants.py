"""Variants: each student's own numbers, the same lesson, and lines that neighbours rarely share."""

from __future__ import annotations

import itertools
import json
import random
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import keys
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.course import variants as search
from storagelab.course.layout import Layout
from storagelab.course.lessons.lesson import Failure
from storagelab.course.story import spelled_out
from storagelab.course.variants import Search, load_lessons, measure, stored
from storagelab.parts import PARTS
from storagelab.track_files import EXTRA_TRACKS, file_text
from storagelab.tracks import load_track, parse_track
from storagelab.variants import Changes, changes_of, variant_count, variant_of
from storagelab.vary import changed_fields, value_at

SHIPPED = ["cloud_titan", "edge_guardian", "mobile_nomad", "tiny_pioneer"]
EVERY = pytest.mark.parametrize("name", SHIPPED)
BY_DAY = 1
"""Variants of each track that are asked everything by day; all are by night."""


def some(name: str) -> list[int]:
    """Return the variants of a track that are looked at by day: others in each track."""
    chance = random.Random(name)
    return sorted(chance.sample(range(1, variant_count(name) + 1), BY_DAY))


# --- which variant a student has


@pytest.mark.parametrize(
    ("student", "course", "term", "track", "number"),
    [
        ("ada", "storagelab", "2026-11", "edge_guardian", 10),
        ("bob", "storagelab", "2026-11", "edge_guardian", 52),
        ("ada", "storagelab", "2026-11", "tiny_pioneer", 13),
        ("Zoë Ångström", "ml-systems", "2026-11", "mobile_nomad", 3),
    ],
)
def test_a_student_has_the_same_numbers_on_any_machine(
    student: str, course: str, term: str, track: str, number: int
) -> None:
    """Pinned: who changes this changes the numbers of a class in mid-term."""
    assert variant_of(student, course, term, track) == number


@given(st.text(), st.text(), st.text(), st.sampled_from(SHIPPED))
def test_a_students_number_is_one_that_there_is(
    student: str, course: str, term: str, track: str
) -> None:
    number = variant_of(student, course, term, track)
    assert 1 <= number <= variant_count(track)
    assert number == variant_of(student, course, term, track)


def test_names_that_run_together_are_told_apart() -> None:
    drawn = {variant_of(*names, "cloud_titan") for names in
             [("a", "bc", "d"), ("ab", "c", "d"), ("a", "b", "cd"), ("abc", "", "d")]}  # fmt: skip
    assert len(drawn) > 1


@EVERY
def test_a_class_is_spread_over_all_variants_and_another_term_gives_most_other_numbers(
    name: str,
) -> None:
    class_of = [f"student{number}" for number in range(1280)]
    one, other = (
        [variant_of(student, "storagelab", term, name) for student in class_of]
        for term in ("2026-11", "2027-04")
    )
    spread = Counter(one)
    assert set(spread) == set(range(1, variant_count(name) + 1))
    assert max(spread.values()) < 3 * len(class_of) / variant_count(name)
    assert sum(a != b for a, b in zip(one, other, strict=True)) > 0.95 * len(class_of)


# --- what is kept


@EVERY
def test_there_are_as_many_variants_as_promised_and_each_parses(name: str) -> None:
    assert variant_count(name) == search.COUNT >= 64
    seen = set()
    for number in range(1, variant_count(name) + 1):
        track = load_track(name, number)
        assert track.variant == number
        assert load_track(name, number) is track
        seen.add(json.dumps(changes_of(name, number), sort_keys=True))
    assert len(seen) == variant_count(name)


@EVERY
def test_number_0_is_the_file_as_it_is(name: str) -> None:
    book = load_track(name, 0)
    assert book is load_track(name)
    assert book == parse_track(file_text(name), f"{name}.toml")
    assert changes_of(name, 0) == {}
    assert book.variant == 0


@EVERY
def test_every_change_is_one_that_the_file_allows_and_nothing_else_changes(name: str) -> None:
    book = load_track(name)
    places = {place.field: place for place in book.vary}
    said = tomllib.loads(file_text(name))
    for number in range(1, variant_count(name) + 1):
        changes = changes_of(name, number)
        assert set(changes) == set(places)
        for path, value in changes.items():
            assert places[path].allows(value), path
        assert spelled_out(said, book.vary, changes) == []
        other = load_track(name, number)
        for part in PARTS.values():
            assert part.of(other).question == part.of(book).question
            assert part.of(other).crisis == part.of(book).crisis


@pytest.mark.parametrize("number", [-1, 65, 1000])
def test_a_number_that_there_isnt_is_refused_with_those_that_there_are(number: Any) -> None:
    with pytest.raises(ValueError, match=r"has no variant .*; there are 0 to 64"):
        load_track("cloud_titan", number)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"2": {}}', '{"1": 3}'])
def test_a_malformed_file_of_variants_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(EXTRA_TRACKS, str(tmp_path))
    name = f"sky_farer_{len(text)}"  # what was read once is remembered
    assert variant_of("ada", "storagelab", "2026-11", "nobody_has_it") == 0
    (tmp_path / "variants").mkdir()
    (tmp_path / "variants" / f"{name}.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^variants/{name}\.json"):
        variant_count(name)


def test_the_stored_decisions_are_those_of_the_stored_variants(layout: Layout) -> None:
    for name in SHIPPED:
        variants = stored(layout, name)
        assert len(variants) == variant_count(name)
        for variant in variants:
            assert list(variant.decisions) == list(PARTS)


# --- each teaches the lesson


def refused(name: str, number: int, decision: Any) -> list[str]:
    """Return what keeps a stored variant from being admitted, looked for from the start."""
    looked, found = Search(name, file_text(name), keys), []
    changes = changes_of(name, number)
    for part in PARTS:
        lesson = looked.refusal(part, changes)
        if isinstance(lesson, Failure):
            found.append(f"{number}: {lesson}")
        elif lesson.decision != decision[part]:
            found.append(f"{number}: {part}: the least cost is {lesson.decision}")
    return found


@EVERY
def test_a_stored_variant_is_admitted_and_its_decisions_cost_least(
    name: str, layout: Layout
) -> None:
    variants = stored(layout, name)
    for number in some(name):
        assert refused(name, number, variants[number - 1].decisions) == []


@pytest.mark.nightly
@EVERY
def test_every_stored_variant_is_admitted(name: str, layout: Layout) -> None:
    variants = stored(layout, name)
    for number in range(1, variant_count(name) + 1):
        assert refused(name, number, variants[number - 1].decisions) == []


def test_a_candidate_that_breaks_a_criterion_is_refused_by_its_name() -> None:
    looked = Search("tiny_pioneer", file_text("tiny_pioneer"), keys)
    for memory, size in itertools.product(("spi_nor", "fram"), (48, 96)):
        changes: Changes = {"access.compare.memory": memory, "access.compare.request_bytes": size}
        failure = looked.refusal("access", changes)
        assert isinstance(failure, Failure)
        name = "what is compared changes the number by more than its tolerance"
        assert failure.criterion == name
    failure = looked.refusal("checkpoint", {"checkpoint.endurance.0": 3e9})
    assert isinstance(failure, Failure)
    assert failure.criterion == "the start costs more than its cure before the event already"
    assert "times the least" in failure.says
    failure = looked.refusal("access", {"access.target_utilization": 0.5})
    assert isinstance(failure, Failure)
    assert "doesn't vary" in failure.says


# --- texts that spell a number out


def test_a_text_that_spells_out_what_varies_is_found_and_one_that_names_it_is_not() -> None:
    text = file_text("cloud_titan")
    said = tomllib.loads(text)
    book = load_track("cloud_titan")
    changes = {"pipeline.load.within": 60, "dataset.size": 5e12}
    assert spelled_out(said, book.vary, changes) == []
    said["pipeline"]["task"] += " It is 10 TB, in 2 min."
    told = spelled_out(said, book.vary, changes)
    assert sorted(told) == [
        "pipeline.task says “10 TB”, which is dataset.size, and that varies",
        "pipeline.task says “2 min”, which is pipeline.load.within, and that varies",
    ]


def test_what_goes_with_a_field_changes_with_it() -> None:
    text = file_text("mobile_nomad")
    said, book = tomllib.loads(text), load_track("mobile_nomad")
    changes = {"dataset.sample_size": 8192, "node.batch_size": 3000}
    fields = {path: after for path, _, after in changed_fields(said, book.vary, changes)}
    assert fields["dataset.size"] == 8192 * 3000
    assert value_at(said, "dataset.size") == 24576000  # what was given is left alone


# --- lines that are shared


def test_sets_are_put_together_until_every_one_has_met_every_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sets that are in fewest variants may have met already: then others are taken."""
    monkeypatch.setattr(search, "POOL", 3)
    looked = Search("tiny_pioneer", file_text("tiny_pioneer"), keys)
    monkeypatch.setattr(looked, "_shared", lambda pool: np.zeros((3, 3)))
    monkeypatch.setattr(looked, "_assembled", lambda sets: sets)
    pools: Any = [[{group: number} for number in range(3)] for group in ("access", "pipeline")]
    found = looked.assemble(pools, 9)
    assert {(one["access"], one["pipeline"]) for one in found} == {
        *itertools.product(range(3), repeat=2)
    }
    assert looked.assemble(pools, 10) == []


BOUNDS: dict[str, dict[str, tuple[float, float]]] = {
    "cloud_titan": {
        "access": (0.36, 0.09), "pipeline": (0.32, 0.07), "checkpoint": (0.60, 0.09),
        "all": (0.06, 0.002),
    },
    "edge_guardian": {
        "access": (0.37, 0.09), "pipeline": (0.65, 0.24), "checkpoint": (0.40, 0.13),
        "all": (0.07, 0.001),
    },
    "mobile_nomad": {
        "access": (0.78, 0.35), "pipeline": (0.50, 0.30), "checkpoint": (0.25, 0.20),
        "all": (0.07, 0.005),
    },
    "tiny_pioneer": {
        "access": (1.0, 0.35), "pipeline": (0.29, 0.12), "checkpoint": (0.26, 0.27),
        "all": (0.06, 0.005),
    },
}  # fmt: skip
"""Of all ordered pairs of a track's variants: the largest shares in which the least-cost decision
of the one earns all points in the other, and in which its conclusion and number are right there.
Of all parts: decisions, and everything."""


def shares(layout: Layout, name: str, numbers: list[int] | None = None) -> Any:
    lessons = load_lessons(layout, name, keys)
    return measure(lessons if numbers is None else [lessons[number - 1] for number in numbers])


@pytest.mark.nightly
@EVERY
def test_two_students_rarely_share_a_line_with_full_points(name: str, layout: Layout) -> None:
    """The shares that ``docs/variants.md`` states."""
    found, bound = shares(layout, name), BOUNDS[name]
    measured = {part: (found.lines[part], found.answers[part]) for part in PARTS}
    measured["all"] = (found.all_lines, found.everything)
    for part, (lines, answers) in measured.items():
        assert lines <= bound[part][0], part
        assert answers <= bound[part][1], part


@EVERY
def test_a_dozen_students_share_hardly_more_than_all_do(name: str, layout: Layout) -> None:
    found, bound = shares(layout, name, list(range(1, 13))), BOUNDS[name]
    assert found.all_lines <= 2 * bound["all"][0]
    assert found.everything <= 0.03
