"""What part 3 holds against a misconception, and against an interval that wastes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.checkpoint import CHECKPOINT
from storagelab.parts.checkpoint.words import format_interval, format_loss, loss_unit
from storagelab.parts.misconceptions import Conclusion, Misconceptions
from storagelab.parts.scoring import WORST_WASTE
from storagelab.units import significant

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome
    from storagelab.tracks import Track


class CheckpointMisconceptions(Misconceptions):
    """What is lost once a dump writes less: not what was lost before, and not the whole run."""

    def evidence(self, track: Track, said: Conclusion) -> str:
        """Return what is lost by the student's own number, and ask for the one beside it."""
        terms, content = track.terms, track.checkpoint
        number = f"{significant(said.number, 4)} {loss_unit(track)}"
        proposed, present = (
            format_interval(track, interval)
            for interval in (content.proposed_interval, content.present_interval)
        )
        return (
            f"By your own number, {terms.job} loses {number} with a {terms.dump} every {proposed}, "
            f"now that a {terms.dump} writes less. What does it lose with one every {present}?"
        )

    def at_the_start(self, track: Track) -> dict[float, str]:
        """Return what is lost before the change, and the whole time in the place of a loss."""
        start, content = CHECKPOINT.baseline(track), track.checkpoint
        found = {start.loss / content.answer.si: "what is lost before the change"}
        if not start.gone:
            changed = CHECKPOINT.run(track, {**content.turned, **content.to_si(content.compare)})
            whole = changed.wall_time / content.answer.si
            found[whole] = f"how long {track.terms.run} takes, and not what of it is lost"
        return found

    def how_to_read(self, change: str, track: Track) -> str:
        """Return how the number is read off: the change, and the proposed interval."""
        proposed = format_interval(track, track.checkpoint.proposed_interval)
        return (
            f"Put everything back to the start, let {change}, save every {proposed}, and read off "
            "the overhead in all."
        )


def wasteful_interval(track: Track, outcome: CheckpointOutcome, times: float) -> str:
    """Return what is said of an interval that wastes ``times`` what the best one does."""
    terms = track.terms
    dump, lost = outcome.losses["dump"], outcome.losses["lost"]
    if times <= 1.25:
        much = "up to a quarter more than has to be"
    elif times < WORST_WASTE:
        much = "a quarter more to twice as much as has to be"
    else:
        much = "more than twice of what has to be"
    return (
        f"At {format_interval(track, outcome.settings.interval)}, {terms.dumps} take "
        f"{format_loss(track, dump)} and work that is lost {format_loss(track, lost)}: together "
        f"{much}. The greater of the two is {terms.dumps if dump > lost else 'work that is lost'}."
    )
