"""PageSupport: styles of a workbench, and names for screen readers."""

from __future__ import annotations

from typing import Any

from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script, style


class PageSupport(Scripted):
    """Invisible; adds the workbench's styles, and the names that ipywidgets and bqplot leave out.

    For a screen reader, a slider's handle gets the slider's label and value, a figure gets its
    title and its caption, and captions of the present state are announced when they change.
    """

    _esm: Any = sent(script("page_support.js"))
    _css: Any = sent(style("workbench.css"))
