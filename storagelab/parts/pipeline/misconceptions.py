"""What part 2 holds against a misconception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storagelab.parts.formatting import format_answer
from storagelab.parts.misconceptions import Conclusion, Misconceptions
from storagelab.parts.pipeline import PIPELINE
from storagelab.units import significant

if TYPE_CHECKING:
    from storagelab.tracks import Track


class PipelineMisconceptions(Misconceptions):
    """How long a pass takes once something is bought: the first one isn't the later ones."""

    def evidence(self, track: Track, said: Conclusion) -> str:
        """Return the time of a pass by the student's own number, and at the start."""
        content = track.pipeline
        number = f"{significant(said.number, 4)} {content.answer.unit}"
        return (
            f"By your own number, it is {number} with {content.compare_words.rstrip(',')}. At the "
            f"start it is {format_answer(content.answer, PIPELINE.baseline(track).read_off)}. "
            "Do the two agree with the idea?"
        )

    def at_the_start(self, track: Track) -> dict[float, str]:
        """Return the times of the first and of a later pass before the change."""
        start, si = PIPELINE.baseline(track), track.pipeline.answer.si
        before = {start.read_off / si: "what it is before the change"}
        if track.pipeline.cold_start:
            before[start.cold.time / si] = "the first pass before the change"
        return before
