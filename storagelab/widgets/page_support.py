"""PageSupport: what a workbench needs of the page around it."""

from __future__ import annotations

from typing import Any

import anywidget

from storagelab.widgets.scripts import script, style


class PageSupport(anywidget.AnyWidget):
    """Invisible; brings the workbench's styles, and the names that ipywidgets and bqplot leave out.

    For a screen reader a slider's handle gets the slider's label and value, a figure its title and
    its words, and what is said of the present state is announced.
    """

    _esm: Any = script("page_support.js")
    _css: Any = style("workbench.css")
