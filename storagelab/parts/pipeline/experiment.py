"""Part 2: the tiers from the object store to the accelerators, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    connections_for,
    find_bottleneck,
    gains,
    load_time,
    loader_rate,
    mean_epoch_time,
    two_level_hit_rates,
)

if TYPE_CHECKING:
    from storagelab.schema import Value
    from storagelab.tracks import Track

TIERS = ("link", "nvme", "prepare", "compute")
"""The stages that can bind, from the store to the accelerators."""

RESOURCES = ("cache", "link", "nvme", "memory", "workers")
"""What can be bought in any amount, as :class:`PipelineSettings` names it."""


def resources(track: Track) -> tuple[str, ...]:
    """Return those of ``RESOURCES`` that a track has a slider for."""
    return tuple(name for name in RESOURCES if track.pipeline.has_control(name))


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over the data: the share of reads that the caches serve, and how fast it went."""

    hit_rate: float
    """Of the cache; of a log, the share of what is on record that is kept there."""
    memory_hit_rate: float
    """Of what is left of the memory, which is asked before the cache."""
    ceilings: dict[str, float]
    """Bytes/s of the whole stream that each of ``TIERS`` alone would allow."""
    rate: float
    """Bytes/s that reach the accelerators."""
    binding: str
    time: float
    """Seconds."""
    flows: dict[str, float]
    """Bytes/s: ``link``, ``hits`` from the cache, ``memory`` from what is held there, ``fill`` into
    the cache, ``accelerators``."""

    @property
    def supply(self) -> float:
        """Bytes/s that would come if the accelerators took all there is."""
        return min(at for tier, at in self.ceilings.items() if tier != "compute")


class PipelineOutcome(Outcome, frozen=True, kw_only=True):
    """What feeding the track's dataset through some tiers comes to, over the whole job."""

    settings: PipelineSettings
    demand: float
    """Bytes/s that the accelerators take when they never wait; that a log should keep."""
    cold: Epoch
    warm: Epoch
    epochs: int
    utilization: float
    """Share of the whole job's time in which the accelerators compute; of a log, share of the
    incidents that can be reconstructed."""
    target_utilization: float
    read_off: float
    """Seconds that the conclusion asks for: of a warm pass; of a log, those that are on record."""
    connections: int
    """Parallel streams that fill the link."""
    page_cache: float
    """Bytes of the memory that are left to cache."""
    busy: dict[str, float]
    """Share of each tier's bandwidth in use in a warm epoch."""
    load_time: float | None
    """Seconds of the load that has to be in time, if there is one."""
    load_limit: float | None
    cache_limit: float | None
    """Bytes of cache that can be had, if that is less than the slider has."""
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
    allowed: npt.NDArray[np.bool_]
    """Whether the load is in time, and the cache no larger than can be had."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Where, as one resource grows, another stage begins to bind."""

    at: float
    """Of the resource, in SI: the first amount at which ``after`` binds."""
    before: str
    after: str


class _Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass asks for; of a log, what its content is to keep of the stream."""

    size: float
    """Bytes."""
    rate: float
    """Bytes/s."""
    peak: float
    """Bytes/s while something is kept."""
    value: float
    """What it is worth to have all of it: 1, or the incidents that can be reconstructed."""

    @property
    def duration(self) -> float:
        """Seconds of a pass that never waits."""
        return self.size / self.rate


def _demand(track: Track, content: str) -> _Demand:
    size, rate = track.pass_size, track.pass_demand
    if not track.pipeline.is_log:
        return _Demand(size=size, rate=rate, peak=rate, value=1.0)
    kept = track.pipeline.contents[content]
    return _Demand(
        size=size * kept.share,
        rate=rate * kept.share,
        peak=rate * kept.peak,
        value=kept.incidents,
    )


def _ceilings(
    track: Track,
    demand: _Demand,
    chosen: Mapping[str, Q],
    missed: Quantity[Q],
    on_cache: Quantity[Q],
) -> dict[str, Quantity[Q]]:
    """Return the bytes/s of the stream that each tier alone would allow.

    ``chosen`` are amounts of ``RESOURCES`` by name; ``missed`` is the share of the bytes that
    crosses the link, ``on_cache`` the share that is read from the cache or written into it.
    """
    if track.pipeline.is_log:
        # the log fills first, and the uplink adds to it: all along, since what came in a burst and
        # waits in the log is sent later
        link = chosen["cache"] / demand.duration + chosen["link"]
        nvme = (chosen["nvme"] + chosen["link"]) * (demand.rate / demand.peak)
    else:
        link = _allowed(chosen["link"], missed)
        nvme = _allowed(chosen["nvme"], on_cache)
    return {
        "link": link,
        "nvme": nvme,
        "prepare": _prepared(track, chosen) * track.dataset.sample_size,
        "compute": demand.rate,
    }


def _prepared(track: Track, chosen: Mapping[str, Q]) -> Quantity[Q]:
    """Return the samples/s that the workers prepare; those that lack memory don't run."""
    workers, room = chosen["workers"], track.pipeline.worker_memory
    if room:
        workers = np.minimum(workers, np.maximum(chosen["memory"], 1.0) / room)
    node = track.node
    return loader_rate(workers, node.cores, node.cores / node.prepare_rate)


