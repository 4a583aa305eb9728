"""The three parts of the course: what each asks, computes and judges by.

A part's experiment and its words load when they are first used, so that a lab pays for the models
of its own part alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from storagelab.tracks import AccessPart, CheckpointPart, PipelinePart, Track, Value
from storagelab.words.answers import read_answer

if TYPE_CHECKING:
    from storagelab.words.equation import Equation

# An outcome and its settings go together by part; the registry can't say that in types.
Settings = Any
Outcome = Any


class Part:
    """One part: its number in the course and the functions that belong to it.

    ``name`` is that of its modules among the experiments and the words, of its table in a track's
    file, and of its entries in a ledger. ``settings`` and ``experiment`` are the names of the
    record and of the function in the first.
    """

    def __init__(self, name: str, number: int, settings: str, experiment: str) -> None:
        self.name = name
        self.number = number
        self._settings = settings
        self._experiment = experiment

    def __repr__(self) -> str:
        return f"Part({self.name!r}, {self.number})"

    @property
    def _experiments(self) -> ModuleType:
        return import_module(f"storagelab.experiments.{self.name}")

    @property
    def _words(self) -> ModuleType:
        return import_module(f"storagelab.words.{self.name}")

    @property
    def settings(self) -> Callable[..., Settings]:
        """The record of what the student sets."""
        settings: Callable[..., Settings] = getattr(self._experiments, self._settings)
        return settings

    @property
    def experiment(self) -> Callable[[Track, Settings], Outcome]:
        """What settings come to."""
        experiment: Callable[[Track, Settings], Outcome]
        experiment = getattr(self._experiments, self._experiment)
        return experiment

    def figures(self, track: Track, outcome: Outcome) -> dict[str, str]:
        """Return the numbers that the part's prose is filled with."""
        figures: dict[str, str] = self._words.figures(track, outcome)
        return figures

    def summary(self, track: Track, outcome: Outcome) -> str:
        """Return what is seen now, in a few sentences."""
        summary: str = self._words.summary(track, outcome)
        return summary

    def equation(self, track: Track, outcome: Outcome) -> Equation:
        """Return the part's equation with the present numbers in it."""
        equation: Equation = self._words.equation(track, outcome)
        return equation

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
        Part("access", 1, "AccessSettings", "audit"),
        Part("pipeline", 2, "PipelineSettings", "feed"),
        Part("checkpoint", 3, "CheckpointSettings", "protect"),
    )
}


def load_part(name: str) -> Part:
    """Return the part called ``name``; ``ValueError`` with the known names if there is none."""
    if name not in PARTS:
        raise ValueError(f"unknown part {name!r}; known are {', '.join(PARTS)}")
    return PARTS[name]
