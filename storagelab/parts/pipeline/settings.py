"""What the student sets in part 2."""

from __future__ import annotations

from dataclasses import dataclass

from storagelab.checks import non_negative, positive
from storagelab.pipeline import CACHE_POLICIES


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """What the student sets: cache and memory in bytes, bandwidths in bytes/s, and the rest.

    ``workers`` prepare the data, ``policy`` is the caches', and ``content`` is what of a stream is
    logged, by the name that the track gives it.
    """

    cache: float
    link: float
    nvme: float
    memory: float
    workers: float
    policy: str
    content: str

    def __post_init__(self) -> None:
        non_negative("cache", self.cache)
        positive("link", self.link)
        positive("nvme", self.nvme)
        non_negative("memory", self.memory)
        positive("workers", self.workers)
        if self.policy not in CACHE_POLICIES:
            known = ", ".join(CACHE_POLICIES)
            raise ValueError(f"unknown policy {self.policy!r}; known are {known}")