def _page_cache(track: Track, memory: Quantity[Q], workers: Quantity[Q]) -> Q:
    """Return the bytes of memory that the workers leave to cache."""
    return to_scalar(np.maximum(0.0, memory - workers * track.pipeline.worker_memory))


def _allowed(bandwidth: Quantity[Q], share: Quantity[Q]) -> Q:
    """Return the bytes/s of a stream of which ``share`` takes a way of ``bandwidth`` bytes/s."""
    with np.errstate(divide="ignore"):  # what takes another way isn't bound by this one
        return to_scalar(np.divide(bandwidth, share))


def _hit_rates(
    track: Track, cache: Quantity[Q], page_cache: Quantity[Q], policy: str
) -> tuple[tuple[Q, Q], Q]:
    """Return the shares of the reads that memory and cache serve, once they are filled.

    And the share of the data that the first pass writes into the cache. A log serves no reads.
    """
    held, cached = (np.minimum(1.0, room / track.pass_size) for room in (page_cache, cache))
    if track.pipeline.is_log:
        none: Q = to_scalar(np.zeros_like(cached))
        return (none, none), none
    kept = np.minimum(cached, 1 - held)  # what the memory holds isn't in the cache
    return two_level_hit_rates(held, cached, policy), to_scalar(kept)


def _missed(hits: tuple[Q, Q]) -> Q:
    """Return the share of the reads that neither memory nor cache serves."""
    share = np.asarray(1 - hits[0] - hits[1])
    return to_scalar(np.where(share > 1e-12, share, 0.0))  # a sum of shares isn't exact


def _epoch(
    track: Track,
    demand: _Demand,
    settings: PipelineSettings,
    hits: tuple[float, float],
    filling: float = 0.0,
) -> Epoch:
    """Return one epoch, of which memory and cache serve ``hits``.

    ``filling`` is the share of the bytes that is written to the cache.
    """
    missed = _missed(hits)
    ceilings = _ceilings(track, demand, _amounts(settings), missed, hits[1] + filling)
    bottleneck = find_bottleneck(ceilings)  # a tie with the accelerators is none
    rate = bottleneck.rate
    link = rate * missed
    if track.pipeline.is_log:
        link = min(settings.link, rate)
        hits = (0.0, 1 - link / rate)
    return Epoch(
        hit_rate=hits[1],
        memory_hit_rate=hits[0],
        ceilings=ceilings,
        rate=rate,
        binding=bottleneck.binding,
        time=demand.size / rate,
        flows={
            "link": link,
            "hits": rate * hits[1],
            "memory": rate * hits[0],
            "fill": rate * filling,
            "accelerators": rate,
        },
    )


def _amounts(settings: PipelineSettings) -> dict[str, float]:
    """Return the amount of each of ``RESOURCES``."""
    return {name: getattr(settings, name) for name in RESOURCES}


def evaluate_pipeline(track: Track, settings: PipelineSettings) -> PipelineOutcome:
    """Return what feeding ``track``'s dataset through ``settings`` comes to, for one node.

    Memory, cache and link are read at the same time, each for its share of the bytes, so the
    stream goes as fast as the tier that is last; the memory's own bandwidth never is. Where the
    first pass finds the caches empty, it brings everything through the link and fills them; the
    others hit at the policy's rate. A log works the other way round: it takes a stream that comes
    whether or not there is room (:func:`storagelab.pipeline.recorded_share`). Cost is charged over
    all passes, not one.
    """
    part, demand, chosen = track.pipeline, _demand(track, settings.content), _amounts(settings)
    page_cache = _page_cache(track, settings.memory, settings.workers)
    hits, filling = _hit_rates(track, settings.cache, page_cache, settings.policy)
    warm = cold = _epoch(track, demand, settings, hits)
    if part.cold_start:
        cold = _epoch(track, demand, settings, (0.0, 0.0), filling)
    utilization, fetched, served = _over_the_job(
        track,
        demand,
        (cold.rate, warm.rate),
        (cold.flows["link"], warm.flows["link"]),
        (cold.flows["hits"], warm.flows["hits"]),
    )
    recorded = demand.duration * warm.rate / demand.peak
    return PipelineOutcome(
        settings=settings,
        demand=demand.rate,
        cold=cold,
        warm=warm,
        epochs=part.epochs,
        utilization=utilization,
        target_utilization=part.target_utilization,
        read_off=recorded if part.is_log else warm.time,
        connections=connections_for(settings.link, part.stream_bandwidth),
        page_cache=page_cache,
        busy={
            "link": warm.flows["link"] / settings.link,
            "nvme": warm.flows["hits"] / settings.nvme,
            "prepare": warm.rate / warm.ceilings["prepare"],
            "compute": warm.rate / demand.rate,
        },
        load_time=None if part.load is None else _load_time(track, chosen),
        load_limit=None if part.load is None else part.load.within,
        cache_limit=part.cache_limit,
        costs=_costs(track, chosen, utilization, fetched, served),
        budget=part.budget,
    )


