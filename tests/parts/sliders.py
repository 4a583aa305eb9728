"""Every position of a part's sliders, as the tests of the experiments walk through them."""

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track

EVERY_PART = [
    pytest.param(name, part, id=f"{name}-{part.name}") for name in TRACKS for part in PARTS.values()
]


def of_part(part_name: str) -> list[Any]:
    """Return each track's name with one part, as parameters of a test."""
    return [pytest.param(name, PARTS[part_name], id=name) for name in TRACKS]


def positions(part: Any, track: Any, count: int = 1500, seed: int = 20) -> Iterator[Any]:
    """Yield outcomes at ``count`` random positions of all sliders, and at every slider's ends."""
    controls = part.of(track).controls
    generator = np.random.default_rng(seed)
    for _ in range(count):
        picks = [item.values[generator.integers(len(item.values))] for item in controls]
        yield at(part, track, picks)
    for ends in itertools.product(*((item.values[0], item.values[-1]) for item in controls)):
        yield at(part, track, ends)


def at(part: Any, track: Any, values: Any) -> Any:
    """Return the outcome with the sliders at ``values``, in the student's units."""
    controls = part.of(track).controls
    settings = {item.name: item.to_si(value) for item, value in zip(controls, values, strict=True)}
    return part.run(track, settings)


def baseline_but(part: Any, track: Any, **changes: Any) -> Any:
    """Return the outcome of the defaults with some SI values changed."""
    controls = part.of(track).controls
    return part.run(
        track, {**{item.name: item.to_si(item.default) for item in controls}, **changes}
    )


@cache
def decisions(track_name: str, part_name: str) -> list[Any]:
    """Return the outcome of every decision that the sliders allow, at what the task gives."""
    track, part = load_track(track_name), PARTS[part_name]
    given = part.given(track)
    controls = part.of(track).controls
    free = [
        [given[item.name]] if item.name in given else [item.to_si(value) for value in item.values]
        for item in controls
    ]
    names = [item.name for item in controls]
    return [
        part.run(track, dict(zip(names, values, strict=True)))
        for values in itertools.product(*free)
    ]


@cache
def least_cost(track_name: str, part_name: str) -> Any:
    """Return the cheapest decision that meets every target."""
    met = (item for item in decisions(track_name, part_name) if not item.unmet)
    return min(met, key=lambda item: item.cost)
