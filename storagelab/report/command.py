"""``storagelab report``: the class report of ``sandgrader``, with what this course adds."""

from __future__ import annotations

from sandgrader.report.command import report_command
from storagelab.report.sections import StoragelabSections

command = report_command(
    StoragelabSections(),
    """Report on a class: who is where, what it believed, how sure it was, what it decided.

    Writes a page and CSV files from the gradebook and the submissions of each ASSIGNMENT, or of
    all. Nothing of a submission is executed, and nothing is changed.
    """,
)
