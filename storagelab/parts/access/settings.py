"""What the student sets in part 1."""

from __future__ import annotations

from dataclasses import dataclass

from storagelab.checks import at_least, non_negative, positive
from storagelab.devices import load_device
from storagelab.formats import FORMATS


@dataclass(frozen=True, kw_only=True)
class AccessSettings:
    """What the student sets: sizes in bytes, the buffer in samples."""

    shuffled: bool
    """Whether samples are read here and there, not in the order in which they lie."""
    scattered_writes: bool
    """Whether what is written meanwhile goes here and there, not from end to end."""
    format: str
    device: str
    request_size: float
    queue_depth: float
    buffer: float

    def __post_init__(self) -> None:
        positive("request_size", self.request_size)
        at_least("queue_depth", self.queue_depth, 1)
        non_negative("buffer", self.buffer)
        if self.format not in FORMATS:
            raise ValueError(f"unknown format {self.format!r}; known are {', '.join(FORMATS)}")
        load_device(self.device)
