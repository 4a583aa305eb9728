"""A limit on what all cells of a submission put out together.

A cell's own outputs are limited where they are made. Many such cells would still make a notebook
that no browser opens, and that the one process that writes would have to hold.
"""

from __future__ import annotations

import json

from nbformat import NotebookNode
from nbformat.v4 import new_output

LARGEST = 32_000_000
"""Characters that a submission's outputs take at most, as JSON, but for what a score hangs on."""
LEFT_OUT = (
    "... left out here: the outputs of this submission take more than "
    f"{LARGEST // 1_000_000} million characters together ...\n"
)
_FIRST_WORDS = 1000  # characters of a result or an error that stay


class OutputRoom:
    """The room that is left for a submission's outputs."""

    def __init__(self) -> None:
        self._left = LARGEST

    def fit(self, outputs: list[NotebookNode]) -> list[NotebookNode]:
        """Return the outputs that there is room for, and the others in short, one of each kind.

        nbgrader reads a score from which kinds of outputs there are, and from the first result.
        """
        kept, shortened = [], set()
        for output in outputs:
            size = len(json.dumps(output))
            if size <= self._left:
                self._left -= size
                kept.append(output)
                continue
            kind = (output.output_type, output.get("name"))
            if kind not in shortened:
                shortened.add(kind)
                kept.append(_in_short(output))
        return kept


def _in_short(output: NotebookNode) -> NotebookNode:
    made: NotebookNode
    match output.output_type:
        case "error":
            words = output.evalue[:_FIRST_WORDS]
            made = new_output("error", ename=output.ename, evalue=words, traceback=[LEFT_OUT])
        case "execute_result":
            text = str(output.data.get("text/plain", ""))[:_FIRST_WORDS]
            count = output.execution_count
            made = new_output("execute_result", {"text/plain": text}, execution_count=count)
        case "stream":
            made = new_output("stream", name=output.name, text=LEFT_OUT)
        case _:
            made = new_output("stream", name="stdout", text=LEFT_OUT)
    return made
