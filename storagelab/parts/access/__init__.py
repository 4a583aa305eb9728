"""Part 1: how fast a dataset can be read in the order that training needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.access import limits
from storagelab.parts.access.costs import COSTS
from storagelab.parts.access.settings import AccessSettings
from storagelab.parts.part import Part, UsefulShare, Workings
from storagelab.schema import Answer

if TYPE_CHECKING:
    from storagelab.parts.access.experiment import AccessOutcome
    from storagelab.tracks import Track


def _load() -> Workings[AccessSettings, AccessOutcome]:
    from storagelab.parts.access import equation, experiment, misconceptions, words

    return Workings(
        experiment=experiment.evaluate_access,
        figures=words.figures,
        summary=words.summary,
        present=words.figures,
        sentence=words.sentence,
        cost=words.cost,
        equation=equation.equation,
        misconceptions=misconceptions.AccessMisconceptions(),
    )


def _asks_again(track: Track) -> str:
    return (
        f"Answer again, and read one number off: with {track.access.compare_words}, **how many "
        "times more bytes a second come in order than at random**? Within 10% will do."
    )


ACCESS: Part[AccessSettings, AccessOutcome] = Part(
    name="access",
    number=1,
    table=lambda track: track.access,
    settings=AccessSettings,
    needs_control=("format", "request_size"),
    limits=lambda: limits.LIMITS,
    costs=COSTS,
    asked=lambda track: Answer(name="times_faster", unit="times"),
    asked_in_full=lambda track: "times more bytes a second in order than at random",
    asks_again=_asks_again,
    change_begins="With",
    recorded=("utilization", "misses"),
    instruments=(
        "deadline_tail:DeadlineTail",
        "io_waterfall:IOWaterfall",
        "iops_throughput:IOPSThroughput",
        "shuffle_map:ShuffleMap",
    ),
    load=_load,
    useful_share=UsefulShare(
        of=lambda outcome: outcome.utilization,
        target=lambda track: track.access.target_utilization,
        label="utilisation",
        heading="utilisation",
    ),
    headlined=("misses", "utilization"),
)
