"""CopyButton: a button that copies a field's text to the clipboard."""

from __future__ import annotations

from typing import Any

import traitlets
from ipywidgets import Widget, widget_serialization

from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script


class CopyButton(Scripted):
    """A button that copies the value of ``source``; ``what`` names it for a screen reader."""

    _esm: Any = sent(script("copy_button.js"))
    source = traitlets.Instance(Widget).tag(sync=True, **widget_serialization)
    what: Any = traitlets.Unicode().tag(sync=True)
