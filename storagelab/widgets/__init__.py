"""Instruments and workbenches: bqplot figures and ipywidgets. They hold no physics."""

from __future__ import annotations

from storagelab.widgets.book import show_moving
from storagelab.widgets.workbench import Workbench

__all__ = ["Workbench", "show_moving"]
