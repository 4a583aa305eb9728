"""FigureTools: a figure's numbers as a table, and the picture and the numbers as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets
from ipywidgets import Widget, widget_serialization

from storagelab.widgets import shared_styles
from storagelab.widgets.scripts import script
from storagelab.widgets.table import Table


class FigureTools(anywidget.AnyWidget):
    """A fold with the numbers, and buttons that save PNG, SVG and CSV.

    bqplot draws the files of the picture; the numbers are computed by ``numbers`` only when
    somebody looks at them or saves them. Without a kernel (``live`` is False) what is saved as
    CSV are the rows that the page has.
    """

    _esm: Any = script("figure_tools.js")
    figure = traitlets.Instance(Widget).tag(sync=True, **widget_serialization)
    title: Any = traitlets.Unicode().tag(sync=True)
    name: Any = traitlets.Unicode().tag(sync=True)
    columns: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    unfolded: Any = traitlets.Bool(False).tag(sync=True)
    live: Any = traitlets.Bool(True).tag(sync=True)

    def __init__(self, figure: Any, title: str, name: str, numbers: Callable[[], Table]) -> None:
        super().__init__(figure=figure, title=title, name=name, layout=shared_styles.layout())
        self._numbers = numbers
        self.observe(lambda change: self.refresh(), ["unfolded", "live"])
        self.on_msg(self._answer)

    def refresh(self) -> None:
        """Bring the rows up to date, if somebody sees them."""
        if not self.unfolded and self.live:
            return
        table = self._numbers().thinned()
        self.columns = list(table.columns)
        self.rows = table.shown()

    def _answer(self, widget: Any, content: dict[str, Any], buffers: object) -> None:
        del widget, buffers
        if content.get("type") == "csv":
            self.send({"type": "csv", "text": self._numbers().csv()})
