"""Part 2: the tiers from the object store to the accelerators, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from storagelab.checks import Floats, Q, Quantity, non_negative, positive, to_scalar
from storagelab.parts.limits import Limit
from storagelab.parts.outcome import Outcome
from storagelab.parts.pipeline import limits
from storagelab.parts.pipeline.settings import PipelineSettings
from storagelab.pipeline import (
    cache_hit_rate,
    connections_for,
    find_bottleneck,
    gains,
    mean_epoch_time,
)

if TYPE_CHECKING:
    from storagelab.tracks import Track

TIERS = ("link", "nvme", "prepare", "compute")
"""The stages that can bind, from the store to the accelerators."""

RESOURCES = ("cache", "link", "nvme")
"""What can be bought in any amount, as :class:`PipelineSettings` names it."""


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over the data: the share of reads that the cache serves, and how fast it went."""

    hit_rate: float
    ceilings: dict[str, float]
    """Bytes/s of the whole stream that each of ``TIERS`` alone would allow."""
    rate: float
    """Bytes/s that reach the accelerators."""
    binding: str
    time: float
    """Seconds."""
    flows: dict[str, float]
    """Bytes/s: ``link``, ``hits`` from the cache, ``fill`` into it, ``accelerators``."""

    @property
    def supply(self) -> float:
        """Bytes/s that would come if the accelerators took all there is."""
        return min(at for tier, at in self.ceilings.items() if tier != "compute")


class PipelineOutcome(Outcome, frozen=True, kw_only=True):
    """What feeding the track's dataset through some tiers comes to, over the whole job."""

    settings: PipelineSettings
    demand: float
    """Bytes/s that the accelerators take when they never wait."""
    cold: Epoch
    warm: Epoch
    epochs: int
    utilization: float
    """Share of the whole job's time in which the accelerators compute."""
    target_utilization: float
    connections: int
    """Parallel streams that fill the link."""
    busy: dict[str, float]
    """Share of each tier's bandwidth in use in a warm epoch."""
    budget: float | None

    @property
    def limits(self) -> Sequence[Limit[PipelineOutcome]]:
        """What a decision can miss."""
        return limits.LIMITS