def _load_time(track: Track, chosen: Mapping[str, Q]) -> Q:
    """Return the seconds of the load that has to be in time: the whole of it takes every stage."""
    load = track.pipeline.load
    if load is None:
        raise ValueError(f"nothing has to be loaded in the track {track.name}")
    ways = np.broadcast_arrays(chosen["link"], chosen["nvme"], load.machine_bandwidth)
    times = load_time(load.size or track.pass_size, np.stack(ways, axis=-1))
    return to_scalar(np.asarray(times))


def _over_the_job(
    track: Track,
    demand: _Demand,
    rates: tuple[Q, Q],
    by_link: tuple[Q, Q],
    from_cache: tuple[Q, Q],
) -> tuple[Q, Q, Q]:
    """Return the utilisation over all passes, and the bytes/s by link and from the cache.

    Each pair is of the first pass and of the others, in bytes/s: what arrives, what crosses the
    link, and what the cache serves.
    """
    epochs = track.pipeline.epochs
    first, later = (demand.size / rate for rate in rates)
    mean_time = mean_epoch_time(first, later, epochs)
    share = demand.duration / mean_time
    # a mean of many passes isn't exact
    utilization: Q = to_scalar(demand.value * np.where(share < 1 - 1e-12, share, 1.0))

    def over_all(flows: tuple[Q, Q]) -> Q:
        cold, warm = flows
        return (cold * first + warm * later * (epochs - 1)) / (mean_time * epochs)

    return utilization, over_all(by_link), over_all(from_cache)


def _costs(
    track: Track,
    chosen: Mapping[str, Q],
    utilization: Q,
    fetched: Q,
    served: Q,
) -> dict[str, Q]:
    """Return what the tiers cost, with ``fetched`` and ``served`` bytes/s over them."""
    link, cache, nvme = (track.charge(name, chosen[name]) for name in ("link", "cache", "nvme"))
    return {
        "link": link + track.charge_flow("link_byte", fetched),
        "cache": cache,
        "nvme": nvme + track.charge_flow("cache_byte", served),
        "memory": track.charge("memory", chosen["memory"]),
        "workers": track.charge("core", chosen["workers"]),
        "requests": track.charge_flow("request", fetched / track.pipeline.request_size),
        "idle": track.charge_flow("idle", (1 - utilization) * track.node.accelerators),
    }


def evaluate_pipelines(
    track: Track,
    amounts: Mapping[str, float | Floats],
    policy: str,
    content: str,
) -> Feeds:
    """Return what :func:`evaluate_pipeline` says of many settings at once.

    ``amounts`` are those of ``RESOURCES`` by name, in SI: arrays that go together in shape, or
    numbers. Raises ``ValueError`` where :class:`PipelineSettings` would.
    """
    chosen = {
        name: (non_negative if name in ("cache", "memory") else positive)(name, amounts[name])
        for name in RESOURCES
    }
    part, demand = track.pipeline, _demand(track, content)
    page_cache = _page_cache(track, chosen["memory"], chosen["workers"])
    hits, filling = _hit_rates(track, chosen["cache"], page_cache, policy)
    missed, cached = _missed(hits), hits[1]
    shape = np.broadcast_shapes(*(amount.shape for amount in chosen.values()))
    ceilings = _ceilings(track, demand, chosen, missed, cached)
    warm = {tier: np.broadcast_to(ceiling, shape) for tier, ceiling in ceilings.items()}
    rate = first_rate = np.minimum.reduce(list(warm.values()))
    by_link = rate * missed
    if part.is_log:
        by_link = np.minimum(chosen["link"], rate)
    from_cache = rate - by_link if part.is_log else rate * cached
    first_link, first_cache = by_link, from_cache
    if part.cold_start:
        first = _ceilings(track, demand, chosen, np.ones_like(missed), filling).values()
        first_rate = np.minimum.reduce([np.broadcast_to(ceiling, shape) for ceiling in first])
        first_link, first_cache = first_rate, np.zeros_like(first_rate)
    utilization, fetched, served = _over_the_job(
        track, demand, (first_rate, rate), (first_link, by_link), (first_cache, from_cache)
    )
    costs = _costs(track, chosen, utilization, fetched, served)
    allowed = np.ones(shape, dtype=bool)
    if part.load is not None:
        allowed = allowed & (_load_time(track, chosen) <= part.load.within)
    if part.cache_limit is not None:
        allowed = allowed & (chosen["cache"] <= part.cache_limit)
    return Feeds(
        ceilings=warm,
        rate=rate,
        utilization=utilization,
        cost=np.broadcast_to(sum(costs.values()), shape),
        allowed=allowed,
    )


