"""Put every script that the pages load into the book itself, so that it works with no network.

bqplot's and anywidget's scripts come out of the installed Python packages, so that they always fit
the widgets' state; the widget manager, RequireJS and MathJax come from ``node_modules``. They go to
``vendor/`` and not to ``_static/``: Jupyter Book would load each script there on every page.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = ROOT / "node_modules"
NBEXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "nbextensions"

HTML_MANAGER = NODE_MODULES / "@jupyter-widgets" / "html-manager" / "dist"
SCRIPTS = {
    "require.js": NODE_MODULES / "requirejs" / "require.js",
    "embed-amd.js": HTML_MANAGER / "embed-amd.js",
    "bqplot.js": NBEXTENSIONS / "bqplot" / "index.js",
    "bqscales.js": NBEXTENSIONS / "bqscales" / "index.js",
    "anywidget.js": NBEXTENSIONS / "anywidget" / "index.js",
}
MATHJAX = NODE_MODULES / "mathjax" / "es5"
MATHJAX_PARTS = ("tex-mml-chtml.js", "output/chtml/fonts/woff-v2")

REQUIRE_CONFIG = """\
// Runs behind require.js and before embed-amd.js: widgets resolve beside this file.
(function () {
  const here = new URL('.', document.currentScript.src).href;
  const paths = {};
  for (const name of ['bqplot', 'bqscales', 'anywidget']) paths[name] = here + name;
  // embed-amd.js brings these along; their places only say where its icon fonts lie
  paths['@jupyter-widgets/html-manager/dist'] = here.slice(0, -1);
  for (const name of ['html-manager', 'base', 'controls']) {
    paths[`@jupyter-widgets/${name}`] = here + name;
  }
  window.requirejs.config({ paths });
  window.__jupyter_widgets_assets_path__ = here;
  // ipywidgets 8 still calls MathJax 2; the page has 3
  window.addEventListener('load', () => {
    if (!window.MathJax || window.MathJax.Hub) return;
    window.MathJax.Hub = {
      Queue: (call) => {
        if (call && call[2] && window.MathJax.typesetPromise) {
          window.MathJax.typesetPromise([call[2]]);
        }
      },
    };
  });
})();
"""


def copy_scripts(app: Sphinx, error: Exception | None) -> None:
    """Copy the scripts behind the pages once these are built."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "vendor"
    target.mkdir(exist_ok=True)
    for name, script in SCRIPTS.items():
        shutil.copy2(script, target / name)
    for kind in ("woff2", "woff", "ttf"):
        for font in HTML_MANAGER.glob(f"*.{kind}"):
            shutil.copy2(font, target / font.name)
    (target / "require-config.js").write_text(REQUIRE_CONFIG, encoding="utf-8")
    for part in MATHJAX_PARTS:
        source, place = MATHJAX / part, target / "mathjax" / part
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copy2(source, place)


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
