"""Each instrument looks as its stored picture: nothing lost, nothing moved, nothing recoloured.

After a change that is meant to be seen: ``STORAGELAB_RENEW_PICTURES=1 pytest
tests/browser/test_pictures.py``, look at what ``git diff`` shows, and commit it. What a run made,
and where it differs, is left in ``build/pictures``.

That the comparison would miss no label is proven for the comparison and the pictures as they are,
and noted beside them: it is tried again where either changes, and in the nightly tests.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy.ndimage import shift

from storagelab.widgets.gallery import GALLERY

from . import pictures
from .chromium import NOT_IN_TWO_SECONDS, launch_options
from .embedding import write_page
from .fits import broken_words, crowded
from .pictures import (
    FAMILY,
    MADE,
    REACH,
    STORED,
    WINDOW,
    difference,
    differs,
    font_faces,
    off,
    pixels,
    settled,
    store,
)

WIDTHS = (360, 800, 1280)
RENEW = os.environ.get("STORAGELAB_RENEW_PICTURES") == "1"
LABELS = """() => {
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const labels = [];
  window.labelled = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const item = node.parentElement;
    if (!node.data.trim() || !item.checkVisibility({ opacityProperty: true,
      visibilityProperty: true }) || item.closest('script, style, option')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    window.labelled.push(item);
    labels.push({ words: node.data.trim(), x: box.x + scrollX, y: box.y + scrollY,
      width: box.width, height: box.height });
  }
  return labels;
}"""
"""Every text that is seen, with its place on the page; the elements that have it are kept."""
HIDE = """([index, hidden]) => {
  const style = window.labelled[index].style;
  if (hidden) style.setProperty('visibility', 'hidden', 'important');
  else style.removeProperty('visibility');
}"""


PROVEN = STORED / "proven.sha256"
"""The digest of the comparison and of the pictures for which it was proven."""


def digest() -> str:
    """Return the digest of the comparison and of all that it is proven with."""
    total = hashlib.sha256()
    total.update(f"{LABELS}{HIDE}".encode())
    for path in [Path(pictures.__file__), *sorted(STORED.glob("*.png"))]:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_proven() -> bool:
    """Return whether the comparison was proven as it is, for the pictures as they are."""
    return PROVEN.exists() and PROVEN.read_text(encoding="utf-8").strip() == digest()


of_the_comparison = pytest.mark.nightly if is_proven() and not RENEW else pytest.mark.full


@pytest.fixture(scope="module")
def drawing_browser(playwright: Any) -> Iterator[Any]:
    chromium = playwright.chromium.launch(**launch_options(for_pictures=True))
    yield chromium
    chromium.close()


@pytest.fixture(scope="module", params=GALLERY)
def name(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def address(name: Any, book_folder: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The widget as a page, in the pinned font."""
    path = tmp_path_factory.mktemp("pictures") / f"{name}.html"
    vendor = (book_folder / "vendor").as_uri()
    family = f"'{FAMILY}', sans-serif"
    write_page(GALLERY[name](), path, vendor, font=family, faces=font_faces())
    return path.as_uri()


@pytest.fixture(scope="module", params=WIDTHS)
def drawn(
    request: pytest.FixtureRequest, drawing_browser: Any, address: Any
) -> Iterator[tuple[Any, Any]]:
    """The page at a width, at rest."""
    context = drawing_browser.new_context(
        viewport={"width": request.param, "height": 200}, reduced_motion="reduce"
    )
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.wait_for_selector("main .jupyter-widgets", state="attached")
    settled(page)
    assert [error for error in errors if NOT_IN_TWO_SECONDS not in error] == []
    yield page, request.param
    context.close()


def test_it_looks_as_its_stored_picture(drawn: tuple[Any, Any], name: Any) -> None:
    page, width = drawn
    png = page.screenshot(full_page=True)
    path = STORED / f"{name}_{width}.png"
    if RENEW and (not path.exists() or unlike(png, path)):
        store(png, path)
    MADE.mkdir(parents=True, exist_ok=True)
    (MADE / path.name).write_bytes(png)
    assert path.exists(), "no stored picture: see the head of this file"
    actual, stored = pixels(png), pixels(path)
    assert actual.shape == stored.shape
    if differs(actual, stored):
        shown = MADE / f"{path.stem}_difference.png"
        difference(actual, stored).save(shown)
        pytest.fail(f"{path.name} is off by {off(actual, stored).max():.3f}: see {shown}")


