"""The three parts of the course: what each asks, computes and judges by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from storagelab.experiments.access import AccessSettings, audit
from storagelab.experiments.checkpoint import CheckpointSettings, protect
from storagelab.experiments.pipeline import PipelineSettings, feed
from storagelab.tracks import AccessPart, CheckpointPart, PipelinePart, Track, Value
from storagelab.words import access, checkpoint, pipeline
from storagelab.words.answers import read_answer

# An outcome and its settings go together by part; the registry can't say that in types.
Settings = Any
Outcome = Any


@dataclass(frozen=True)
class Part:
    """One part: its number in the course and the functions that belong to it."""

    name: str
    number: int
    settings: Callable[..., Settings]
    experiment: Callable[[Track, Settings], Outcome]
    figures: Callable[[Track, Outcome], dict[str, str]]
    summary: Callable[[Track, Outcome], str]
    equation: Callable[[Track, Outcome], str]
    given: Callable[[Track], dict[str, Value]]
    """What the decision is judged at: the settings that the student doesn't decide, in SI."""

    @property
    def stem(self) -> str:
        """The notebook's file name, without its ending."""
        return f"{self.number}_{self.name}"

    def of(self, track: Track) -> AccessPart | PipelinePart | CheckpointPart:
        """Return what ``track`` says of this part."""
        part: AccessPart | PipelinePart | CheckpointPart = getattr(track, self.name)
        return part

    def baseline(self, track: Track) -> Outcome:
        """Return the outcome of the controls' defaults: the crisis."""
        controls = self.of(track).controls
        return self.run(track, {item.name: item.to_si(item.default) for item in controls})

    def run(self, track: Track, values: Mapping[str, Value]) -> Outcome:
        """Return the outcome of SI ``values`` by control name."""
        return self.experiment(track, self.settings(**values))

    def judge(self, track: Track, answer: object) -> Outcome:
        """Return the outcome of a decision as a student types it, at what the task gives.

        Raises ``ValueError`` with a sentence for the student where the answer can't be read.
        """
        return self.run(
            track, {**read_answer(self.of(track).controls, answer), **self.given(track)}
        )

    def words(self, track: Track, text: str, outcome: Outcome | None = None) -> str:
        """Return a track's prose with its ``{names}`` filled from ``outcome``, or the baseline.

        Raises ``KeyError`` for a name that the part has no number for.
        """
        outcome = self.baseline(track) if outcome is None else outcome
        return text.format_map(self.figures(track, outcome)).strip()


def si_values(settings: Settings) -> dict[str, Value]:
    """Return settings as SI values by control name."""
    return asdict(settings)


PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part(
            "access", 1, AccessSettings, audit,
            access.figures, access.summary, access.equation,
            given=lambda track: {"device": track.access.home},
        ),
        Part(
            "pipeline", 2, PipelineSettings, feed,
            pipeline.figures, pipeline.summary, pipeline.equation,
            given=lambda track: {},
        ),
        Part(
            "checkpoint", 3, CheckpointSettings, protect,
            checkpoint.figures, checkpoint.summary, checkpoint.equation,
            given=lambda track: {
                "node_mtbf": track.checkpoint.event_node_mtbf,
                "bytes_per_parameter": track.checkpoint.size / track.checkpoint.parameters,
            },
        ),
    )
}  # fmt: skip


def load_part(name: str) -> Part:
    """Return the part called ``name``; ``ValueError`` with the known names if there is none."""
    if name not in PARTS:
        raise ValueError(f"unknown part {name!r}; known are {', '.join(PARTS)}")
    return PARTS[name]
