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
    met = (outcome for outcome in decisions(track, part) if not outcome.unmet)
    return min(met, key=lambda outcome: outcome.cost)


def as_decision(track, part, outcome):
    """Return an outcome's settings as a student types them."""
    decided = [control for control in part.of(track).controls if control.decided]
    return in_units(decided, si_values(outcome.settings))


def access_key(track):
    """Return part 1's conclusions: what limits the baseline, and what shards are worth."""
    part = PARTS["access"]
    crisis = part.baseline(track)
    limits = {"compute": crisis.demand, **crisis.ceilings}
    del limits["latency"]  # more requests in flight cure it; the other limits stay
    shards = part.experiment(
        track, replace(crisis.settings, format="webdataset", request_size=16 * 2**20)
    )
    return {
        "prediction": min(limits, key=limits.get),
        "conclusion": min(limits, key=limits.get),
        "times_faster": shards.supply / crisis.supply,
    }


def pipeline_key(track):
    """Return part 2's conclusions: what more cache does, and how long a warm epoch then takes."""
    part = PARTS["pipeline"]
    crisis = part.baseline(track)
    doubled = part.experiment(track, replace(crisis.settings, cache=2 * crisis.settings.cache))
    whole = part.experiment(track, replace(crisis.settings, cache=track.dataset.size))
    if doubled.cold.time < 0.99 * crisis.cold.time:
        answer = "always"
    elif doubled.warm.time < 0.99 * crisis.warm.time:
        answer = "warm"
    else:
        answer = "all" if whole.warm.time < 0.99 * crisis.warm.time else "no"
    return {
        "prediction": answer,
        "conclusion": answer,
        "warm_hours": doubled.warm.time / 3600,
    }


def _longer_or_shorter(track, sharded):
    part, job = PARTS["checkpoint"], track.checkpoint
    settings = replace(part.baseline(track).settings, sharded=sharded)
    proposed, present = (
        part.experiment(track, replace(settings, interval=interval)).wall_time
        for interval in (job.proposed_interval, job.present_interval)
    )
    if abs(proposed / present - 1) < 0.01:
        return "same", proposed
    return ("longer" if proposed > present else "shorter"), proposed


def checkpoint_key(track):
    """Return part 3's conclusions: what the proposed interval does once each node saves a shard."""
    conclusion, wall_time = _longer_or_shorter(track, sharded=True)
    return {
        "prediction": _longer_or_shorter(track, sharded=False)[0],
        "conclusion": conclusion,
        "month_hours": wall_time / 3600,
    }


def avoidable_waste(outcome):
    """Return the seconds of dumps and of work done again: what the interval decides."""
    return outcome.parts["dump"] + outcome.parts["lost"]


def waste_ratio(track, outcome):
    """Return how much more an interval wastes than the best one that the storage survives."""
    best = max(outcome.optimum, outcome.storm_interval)
    at_best = PARTS["checkpoint"].experiment(track, replace(outcome.settings, interval=best))
    return avoidable_waste(outcome) / avoidable_waste(at_best)


KEYS = {"access": access_key, "pipeline": pipeline_key, "checkpoint": checkpoint_key}


def reference_answers(track, part):
    """Return everything that a perfect student types in a part."""
    best = as_decision(track, part, least_cost(track, part))
    start = as_decision(track, part, part.baseline(track))
    changed = [{**start, key: value} for key, value in best.items()]
    return {**KEYS[part.name](track), "decision": best, "runs": [*changed, best]}
