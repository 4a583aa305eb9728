"""Ledgers that can't be taken as they are."""

from __future__ import annotations

from sandgrader.report.tables import ASSIGNMENT, STUDENT, Column, Row, Table
from storagelab.report.cohort import TrackCohort
from storagelab.report.ledger_state import MISSING

_LEDGERS = (
    STUDENT,
    ASSIGNMENT,
    Column("state", "missing, unusable or doubtful", "ledger"),
    Column("doubt", "what is wrong with it; the wording may be the file's own", "why"),
)


def ledgers(cohort: TrackCohort) -> Table:
    """Return every ledger that can't be taken as it is, and why."""
    rows: list[Row] = []
    for student, evidence in sorted(cohort.evidence.items()):
        doubts = evidence.doubts or (("There is none.",) if evidence.state == MISSING else ())
        rows += [
            {
                "student": student,
                "assignment": cohort.assignment.name,
                "state": evidence.state,
                "doubt": doubt,
            }
            for doubt in doubts
        ]
    return Table("ledgers", "Ledgers that are no evidence, or doubtful", _LEDGERS, rows)
