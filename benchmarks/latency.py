"""From a key pressed to a painted frame: a workbench in JupyterLab against one bare slider.

A workbench's slider is moved, and so is the mark in a figure that stands for one.

The bare slider moves one line of an otherwise empty figure from Python: the least that ipywidgets
and bqplot can do. Both stand in one notebook with one kernel, and their keys are pressed in turn.
Nothing is eased, so that the last frame is as late as the kernel and the browser make it.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measuring import Result, at_most
from storagelab.parts import PARTS
from tests.browser.chromium import launch_options
from tests.browser.lab import Lab, notebook_of, run_all, running_lab

WORKBENCHES = [
    *(("cloud_titan", part) for part in PARTS),
    ("edge_guardian", "access"),
    ("mobile_nomad", "checkpoint"),
    ("tiny_pioneer", "pipeline"),
]
PRESSES = 80
"""Half of them to the right, half to the left."""
LIMIT = 1.5

OURS = """
from storagelab.tracks import load_track
from storagelab.widgets import Workbench
bench = Workbench(load_track({track!r}), {part!r})
bench.widget
"""
BARE = """
import bqplot
import ipywidgets
import numpy as np

x, y = bqplot.LinearScale(min=0, max=1), bqplot.LinearScale(min=0, max=1)
line = bqplot.Lines(x=np.linspace(0, 1, 2), y=np.zeros(2), scales={"x": x, "y": y})
slider = ipywidgets.IntSlider(value=10, min=0, max=20)

def draw(change):
    line.y = np.full(2, slider.value / 20)

