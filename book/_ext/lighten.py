"""Take out of the pages what they need not load: MathJax, Font Awesome's script, and its fonts.

Mathematics is set here, as drawings with MathML beside them, which shows with no script, on paper
and in a feed reader. The few icons that the book has become masks in one style sheet, which every
browser takes from a file too; Firefox refuses a font from there.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from offline import HERE, NODE_MODULES
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

FORMULA = re.compile(
    r'(?P<open><(?P<tag>span|div) class="math notranslate nohighlight"[^>]*>\s*'
    r"(?P<number><span class=\"eqno\">.*?</span>)?)"
    r"\s*(?:\\\((?P<inline>.*?)\\\)|\\\[(?P<display>.*?)\\\])\s*</(?P=tag)>",
    re.DOTALL,
)
"""A formula as Sphinx writes it, with its number if it has one."""
MATHJAX_SCRIPTS = re.compile(
    r"\s*<script>window\.MathJax = .*?</script>|\s*<script[^>]*/mathjax/[^>]*></script>", re.DOTALL
)
ICON_SCRIPT = re.compile(
    r"\s*<!-- So that users[^>]*-->\s*<script[^>]*fontawesome\.js[^>]*></script>"
)
ICON_CLASS = re.compile(r'<(?:i|span)\b[^>]*class="[^"]*\bfa[srb]?\b[^"]*"')
WIDGET_ICON = re.compile(r'"icon": "([a-z0-9-]+)"')
# name, or in quotes: [width, height, [other names and numbers], "code", "path"]
SHAPE = re.compile(r'"?([a-z0-9-]+)"?:\[(\d+),(\d+),\[([^\]]*)\],"([0-9a-f]+)","([^"]+)"\]')
THEME_ICON = re.compile(r"([^{}]+)\{[^{}]*content:var\((--pst-icon-[a-z-]+)\)[^{}]*\}")
THEME_VARIABLE = re.compile(r"(--pst-icon-[a-z-]+):(?:var\((--[a-z-]+)\)|\"([^\"]+)\")")
FONT_RULES = re.compile(
    r"@font-face\{[^}]*fontawesome[^}]*\}|(?:\.fa-[\w-]+:+before,?)+\{content:\"[^\"]*\"\}"
    r"|(?:\.fa-[\w-]+,?)+\{--fa:\"[^\"]*\"(?:;--fa--fa:\"[^\"]*\")?\}"
)

LOOK = """\
/* Icons: Font Awesome Free, https://fontawesome.com, CC BY 4.0. */
{icons}
{masked} {{
  content: "" !important; display: inline-block; width: 1em; height: 1em; vertical-align: -0.125em;
  background: currentColor; mask: var(--storagelab-icon) center / contain no-repeat;
  forced-color-adjust: preserve-parent-color;
}}
.admonition > .admonition-title::after {{ width: 1rem; height: 1.65em; mask-size: 1rem; }}

/* Mathematics: MathJax's own rules, and what is heard of a formula without being seen. */
{mathematics}
mjx-container {{ position: relative; }}
mjx-container[tabindex] {{ overflow: auto hidden; }}
@media (max-width: 600px) {{
  mjx-container[tabindex]:not([display]) {{
    display: inline-block; max-width: 100%; vertical-align: middle;
  }}
}}
mjx-assistive-mml {{
  position: absolute; inset: 0 auto auto 0; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); user-select: none;
}}
"""
LOOK_LINK = '<link rel="stylesheet" type="text/css" href="vendor/look.css" />'


WIDE_FORMULA = 28
"""Widths of the letter x, of which a telephone has room for some more."""
CONTAINER = re.compile(r'<mjx-container(?P<rest>[^>]*><svg[^>]* width="(?P<width>[\d.]+)ex")')


def formulas_of(page: str) -> list[dict[str, Any]]:
    """Return the formulas of a page in order, as ``mathematics.js`` takes them."""
    return [
        {
            "tex": html.unescape(found["inline"] or found["display"] or "").strip(),
            "display": found["inline"] is None,
        }
        for found in FORMULA.finditer(page)
    ]


def set_formulas(pages: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """Return what ``mathematics.js`` makes of the formulas of pages.

    ``ExtensionError`` says why one of them can't be set.
    """
    node = Path(sys.prefix) / "bin" / "node"
    done = subprocess.run(
        [
            str(node) if node.exists() else shutil.which("node") or "node",
            HERE / "mathematics.js",
            NODE_MODULES / "mathjax",
        ],
        input=json.dumps(pages),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ExtensionError(f"The book's mathematics can't be set: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def with_mathematics(page: str, made: dict[str, Any]) -> str:
    """Return a page with its formulas set and what they share at its end."""
    formulas = (CONTAINER.sub(_scrolled, formula) for formula in made["html"])
    page = FORMULA.sub(lambda found: f"{found['open']}{next(formulas)}</{found['tag']}>", page)
    return page.replace("</body>", f"{made['shapes']}\n</body>", 1)


def _scrolled(found: re.Match[str]) -> str:
    """Return a formula's beginning, reached by keys where the formula may scroll."""
    reached = ' tabindex="0"' if float(found["width"]) > WIDE_FORMULA else ""
    return f"<mjx-container{reached}{found['rest']}"


