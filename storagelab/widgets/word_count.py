"""WordCount: how many words somebody has written between a cell's quotes, while they write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from storagelab.widgets import shared_styles
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script


class WordCount(Scripted):
    """A sentence on the length of the text in the cell above, which follows the typing.

    ``sentences`` are pairs of a number of words and what is said of fewer, ascending, the last
    number infinite; a ``{count}`` in one stands for the words there are. The script reads the
    editor of the cell that shows the widget, so that nothing has to be run to be counted; where it
    finds none, as on a page, it says what ``text`` has.
    """

    _esm: Any = sent(script("word_count.js"))
    text: Any = traitlets.Unicode().tag(sync=True)
    limits: Any = traitlets.List().tag(sync=True)
    says: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, text: str, sentences: Sequence[tuple[float, str]]) -> None:
        # JSON has no infinity: the last sentence has no limit
        super().__init__(
            text=text,
            limits=[below for below, _ in sentences[:-1]],
            says=[says for _, says in sentences],
            layout=shared_styles.layout(),
        )
