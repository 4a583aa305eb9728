"""Bottlenecks: which stage binds, by how much, and what one more unit of anything would buy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec

from storagelab.checks import positive, require, single


class Bottleneck(msgspec.Struct, frozen=True):
    """Which of some stages in a row holds the others up."""

    binding: str
    rate: float
    """What comes through all of them, in the unit of the ceilings."""
    slack: dict[str, float]
    """How much more each stage alone could carry, as a share of the rate: 0 where it binds."""


def find_bottleneck(ceilings: Mapping[str, float]) -> Bottleneck:
    """Return the bottleneck of stages that work at the same time, from their ``ceilings``.

    Each ceiling is what the stage alone would let through, in one unit for all (bytes/s or
    samples/s), infinite where it doesn't bind at all. The rate is the least of them. Among
    equals the last one binds: give the stage that one wants to be busy last.

    Raises ``ValueError`` for no stages, or a ceiling that is NaN or not above 0.
    """
    require(bool(ceilings), "ceilings must name at least one stage")
    for name, ceiling in ceilings.items():
        if ceiling != math.inf:
            single(name, positive(name, ceiling))
    binding = min(reversed(list(ceilings)), key=lambda name: ceilings[name])
    rate = float(ceilings[binding])
    require(math.isfinite(rate), "ceilings must hold at least one that is finite")
    return Bottleneck(binding, rate, {name: at / rate - 1 for name, at in ceilings.items()})


def gains(
    rate: Callable[[Mapping[str, float]], float],
    resources: Mapping[str, float],
    units: Mapping[str, float],
) -> dict[str, float]:
    """Return what one more unit of each resource would buy, by name.

    ``rate`` is the model, ``resources`` the present amounts, ``units`` how much one unit is (a
    Gb/s, a drive, a core); the gain is ``rate(with one more) - rate(now)``, in the model's
    unit. A whole step, no derivative: at a kink the two differ, and a step is what one can buy.

    Raises ``ValueError`` for a unit of 0 or less, or a resource that has none.
    """
    missing = sorted(set(resources) - set(units))
    require(not missing, f"units must name one for each resource; missing: {', '.join(missing)}")
    now = rate(resources)
    return {
        name: rate({**resources, name: amount + single(name, positive(name, units[name]))}) - now
        for name, amount in resources.items()
    }
