"""What a course adds to the report; here, nothing.

A course of its own makes a class of each, and hands the first one to the command:
:class:`CourseSections` for all assignments, :class:`Sections` for one of them.
"""

from __future__ import annotations

from sandgrader.report.cohort import Cohort
from sandgrader.report.course import Course
from sandgrader.report.figures import Figure
from sandgrader.report.tables import Column, Row, Table, Tables


class Sections:
    """What is added about one assignment."""

    risk_rule = ""
    """What :meth:`risks` goes by, for the page."""

    def __init__(self, title: str) -> None:
        self.title = title
        """What the page calls the assignment."""

    def about(self, student: str) -> Row:
        """Return a student's values of the columns that the course adds to the class list."""
        return {}

    def expects(self, student: str) -> bool:
        """Return whether a student who hasn't handed this in should have."""
        return True

    def risks(self, student: str) -> list[str]:
        """Return what else says that a student may need help, in a few words each."""
        return []

    def tables(self, coarse: bool) -> list[Table]:
        """Return tables of the course's own; ``coarse`` ones count in fives, to be shared.

        What a table's guard doesn't allow is taken out of it before it is shared.
        """
        return []

    def figures(self, tables: Tables) -> list[Figure]:
        """Return what the page says between the points and the graded cells.

        ``tables`` are all tables of the assignment by name, as this report may show them.
        """
        return []

    def figures_with_names(self, tables: Tables) -> list[Figure]:
        """Return what the page says before the class list, in a report with names alone."""
        return []


class CourseSections:
    """What a course adds about any of its assignments."""

    student_columns: tuple[Column, ...] = ()
    """Columns at the end of the class list."""

    def label_of(self, notebook: str) -> str:
        """Return the head of a notebook's column in the class list."""
        return notebook

    def about(self, course: Course, cohort: Cohort) -> Sections:
        """Return what is added about one assignment."""
        return Sections(cohort.assignment.name)
