"""Service times: how long one thing takes, and how much that varies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storagelab.checks import Floats, fraction, non_negative, single


@dataclass(frozen=True)
class ServiceTime:
    """A service time with a body and a tail.

    The body is gamma-distributed: constant for a squared coefficient of variation of 0,
    exponential for 1. The tail is a stall (garbage collection, an erase, a slow object) that is
    added now and then. Raises ``ValueError`` for a negative time or variation, or a probability
    outside [0, 1].
    """

    mean: float
    """Seconds, without stalls."""
    squared_variation: float = 0.0
    """Squared coefficient of variation of the body."""
    stall_probability: float = 0.0
    stall_time: float = 0.0
    """Seconds that a stall adds."""

    def __post_init__(self) -> None:
        for name in ("mean", "squared_variation", "stall_time"):
            single(name, non_negative(name, getattr(self, name)))
        single("stall_probability", fraction("stall_probability", self.stall_probability))

    @property
    def total_mean(self) -> float:
        """Mean seconds, stalls included."""
        return self.mean + self.stall_probability * self.stall_time

    def draw(self, generator: np.random.Generator, count: int) -> Floats:
        """Return ``count`` independent service times in seconds, shape (count,)."""
        if self.squared_variation > 0 and self.mean > 0:
            shape = 1 / self.squared_variation
            times = generator.gamma(shape, self.mean / shape, count)
        else:
            times = np.full(count, float(self.mean))
        if self.stall_probability > 0:
            times = times + self.stall_time * (generator.random(count) < self.stall_probability)
        return times
