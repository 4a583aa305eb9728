"""From the lock over the workbench to the decision: what was opened when, by the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from sandgrader.report.tables import ASSIGNMENT, STUDENT, Column, Row, Table
from storagelab.ledger import Entry, entries_of
from storagelab.parts import PARTS
from storagelab.report.cohort import TrackCohort
from storagelab.report.columns import PART
from storagelab.report.submissions import Evidence


def seconds(value: float) -> str:
    """Return a time as people say it: ``4 s``, ``12 min``, ``3.2 h``, ``2.1 days``."""
    size = abs(value)
    if size < 120:
        return f"{value:.0f} s"
    if size < 2 * 3600:
        return f"{value / 60:.0f} min"
    return f"{value / 3600:.1f} h" if size < 48 * 3600 else f"{value / 86400:.1f} days"


_OPENINGS = (
    STUDENT,
    ASSIGNMENT,
    PART,
    Column("opened", "whether the ledger has the workbench opened before the decision that stands",
           "workbench opened before"),
    Column("lock_to_reveal", "seconds from the lock to the first opening of the workbench, by the "
           "clock of the student's machine", "lock to workbench", seconds),
    Column("reveal_to_decision", "seconds from the first opening of the workbench to the decision "
           "that stands", "workbench to decision", seconds),
    Column("lock_to_decision", "seconds from the lock to the decision that stands",
           "lock to decision", seconds),
    Column("decisions", "decisions in the ledger; the last one stands", "decisions"),
)  # fmt: skip


@dataclass(frozen=True)
class Opening:
    """What a ledger tells of one part that was decided."""

    opened: bool
    """Whether the workbench was opened before the decision that stands."""
    lock_to_reveal: float | None
    """Seconds, as the two that follow; by the clock of the student's machine."""
    reveal_to_decision: float | None
    lock_to_decision: float | None
    decisions: int
    """In the ledger; 0 where the decision stands in the notebook alone."""


def opening(evidence: Evidence, part: str) -> Opening | None:
    """Return what led to the decision of a part; None without a decision, or without a ledger."""
    if not evidence.entries or part not in evidence.decisions:
        return None
    lock, reveal, decisions = (
        entries_of(evidence.entries, part, kind) for kind in ("lock", "reveal", "decision")
    )
    last = decisions[-1] if decisions else None
    before = [entry for entry in reveal if last is None or entry.sequence < last.sequence]
    first = before[0] if before else None
    begin = lock[0] if lock else None
    return Opening(
        opened=first is not None,
        lock_to_reveal=_between(begin, first),
        reveal_to_decision=_between(first, last),
        lock_to_decision=_between(begin, last),
        decisions=len(decisions),
    )


def _between(earlier: Entry | None, later: Entry | None) -> float | None:
    if not earlier or not later or not earlier.written or not later.written:
        return None
    return (later.written - earlier.written).total_seconds()


def openings(cohort: TrackCohort) -> Table:
    """Return, for every part that was decided, whether and when its workbench was opened."""
    rows: list[Row] = []
    for student, evidence in sorted(cohort.evidence.items()):
        for part in PARTS:
            found = opening(evidence, part)
            if found:
                rows.append(
                    {
                        "student": student,
                        "assignment": cohort.assignment.name,
                        "part": part,
                        "opened": found.opened,
                        "lock_to_reveal": found.lock_to_reveal,
                        "reveal_to_decision": found.reveal_to_decision,
                        "lock_to_decision": found.lock_to_decision,
                        "decisions": found.decisions,
                    }
                )
    return Table("openings", "From lock to decision", _OPENINGS, rows)
