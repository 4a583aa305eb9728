"""What an answer shows that a student has missed, in the misconception's words and own numbers.

Feedback is made of these sentences. None holds an answer: they speak of what the student typed,
of what the model says of that, and of what everybody sees at the start. How far a cost or a
waste is from the least is said in wide steps, and the least itself never.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from storagelab.parts import Outcome, Part
from storagelab.tracks import AccessPart, CheckpointPart, PipelinePart, Track
from storagelab.units import format_share, format_time, significant
from storagelab.words.dress import cost_with_period, format_answer, format_job_cost

ANOTHER_UNIT = (8, 24, 60, 100, 1000, 1024, 3600, 86400, 1e6)
"""Factors between units that are taken for one another."""


@dataclass(frozen=True)
class Conclusion:
    """What a student concluded, and what was locked before the evidence."""

    option: str
    number: float
    locked: str = ""
    """The option in the ledger; empty where there is none."""
    confidence: float = 0.0


def refuted(track: Track, part: Part, said: Conclusion) -> str:
    """Return the idea behind a wrong conclusion, and the numbers to hold against it."""
    option = part.of(track).question.option(said.option)
    sentences = [
        f"You concluded {said.option!r}: “{part.words(track, option.text)}” The idea behind it: "
        f"“{option.belief}”."
    ]
    if said.locked == said.option:
        sentences.append(
            f"You were {format_share(said.confidence)} sure of it before the evidence, and have "
            "held on to it."
        )
    return " ".join([*sentences, _evidence(track, part, said)])


def _evidence(track: Track, part: Part, said: Conclusion) -> str:
    content, terms = part.of(track), track.terms
    start = part.baseline(track)
    shown = part.figures(track, start)
    if isinstance(content, AccessPart):
        late = ""
        if content.misses_limit is not None:
            late = f" and {shown['misses']} {terms.steps} an hour come too late"
        return (
            f"At the start {shown['supply']} {terms.samples} a second come where "
            f"{shown['demand']} are asked for{late}. Which bar of the waterfall grows then?"
        )
    number = f"{significant(said.number, 4)} {content.answer.unit}"
    if isinstance(content, PipelinePart):
        return (
            f"By your own number, {terms.warm} takes {number} with "
            f"{content.compare_words.rstrip(',')}. At the start it takes "
            f"{format_answer(content.answer, start.warm.time)}. "
            "Do the two agree with the idea?"
        )
    return (
        f"By your own number, {terms.run} takes {number} with a {terms.dump} every "
        f"{shown['proposed_interval']}, now that a {terms.dump} writes less. What does it take "
        f"with one every {shown['present_interval']}?"
    )


def misread(track: Track, part: Part, name: str, number: float, right: float, near: float) -> str:
    """Return what seems to be wrong with a number that was read off.

    ``right`` is the number itself, which isn't said, and ``near`` the share that it may be off.
    """
    content = part.of(track)
    change = content.compare_words.rstrip(",")
    lead = f"`{name}`: {significant(number, 4)} isn't what the workbench shows."
    again = f"Put everything back to the start, then change one thing: {change}."
    if isinstance(content, CheckpointPart):
        proposed = format_time(content.proposed_interval)
        again = f"Put everything back to the start, let {change}, and save every {proposed}."
    if abs(number / right - 1) <= 5 * near:
        return f"{lead} It is close: read it off more exactly. {again}"
    before = _at_the_start(track, part)
    for value, what in before.items():
        if math.isclose(number, value, rel_tol=near):
            return f"{lead} That is {what}. {again}"
    unit = "times" if isinstance(content, AccessPart) else content.answer.unit
    if isinstance(content, AccessPart) and math.isclose(number * right, 1, rel_tol=near):
        return f"{lead} It is turned round: how many times more is asked for, not what is left."
    for factor in ANOTHER_UNIT:
        if any(math.isclose(number * by, right, rel_tol=near) for by in (factor, 1 / factor)):
            return f"{lead} It looks like another unit: {unit} are asked for."
    return f"{lead} {again}"


def _at_the_start(track: Track, part: Part) -> dict[float, str]:
    """Return numbers of the start that are taken for the one after the change."""
    content, start, terms = part.of(track), part.baseline(track), track.terms
    if isinstance(content, AccessPart):
        return {1.0: "no change at all"}
    si = content.answer.si
    if isinstance(content, PipelinePart):
        return {
            start.cold.time / si: "the first pass before the change",
            start.warm.time / si: "what it takes before the change",
        }
    return {
        start.wall_time / si: f"what {terms.run} takes before the change",
        start.solve_time / si: f"the work of {terms.run} alone, without {terms.dumps} and losses",
    }


def missed_targets(track: Track, part: Part, outcome: Outcome) -> list[str]:
    """Return a sentence or two for each target that a decision misses, with its own numbers."""
    told = part.of(track).unmet
    numbers = _against_targets(track, part, outcome)
    return [
        f"{told.get(name, 'Your decision misses a target.')} {numbers[name]}".strip()
        for name in outcome.unmet
    ]


def _against_targets(track: Track, part: Part, outcome: Outcome) -> dict[str, str]:
    content, terms = part.of(track), track.terms
    shown = part.figures(track, outcome)
    if isinstance(content, CheckpointPart):
        dumps = f"{terms.dumps[0].upper()}{terms.dumps[1:]}"
        return {
            "storage": f"{dumps} take {shown['storage_share']} of its time, where "
            f"{shown['storage_limit']} may: {shown['dump_time']} every {shown['interval']}.",
            "wear": f"It lasts {shown['life']}, and {shown['life_target']} are asked for.",
            "waste": f"The overhead is {shown['overhead']}, and {shown['waste_limit']} may be.",
            "ends": f"Between two failures lie {shown['mtbf']}, between two {terms.dumps} "
            f"{shown['interval']}.",
        }
    fed = track.fed if isinstance(content, PipelinePart) else terms.consumer
    busy = (
        f"{fed.name[0].upper()}{fed.name[1:]} {fed.verb(fed.works)} {shown['utilization']} of "
        f"the time, and {shown['target']} are asked for. What binds at your settings is "
        f"{shown['binding']}."
    )
    budget = f"It takes {shown['cost']}; the budget is {shown['budget']}."
    if isinstance(content, PipelinePart):
        return {"utilization": busy, "budget": budget}
    allowed = shown["misses_limit"] if content.misses_limit else "none"
    return {
        "utilization": busy,
        "reach": f"It moves a {terms.sample} by {shown['reach']} places on average, and "
        f"{shown['reach_target']} are asked for.",
        "misses": f"{shown['misses']} {terms.steps} an hour come too late, and {allowed} may.",
        "budget": budget,
    }


def too_dear(track: Track, part: Part, outcome: Outcome, times: float) -> str:
    """Return what is said of a decision that meets its targets at ``times`` the least cost."""
    if isinstance(part.of(track), CheckpointPart):
        cost = f"{format_job_cost(track, outcome.cost)} for {track.terms.run}"
    else:
        cost = cost_with_period(track, outcome.cost)
    if times <= 2:
        dear = "up to twice what would do"
    elif times <= 5:
        dear = "two to five times what would do"
    else:
        dear = "more than five times what would do"
    most = max(outcome.costs, key=lambda name: float(outcome.costs[name]))
    item = _items(track, part)[most]
    of_it = format_share(outcome.costs[most] / outcome.cost)
    return (
        f"Your decision meets every target, and costs {cost}: {dear}. The largest part of it, "
        f"{of_it}, is for {item}. Which setting could be smaller and still meet the targets?"
    )


def _items(track: Track, part: Part) -> dict[str, str]:
    """Return what the items of a part's costs are called."""
    terms, content = track.terms, part.of(track)
    idle = f"the time in which {track.terms.consumer.name} {track.terms.consumer.verb('wait')}"
    if isinstance(content, AccessPart):
        return {
            "device": "the device and its work",
            "memory": "buffer and requests in flight",
            "requests": "requests",
            "idle": idle,
        }
    if isinstance(content, PipelinePart):
        return {
            "link": f"the {terms.link}",
            "cache": f"the room in the {terms.cache}",
            "nvme": f"the bandwidth of the {terms.cache}",
            "requests": "requests",
            "idle": f"the time in which {track.fed.name} {track.fed.verb('wait')}",
        }
    return {"wasted": "time that is wasted", "bandwidth": terms.writes}


def wasteful_interval(track: Track, outcome: Outcome, times: float) -> str:
    """Return what is said of an interval that wastes ``times`` what the best one does."""
    terms = track.terms
    dump, lost = outcome.parts["dump"], outcome.parts["lost"]
    if times <= 1.25:
        much = "up to a quarter more than has to be"
    elif times < 2:
        much = "a quarter more to twice as much as has to be"
    else:
        much = "more than twice of what has to be"
    return (
        f"At an interval of {format_time(outcome.settings.interval)}, {terms.dumps} take "
        f"{format_time(dump)} of {terms.run} and work done again {format_time(lost)}: together "
        f"{much}. The greater of the two is {terms.dumps if dump > lost else 'work done again'}."
    )
