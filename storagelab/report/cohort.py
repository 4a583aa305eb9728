"""An assignment that is a track of this course, and what its submissions tell beside scores."""

from __future__ import annotations

from dataclasses import dataclass

from sandgrader.report.cohort import Cohort
from sandgrader.report.course import Course
from storagelab.parts import PARTS
from storagelab.report.reference import Reference, read_reference
from storagelab.report.submissions import Evidence, read_evidence
from storagelab.tracks import Track, load_track

STEMS = {part.stem: part.name for part in PARTS.values()}
"""The name of a part by that of its notebook."""


@dataclass(frozen=True)
class TrackCohort(Cohort):
    """One track and its class."""

    track: Track
    evidence: dict[str, Evidence]
    """By student, whoever has handed something in."""
    reference: dict[str, Reference]
    """The right options by part, as far as they are known."""

    def right(
        self, part: str, option: str, variant: int = 0, conclusion: bool = False
    ) -> bool | None:
        """Return whether an option is right for whoever has a ``variant``'s numbers.

        None where that isn't known.
        """
        reference = self.reference.get(part)
        known = reference.options(variant)[conclusion] if reference else None
        return None if known is None else option == known


def read_track(course: Course, cohort: Cohort) -> TrackCohort:
    """Return a class with what is read of its submissions; its assignment has to be a track."""
    track = load_track(cohort.assignment.name)
    return TrackCohort(
        assignment=cohort.assignment,
        people=cohort.people,
        scores=cohort.scores,
        handed_in=cohort.handed_in,
        track=track,
        evidence=read_evidence(course, track, sorted(cohort.handed_in)),
        reference=read_reference(course, track),
    )
