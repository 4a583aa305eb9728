"""Put a picture of each widget into the pages: what is seen first, in print, and with no script.

Once the pages are written, a browser opens each that has widgets, brings them to life, and writes
down what they look like: their HTML, every figure as one SVG drawing in two widths, and the rules
of style that they need. ``wake.js`` takes a picture away when its widgets stand in its place.

What was drawn is kept in ``build/stills`` under a digest of the widgets' state and of everything
that draws them, so that a change of a page's prose draws nothing anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline import HERE, ROOT, SCRIPTS, as_classic
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

VIEW = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-view\+json">(?P<json>.*?)</script>', re.DOTALL
)
STATE = re.compile(
    r'<script type="application/vnd\.jupyter\.widget-state\+json">(?P<json>.*?)</script>', re.DOTALL
)
MODELS = "models"
"""The folder, beside the pages, of the scripts with their widgets' states."""
BELOW = """.storagelab-arriving article section section:nth-of-type(n + 2) {
  content-visibility: auto; contain-intrinsic-size: auto 1500px;
}
"""
"""The rule for what is laid out after the first paint; ``arriving.js`` says when it holds."""
WIDE, NARROW = 1280, 360
"""Widths of the window, in pixels, at which figures are drawn."""
HEIGHT = 900
COVER = HERE / "cover.html"
LOGO = HERE.parent / "_static" / "logo.svg"
TIMEOUT = 60_000
"""Milliseconds that a page may take, on a machine with much else to do."""