def test_all_that_is_shown_fits(drawn: tuple[Any, Any]) -> None:
    page, _ = drawn
    assert crowded(page, "main") == []
    assert broken_words(page, "main") == []


def unlike(png: Any, path: Any) -> Any:
    """Return whether a picture has to be stored anew: what is alike is left as it is."""
    actual, stored = pixels(png), pixels(path)
    return actual.shape != stored.shape or differs(actual, stored)


@of_the_comparison
def test_each_label_would_be_missed(drawn: tuple[Any, Any]) -> None:
    page, _ = drawn
    whole = pixels(page.screenshot(full_page=True))
    margin = WINDOW + REACH
    unnoticed = []
    labels = page.evaluate(LABELS)
    seen = 0
    for index, label in enumerate(labels):
        left, top = (max(int(label[edge]) - margin, 0) for edge in ("x", "y"))
        right = min(int(label["x"] + label["width"]) + margin, whole.shape[1])
        bottom = min(int(label["y"] + label["height"]) + margin, whole.shape[0])
        if label["x"] + label["width"] > whole.shape[1]:
            continue  # in a table that scrolls, and out of sight
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        page.evaluate(HIDE, [index, True])
        without = pixels(page.screenshot(full_page=True, clip=clip))
        page.evaluate(HIDE, [index, False])
        whole_there = whole[top:bottom, left:right]
        if np.array_equal(without, whole_there):
            continue  # of an axis that isn't drawn
        seen += 1
        if not differs(without, whole_there):
            unnoticed.append(label)
    assert seen > 5
    assert unnoticed == []


@of_the_comparison
def test_another_smoothing_would_not_be_seen(drawn: tuple[Any, Any]) -> None:
    page, _ = drawn
    png = page.screenshot(full_page=True)
    actual = pixels(png)
    with Image.open(io.BytesIO(png)) as image:
        soft = np.asarray(image.convert("RGB").filter(ImageFilter.GaussianBlur(0.45)), float) / 255
    assert not differs(soft, actual)
    aside = np.clip(shift(actual, (0.4, 0.4, 0), order=1, mode="nearest"), 0, 1)
    assert not differs(aside, actual)
    noise = np.random.default_rng(1).normal(0, 0.03, actual.shape)
    assert not differs(np.clip(actual + noise, 0, 1), actual)


def test_a_picture_moved_or_recoloured_is_seen() -> None:
    plain = np.ones((60, 80, 3))
    bar = plain.copy()
    bar[20:40, 30:33] = (0.0, 0.45, 0.7)
    aside, other = plain.copy(), plain.copy()
    aside[20:40, 34:37] = (0.0, 0.45, 0.7)
    other[20:40, 30:33] = (0.84, 0.37, 0.0)
    near = plain.copy()
    near[20:40, 31:34] = (0.0, 0.45, 0.7)
    assert differs(aside, bar)
    assert differs(other, bar)
    assert not differs(near, bar)
    with pytest.raises(ValueError, match="60, 80"):
        off(plain[:50], plain)


def test_no_stored_picture_is_left_over() -> None:
    meant = {STORED / f"{name}_{width}.png" for name in GALLERY for width in WIDTHS}
    if RENEW:
        for path in {*STORED.glob("*.png")} - meant:
            path.unlink()
    assert {*STORED.glob("*.png")} == meant


def test_the_comparison_is_proven_for_these_pictures(request: pytest.FixtureRequest) -> None:
    """Behind all others: what they prove is noted when the pictures are made anew."""
    if RENEW and not request.session.testsfailed:
        PROVEN.write_text(f"{digest()}\n", encoding="utf-8")
    assert is_proven(), "run `make pictures`, look at what it changes, and commit that"
