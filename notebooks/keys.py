"""Answer keys, computed from the models and a track's data. For instructors.

The text of this file goes into the hidden tests, and the generator fills the reference solutions
from it, so that a key exists once and no answer is typed anywhere.
"""

import itertools
from dataclasses import replace

from storagelab.parts import PARTS, si_values
from storagelab.words.answers import in_units


def decisions(track, part):
    """Yield the outcome of every decision on the sliders' grid."""
    controls = part.of(track).controls
    decided = [control for control in controls if control.decided]
    given = part.given(track)
    for values in itertools.product(*(control.values for control in decided)):
        chosen = {item.name: item.to_si(value) for item, value in zip(decided, values)}
        yield part.run(track, {**chosen, **given})


def least_cost(track, part):
    """Return the cheapest outcome that misses no target."""
    met = [outcome for outcome in decisions(track, part) if not outcome.unmet]
    if not met:
        raise ValueError("no decision on the sliders meets the targets")
    return min(met, key=lambda outcome: outcome.cost)


def as_decision(track, part, outcome):
    """Return an outcome's settings as a student types them."""
    decided = [control for control in part.of(track).controls if control.decided]
    return in_units(decided, si_values(outcome.settings))


def compared(track, part):
    """Return the outcome of the baseline with the change that the conclusion asks about."""
    content = part.of(track)
    controls = {control.answer: control for control in content.controls}
    changed = {
        controls[answer].name: controls[answer].to_si(value)
        for answer, value in content.compare.items()
    }
    return part.experiment(track, replace(part.baseline(track).settings, **changed))


def option(track, part, meaning):
    """Return the id of the option that means ``meaning``."""
    options = part.of(track).question.options
    for item in options:
        if meaning in (item.means, item.id):
            return item.id
    raise ValueError(f"the answer is {meaning!r}, and no option of the question means that")


def access_key(track):
    """Return part 1's conclusions: what limits the baseline, and what a better layout is worth."""
    part = PARTS["access"]
    crisis = part.baseline(track)
    if "utilization" in crisis.unmet:
        limits = {"compute": crisis.demand, **crisis.ceilings}
        if track.access.has_control("queue_depth"):
            del limits["latency"]  # more requests in flight cure it; the other limits stay
        limit = min(limits, key=limits.get)
    else:
        if not crisis.unmet:
            raise ValueError("the controls' defaults miss no target: there is no crisis")
        limit = {"misses": "stalls", "budget": "energy"}.get(crisis.unmet[0], crisis.unmet[0])
    answer = option(track, part, limit)
    return {
        "prediction": answer,
        "conclusion": answer,
        "number": compared(track, part).supply / crisis.supply,
    }


def pipeline_key(track):
    """Return part 2's conclusions: what more cache does, and how long a warm pass then takes."""
    part = PARTS["pipeline"]
    crisis = part.baseline(track)
    most = part.of(track).control("cache")
    doubled, largest = (
        part.experiment(track, replace(crisis.settings, cache=cache))
        for cache in (2 * crisis.settings.cache, most.to_si(most.values[-1]))
    )
    if doubled.cold.time < 0.99 * crisis.cold.time:
        answer = "always"
    elif doubled.warm.time < 0.99 * crisis.warm.time:
        answer = "warm"
    else:
        answer = "all" if largest.warm.time < 0.99 * crisis.warm.time else "no"
    answer = option(track, part, answer)
    return {
        "prediction": answer,
        "conclusion": answer,
        "number": compared(track, part).warm.time / part.of(track).answer.si,
    }


def _longer_or_shorter(track, settings):
    part, job = PARTS["checkpoint"], track.checkpoint
    proposed, present = (
        part.experiment(track, replace(settings, interval=interval)).wall_time
        for interval in (job.proposed_interval, job.present_interval)
    )
    if abs(proposed / present - 1) < 0.01:
        return option(track, part, "same")
    return option(track, part, "longer" if proposed > present else "shorter")


def checkpoint_key(track):
    """Return part 3's conclusions: what the proposed interval does once a dump writes less."""
    part = PARTS["checkpoint"]
    changed = compared(track, part)
    return {
        "prediction": _longer_or_shorter(track, part.baseline(track).settings),
        "conclusion": _longer_or_shorter(track, changed.settings),
        "number": changed.wall_time / part.of(track).answer.si,
    }


def avoidable_waste(outcome):
    """Return the seconds of dumps and of work done again: what the interval decides."""
    return outcome.parts["dump"] + outcome.parts["lost"]


def waste_ratio(track, outcome):
    """Return how much more an interval wastes than the best one that the storage survives."""
    best = max(outcome.optimum, outcome.storm_interval, outcome.wear_interval)
    at_best = PARTS["checkpoint"].experiment(track, replace(outcome.settings, interval=best))
    return avoidable_waste(outcome) / avoidable_waste(at_best)


KEYS = {"access": access_key, "pipeline": pipeline_key, "checkpoint": checkpoint_key}


def reference_answers(track, part):
    """Return everything that a perfect student types in a part."""
    best = as_decision(track, part, least_cost(track, part))
    start = as_decision(track, part, part.baseline(track))
    changed = [{**start, key: value} for key, value in best.items()]
    return {**KEYS[part.name](track), "decision": best, "runs": [*changed, best]}
