"""What a decision of part 2 can miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.formatting import budget_sentence, busy_sentence, cost_words
from storagelab.parts.limits import Limit

if TYPE_CHECKING:
    from storagelab.parts.pipeline.experiment import PipelineOutcome

LIMITS: tuple[Limit[PipelineOutcome], ...] = (
    Limit(
        name="utilization",
        label="utilisation",
        in_use=lambda track: True,
        is_missed=lambda outcome: outcome.utilization < outcome.target_utilization,
        sentence=lambda track, outcome, shown: busy_sentence(track.fed, shown),
    ),
    Limit(
        name="budget",
        label="the budget",
        in_use=lambda track: track.pipeline.budget is not None,
        is_missed=lambda outcome: outcome.budget is not None and outcome.cost > outcome.budget,
        sentence=lambda track, outcome, shown: budget_sentence(shown),
        seen=lambda track, outcome, shown: cost_words(track, outcome.cost, outcome.budget),
    ),
)