def one_unit_more(track: Track, settings: PipelineSettings) -> dict[str, float]:
    """Return by how much one more unit of each resource would raise the rate of a warm pass.

    By name, for the resources that have a slider, in bytes/s; a unit is the control's ``piece``.
    """
    chosen = asdict(settings)
    scales = [item for item in track.pipeline.controls if item.kind == "scale"]
    return gains(
        lambda resources: (
            evaluate_pipeline(track, PipelineSettings(**{**chosen, **resources})).warm.rate
        ),
        {item.name: chosen[item.name] for item in scales},
        {item.name: item.piece * item.si for item in scales},
    )


def sweep(track: Track, settings: PipelineSettings, resource: str, values: Floats) -> Feeds:
    """Return what ``settings`` come to with each of ``values`` of one resource instead, shape (n,).

    ``resource`` is one of ``RESOURCES``, in bytes, bytes/s or a number of workers. Raises
    ``ValueError`` for another one, or a value that :class:`PipelineSettings` refuses.
    """
    if resource not in RESOURCES:
        raise ValueError(f"unknown resource {resource!r}; known are {', '.join(RESOURCES)}")
    amounts: dict[str, float | Floats] = {**_amounts(settings), resource: values}
    return evaluate_pipelines(track, amounts, settings.policy, settings.content)


def binding_changes(
    track: Track, settings: PipelineSettings, resource: str, values: Floats
) -> tuple[Change, ...]:
    """Return where another stage begins to bind in a warm epoch, as ``resource`` grows.

    ``values`` ascend, in SI, and part the range into steps; a stage that binds only inside of
    one step is overlooked. ``resource`` is one of ``RESOURCES``. The places are found by halving
    again and again, to a part in 1e9.
    """
    ceilings = sweep(track, settings, resource, values).ceilings
    # among equals the last one, as in an epoch
    binding = len(TIERS) - 1 - np.argmin([ceilings[tier] for tier in reversed(TIERS)], axis=0)
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


def on_the_sliders(track: Track) -> list[Feeds]:
    """Return what every position of all sliders comes to, a grid for each choice besides."""
    grids = [np.array(_offered(track, name), dtype=float) for name in RESOURCES]
    meshes = np.meshgrid(*grids, indexing="ij", sparse=True)
    amounts: dict[str, Floats] = dict(zip(RESOURCES, meshes, strict=True))
    return [
        evaluate_pipelines(track, amounts, str(policy), str(content))
        for policy in _offered(track, "policy")
        for content in _offered(track, "content")
    ]


def _offered(track: Track, name: str) -> list[Value]:
    """Return what a setting can be, in SI: the values of its control, or what the track fixes."""
    part = track.pipeline
    if not part.has_control(name):
        return [part.fixed[name]]
    control = part.control(name)
    return [control.to_si(value) for value in control.values]


def frontier(track: Track) -> tuple[Floats, Floats]:
    """Return utilisation and cost of the positions of the sliders that no other one beats in both.

    Of those that are allowed, by ascending utilisation, and so by ascending cost.
    """
    found = on_the_sliders(track)
    allowed = np.concatenate([feeds.allowed.ravel() for feeds in found])
    useful = np.concatenate([feeds.utilization.ravel() for feeds in found])[allowed]
    cost = np.concatenate([feeds.cost.ravel() for feeds in found])[allowed]
    order = np.lexsort((-useful, cost))
    useful, cost = useful[order], cost[order]
    best = np.maximum.accumulate(useful)
    better = np.concatenate([[True], best[1:] > best[:-1]])
    return useful[better], cost[better]
