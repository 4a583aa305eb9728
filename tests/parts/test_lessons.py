"""What every track has to teach: a crisis, a way out, and a shortcut that doesn't pay."""

import importlib
import itertools
import math
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import keys
import pytest

from storagelab.course.answers import load_answers
from storagelab.course.layout import find_layout
from storagelab.labs import checking
from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import evaluate_checkpoint
from storagelab.parts.scoring import share_for_cost, share_for_waste
from storagelab.tracks import TRACKS, load_track
from tests.parts.sliders import EVERY_PART, decisions, least_cost, positions

PAIRS = [
    pytest.param(part, *pair, id=f"{part.name}-{'-'.join(pair)}")
    for part in PARTS.values()
    for pair in itertools.permutations(TRACKS, 2)
]
"""A part, whose answers are copied, and into whose notebook."""
FULL_SHARE = 0.02
"""Of all decisions on the sliders, at least so many earn all points."""
TOLERANCES = {"access": 0.1, "pipeline": 0.05, "checkpoint": 0.05}


@cache
def answers(name: str, part_name: str) -> Any:
    """Return what a perfect student of a track types in a part."""
    return keys.reference_answers(load_track(name), PARTS[part_name])


# --- the crisis and the way out, over every decision that the sliders allow


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_crisis_misses_its_target(name: str, part: Any) -> None:
    assert part.crisis(load_track(name)).unmet


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_a_region_of_the_sliders_meets_the_target(name: str, part: Any) -> None:
    """No needle in a haystack, and no target that anything meets."""
    outcomes = decisions(name, part.name)
    met = sum(not outcome.unmet for outcome in outcomes)
    assert met >= min(20, 0.05 * len(outcomes))
    assert met <= 0.75 * len(outcomes)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_several_decisions_earn_all_points(name: str, part: Any) -> None:
    """What is free beside the crisis leaves room for engineers who disagree."""
    least, crisis = least_cost(name, part.name).cost, part.crisis_cost(load_track(name))
    every = decisions(name, part.name)
    full = [
        outcome
        for outcome in every
        if not outcome.unmet and share_for_cost(outcome.cost, least, crisis) == 1
    ]
    assert len(full) >= FULL_SHARE * len(every)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_maximum_everything_does_not_pay(name: str, part: Any) -> None:
    """The largest of all sliders, and the most frequent checkpoint: a limit breaks, or the money
    does."""
    track = load_track(name)
    given = part.given(track)
    most = {}
    for control in part.of(track).controls:
        last = max(control.values) if control.kind == "scale" else control.values[-1]
        if control.name == "interval":
            last = min(control.values)
        most[control.name] = given.get(control.name, control.to_si(last))
    outcome = part.run(track, most)
    assert outcome.unmet or outcome.cost >= 1.5 * least_cost(name, part.name).cost


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_way_out_costs_less_than_the_crisis(name: str, part: Any) -> None:
    track = load_track(name)
    crisis = part.run(track, {**part.of(track).turned, **part.given(track)})
    assert least_cost(name, part.name).cost < 0.7 * crisis.cost


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


# --- the ops lead's call


def interval_points(track: Any, outcome: Any) -> Any:
    """Return the share of the points that an interval earns: none where a limit breaks."""
    if outcome.unmet:
        return 0.0
    return share_for_waste(keys.waste_ratio(track, outcome))


@pytest.mark.parametrize("name", TRACKS)
def test_the_event_moves_the_best_interval_and_who_keeps_the_old_one_loses_points(
    name: str,
) -> None:
    track = load_track(name)
    best = least_cost(name, "checkpoint")
    settings = best.settings
    calm = PARTS["checkpoint"].baseline(track).settings.node_mtbf
    before = evaluate_checkpoint(track, replace(settings, node_mtbf=calm))
    old = max(before.optimum, before.storm_interval, before.wear_interval)
    new = max(best.optimum, best.storm_interval, best.wear_interval)
    assert new < old / 1.2
    kept = evaluate_checkpoint(track, replace(settings, interval=old))
    assert keys.waste_ratio(track, kept) > 1.05
    assert interval_points(track, kept) < 1
    assert interval_points(track, best) == 1


