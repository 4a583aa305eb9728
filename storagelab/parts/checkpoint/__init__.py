"""Part 3: how often to save a job that fails, and what the saving does to the storage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from storagelab.parts.checkpoint import limits
from storagelab.parts.checkpoint.costs import COSTS
from storagelab.parts.checkpoint.settings import CheckpointSettings
from storagelab.parts.part import Part, UsefulShare, Workings

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome
    from storagelab.tracks import Track


def _load() -> Workings[CheckpointSettings, CheckpointOutcome]:
    from storagelab.parts.checkpoint import equation, experiment, misconceptions, words

    return Workings(
        experiment=experiment.evaluate_checkpoint,
        figures=words.figures,
        summary=words.summary,
        present=words.present,
        sentence=words.sentence,
        cost=words.cost,
        equation=equation.equation,
        misconceptions=misconceptions.CheckpointMisconceptions(),
    )


def _useful(outcome: CheckpointOutcome) -> float:
    """Return the share of the job's time that is work: none of a job that never ends."""
    wall = outcome.wall_time
    return outcome.solve_time / wall if math.isfinite(wall) else 0.0


def _useful_target(track: Track) -> float | None:
    limit = track.checkpoint.waste_limit
    if limit is None:
        return None
    return 1 - limit if track.checkpoint.gone is not None else 1 / (1 + limit)


def _asked_in_full(track: Track) -> str:
    part = track.checkpoint
    return f"{part.answer.unit} of {part.gone or track.terms.run} that are lost"


def _asks_again(track: Track) -> str:
    part = track.checkpoint
    return (
        f"Start again, but let **{part.compare_words}**. Which option is right now, and how much "
        f"of {part.gone or track.terms.run} is lost at {{proposed_interval}}, in "
        f"{part.answer.unit} (within 5%)?"
    )


CHECKPOINT: Part[CheckpointSettings, CheckpointOutcome] = Part(
    name="checkpoint",
    number=3,
    table=lambda track: track.checkpoint,
    settings=CheckpointSettings,
    needs_control=("interval", "write_bandwidth", "node_mtbf"),
    limits=lambda: limits.LIMITS,
    costs=COSTS,
    asked=lambda track: track.checkpoint.answer,
    asked_in_full=_asked_in_full,
    asks_again=_asks_again,
    change_begins="Let",
    recorded=("loss", "storage_share", "life"),
    instruments=(
        "young_daly:YoungDaly",
        "checkpoint_storm:CheckpointStorm",
        "destinations:Destinations",
        "fleet_goodput:FleetGoodput",
    ),
    load=_load,
    useful_share=UsefulShare(
        of=_useful,
        target=_useful_target,
        label="share of useful work",
        heading="useful work",
    ),
    headlined=("wear", "storage"),
    changed_case=True,
    given_besides=lambda track: {"node_mtbf": track.checkpoint.event_node_mtbf},
    least_is_most=("interval",),
    has_event=True,
)