# bqplot lays a figure out anew when it is in sight, and nobody scrolls here
ALL_IN_SIGHT = """
window.IntersectionObserver = class {
  constructor(notice) { this.notice = notice; }
  observe(target) { this.notice([{ target, isIntersecting: true, rootBounds: {} }], this); }
  unobserve() {}
  disconnect() {}
};
"""
DRAWN_BY = (
    *SCRIPTS.values(),
    *(HERE / name for name in ("stills.js", "stills.py", "wake.js")),
    HERE.parent / "_static" / "storagelab.css",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stills:
    """What is put into a page."""

    stills: list[str]
    """The picture of each view, in the page's order."""
    style: str
    """The rules of style that they need."""


def digest(page: str) -> str:
    """Return a digest of the widgets of a page, whose names are others in every build."""
    state = "".join(found["json"] for found in STATE.finditer(page))
    views = [json.loads(found["json"])["model_id"] for found in VIEW.finditer(page)]
    names: dict[str, str] = {}
    for name in json.loads(state)["state"]:
        names[name] = f"model-{len(names)}"
    text = re.sub(
        r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", lambda found: names.get(found[0], found[0]), state
    )
    text = json.dumps([text, [names[view] for view in views]])
    return hashlib.sha256(text.encode()).hexdigest()


def tools_digest() -> str:
    """Return a digest of what draws."""
    made = hashlib.sha256()
    for path in DRAWN_BY:
        made.update(path.read_bytes())
    return made.hexdigest()


def with_stills(page: str, made: Stills, models: str) -> str:
    """Return a page with the pictures before its views and the styles at the end of its head.

    The widgets' state, more than half of a page, goes into a script of its own, ``models``, which
    is loaded with the widgets: see :func:`models_of`.
    """
    views = len(VIEW.findall(page))
    if len(made.stills) != views:
        raise ExtensionError(f"A page with {views} views has {len(made.stills)} pictures of them.")
    pictures = iter(made.stills)
    page = VIEW.sub(lambda found: next(pictures) + found[0], page)
    page = STATE.sub("", page)
    head = (
        f'<meta name="storagelab-models" content="{models}">\n'
        f"<style data-still>\n{made.style}\n{BELOW}</style>\n"
        f"<script>\n{as_classic(HERE / 'arriving.js', 'arrive(window);')}</script>\n"
    )
    return page.replace("</head>", f"{head}</head>", 1)


def models_of(page: str) -> str:
    """Return the script with a page's widget states. A page from a file can load nothing else."""
    states = [json.loads(found["json"]) for found in STATE.finditer(page)]
    return f"window.storagelabModels = {json.dumps(states, separators=(',', ':'))};\n"


def draw(browser: Browser, path: Path) -> Stills:
    """Return the pictures of a page's widgets, drawn in a browser."""
    context = browser.new_context(
        viewport={"width": WIDE, "height": HEIGHT}, reduced_motion="reduce", color_scheme="light"
    )
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    page.add_init_script(ALL_IN_SIGHT)
    page.goto(path.as_uri())
    page.add_script_tag(
        content=as_classic(HERE / "stills.js", "window.stills = { drawings, stillsOf };")
    )
    page.evaluate("() => document.dispatchEvent(new Event('storagelab-wake'))")
    page.wait_for_function(
        """() => [...document.querySelectorAll('script[type$="widget-view+json"]')]
          .every((item) => item.parentElement.classList.contains('storagelab-live'))"""
    )
    page.evaluate("() => document.fonts.ready")
    _settle(page)
    page.evaluate("() => { window.wide = window.stills.drawings(); }")
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    _settle(page)
    page.evaluate("() => { window.narrow = window.stills.drawings(); }")
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    _settle(page)
    made = page.evaluate("() => window.stills.stillsOf(window.wide, window.narrow)")
    context.close()
    return Stills(**made)


def _settle(page: Page) -> None:
    """Wait until the figures fit into their boxes and have looked the same in many frames."""
    page.wait_for_function(
        """() => new Promise((resolve) => {
          let before = '', same = 0;
          const widthOf = (item) => (item ? item.getBoundingClientRect().width : 0);
          const fits = (figure) =>
            widthOf(figure.querySelector('.plotarea_background')) <= widthOf(figure);
          const look = () => {
            const figures = [...document.querySelectorAll('.bqplot')];
            const now = figures.map((item) => item.innerHTML).join();
            same = now === before && figures.every(fits) ? same + 1 : 0;
            before = now;
            if (same >= 24) resolve(true); else requestAnimationFrame(look);
          };
          look();
        })"""
    )


def browser_options() -> dict[str, Any] | None:
    """Return how to start the browser, or None where there is none."""
    sys.path.insert(0, str(ROOT))
    try:
        import playwright.sync_api  # noqa: F401

        from tests.browser.chromium import launch_options

        return dict(launch_options(for_pictures=True))
    except (ImportError, FileNotFoundError):
        return None
    finally:
        sys.path.remove(str(ROOT))


def draw_cover(browser: Browser, path: Path) -> None:
    """Draw the picture that a link to the book is shown with."""
    page = browser.new_page(viewport={"width": 1200, "height": 630})
    logo = base64.b64encode(LOGO.read_bytes()).decode()
    text = COVER.read_text(encoding="utf-8")
    page.set_content(text.replace("LOGO", f"data:image/svg+xml;base64,{logo}"))
    page.screenshot(path=path)
    page.close()


def add_stills(app: Sphinx, error: Exception | None) -> None:
    """Put the pictures into the pages that are written, and the cover beside them."""
    if error is not None or app.builder.format != "html":
        return
    cache = ROOT / "build" / "stills"
    cache.mkdir(parents=True, exist_ok=True)
    tools = tools_digest()
    places: dict[Path, Path] = {}
    for path in sorted(Path(app.outdir).glob("*.html")):
        text = path.read_text(encoding="utf-8")
        if VIEW.search(text) and 'class="storagelab-still"' not in text:
            places[path] = cache / f"{_short(digest(text) + tools)}.json"
    cover = cache / f"{_short(COVER.read_text('utf-8') + LOGO.read_text('utf-8'))}.png"
    missing = [path for path, place in places.items() if not place.exists()]
    if missing or not cover.exists():
        options = browser_options()
        if options is None:
            log.info("No Chromium was found: the book's figures have no pictures.")
            return
        from playwright.sync_api import sync_playwright

        with sync_playwright() as driver:
            browser = driver.chromium.launch(**options)
            draw_cover(browser, cover)
            for path in missing:
                made = draw(browser, path)
                places[path].write_text(json.dumps(asdict(made)), encoding="utf-8")
            browser.close()
    shutil.copy2(cover, Path(app.outdir) / "_static" / "cover.png")
    (Path(app.outdir) / MODELS).mkdir(exist_ok=True)
    for path, place in places.items():
        made = Stills(**json.loads(place.read_text(encoding="utf-8")))
        page = path.read_text(encoding="utf-8")
        models = f"{MODELS}/{path.stem}.js"
        (path.parent / models).write_text(models_of(page), encoding="utf-8")
        path.write_text(with_stills(page, made, models), encoding="utf-8")
    for old in {*cache.iterdir()} - {cover, *places.values()}:
        old.unlink()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the step, behind the one that copies the scripts."""
    app.connect("build-finished", add_stills, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