@pytest.mark.parametrize("name", TRACKS)
def test_the_best_interval_on_the_slider_before_the_event_loses_points_after_it(name: str) -> None:
    """With anything else as in the cheapest decision, as a student would have left it."""
    track = load_track(name)
    settings = least_cost(name, "checkpoint").settings
    control = track.checkpoint.control("interval")
    calm = PARTS["checkpoint"].baseline(track).settings.node_mtbf
    offered = [
        evaluate_checkpoint(track, replace(settings, interval=control.to_si(value), node_mtbf=calm))
        for value in control.values
    ]
    old = min((item for item in offered if not item.unmet), key=lambda item: item.wasted)
    kept = evaluate_checkpoint(track, replace(old.settings, node_mtbf=settings.node_mtbf))
    assert keys.waste_ratio(track, kept) > 1.05
    assert interval_points(track, kept) < 1


@pytest.mark.parametrize("name", TRACKS)
def test_several_intervals_on_the_slider_earn_all_points_after_the_event(name: str) -> None:
    track = load_track(name)
    best = least_cost(name, "checkpoint")
    control = track.checkpoint.control("interval")
    earned = [
        interval_points(
            track, evaluate_checkpoint(track, replace(best.settings, interval=control.to_si(value)))
        )
        for value in control.values
    ]
    assert sum(points == 1 for points in earned) >= 1
    assert sum(points > 0 for points in earned) >= 4
    assert sum(points > 0 for points in earned) <= 0.75 * len(earned)


# --- the lock


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_keys_are_options_of_the_lock(name: str, part: Any) -> None:
    track = load_track(name)
    ids = [option.id for option in part.of(track).question.options]
    key = keys.KEYS[part.name](track)
    assert key["prediction"] in ids
    assert key["conclusion"] in ids
    assert math.isfinite(key["number"])
    assert key["number"] > 0


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_what_is_compared_changes_the_crisis_by_more_than_the_tolerance(
    name: str, part: Any
) -> None:
    """Who leaves the workbench at the start and reads the number off there has another one."""
    track = load_track(name)
    number = keys.KEYS[part.name](track)["number"]
    crisis = part.crisis(track)
    content = part.of(track)
    there = {
        "access": lambda: crisis.order_factor,
        "pipeline": lambda: crisis.warm.time / content.answer.si,
        "checkpoint": lambda: crisis.loss / content.answer.si,
    }[part.name]()
    assert abs(there / number - 1) > TOLERANCES[part.name]


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_every_option_answers_with_the_models_numbers(name: str, part: Any) -> None:
    track = load_track(name)
    known = part.figures(track, part.crisis(track))
    for option in part.of(track).question.options:
        named = {field for _, field, _, _ in Formatter().parse(option.words) if field is not None}
        assert named, option.id
        assert named <= set(known)
        assert any(re.search(r"\d", known[field]) for field in named), option.id


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_no_two_options_say_or_believe_the_same(name: str, part: Any) -> None:
    options = part.of(load_track(name)).question.options
    for field in ("id", "text", "belief", "words"):
        said = [getattr(option, field) for option in options]
        assert len(set(said)) == len(said)


# --- the prose


def prose(track: Any, part: Any) -> dict[str, Any]:
    """Return what is shown of a track's part with numbers in it, by where it stands."""
    content = part.of(track)
    shown = {
        "crisis": content.crisis,
        "question": content.question.text,
        "look": content.look,
        "task": content.task,
        "reflection": content.reflection,
    }
    for option in content.question.options:
        shown[f"{option.id}: text"] = option.text
        shown[f"{option.id}: words"] = option.words
    if part.has_event:
        shown["event"] = content.event
    return shown


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
    filled = {where: part.words(track, text) for where, text in prose(track, part).items()}
    for where, text in {**filled, **as_written(track, part)}.items():
        assert not re.search(r"[{}]", text), where
        assert not re.search(r"\b(nan|inf|None)\b", text), where
        assert text == text.strip(), where
        assert text, where


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_words_are_filled_at_every_end_of_the_sliders(name: str, part: Any) -> None:
    track = load_track(name)
    for outcome in positions(part, track, count=20):
        for where, text in prose(track, part).items():
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
    part: Any, source: str, target: Path
) -> None:
    copied, right = (answers(name, part.name) for name in (source, target))
    ids = [option.id for option in part.of(load_track(target)).question.options]
    assert copied["conclusion"] not in ids or copied["conclusion"] != right["conclusion"]
    assert abs(copied["number"] / right["number"] - 1) > TOLERANCES[part.name]


@pytest.mark.parametrize(("part", "source", "target"), PAIRS)
def test_no_decision_and_no_run_of_another_track_can_be_read(
    part: Any, source: str, target: Path
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
