"""Part 2: the tiers from the object store to the accelerators, and what they cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from storagelab.checks import Quantity, non_negative, positive
from storagelab.cost import idle_cost
from storagelab.pipeline import (
    cache_hit_rate,
    connections_for,
    find_bottleneck,
    gains,
    mean_epoch_time,
)
from storagelab.tracks import Track
from storagelab.units import GB, GBIT_PER_SECOND, MONTH

TIERS = ("link", "nvme", "prepare", "compute")
"""The stages that can bind, from the store to the accelerators."""


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """What the student sets: the cache in bytes, bandwidths in bytes/s."""

    cache: float
    link: float
    nvme: float

    def __post_init__(self) -> None:
        non_negative("cache", self.cache)
        positive("link", self.link)
        positive("nvme", self.nvme)


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One epoch of the dataset: the share of reads that the cache serves, and how fast it went."""

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
    """Dollars a month: link, cache, nvme, requests, idle accelerators."""

    @property
    def cost(self) -> float:
        """Dollars a month, all in all."""
        return sum(self.costs.values())

    @property
    def unmet(self) -> tuple[str, ...]:
        """The targets that these settings miss: ``utilization``."""
        return () if self.utilization >= self.target_utilization else ("utilization",)


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
        "compute": track.node.demand * track.dataset.sample_size,
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
        time=track.dataset.size / rate,
        flows={
            "link": rate * (1 - hit_rate),
            "hits": rate * hit_rate,
            "fill": rate * filling,
            "accelerators": rate,
        },
    )


def feed(track: Track, settings: PipelineSettings) -> PipelineOutcome:
    """Return what feeding ``track``'s dataset through ``settings`` comes to, for one node.

    Link and NVMe are read at the same time, each for its share of the bytes, so the stream goes
    as fast as the tier that is last. The first epoch finds the cache empty, passes everything
    through the link and fills the cache; the others hit at the policy's rate for fresh
    permutations. Cost is charged over all epochs, not one pass.
    """
    cached = min(1.0, settings.cache / track.dataset.size)
    policy = track.pipeline.policy
    cold = _epoch(track, settings, hit_rate=0.0, filling=cached)
    warm = _epoch(track, settings, float(cache_hit_rate(cached, policy)), filling=0.0)

    epochs, node = track.pipeline.epochs, track.node
    demand = node.demand * track.dataset.sample_size
    mean_time = float(mean_epoch_time(cold.time, warm.time, epochs))
    utilization = min(1.0, track.dataset.size / demand / mean_time)
    mean_hits = warm.hit_rate * (epochs - 1) / epochs
    fetched = track.dataset.size / mean_time * (1 - mean_hits) * MONTH
    return PipelineOutcome(
        settings=settings,
        demand=demand,
        cold=cold,
        warm=warm,
        epochs=epochs,
        utilization=utilization,
        target_utilization=track.pipeline.target_utilization,
        connections=int(connections_for(settings.link, track.pipeline.stream_bandwidth)),
        busy={
            "link": warm.flows["link"] / settings.link,
            "nvme": warm.flows["hits"] / settings.nvme,
            "prepare": warm.rate / warm.ceilings["prepare"],
            "compute": warm.rate / demand,
        },
        costs={
            "link": settings.link / GBIT_PER_SECOND * track.price("link_gbps_month"),
            "cache": settings.cache / GB * track.price("cache_gb_month"),
            "nvme": settings.nvme / GB * track.price("nvme_gbs_month"),
            "requests": fetched / track.pipeline.request_size * track.price("get_request"),
            "idle": float(
                idle_cost(utilization, node.accelerators, track.price("accelerator_hour"))
            ),
        },
    )


UNITS = {"cache": 1000 * GB, "link": GBIT_PER_SECOND, "nvme": GB}
"""One unit of each resource, as it is bought: a terabyte, a Gb/s, a GB/s."""


def one_unit_more(track: Track, settings: PipelineSettings) -> dict[str, float]:
    """Return by how much one more unit of each resource would raise the utilisation.

    By name, as a share of the whole job's time; the units are in :data:`UNITS`.
    """
    return gains(
        lambda resources: feed(track, PipelineSettings(**resources)).utilization,
        asdict(settings),
        UNITS,
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