slider.observe(draw, "value")
bare = ipywidgets.VBox([slider, bqplot.Figure(marks=[line])])
bare.add_class("bare-slider")
bare
"""

WATCH = """() => {
  // how long nothing has to change, in ms
  const QUIET = 100;
  const EVERYTHING = { subtree: true, childList: true, characterData: true, attributes: true };
  // runs when the frame with the present changes has been handed to the compositor
  const onFrame = (note) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => note(performance.now());
    channel.port2.postMessage(null);
  });
  window.pressed = (place, what, index, patience) => new Promise((resolve) => {
    const root = document.querySelector(place);
    const handle = root.querySelectorAll(what)[index];
    const readouts = [...root.querySelectorAll('.widget-slider .widget-readout')];
    const figures = [...root.querySelectorAll('.bqplot svg')];
    const painted = { readout: 0, marks: 0 };
    const moved = new Set();
    let start = 0;
    let changed = 0;
    const watch = (item, what) => {
      const observer = new MutationObserver(() => {
        if (!start) return;
        changed = performance.now();
        if (what === 'marks') moved.add(item);
        onFrame((now) => { painted[what] = now - start; });
      });
      observer.observe(item, EVERYTHING);
      return observer;
    };
    const observers = [
      ...readouts.map((item) => watch(item, 'readout')),
      ...figures.map((item) => watch(item, 'marks')),
    ];
    const end = () => {
      const now = performance.now();
      const settled = painted.readout && painted.marks && now - changed > QUIET;
      if (!settled && now - start < patience) {
        setTimeout(end, 10);
        return;
      }
      observers.forEach((observer) => observer.disconnect());
      resolve({ ...painted, moved: moved.size });
    };
    handle.addEventListener('keydown', (event) => {
      start = event.timeStamp;
      setTimeout(end, 10);
    }, { capture: true, once: true });
    handle.focus({ preventScroll: true });
    // what isn't shown now takes no focus, and would wait for its key for ever
    if (document.activeElement !== handle) {
      observers.forEach((observer) => observer.disconnect());
      resolve({ ...painted, moved: 0 });
    }
  });
}"""

Place = tuple[str, str]
"""What is pressed: where it is, and which elements there take keys."""
REFERENCE: Place = (".bare-slider", ".noUi-handle")
SUBJECT: Place = (".storagelab-workbench", ".noUi-handle")
POINT: Place = (".storagelab-workbench", ".storagelab-handle")
"""The marks that can be dragged."""
NAMES = {SUBJECT: "key", POINT: "key on a mark"}


@contextmanager
def page_of(lab: Lab, chromium: Browser, track: str, part: str) -> Iterator[Page]:
    """Open a notebook with the bare slider and a workbench; its kernel is stopped at the end."""
    path = f"{track}_{part}.ipynb"
    lab.write(path, notebook_of(BARE, OURS.format(track=track, part=part)))
    # all of it in sight, since JupyterLab doesn't draw the cells that aren't
    page = chromium.new_page(viewport={"width": 1280, "height": 5000}, reduced_motion="reduce")
    page.set_default_timeout(60_000)
    lab.open(page, path)
    run_all(page)
    for place, _ in (SUBJECT, REFERENCE):
        page.wait_for_selector(f"{place} .bqplot svg path.line", state="attached")
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    yield page
    page.close()
    lab.stop_kernels()


PATIENCE = 3000
"""How long an effect is waited for, in milliseconds."""
GLANCE = 600
"""How long it is waited for while most of what is pressed has none."""
KEYS = ("ArrowRight", "ArrowLeft")


def press(
    page: Page, place: Place, index: int, key: str, patience: int = PATIENCE
) -> dict[str, float]:
    """Press ``key`` on one of the elements of ``place``, and return how long its effect took.

    ``readout`` and ``marks`` are milliseconds from the key to the last frame that changed them,
    0 where nothing did; ``moved`` is the number of figures that changed.
    """
    page.evaluate(
        "(asked) => { window.outcome = window.pressed(...asked); }", [*place, index, patience]
    )
    page.keyboard.press(key)
    seen: dict[str, float] = page.evaluate("() => window.outcome")
    return seen


def liveliest(page: Page, place: Place) -> int | None:
    """Return the element of ``place`` whose keys move the most figures, the first of several.

    Only those count that move a figure and a readout by either key; None where there is none, as
    where every mark is a guess or stands still in the middle of its range.
    """
    moved = []
    for index in range(page.locator(" ".join(place)).count()):
        if place == POINT:  # in the middle it may move nothing, at its beginning it does
            press(page, place, index, "Home", GLANCE)
        seen = [press(page, place, index, key, GLANCE) for key in KEYS]
        answers = all(one["readout"] for one in seen)
        moved.append(min(one["moved"] for one in seen) if answers else 0)
    return moved.index(max(moved)) if any(moved) else None


Times = dict[str, list[float]]
"""Seconds to the painted ``readout`` and to the painted ``marks``."""


def measured(page: Page) -> dict[Place, tuple[Times, Times]]:
    """Return the times of what is pressed, and the bare slider's in turn with it, by its place.

    A place is looked at by itself: what a slider moves may take away the mark that can be moved.
    """
    found = {}
    for place in NAMES:
        index = liveliest(page, place)
        if index is None and place != POINT:
            raise RuntimeError(f"nothing of {place} moves a figure")
        if index is not None:
            found[place] = in_turn(page, place, index)
    return found


def in_turn(page: Page, place: Place, index: int) -> tuple[Times, Times]:
    """Press keys on one element of ``place`` and on the bare slider, one after the other."""
    pair: tuple[Times, Times] = ({"readout": [], "marks": []}, {"readout": [], "marks": []})
    for number in range(PRESSES):
        key = KEYS[number % 2]
        for times, (where, which) in zip(pair, ((place, index), (REFERENCE, 0)), strict=True):
            seen = press(page, where, which, key)
            for name, found in times.items():
                if not seen[name]:
                    raise RuntimeError(f"{key} changed no {name} of {where}")
                found.append(seen[name] / 1e3)
    return pair


def at_share(times: list[float], share: float) -> float:
    """Return the time that ``share`` of ``times`` don't exceed."""
    return sorted(times)[min(int(share * len(times)), len(times) - 1)]


def results() -> list[Result]:
    """Return both latencies of each workbench against the bare slider, at the 95th percentile."""
    found = []
    with (
        tempfile.TemporaryDirectory() as root,
        tempfile.TemporaryDirectory() as home,
        running_lab(Path(root), Path(home)) as lab,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(**launch_options())
        for track, part in WORKBENCHES:
            with page_of(lab, chromium, track, part) as page:
                times = measured(page)
            for place, what, share in itertools.product(NAMES, ("readout", "marks"), (0.5, 0.95)):
                if place not in times:
                    continue
                ours, bare = (one[what] for one in times[place])
                high, reference = at_share(ours, share), at_share(bare, share)
                name = (
                    f"{NAMES[place]} to {what}, p{100 * share:.0f}, {track}, {part} / bare slider"
                )
                found.append(at_most(name, high, reference, high / reference, LIMIT))
        chromium.close()
    return found
