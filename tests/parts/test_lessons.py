"""What every track has to teach: a crisis, a way out, and a shortcut that doesn't pay."""

import importlib
import itertools
import math
import re
from functools import cache
from typing import Any

import keys
import pytest

from storagelab.course.answers import load_answers
from storagelab.course.layout import find_layout
from storagelab.course.lessons import CRITERIA, Criterion
from storagelab.course.lessons.lesson import TOLERANCES, Lesson
from storagelab.course.lessons.texts import prose
from storagelab.labs import checking
from storagelab.parts import PARTS
from storagelab.track_files import shipped
from storagelab.tracks import TRACKS, load_track
from tests.parts.sliders import EVERY_PART, decisions, least_cost, positions

pytestmark = pytest.mark.usefixtures("searched_once")
PAIRS = [
    pytest.param(part, *pair, id=f"{part.name}-{'-'.join(pair)}")
    for part in PARTS.values()
    for pair in itertools.permutations(TRACKS, 2)
]
"""A part, whose answers are copied, and into whose notebook."""
ASKED = [
    pytest.param(name, criterion, part, id=f"{name}-{part.name}-{criterion.name}")
    for name in TRACKS
    for criterion in CRITERIA
    for part in PARTS.values()
    if part.name in criterion.parts and (name in shipped() or not criterion.advice)
]
"""Every criterion of every part of every track."""


@cache
def lesson(name: str, part_name: str) -> Lesson:
    return Lesson(load_track(name), PARTS[part_name], keys)


@cache
def answers(name: str, part_name: str) -> Any:
    """Return what a perfect student of a track types in a part."""
    return keys.reference_answers(load_track(name), PARTS[part_name])


# --- the crisis and the way out, over every decision that the sliders allow


@pytest.mark.parametrize(("name", "criterion", "part"), ASKED)
def test_the_lesson_is_taught(name: str, criterion: Criterion, part: Any) -> None:
    """A crisis, a way out, several decisions with all points, no shortcut, no answer given away."""
    assert [str(failure) for failure in criterion.check(lesson(name, part.name))] == []


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_grid_is_every_decision_run_by_itself(name: str, part: Any) -> None:
    grid, every = lesson(name, part.name).grid, decisions(name, part.name)
    assert grid.count == len(every)
    assert grid.met.ravel().tolist() == [not outcome.unmet for outcome in every]
    assert grid.costs.ravel() == pytest.approx([outcome.cost for outcome in every], rel=1e-9)
    assert lesson(name, part.name).best == least_cost(name, part.name)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_answer_keys_search_the_same_decisions(name: str, part: Any) -> None:
    track = load_track(name)
    assert list(keys.decisions(track, part)) == decisions(name, part.name)
    best = keys.as_decision(track, part, least_cost(name, part.name))
    assert answers(name, part.name)["decision"] == best
    assert part.judge(track, best) == least_cost(name, part.name)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_every_limit_that_is_broken_has_a_sentence(name: str, part: Any) -> None:
    seen = {limit for outcome in decisions(name, part.name) for limit in outcome.unmet}
    seen |= set(part.crisis(load_track(name)).unmet)
    assert seen <= set(part.of(load_track(name)).unmet)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_costs_are_their_items_and_none_is_negative(name: str, part: Any) -> None:
    for outcome in positions(part, load_track(name), count=400):
        items = outcome.costs.values()
        assert outcome.cost == pytest.approx(math.fsum(items))
        assert min(items) >= 0


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_same_settings_give_the_same_outcome(name: str, part: Any) -> None:
    track = load_track(name)
    assert part.baseline(track) == part.baseline(track)
    assert part.crisis(track) == part.crisis(track)


# --- the lock


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_no_two_options_say_or_believe_the_same(name: str, part: Any) -> None:
    options = part.of(load_track(name)).question.options
    for field in ("id", "text", "belief", "words"):
        said = [getattr(option, field) for option in options]
        assert len(set(said)) == len(said)


# --- the prose


def instructors(name: str, part: Any) -> Any:
    """Return the answers of a track's part that no model computes."""
    return load_answers(find_layout(), name).of(part)


