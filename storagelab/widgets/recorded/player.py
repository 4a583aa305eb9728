"""Player: sets what a workbench's kernel would set, from tables that the page loads."""

from __future__ import annotations

from typing import Any

import traitlets
from ipywidgets import Widget, widget_serialization

from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script


def _widgets() -> Any:
    return traitlets.List(traitlets.Instance(Widget)).tag(sync=True, **widget_serialization)


class Player(Scripted):
    """The half of a recorded workbench that runs in the page.

    ``plan`` has everything that isn't a widget; :mod:`storagelab.widgets.recorded.page` writes it.
    """

    _esm: Any = sent(script("player.js"))
    plan: Any = traitlets.Dict().tag(sync=True)
    sliders = _widgets()
    """The controls' own widgets, in their order."""
    fields = _widgets()
    """The fields and the buttons back to the default of the scales among them, by turns."""
    targets = _widgets()
    """Whose traits move, unit by unit; ``plan`` has the traits' names."""
    choices = _widgets()
    """What figures choose by themselves, unit by unit."""
    pressed = _widgets()
    """The buttons of the presets."""
    words = _widgets()
    """What they say, what the caller says, and what the line to paste says."""
    others = _widgets()
    """The line to paste, and the caller's button."""
    ledger = _widgets()
    """What shows the recorded runs, where a part records them."""
    said: Any = traitlets.Unicode().tag(sync=True)
    """What it has to say beside the controls."""
    ready: Any = traitlets.Bool(False).tag(sync=True)
    """Whether a move is answered at once."""
    run: Any = traitlets.List().tag(sync=True)
    """What the present run comes to, as the list of recorded runs has it."""
