"""Scripted: a widget that a script of the course draws, which anywidget runs in the page."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ipywidgets
import traitlets

LIBRARY = "anywidget"


def sent(text: str) -> Any:
    """Return a trait that brings ``text``, a script or a style sheet, to the page."""
    return traitlets.Unicode(text).tag(sync=True)


def _version() -> str:
    """Return which versions of the library's script a page may have: those that are alike."""
    found = find_spec(LIBRARY)  # which loads nothing of it
    (folder,) = [] if found is None else found.submodule_search_locations or []
    package = Path(folder) / "labextension" / "package.json"
    installed: str = json.loads(package.read_text(encoding="utf-8"))["version"]
    major, minor, patch = installed.split(".", maxsplit=2)
    return f"~{major}.{minor}.*" if patch.isdigit() else installed


class Scripted(ipywidgets.DOMWidget):  # type: ignore[misc]  # it has no types
    """A widget whose script is ``_esm`` and whose style sheet, if it has one, is ``_css``.

    It tells the page what ``anywidget.AnyWidget`` tells it, and what runs there is anywidget's. Of
    that class the course uses no more, and opening a lab was a twentieth slower with it: its import
    loads what watches scripts that are edited meanwhile, and each widget gets a class of its own.
    """

    _model_name: Any = sent("AnyModel")
    _model_module: Any = sent(LIBRARY)
    _model_module_version: Any = sent(_version())
    _view_name: Any = sent("AnyView")
    _view_module: Any = sent(LIBRARY)
    _view_module_version: Any = sent(_version())
    _anywidget_id: Any = sent("")
    """By which the page knows widgets that have a style sheet in common."""

    @traitlets.default("_anywidget_id")
    def _own_id(self) -> str:
        return f"{type(self).__module__}.{type(self).__name__}"
