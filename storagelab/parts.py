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
from storagelab.words.equation import Equation

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
    equation: Callable[[Track, Outcome], Equation]

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

    def given(self, track: Track) -> dict[str, Value]:
        """Return what a decision is judged at: the settings that the student doesn't decide.

        In SI, by name: the controls' defaults, and in part 3 the MTBF after the event.
        """
        content = self.of(track)
        given = {
            item.name: item.to_si(item.default) for item in content.controls if not item.decided
        }
        if isinstance(content, CheckpointPart):
            given["node_mtbf"] = content.event_node_mtbf
        return given

    def run(self, track: Track, values: Mapping[str, Value]) -> Outcome:
        """Return the outcome of SI ``values`` by control name, and of what the track fixes."""
        return self.experiment(track, self.settings(**{**self.of(track).fixed, **values}))

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
        figures = self.figures(track, outcome)
        content = self.of(track)
        if isinstance(content, CheckpointPart):
            figures["event"] = content.event.format_map(figures).strip()
        return text.format_map(figures).strip()


def si_values(settings: Settings) -> dict[str, Value]:
    """Return settings as SI values by control name."""
    return asdict(settings)


PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part(
            "access", 1, AccessSettings, audit,
            access.figures, access.summary, access.equation,
        ),
        Part(
            "pipeline", 2, PipelineSettings, feed,
            pipeline.figures, pipeline.summary, pipeline.equation,
        ),
        Part(
            "checkpoint", 3, CheckpointSettings, protect,
            checkpoint.figures, checkpoint.summary, checkpoint.equation,
        ),
    )
}  # fmt: skip


def load_part(name: str) -> Part:
    """Return the part called ``name``; ``ValueError`` with the known names if there is none."""
    if name not in PARTS:
        raise ValueError(f"unknown part {name!r}; known are {', '.join(PARTS)}")
    return PARTS[name]
