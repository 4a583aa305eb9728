"""Displays that a later cell updates: the last state of each is what a notebook keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbformat import NotebookNode

MOST_KNOWN = 10_000


class Displays:
    """The displays of one notebook, by the ids that its cells gave them."""

    def __init__(self, clean: Callable[[Any], list[NotebookNode]]) -> None:
        """Make outputs of what an interpreter sends by ``clean``."""
        self._clean = clean
        self._known: dict[str, list[NotebookNode]] = {}

    def placed(self, sent: Any) -> list[NotebookNode]:
        """Return a cell's outputs, and put updates of earlier displays in their places."""
        made: list[NotebookNode] = []
        for item in sent if isinstance(sent, list) else []:
            if not isinstance(item, dict):
                continue
            transient = item.get("transient")
            name = transient.get("display_id") if isinstance(transient, dict) else None
            known = self._known.get(name, []) if isinstance(name, str) else []
            if item.get("output_type") == "update_display_data":
                for now in self._clean([{**item, "output_type": "display_data"}]):
                    for output in known:
                        output["data"], output["metadata"] = now["data"], now["metadata"]
                continue
            new = self._clean([item])
            made += new
            if isinstance(name, str) and len(self._known) < MOST_KNOWN:
                self._known.setdefault(name, []).extend(new)
        return made