class Feeds(msgspec.Struct, frozen=True, kw_only=True):
    """What :class:`PipelineOutcome` says of many settings at once: arrays of one shape."""

    ceilings: dict[str, Floats]
    """Bytes/s of a warm epoch that each of ``TIERS`` alone would allow."""
    rate: Floats
    """Bytes/s of a warm epoch that reach the accelerators."""
    utilization: Floats
    cost: Floats


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Where, as one resource grows, another stage begins to bind."""

    at: float
    """Of the resource, in SI: the first amount at which ``after`` binds."""
    before: str
    after: str


def _ceilings(
    track: Track,
    link: Quantity[Q],
    nvme: Quantity[Q],
    hit_rate: Quantity[Q],
    filling: Quantity[Q],
) -> dict[str, Quantity[Q]]:
    """Return the bytes/s of the stream that each tier alone would allow, at ``link`` bytes/s."""
    return {
        "link": _allowed(link, 1 - hit_rate),
        "nvme": _allowed(nvme, hit_rate + filling),
        "prepare": track.node.prepare_rate * track.dataset.sample_size,
        "compute": track.pass_demand,
    }


def _allowed(bandwidth: Quantity[Q], share: Quantity[Q]) -> Q:
    """Return the bytes/s of a stream of which ``share`` takes a way of ``bandwidth`` bytes/s."""
    with np.errstate(divide="ignore"):  # what takes another way isn't bound by this one
        return to_scalar(np.divide(bandwidth, share))


def _epoch(track: Track, settings: PipelineSettings, hit_rate: float, filling: float) -> Epoch:
    """Return one epoch; ``filling`` is the share of the bytes that is written to the cache."""
    ceilings = _ceilings(track, settings.link, settings.nvme, hit_rate, filling)
    bottleneck = find_bottleneck(ceilings)  # a tie with the accelerators is none
    rate = bottleneck.rate
    return Epoch(
        hit_rate=hit_rate,
        ceilings=ceilings,
        rate=rate,
        binding=bottleneck.binding,
        time=track.pass_size / rate,
        flows={
            "link": rate * (1 - hit_rate),
            "hits": rate * hit_rate,
            "fill": rate * filling,
            "accelerators": rate,
        },
    )


def evaluate_pipeline(track: Track, settings: PipelineSettings) -> PipelineOutcome:
    """Return what feeding ``track``'s dataset through ``settings`` comes to, for one node.

    Link and cache are read at the same time, each for its share of the bytes, so the stream goes
    as fast as the tier that is last. Where the first pass finds the cache empty, it brings
    everything through the link and fills the cache; the others hit at the policy's rate. Cost is
    charged over all passes, not one.
    """
    size, demand, part = track.pass_size, track.pass_demand, track.pipeline
    cached = min(1.0, settings.cache / size)
    warm = _epoch(track, settings, cache_hit_rate(cached, settings.policy), filling=0.0)
    cold = _epoch(track, settings, hit_rate=0.0, filling=cached) if part.cold_start else warm

    utilization, fetched, served = _over_the_job(
        track, cold.rate, warm.rate, cold.hit_rate, warm.hit_rate
    )
    return PipelineOutcome(
        settings=settings,
        demand=demand,
        cold=cold,
        warm=warm,
        epochs=part.epochs,
        utilization=utilization,
        target_utilization=part.target_utilization,
        connections=connections_for(settings.link, part.stream_bandwidth),
        busy={
            "link": warm.flows["link"] / settings.link,
            "nvme": warm.flows["hits"] / settings.nvme,
            "prepare": warm.rate / warm.ceilings["prepare"],
            "compute": warm.rate / demand,
        },
        costs=_costs(
            track, settings.cache, settings.link, settings.nvme, utilization, fetched, served
        ),
        budget=part.budget,
    )


def _over_the_job(
    track: Track, cold: Q, warm: Q, cold_hits: Quantity[Q], warm_hits: Quantity[Q]
) -> tuple[Q, Q, Q]:
    """Return the utilisation over all passes, and the bytes/s by link and from the cache.

    ``cold`` and ``warm`` are the rates of the first pass and of the others, in bytes/s, with
    their hit rates.
    """
    size, epochs = track.pass_size, track.pipeline.epochs
    mean_time = mean_epoch_time(size / cold, size / warm, epochs)
    share = size / track.pass_demand / mean_time
    # a mean of many passes isn't exact
    utilization: Q = to_scalar(np.where(share < 1 - 1e-12, share, 1.0))
    hits = (cold_hits + warm_hits * (epochs - 1)) / epochs
    return utilization, size / mean_time * (1 - hits), size / mean_time * hits


def _costs(
    track: Track,
    cache: Q,
    link: Q,
    nvme: Q,
    utilization: Q,
    fetched: Q,
    served: Q,
) -> dict[str, Q]:
    """Return what the tiers cost, with ``fetched`` and ``served`` bytes/s over them."""
    return {
        "link": track.charge("link", link) + track.charge_flow("link_byte", fetched),
        "cache": track.charge("cache", cache),
        "nvme": track.charge("nvme", nvme) + track.charge_flow("cache_byte", served),
        "requests": track.charge_flow("request", fetched / track.pipeline.request_size),
        "idle": track.charge_flow("idle", (1 - utilization) * track.node.accelerators),
    }


def evaluate_pipelines(
    track: Track, cache: float | Floats, link: float | Floats, nvme: float | Floats, policy: str
) -> Feeds:
    """Return what :func:`evaluate_pipeline` says of many settings at once.

    ``cache`` in bytes, ``link`` and ``nvme`` in bytes/s: arrays that go together in shape, or
    numbers. Raises ``ValueError`` where :class:`PipelineSettings` would.
    """
    caches = non_negative("cache", cache)
    links, nvmes = positive("link", link), positive("nvme", nvme)
    shape = np.broadcast_shapes(caches.shape, links.shape, nvmes.shape)
    cached = np.minimum(1.0, caches / track.pass_size)
    hits = cache_hit_rate(cached, policy)
    ceilings = {
        tier: np.broadcast_to(ceiling, shape)
        for tier, ceiling in _ceilings(track, links, nvmes, hits, filling=0.0).items()
    }
    rate = first_rate = np.minimum.reduce(list(ceilings.values()))
    first_hits = hits
    if track.pipeline.cold_start:
        first_hits = np.zeros_like(hits)
        first = _ceilings(track, links, nvmes, first_hits, filling=cached).values()
        first_rate = np.minimum.reduce([np.broadcast_to(ceiling, shape) for ceiling in first])
    utilization, fetched, served = _over_the_job(track, first_rate, rate, first_hits, hits)
    costs = _costs(track, caches, links, nvmes, utilization, fetched, served)
    return Feeds(
        ceilings=ceilings,
        rate=rate,
        utilization=utilization,
        cost=np.broadcast_to(sum(costs.values()), shape),
    )


def one_unit_more(track: Track, settings: PipelineSettings) -> dict[str, float]:
    """Return by how much one more unit of each resource would raise the utilisation.

    By name, for the resources that have a slider, as a share of the whole job's time; a unit is
    the control's ``piece``.
    """
    chosen = asdict(settings)
    scales = [item for item in track.pipeline.controls if item.kind == "scale"]
    return gains(
        lambda resources: (
            evaluate_pipeline(track, PipelineSettings(**{**chosen, **resources})).utilization
        ),
        {item.name: chosen[item.name] for item in scales},
        {item.name: item.piece * item.si for item in scales},
    )


def sweep(track: Track, settings: PipelineSettings, resource: str, values: Floats) -> Feeds:
    """Return what ``settings`` come to with each of ``values`` of one resource instead, shape (n,).

    ``resource`` is ``cache`` (bytes), ``link`` or ``nvme`` (bytes/s). Raises ``ValueError`` for
    another one, or a value that :class:`PipelineSettings` refuses.
    """
    if resource not in RESOURCES:
        raise ValueError(f"unknown resource {resource!r}; known are {', '.join(RESOURCES)}")
    chosen = {name: getattr(settings, name) for name in RESOURCES}
    return evaluate_pipelines(track, **{**chosen, resource: values}, policy=settings.policy)


def binding_changes(
    track: Track, settings: PipelineSettings, resource: str, values: Floats
) -> tuple[Change, ...]:
    """Return where another stage begins to bind in a warm epoch, as ``resource`` grows.

    ``values`` ascend, in SI, and part the range into steps; a stage that binds only inside of
    one step is overlooked. ``resource`` is one of ``RESOURCES``. The places are found by halving
    again and again, to a part in 1e9.
    """
    binding = _binding(track, settings, resource, values)
    changes: list[Change] = []
    for index in np.flatnonzero(binding[1:] != binding[:-1]):
        low, high = float(values[index]), float(values[index + 1])
        if high - low <= 1e-9 * high:
            before, after = (TIERS[binding[at]] for at in (index, index + 1))
            changes.append(Change(at=high, before=before, after=after))
        else:
            steps = np.linspace(low, high, 65)
            changes += binding_changes(track, settings, resource, steps)
    return tuple(changes)


def _binding(
    track: Track, settings: PipelineSettings, resource: str, values: Floats
) -> npt.NDArray[np.intp]:
    """Return which of ``TIERS`` binds, by its index; among equals the last, as in an epoch."""
    swept = {name: getattr(settings, name) for name in RESOURCES} | {resource: values}
    cached = np.minimum(1.0, swept["cache"] / track.pass_size)
    hits = cache_hit_rate(cached, settings.policy)
    ceilings = _ceilings(track, swept["link"], swept["nvme"], hits, filling=0.0)
    backwards = [np.broadcast_to(ceilings[tier], values.shape) for tier in reversed(TIERS)]
    binding: npt.NDArray[np.intp] = len(TIERS) - 1 - np.argmin(backwards, axis=0)
    return binding
