"""A widget as a page of its own, with the scripts of the built book beside it."""

from __future__ import annotations

import html
import json
from pathlib import Path

from ipywidgets.embed import dependency_state, embed_data

PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="{vendor}/look.css">
<script src="{vendor}/wake.js" data-jupyter-widgets-cdn="{vendor}/missing/"></script>
<style>
{faces}
body {{ margin: 8px; font: 16px/1.5 var(--font); background: {ground}; color: {ink}; }}
/* twice, or ipywidgets' own values, which load later, would win */
:root:root {{
  --font: {font}; --jp-ui-font-family: var(--font); --jp-content-font-family: var(--font);
  --jp-code-font-family: var(--font);
  --pst-color-text-base: {ink}; --pst-color-background: {ground};
  --jp-ui-font-color1: {ink}; --jp-widgets-color: {ink}; --jp-content-font-color1: {ink};
  --jp-layout-color1: {ground};
}}
/* scrollbars are seen, and the same on every machine; the window's own would only take room */
html {{ scrollbar-width: none; }}
main ::-webkit-scrollbar {{ width: 12px; height: 12px; background: #d0d0d0; }}
main ::-webkit-scrollbar-thumb {{ background: #707070; }}
.storagelab-workbench {{ --jp-ui-font-color1: {ink}; --jp-widgets-label-color: {ink};
  --jp-layout-color2: color-mix(in srgb, {ink} 15%, {ground}); }}
.jupyter-widgets, .bqplot, .bqplot text, button, input, select {{
  font-family: var(--font) !important;
}}
</style>
</head>
<body><main><h1>{title}</h1>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
<script type="application/vnd.jupyter.widget-view+json">{view}</script>
</main></body></html>
"""
GROUNDS = {"light": ("#ffffff", "#333333"), "dark": ("#111111", "#dddddd")}


def write_page(
    widget: object,
    path: Path,
    vendor: str,
    theme: str = "light",
    font: str = "sans-serif",
    faces: str = "",
) -> None:
    """Write ``widget`` to ``path`` as a page whose scripts are at the address ``vendor``.

    ``font`` is a family that the machine has, or one of ``faces``, as CSS.
    """
    # else every widget that any test of this process has made would be on the page
    state = dependency_state([widget], drop_defaults=False)
    data = embed_data(views=[widget], drop_defaults=False, state=state)
    ground, ink = GROUNDS[theme]
    path.write_text(
        PAGE.format(
            theme=theme,
            title=html.escape(path.stem.replace("_", " ")),
            vendor=vendor,
            font=font,
            faces=faces,
            ground=ground,
            ink=ink,
            state=json.dumps(data["manager_state"]).replace("</", "<\\/"),
            view=json.dumps(data["view_specs"][0]),
        ),
        encoding="utf-8",
    )