class Icons:
    """The theme's icons, by name and by code, and those that the book uses."""

    def __init__(self, script: str) -> None:
        self.shapes: dict[str, str] = {}
        for name, width, height, others, code, path in SHAPE.findall(script):
            drawn = (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
                f'<path d="{path}"/></svg>'
            )
            mask = f'url("data:image/svg+xml,{quote(drawn, safe=" =:/")}")'.replace("%22", "'")
            for key in (name, chr(int(code, 16)), *re.findall(r'"([a-z0-9-]+)"', others)):
                self.shapes.setdefault(key, mask)

    def mask(self, name: str) -> str:
        """Return an icon as a value of CSS; ``ExtensionError`` for one that isn't known."""
        # Font Awesome 4's names of outlined icons, which ipywidgets uses
        for known in (name, name.removesuffix("-o")):
            if known in self.shapes:
                return self.shapes[known]
        raise ExtensionError(f"There is no icon called {name!r}.")


def icon_rules(pages: list[str], theme: str, icons: Icons) -> tuple[str, str]:
    """Return the rules that say each icon's mask, and the selector of all that are masked."""
    names = set()
    for page in pages:
        for tag in ICON_CLASS.findall(page):
            names |= set(re.findall(r"fa-(?!solid|regular|brands|lg|fw|spin)([a-z0-9-]+)", tag))
        names |= set(WIDGET_ICON.findall(page))
    rules = {f":is(i, span).fa-{name}::before": icons.mask(name) for name in sorted(names)}
    values = {name: (other, sign) for name, other, sign in THEME_VARIABLE.findall(theme)}
    for selectors, variable in THEME_ICON.findall(theme):
        other, sign = values[variable]
        while other:
            other, sign = values[other]
        if sign in icons.shapes:
            rules[selectors.split("*/")[-1].strip()] = icons.shapes[sign]
    rules[".bd-sidebar-secondary.hide:not(:hover) .onthispage:after"] = icons.mask("angle-down")
    lines = [f"{selector} {{ --storagelab-icon: {mask}; }}" for selector, mask in rules.items()]
    return "\n".join(lines), ",\n".join(rules)


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Rewrite the pages and the theme's style sheets."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    script = out / "_static" / "scripts" / "fontawesome.js"
    if not script.exists():  # nothing was written anew
        return
    paths = sorted(out.glob("*.html"))
    pages = [path.read_text(encoding="utf-8") for path in paths]
    made = set_formulas([formulas_of(page) for page in pages])

    sheet = out / "_static" / "styles" / "pydata-sphinx-theme.css"
    theme = sheet.read_text(encoding="utf-8")
    icons, masked = icon_rules(pages, theme, Icons(script.read_text(encoding="utf-8")))
    sheet.write_text(FONT_RULES.sub("", theme), encoding="utf-8")
    look = LOOK.format(icons=icons, masked=masked, mathematics=made["style"])
    (out / "vendor" / "look.css").write_text(look, encoding="utf-8")
    for path, page, formulas in zip(paths, pages, made["pages"], strict=True):
        page = with_mathematics(page, formulas)
        page = ICON_SCRIPT.sub("", MATHJAX_SCRIPTS.sub("", page))
        path.write_text(page.replace("</head>", f"{LOOK_LINK}\n</head>", 1), encoding="utf-8")

    shutil.rmtree(out / "_static" / "vendor" / "fontawesome")
    for path in (script, *out.glob("_static/s*/*.map"), *out.glob("_static/scripts/fontawesome*")):
        path.unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the step, between the one that copies scripts and the one that draws."""
    app.connect("build-finished", lighten, priority=550)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
