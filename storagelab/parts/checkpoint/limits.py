"""What a decision of part 3 can miss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from storagelab.parts.limits import Figures, Goal, Limit

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome
    from storagelab.tracks import Track


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _crashes(outcome: CheckpointOutcome) -> bool:
    return outcome.storage_share > outcome.storage_limit


def _storage(track: Track, outcome: CheckpointOutcome, shown: Figures) -> list[str]:
    takes = f"{_capital(track.terms.dumps)} take {shown['storage_share']} of the storage's time"
    if not _crashes(outcome):
        return [f"{takes}, within its limit of {shown['storage_limit']}."]
    return [f"{takes}: more than the {shown['storage_limit']} it can give. The storage crashes."]


def _is_worn(outcome: CheckpointOutcome) -> bool:
    return outcome.life < outcome.life_target


def _wear(track: Track, outcome: CheckpointOutcome, shown: Figures) -> list[str]:
    if not math.isfinite(outcome.life):
        return []
    if not _is_worn(outcome):
        return [f"The storage lasts {shown['life']} of use, of {shown['life_target']} asked for."]
    return [
        f"The storage is worn out in {shown['life']} of use and has to last {shown['life_target']}."
    ]


def _wastes(outcome: CheckpointOutcome) -> bool:
    limit = outcome.waste_limit
    lost = outcome.loss if outcome.gone else outcome.loss / outcome.solve_time
    return limit is not None and lost > limit


def _waste(track: Track, outcome: CheckpointOutcome, shown: Figures) -> list[str]:
    if outcome.waste_limit is None:
        return []
    over = "more than" if _wastes(outcome) else "within"
    return [f"What is lost is {over} the {shown['waste_limit']} that is borne."]


LIMITS: tuple[Limit[CheckpointOutcome], ...] = (
    Limit(
        name="storage",
        label="what the storage can give",
        in_use=lambda track: True,
        is_missed=_crashes,
        sentence=lambda track, outcome, shown: (
            f"{_capital(track.terms.dumps)} take {shown['storage_share']} of its time, where "
            f"{shown['storage_limit']} may: {shown['dump_time']} every {shown['interval']}."
        ),
        goal=lambda track, outcome, shown: Goal(
            f"of the storage's time, for {track.terms.dumps}",
            shown["storage_share"],
            f"at most {shown['storage_limit']}",
        ),
        seen=_storage,
    ),
    Limit(
        name="wear",
        label="the lifetime",
        in_use=lambda track: bool(track.checkpoint.endurance),
        is_missed=_is_worn,
        sentence=lambda track, outcome, shown: (
            f"It lasts {shown['life']}, and {shown['life_target']} are asked for."
        ),
        goal=lambda track, outcome, shown: Goal(
            "until the storage is worn out", shown["life"], f"at least {shown['life_target']}"
        ),
        seen=_wear,
    ),
    Limit(
        name="waste",
        label="what may be lost",
        in_use=lambda track: track.checkpoint.waste_limit is not None,
        is_missed=_wastes,
        sentence=lambda track, outcome, shown: (
            f"{shown['loss']} is lost, and {shown['waste_limit']} may be."
        ),
        # how much it is, is asked for
        goal=lambda track, outcome, shown: Goal(
            f"of {track.checkpoint.gone or track.terms.run} is lost",
            "too much" if _wastes(outcome) else "little enough",
            f"at most {shown['waste_limit']}",
            is_number=False,
        ),
        seen=_waste,
    ),
    Limit(
        name="ends",
        label="the job's end",
        in_use=lambda track: True,
        is_missed=lambda outcome: not math.isfinite(outcome.wall_time),
        sentence=lambda track, outcome, shown: (
            f"Between two failures lie {shown['mtbf']}, between two {track.terms.dumps} "
            f"{shown['interval']}."
        ),
        # nothing to keep in sight as long as it does end
        goal=lambda track, outcome, shown: (
            None
            if math.isfinite(outcome.wall_time)
            else Goal(f"end of {track.terms.run}", "never", "some day", is_number=False)
        ),
    ),
)
