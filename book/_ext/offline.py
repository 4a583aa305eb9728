"""Put every script that the pages load into the book itself, so that it works with no network.

bqplot's and anywidget's scripts come out of the installed Python packages, so that they always fit
the widgets' state; the widget manager, RequireJS and MathJax come from ``node_modules``. They go to
``vendor/`` and not to ``_static/``: Jupyter Book would load each script there on every page.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NODE_MODULES = ROOT / "node_modules"
NBEXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "nbextensions"

HTML_MANAGER = NODE_MODULES / "@jupyter-widgets" / "html-manager" / "dist"
SCRIPTS = {
    "require.js": NODE_MODULES / "requirejs" / "require.js",
    "require-config.js": HERE / "require-config.js",
    "libembed-amd.js": HTML_MANAGER / "libembed-amd.js",
    "bqplot.js": NBEXTENSIONS / "bqplot" / "index.js",
    "bqscales.js": NBEXTENSIONS / "bqscales" / "index.js",
    "anywidget.js": NBEXTENSIONS / "anywidget" / "index.js",
}
FONT_FACE = re.compile(r"@font-face\s*\{(?:[^{}]|\$\{[^}]*\})*\}")
"""A rule in the widget manager's script that loads a font of icons; lighten.py has the icons."""
MATHJAX = NODE_MODULES / "mathjax" / "es5"
MATHJAX_PARTS = ("tex-mml-svg.js",)


def as_classic(module: Path, last: str) -> str:
    """Return a script's text without exports and with ``last`` behind it, in a scope of its own.

    Browsers load no modules from files.
    """
    text = re.sub(r"^export ", "", module.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return f"(() => {{\n{text}\n{last}\n}})();\n"


def copy_scripts(app: Sphinx, error: Exception | None) -> None:
    """Copy the scripts behind the pages once these are built."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "vendor"
    target.mkdir(exist_ok=True)
    for name, script in SCRIPTS.items():
        shutil.copy2(script, target / name)
    manager = target / "libembed-amd.js"
    text = manager.read_text(encoding="utf-8")
    manager.write_text(FONT_FACE.sub("", text), encoding="utf-8")
    text = as_classic(HERE / "wake.js", "main(new URL('.', document.currentScript.src).href);")
    (target / "wake.js").write_text(text, encoding="utf-8")
    for part in MATHJAX_PARTS:
        place = target / "mathjax" / part
        place.parent.mkdir(exist_ok=True)
        shutil.copy2(MATHJAX / part, place)


def check_scripts(app: Sphinx) -> None:
    """Refuse to build a book whose figures or mathematics couldn't load."""
    missing = [str(path) for path in (*SCRIPTS.values(), MATHJAX) if not path.exists()]
    if missing:
        raise ExtensionError(
            "The book's scripts aren't installed; run `make book`, which fetches them, or `npm ci` "
            f"and `pip install -r requirements.lock`. Missing: {', '.join(missing)}"
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both steps."""
    app.connect("builder-inited", check_scripts)
    app.connect("build-finished", copy_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