def as_written(track: Any, part: Any) -> dict[str, Any]:
    """Return what is shown of a track's part as its files have it, by where it stands."""
    content, told = part.of(track), instructors(track.name, part)
    return {
        "title": content.title,
        "reason": told.reason,
        "compare": content.compare_words,
        **{f"unmet: {limit}": text for limit, text in content.unmet.items()},
        **{f"scheme {index}": text for index, text in enumerate(told.scheme)},
        **{f"fact {index}": text for index, text in enumerate(told.facts)},
        **{f"{option.id}: belief": option.belief for option in content.question.options},
        **{control.name: control.label for control in content.controls},
    }


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_no_name_of_a_number_is_left_in_the_prose(name: str, part: Any) -> None:
    track = load_track(name)
    shown = prose(lesson(name, part.name))
    filled = {where: part.words(track, text) for where, text in shown.items()}
    for where, text in {**filled, **as_written(track, part)}.items():
        assert not re.search(r"[{}]", text), where
        assert not re.search(r"\b(nan|inf|None)\b", text), where
        assert text == text.strip(), where
        assert text, where


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_words_are_filled_at_every_end_of_the_sliders(name: str, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=20):
        for where, text in prose(lesson(name, part.name)).items():
            filled = part.words(track, text, outcome)
            assert not re.search(r"[{}]|\b(nan|inf|None)\b", filled), where
        for said in (part.summary(track, outcome), part.equation(track, outcome).tex):
            assert not re.search(r"\b(nan|inf|None)\b", said)


# --- the law that the student writes


def written(name: str, part: Any) -> Any:
    """Return the function that a law's solution is, as in a student's notebook."""
    law = part.of(load_track(name)).law
    body = "\n".join(f"    {line}" for line in instructors(name, part).solution)
    namespace = {"math": math}
    exec(f"def {law.name}({', '.join(law.arguments)}):\n{body}", namespace)
    return namespace[law.name]


def model_of(law: Any) -> Any:
    room, _, function = law.model.partition(".")
    return getattr(importlib.import_module(f"storagelab.{room}"), function)


def law_of(name: Any, part: Any) -> tuple[Any, Any]:
    """Return a part's law and the inputs that it is tested with."""
    law = part.of(load_track(name)).law
    return law, checking.drawn(f"{name}/{part.name}/law", law.ranges)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_solution_is_the_packages_own_law(name: str, part: Any) -> None:
    law, cases = law_of(name, part)
    solution = written(name, part)
    checking.follows_law(solution, model_of(law), cases, law.options)
    example = model_of(law)(*law.example, **law.options)
    assert solution(*law.example) == pytest.approx(example, rel=1e-6)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_a_law_that_always_gives_the_example_is_refused(name: str, part: Any) -> None:
    law, cases = law_of(name, part)
    example = model_of(law)(*law.example, **law.options)
    with pytest.raises(ValueError, match="not with the law on other inputs"):
        checking.follows_law(lambda *arguments: example, model_of(law), cases, law.options)


# --- another track's answers


@pytest.mark.parametrize(("part", "source", "target"), PAIRS)
def test_neither_conclusion_nor_number_of_another_track_is_right(
    part: Any, source: str, target: str
) -> None:
    copied, right = (answers(name, part.name) for name in (source, target))
    ids = [option.id for option in part.of(load_track(target)).question.options]
    assert copied["conclusion"] not in ids or copied["conclusion"] != right["conclusion"]
    assert abs(copied["number"] / right["number"] - 1) > TOLERANCES[part.name]


@pytest.mark.parametrize(("part", "source", "target"), PAIRS)
def test_no_decision_and_no_run_of_another_track_can_be_read(
    part: Any, source: str, target: str
) -> None:
    copied = answers(source, part.name)
    for decision in (copied["decision"], *copied["runs"]):
        part.judge(load_track(source), decision)
        with pytest.raises(ValueError, match=r"decision has the unknown entry"):
            part.judge(load_track(target), decision)


@pytest.mark.parametrize(("part", "source", "target"), PAIRS)
def test_the_law_of_another_track_is_missing_or_wrong(part: Any, source: Any, target: Any) -> None:
    copied, _ = law_of(source, part)
    law, cases = law_of(target, part)
    namespace = {copied.name: written(source, part)}
    with pytest.raises(ValueError, match=f"There is no `{law.name}`|not with the law|stopped"):
        checking.follows_law(
            checking.answer_in(namespace, law.name), model_of(law), cases, law.options
        )
