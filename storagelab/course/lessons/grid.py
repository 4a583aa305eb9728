"""Every decision on the sliders of a part: what it costs, and whether it meets every target."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from storagelab.parts import PIPELINE, AnyOutcome, AnyPart
from storagelab.parts.checkpoint.experiment import evaluate_checkpoint
from storagelab.parts.checkpoint.scheme import scheme
from storagelab.parts.pipeline.experiment import RESOURCES, evaluate_pipelines
from storagelab.schema import Value
from storagelab.tracks import Track


class Grid:
    """What every decision on a part's sliders costs, and whether it meets every target.

    ``costs`` and ``met`` have one axis for each control that the student decides, in the controls'
    order.
    """

    def __init__(self, track: Track, part: AnyPart) -> None:
        self.track, self.part = track, part
        self.controls = [item for item in part.of(track).controls if item.decided]
        self.given = part.given(track)
        self.shape = tuple(len(item.values) for item in self.controls)
        self.costs: npt.NDArray[np.float64]
        self.met: npt.NDArray[np.bool_]
        self.costs, self.met = self._fed() if part is PIPELINE else self._run()

    @property
    def count(self) -> int:
        """How many decisions there are."""
        return self.costs.size

    def settings(self, place: Sequence[int]) -> dict[str, Value]:
        """Return the decided settings at a place on the axes, SI by name."""
        return {
            item.name: item.to_si(item.values[index])
            for item, index in zip(self.controls, place, strict=True)
        }

    def at(self, place: Sequence[int]) -> AnyOutcome:
        """Return the outcome of the decision at a place on the axes."""
        return self.part.run(self.track, {**self.settings(place), **self.given})

    def places(self, chosen: npt.NDArray[np.bool_]) -> list[tuple[int, ...]]:
        """Return the places that are ``chosen``, in their order."""
        return [tuple(int(index) for index in place) for place in np.argwhere(chosen)]

    def axis(self, name: str) -> int | None:
        """Return which axis the control called ``name`` has; None where nobody decides it."""
        names = [item.name for item in self.controls]
        return names.index(name) if name in names else None

    def cheapest(self, chosen: npt.NDArray[np.bool_]) -> tuple[int, ...] | None:
        """Return the place of the least cost among those ``chosen``; None where there are none."""
        if not chosen.any():
            return None
        costs = np.where(chosen, self.costs, np.inf)
        # many at once are counted in another order than one: what is nearly the same is run
        near = self.places(costs <= costs.min() * (1 + 1e-9))
        return min(near, key=lambda place: float(self.at(place).cost))

    def _run(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        costs, met = np.empty(self.shape), np.empty(self.shape, dtype=bool)
        axis = self.axis("interval")
        way = None
        # the last axis is the quickest, and whatever the interval the way of a state is the same
        order = np.arange(costs.size).reshape(self.shape)
        if axis is not None:
            order = np.moveaxis(order, axis, -1)
        for number, flat in enumerate(order.ravel()):
            place = tuple(int(at) for at in np.unravel_index(flat, self.shape))
            if axis is None:
                outcome = self.at(place)
            else:
                values = {**self.part.of(self.track).fixed, **self.settings(place), **self.given}
                settings = self.part.settings(**values)
                if number % self.shape[axis] == 0:
                    way = scheme(self.track, settings)
                outcome = evaluate_checkpoint(self.track, settings, way)
            costs[place], met[place] = outcome.cost, not outcome.unmet
        return costs, met

    def _fed(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return the same of part 2, whose model takes many settings at once."""
        track, content = self.track, self.track.pipeline
        costs, met = np.empty(self.shape), np.empty(self.shape, dtype=bool)
        still = {**content.fixed, **self.given}
        scales = [index for index, item in enumerate(self.controls) if item.name in RESOURCES]
        choices = [index for index in range(len(self.controls)) if index not in scales]
        amounts: dict[str, Any] = {name: still[name] for name in RESOURCES if name in still}
        for axis, index in enumerate(scales):
            item = self.controls[index]
            ends = (1,) * axis + (-1,) + (1,) * (len(scales) - axis - 1)
            values = [float(item.to_si(value)) for value in item.values]
            amounts[item.name] = np.array(values).reshape(ends)
        for picked in itertools.product(*(range(self.shape[index]) for index in choices)):
            chosen = {
                self.controls[index].name: self.controls[index].values[at]
                for index, at in zip(choices, picked, strict=True)
            }
            named = {**still, **chosen}
            feeds = evaluate_pipelines(track, amounts, str(named["policy"]), str(named["content"]))
            where: list[Any] = [slice(None)] * len(self.shape)
            for index, at in zip(choices, picked, strict=True):
                where[index] = at
            costs[tuple(where)] = feeds.cost
            fed = feeds.allowed & (feeds.utilization >= content.target_utilization)
            if content.budget is not None:
                fed = fed & (feeds.cost <= content.budget)
            met[tuple(where)] = fed
        return costs, met
