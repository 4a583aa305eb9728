"""Part 2: the tiers from the object store to the accelerators, and what they cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from storagelab.checks import Quantity, non_negative, positive
from storagelab.pipeline import (
    CACHE_POLICIES,
    cache_hit_rate,
    connections_for,
    find_bottleneck,
    gains,
    mean_epoch_time,
)
from storagelab.tracks import Track

TIERS = ("link", "nvme", "prepare", "compute")
"""The stages that can bind, from the store to the accelerators."""


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """What the student sets: the cache in bytes, bandwidths in bytes/s, the cache's policy."""

    cache: float
    link: float
    nvme: float
    policy: str

    def __post_init__(self) -> None:
        non_negative("cache", self.cache)
        positive("link", self.link)
        positive("nvme", self.nvme)
        if self.policy not in CACHE_POLICIES:
            known = ", ".join(CACHE_POLICIES)
            raise ValueError(f"unknown policy {self.policy!r}; known are {known}")


@dataclass(frozen=True, kw_only=True)
class Epoch:
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


@dataclass(frozen=True, kw_only=True)
class PipelineOutcome:
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
    costs: dict[str, float]
    """In the track's currency: tiers and what crosses them, requests, idle consumers."""
    budget: float | None

    @property
    def cost(self) -> float:
        """All in all, in the track's currency."""
        return sum(self.costs.values())

    @property
    def unmet(self) -> tuple[str, ...]:
        """The targets that these settings miss: ``utilization``, ``budget``."""
        missed = []
        if self.utilization < self.target_utilization:
            missed.append("utilization")
        if self.budget is not None and self.cost > self.budget:
            missed.append("budget")
        return tuple(missed)


def _ceilings(
    track: Track, link: Quantity, nvme: float, hit_rate: float, filling: float
) -> dict[str, Quantity]:
    """Return the bytes/s of the stream that each tier alone would allow, at ``link`` bytes/s."""
    on_nvme = hit_rate + filling
    unbounded = float("inf")
    return {
        "link": link / (1 - hit_rate) if hit_rate < 1 else unbounded,
        "nvme": nvme / on_nvme if on_nvme > 0 else unbounded,
        "prepare": track.node.prepare_rate * track.dataset.sample_size,
        "compute": track.pass_demand,
    }


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


def feed(track: Track, settings: PipelineSettings) -> PipelineOutcome:
    """Return what feeding ``track``'s dataset through ``settings`` comes to, for one node.

    Link and cache are read at the same time, each for its share of the bytes, so the stream goes
    as fast as the tier that is last. Where the first pass finds the cache empty, it brings
    everything through the link and fills the cache; the others hit at the policy's rate. Cost is
    charged over all passes, not one.
    """
    size, demand, part = track.pass_size, track.pass_demand, track.pipeline
    cached = min(1.0, settings.cache / size)
    warm = _epoch(track, settings, float(cache_hit_rate(cached, settings.policy)), filling=0.0)
    cold = _epoch(track, settings, hit_rate=0.0, filling=cached) if part.cold_start else warm

    epochs = part.epochs
    mean_time = float(mean_epoch_time(cold.time, warm.time, epochs))
    share = size / demand / mean_time
    utilization = share if share < 1 - 1e-12 else 1.0  # a mean of many passes isn't exact
    mean_hits = (cold.hit_rate + warm.hit_rate * (epochs - 1)) / epochs
    fetched, served = size / mean_time * (1 - mean_hits), size / mean_time * mean_hits
    return PipelineOutcome(
        settings=settings,
        demand=demand,
        cold=cold,
        warm=warm,
        epochs=epochs,
        utilization=utilization,
        target_utilization=part.target_utilization,
        connections=int(connections_for(settings.link, part.stream_bandwidth)),
        busy={
            "link": warm.flows["link"] / settings.link,
            "nvme": warm.flows["hits"] / settings.nvme,
            "prepare": warm.rate / warm.ceilings["prepare"],
            "compute": warm.rate / demand,
        },
        costs={
            "link": track.charge("link", settings.link) + track.charge_flow("link_byte", fetched),
            "cache": track.charge("cache", settings.cache),
            "nvme": track.charge("nvme", settings.nvme) + track.charge_flow("cache_byte", served),
            "requests": track.charge_flow("request", fetched / part.request_size),
            "idle": track.charge_flow("idle", (1 - utilization) * track.node.accelerators),
        },
        budget=part.budget,
    )


def one_unit_more(track: Track, settings: PipelineSettings) -> dict[str, float]:
    """Return by how much one more unit of each resource would raise the utilisation.

    By name, for the resources that have a slider, as a share of the whole job's time; a unit is
    the control's ``piece``.
    """
    chosen = asdict(settings)
    scales = [item for item in track.pipeline.controls if item.kind == "scale"]
    return gains(
        lambda resources: feed(track, PipelineSettings(**{**chosen, **resources})).utilization,
        {item.name: chosen[item.name] for item in scales},
        {item.name: item.piece * item.si for item in scales},
    )


def sweep_link(
    track: Track, settings: PipelineSettings, links: np.ndarray
) -> dict[str, np.ndarray]:
    """Return a warm epoch's ceilings and rate at each of ``links`` bytes/s, shape (n,).

    By tier and as ``delivered``, in bytes/s; the rest as in ``settings``.
    """
    shown = positive("links", links)
    warm = feed(track, settings).warm
    ceilings = _ceilings(track, shown, settings.nvme, warm.hit_rate, filling=0.0)
    swept = {tier: np.broadcast_to(ceilings[tier], shown.shape) for tier in TIERS}
    return {**swept, "delivered": np.min(list(swept.values()), axis=0)}
