"""Columns that several tables of a track have."""

from __future__ import annotations

from sandgrader.report.tables import Column

PART = Column("part", "access, pipeline or checkpoint", "part")
PART_IN_FILE = Column("part", "access, pipeline or checkpoint")
"""Where a page has a table for each part."""
