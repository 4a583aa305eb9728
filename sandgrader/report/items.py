"""Statistics of each graded cell: how hard it is, whether it tells students apart or is broken."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sandgrader.report.cohort import Cohort
from sandgrader.report.privacy import in_fives
from sandgrader.report.tables import ASSIGNMENT, Column, Guard, Row, Table, percent

ENOUGH = 5
"""Students from whom on a cell is remarked on."""

_ITEMS = (
    ASSIGNMENT,
    Column("notebook", "the notebook", "notebook"),
    Column("cell", "the cell's grade id", "cell"),
    Column("by", "machine or person", "graded by"),
    Column("most", "points of the cell", "points"),
    Column("students", "students whom it is graded for", "students"),
    Column("mean_share", "mean share of its points, 0 to 1: the item's difficulty", "mean share",
           percent),
    Column("full", "students with all its points", "all points"),
    Column("none", "students with no points", "no points"),
    Column("discrimination", "correlation of its points with all other points of the student "
           "(point-biserial where it is all or nothing); empty where one of them doesn't vary",
           "discrimination"),
    Column("remark", "what to look at", "remark"),
)  # fmt: skip


def items(cohort: Cohort, coarse: bool = False) -> Table:
    """Return the statistics of each cell, over the students whom it is graded for.

    Discrimination correlates a cell with the points of all the *other* cells: with itself among
    them, every cell would seem to tell students apart. ``coarse`` counts students and their points
    in fives, and remarks on nothing, which would tell more.
    """
    cells = [(cell.notebook, cell.name) for cell in cohort.assignment.cells]
    points = np.full((len(cohort.graded), len(cells)), np.nan)
    column = {cell: index for index, cell in enumerate(cells)}
    for index, student in enumerate(cohort.graded):
        for where, score in cohort.scores.get(student, {}).items():
            if where in column and not score.waits:
                points[index, column[where]] = score.points
    total = np.nansum(points, axis=1)
    rows: list[Row] = []
    for cell, own in zip(cohort.assignment.cells, points.T, strict=True):
        known = ~np.isnan(own)
        got, rest = own[known], (total[known] - own[known])
        count = len(got)
        share = float(got.mean() / cell.most) if count and cell.most else None
        discrimination = correlation(got, rest)
        full, none = int((got >= cell.most - 1e-9).sum()), int((got <= 0).sum())
        remark = _remark(count, full, none, discrimination)
        if coarse:
            full, none, remark = in_fives(full, count), in_fives(none, count), None
            share = None if share is None else in_fives(round(share * count), count) / count
        rows.append(
            {
                "assignment": cohort.assignment.name,
                "notebook": cell.notebook,
                "cell": cell.name,
                "by": "person" if cell.by_person else "machine",
                "most": cell.most,
                "students": count,
                "mean_share": share,
                "full": full,
                "none": none,
                "discrimination": discrimination,
                "remark": remark,
            }
        )
    guard = Guard(
        group=("assignment", "notebook", "cell"),
        counts=("students",),
        goes=("mean_share", "full", "none", "discrimination", "remark"),
    )
    return Table("items", "Every graded cell", _ITEMS, rows, guard)


def correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float | None:
    """Return Pearson's correlation; None for fewer than three pairs, or where one doesn't vary."""
    if len(one) < 3 or np.ptp(one) < 1e-9 or np.ptp(other) < 1e-9:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _remark(count: int, full: int, none: int, discrimination: float | None) -> str | None:
    if count < ENOUGH:
        return None
    if none == count:
        return "Nobody has a point: is the test broken?"
    if full == count:
        return "Everybody has all points: it tells nobody apart."
    if discrimination is not None and discrimination < 0:
        return "Who is better elsewhere is worse here: read it again."
    return None


def broken(items: Table) -> list[Row]:
    """Return the cells in which nobody has a point."""
    return [row for row in items.rows if row["remark"] and row["none"] == row["students"]]
