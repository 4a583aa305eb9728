"""Answer keys, computed from the models and a track's data. For instructors.

The text of this file goes into the hidden tests, and the generator fills the reference solutions
from it, so that a key exists once and no answer is typed anywhere.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from storagelab.parts import ACCESS, CHECKPOINT, PIPELINE, AnyPart, Part, si_values
from storagelab.parts.answers import in_units
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.part import OutcomeT, SettingsT
from storagelab.schema import Value
from storagelab.tracks import Track

if TYPE_CHECKING:  # who is in another part doesn't load this one's models
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome


def decisions(track: Track, part: Part[SettingsT, OutcomeT]) -> Iterator[OutcomeT]:
    """Yield the outcome of every decision on the sliders' grid."""
    controls = part.of(track).controls
    decided = [control for control in controls if control.decided]
    given = part.given(track)
    for values in itertools.product(*(control.values for control in decided)):
        chosen = {item.name: item.to_si(value) for item, value in zip(decided, values, strict=True)}
        yield part.run(track, {**chosen, **given})


def least_cost(track: Track, part: Part[SettingsT, OutcomeT]) -> OutcomeT:
    """Return the cheapest outcome that misses no target."""
    met = [outcome for outcome in decisions(track, part) if not outcome.unmet]
    if not met:
        raise ValueError("no decision on the sliders meets the targets")
    return min(met, key=lambda outcome: outcome.cost)


def as_decision(track: Track, part: AnyPart, outcome: Any) -> dict[str, Value]:
    """Return an outcome's settings as a student types them."""
    decided = [control for control in part.of(track).controls if control.decided]
    return in_units(decided, si_values(outcome.settings))


def compared(track: Track, part: Part[SettingsT, OutcomeT]) -> OutcomeT:
    """Return the outcome of the crisis with the change that the conclusion asks about."""
    content = part.of(track)
    return part.run(track, {**content.turned, **content.to_si(content.compare)})


def option(track: Track, part: AnyPart, meaning: str) -> str:
    """Return the id of the option that means ``meaning``."""
    options = part.of(track).question.options
    for item in options:
        if meaning in (item.means, item.id):
            return item.id
    raise ValueError(f"the answer is {meaning!r}, and no option of the question means that")


def access_key(track: Track) -> dict[str, Any]:
    """Return part 1's conclusions: what binds in the crisis, and what order is worth."""
    crisis = ACCESS.crisis(track)
    if not crisis.unmet:
        raise ValueError("the crisis misses no target")
    answer = option(track, ACCESS, crisis.binding)
    return {
        "prediction": answer,
        "conclusion": answer,
        "number": compared(track, ACCESS).order_factor,
    }


def pipeline_key(track: Track) -> dict[str, Any]:
    """Return part 2's conclusions: what more cache does, and the number that the change gives."""
    crisis = PIPELINE.baseline(track)
    most = track.pipeline.control("cache")
    doubled, largest = (
        PIPELINE.experiment(track, replace(crisis.settings, cache=cache))
        for cache in (2 * crisis.settings.cache, float(most.to_si(most.values[-1])))
    )
    if doubled.cold.rate > 1.01 * crisis.cold.rate:
        answer = "always"
    elif doubled.warm.rate > 1.01 * crisis.warm.rate:
        answer = "warm"
    else:
        answer = "all" if largest.warm.rate > 1.01 * crisis.warm.rate else "no"
    answer = option(track, PIPELINE, answer)
    return {
        "prediction": answer,
        "conclusion": answer,
        "number": compared(track, PIPELINE).read_off / track.pipeline.answer.si,
    }


SAME_LOSS = 0.05
"""Share by which two losses may differ and still count as the same."""


def _longer_or_shorter(track: Track, settings: CheckpointSettings) -> str:
    job = track.checkpoint
    proposed, present = (
        CHECKPOINT.experiment(track, replace(settings, interval=interval)).loss
        for interval in (job.proposed_interval, job.present_interval)
    )
    if abs(proposed / present - 1) < SAME_LOSS:
        return option(track, CHECKPOINT, "same")
    return option(track, CHECKPOINT, "longer" if proposed > present else "shorter")


def checkpoint_key(track: Track) -> dict[str, Any]:
    """Return part 3's conclusions: what the proposed interval does once a dump writes less."""
    changed = compared(track, CHECKPOINT)
    return {
        "prediction": _longer_or_shorter(track, CHECKPOINT.baseline(track).settings),
        "conclusion": _longer_or_shorter(track, changed.settings),
        "number": changed.loss / track.checkpoint.answer.si,
    }


def avoidable_waste(outcome: "CheckpointOutcome") -> float:
    """Return the seconds of dumps and of work done again: what the interval decides."""
    return outcome.parts["dump"] + outcome.parts["lost"]


def waste_ratio(track: Track, outcome: "CheckpointOutcome") -> float:
    """Return how much more an interval wastes than the best one that the storage survives."""
    best = max(outcome.optimum, outcome.storm_interval, outcome.wear_interval)
    at_best = CHECKPOINT.experiment(track, replace(outcome.settings, interval=best))
    return avoidable_waste(outcome) / avoidable_waste(at_best)


KEYS = {ACCESS.name: access_key, PIPELINE.name: pipeline_key, CHECKPOINT.name: checkpoint_key}


def reference_answers(
    track: Track, part: AnyPart, decision: dict[str, Value] | None = None
) -> dict[str, Any]:
    """Return everything that a perfect student types in a part.

    The best ``decision`` is looked for among all, where it isn't known.
    """
    best = decision or as_decision(track, part, least_cost(track, part))
    start = as_decision(track, part, part.crisis(track))
    changed = [{**start, key: value} for key, value in best.items()]
    return {**KEYS[part.name](track), "decision": best, "runs": [*changed, best]}
