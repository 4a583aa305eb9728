"""What part 3 holds against a misconception, and against an interval that wastes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.checkpoint import CHECKPOINT
from storagelab.parts.misconceptions import Conclusion, Misconceptions
from storagelab.parts.scoring import WORST_WASTE
from storagelab.units import format_time, significant

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome
    from storagelab.tracks import Track


class CheckpointMisconceptions(Misconceptions):
    """How long the job takes once a dump writes less: the work alone isn't the whole."""

    def evidence(self, track: Track, said: Conclusion) -> str:
        """Return the job's time by the student's own number, and ask for the one beside it."""
        terms, content = track.terms, track.checkpoint
        number = f"{significant(said.number, 4)} {content.answer.unit}"
        return (
            f"By your own number, {terms.run} takes {number} with a {terms.dump} every "
            f"{format_time(content.proposed_interval)}, now that a {terms.dump} writes less. What "
            f"does it take with one every {format_time(content.present_interval)}?"
        )

    def at_the_start(self, track: Track) -> dict[float, str]:
        """Return the job's time before the change, and its work alone."""
        start, si, terms = CHECKPOINT.baseline(track), track.checkpoint.answer.si, track.terms
        return {
            start.wall_time / si: f"what {terms.run} takes before the change",
            start.solve_time / si: (
                f"the work of {terms.run} alone, without {terms.dumps} and losses"
            ),
        }

    def how_to_read(self, change: str, track: Track) -> str:
        """Return how the number is read off: the change, and the proposed interval."""
        proposed = format_time(track.checkpoint.proposed_interval)
        return f"Put everything back to the start, let {change}, and save every {proposed}."


def wasteful_interval(track: Track, outcome: CheckpointOutcome, times: float) -> str:
    """Return what is said of an interval that wastes ``times`` what the best one does."""
    terms = track.terms
    dump, lost = outcome.parts["dump"], outcome.parts["lost"]
    if times <= 1.25:
        much = "up to a quarter more than has to be"
    elif times < WORST_WASTE:
        much = "a quarter more to twice as much as has to be"
    else:
        much = "more than twice of what has to be"
    return (
        f"At an interval of {format_time(outcome.settings.interval)}, {terms.dumps} take "
        f"{format_time(dump)} of {terms.run} and work done again {format_time(lost)}: together "
        f"{much}. The greater of the two is {terms.dumps if dump > lost else 'work done again'}."
    )
