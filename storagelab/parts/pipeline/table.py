"""What a track's file says of part 2: its table ``[pipeline]``."""

from __future__ import annotations

import msgspec

from storagelab.pipeline import CACHE_POLICIES
from storagelab.schema import (
    Answer,
    Consumer,
    Count,
    NonNegative,
    PartTable,
    Positive,
    Record,
    Share,
    Text,
)

ALL = "all"
"""The content of a stream that isn't logged: all of it."""


class Content(Record, frozen=True, kw_only=True):
    """One choice of what a log keeps of the stream that the sensors raise."""

    share: Share
    """Share of a pass's bytes."""
    peak: Share
    """Share of the stream's rate while something is kept."""
    incidents: Share
    """Share of the incidents that can be reconstructed from it, if all of it is on record."""
    source: Text
    """Where the three are from, or why they were chosen."""


class Load(Record, frozen=True, kw_only=True):
    """A second target: something has to be loaded once, through the same tiers, in time."""

    what: Text
    """What loads, and what for, as a sentence begins."""
    size: Positive | None = None
    """Bytes; those of a pass, where they aren't given."""
    within: Positive
    """Seconds that it may take."""
    machine_bandwidth: Positive
    """Bytes/s that the machine itself can take in."""
    source: Text
    """Where the numbers are from."""


class PipelineTable(PartTable, frozen=True, kw_only=True):
    """Part 2: the tiers between the dataset and the accelerators."""

    pass_size: Positive | None = None
    """Bytes of one pass over the data; the dataset's, where it isn't given."""
    pass_demand: Positive | None = None
    """Bytes/s that the consumer takes; part 1's, where it isn't given."""
    cold_start: bool = True
    """Whether the first pass finds the cache empty and fills it, as a training's first epoch does;
    if not, the cache takes its share in every pass."""
    contents: dict[str, Content] = msgspec.field(default_factory=dict)
    """Where the stream is logged and not read: what can be kept of it, by the control's values."""
    load: Load | None = None
    """What has to be loaded in time, if anything."""
    worker_memory: NonNegative = 0.0
    """Bytes of memory that each worker needs; what is left of it caches, and is asked first."""
    epochs: Count
    """Passes over the data."""
    request_size: Positive
    """Bytes of one request to the store."""
    stream_bandwidth: Positive
    """Bytes/s of one connection."""
    target_utilization: Share
    """The least share of time in which the consumer is fed; of a log, of the incidents that can
    be reconstructed."""
    runs: Count
    """Runs that may be recorded."""
    cache_limit: Positive | None = None
    """Bytes of cache that can be had, where the slider goes further."""
    budget: Positive | None = None
    """The most that it may cost, in the track's currency."""
    answer: Answer
    """The number to read off."""
    asked: Text
    """What the number is, as in *how many hours does a warm epoch take*."""
    consumer: Consumer | None = None
    """Whom this part feeds, where it isn't the track's consumer."""

    @property
    def is_log(self) -> bool:
        """Whether the stream is logged, so that what isn't taken at once is lost."""
        return bool(self.contents)

    @property
    def useful_name(self) -> str:
        """What the share is called that has a target."""
        if not self.is_log:
            return "utilisation"
        return "incidents explained" if self.has_control("content") else "share on record"

    def check(self) -> None:
        """Refuse policies and contents that aren't known."""
        self.check_known("$.pipeline", "policy", CACHE_POLICIES)
        self.check_known("$.pipeline", "content", self.contents or {ALL})
