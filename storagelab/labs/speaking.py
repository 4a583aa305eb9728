"""What a cell says and shows: text in lines that fit, and widgets that don't vanish in silence."""

from __future__ import annotations

import textwrap

from storagelab.labs.run_mode import Closable, is_live, replace_shown

COLUMNS = 88
"""Of a line of text: JupyterLab breaks longer ones anywhere, in the middle of a word too."""

ASLEEP = """<style>
.jp-RenderedText pre { word-break: normal; overflow-wrap: anywhere; }
.storagelab-asleep { display: none; border-left: 4px solid var(--jp-brand-color1, #1976d2);
  padding: 0.2em 1em; margin: 0.5em 0; max-width: 48em; }
.jp-OutputArea:has(> .jp-OutputArea-child > .jp-OutputArea-output.jupyter-widgets)
  .storagelab-asleep { display: block; }
.jp-OutputArea-child:has(.storagelab-asleep) ~ .jp-OutputArea-child
  > .jp-OutputArea-output.jupyter-widgets { display: none; }
</style><p class="storagelab-asleep">What stood here ended with its kernel. Run the notebook's first
cell, then this one.</p>"""
"""A note that shows where JupyterLab finds no widget any more, in the place of its error.

JupyterLab marks an output as ``jupyter-widgets`` by itself only where it has no model for it. Where
styles are removed, as in a notebook that isn't trusted, there is no widget, and the note is seen.
"""


def wrapped(text: str) -> str:
    """Return ``text`` in lines of at most :data:`COLUMNS`."""
    return "\n".join(
        textwrap.fill(line, COLUMNS, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


def as_shown(text: str) -> str:
    """Return ``text`` in lines that fit where somebody looks at a notebook, and else as it is."""
    from IPython.core.getipython import get_ipython  # a cell's output alone needs it

    return wrapped(text) if is_live() and get_ipython() is not None else text


def say(text: str) -> None:
    """Print ``text``, in lines that fit where somebody looks at a notebook."""
    print(as_shown(text))


def show_text(text: str) -> None:
    """Show a text in Markdown, typeset wherever a page shows it, graded or not."""
    from IPython.core.getipython import get_ipython  # a cell's output alone needs these
    from IPython.display import display

    if get_ipython() is None:
        print(text)
    else:
        display({"text/markdown": text, "text/plain": wrapped(text)}, raw=True)


def show_live(item: Closable) -> None:
    """Show ``item`` in the place of what the running cell showed before, with a note for later."""
    from IPython.display import HTML, display  # only a live lab pays for these

    replace_shown(item)
    display(HTML(ASLEEP))
    display(item)
