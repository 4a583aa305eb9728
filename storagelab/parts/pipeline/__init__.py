"""Part 2: the tiers from the object store to the accelerators, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.part import Part, UsefulShare, Workings
from storagelab.parts.pipeline import limits
from storagelab.parts.pipeline.costs import COSTS
from storagelab.parts.pipeline.settings import PipelineSettings

if TYPE_CHECKING:
    from storagelab.parts.pipeline.experiment import PipelineOutcome
    from storagelab.tracks import Track


def _load() -> Workings[PipelineSettings, PipelineOutcome]:
    from storagelab.parts.pipeline import equation, experiment, misconceptions, words

    return Workings(
        experiment=experiment.evaluate_pipeline,
        figures=words.figures,
        summary=words.summary,
        present=words.present,
        sentence=words.sentence,
        cost=words.cost,
        rates=words.rates,
        equation=equation.equation,
        misconceptions=misconceptions.PipelineMisconceptions(),
    )


def _asks_again(track: Track) -> str:
    content = track.pipeline
    return (
        f"Answer again, and read one number off: with {content.compare_words}, all else as at "
        f"the start, **{content.asked}** (to 5%)?"
    )


PIPELINE: Part[PipelineSettings, PipelineOutcome] = Part(
    name="pipeline",
    number=2,
    table=lambda track: track.pipeline,
    settings=PipelineSettings,
    needs_control=("cache", "link", "nvme"),
    limits=lambda: limits.LIMITS,
    costs=COSTS,
    asked=lambda track: track.pipeline.answer,
    asked_in_full=lambda track: track.pipeline.answer.unit,
    asks_again=_asks_again,
    change_begins="With",
    recorded=("utilization",),
    instruments=(
        "sankey:DataFlowSankey",
        "saturation:PipelineSaturation",
    ),
    load=_load,
    useful_share=UsefulShare(
        of=lambda outcome: outcome.utilization,
        target=lambda track: track.pipeline.target_utilization,
        label="utilisation",
        heading="utilisation",
    ),
    headlined=("utilization",),
    records_runs=True,
)
