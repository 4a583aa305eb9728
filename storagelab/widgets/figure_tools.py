"""FigureTools: a figure's numbers as a table, and buttons that save figure and numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets
from ipywidgets import Widget, widget_serialization

from storagelab.widgets import shared_styles
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script
from storagelab.widgets.table import Table


class FigureTools(Scripted):
    """A table that can be unfolded, and buttons that save PNG, SVG and CSV.

    The picture is copied from the page by the script. The table is computed by ``numbers``, only
    when somebody looks at it or saves it. Without a kernel (``live`` is False) the CSV file holds
    the rows that the page has.
    """

    _esm: Any = sent(script("figure_tools.js"))
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
        """Update the rows if they are visible."""
        if not self.unfolded and self.live:
            return
        table = self._numbers().thinned()
        self.columns = list(table.columns)
        self.rows = table.shown()

    def _answer(self, widget: Any, content: dict[str, Any], buffers: object) -> None:
        del widget, buffers
        if content.get("type") == "csv":
            self.send({"type": "csv", "text": self._numbers().csv()})
