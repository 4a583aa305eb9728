"""What a track's file says of part 2: its table ``[pipeline]``."""

from __future__ import annotations

from storagelab.pipeline import CACHE_POLICIES
from storagelab.schema import Answer, Consumer, Count, PartTable, Positive, Share


class PipelineTable(PartTable, frozen=True, kw_only=True):
    """Part 2: the tiers between the dataset and the accelerators."""

    pass_size: Positive | None = None
    """Bytes of one pass over the data; the dataset's, where it isn't given."""
    pass_demand: Positive | None = None
    """Bytes/s that the consumer takes; part 1's, where it isn't given."""
    cold_start: bool = True
    """Whether the first pass finds the cache empty and fills it, as a training's first epoch does;
    if not, the cache takes its share in every pass."""
    epochs: Count
    """Passes over the data."""
    request_size: Positive
    """Bytes of one request to the store."""
    stream_bandwidth: Positive
    """Bytes/s of one connection."""
    target_utilization: Share
    """The least share of time in which the consumer is fed."""
    runs: Count
    """Runs that may be recorded."""
    budget: Positive | None = None
    """The most that it may cost, in the track's currency."""
    answer: Answer
    """The number to read off."""
    consumer: Consumer | None = None
    """Whom this part feeds, where it isn't the track's consumer."""

    def check(self) -> None:
        """Refuse policies that aren't known."""
        self.check_known("$.pipeline", "policy", CACHE_POLICIES)
