"""What the student sets in part 2."""

from __future__ import annotations

from dataclasses import dataclass

from storagelab.checks import non_negative, positive
from storagelab.pipeline import CACHE_POLICIES


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
