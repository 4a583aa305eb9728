"""Pictures of widgets, and a comparison that sees a lost label but not another rasteriser.

Two machines with the same font lay a page out alike, but smooth its edges differently: a tone off
here, an edge a fraction of a pixel off there. So what is compared is the mean tone around each
pixel, and it may be that of any place up to a pixel away. A label, a mark or a colour that is gone
changes the mean tone of where it was, however it is smoothed.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter, uniform_filter

ROOT = Path(__file__).resolve().parents[2]
STORED = Path(__file__).parent / "pictures"
MADE = ROOT / "build" / "pictures"
FONT = ROOT / "node_modules" / "@fontsource-variable" / "inter"
FAMILY = "Inter Variable"
SUBSETS = ("latin", "latin-ext", "greek")

WINDOW = 7
"""Pixels of the square whose mean is taken: as large as a digit, the least that a label is."""
REACH = 1
"""Pixels that anything may be off, in each direction."""
TONE = 0.045
"""How far a mean may be off besides, as a share of full scale.

A hair-thin 1 in the figures' grey is 0.09; smoothing and the stored files' palette make 0.02.
"""
COLORS = 256
"""Colours of a stored picture."""

Pixels = npt.NDArray[np.float64]


def font_faces() -> str:
    """Return the pinned font as CSS that needs no other file."""
    ranges = json.loads((FONT / "unicode.json").read_text(encoding="utf-8"))
    faces = []
    for subset in SUBSETS:
        data = (FONT / "files" / f"inter-{subset}-wght-normal.woff2").read_bytes()
        faces.append(
            f"@font-face {{ font-family: '{FAMILY}'; font-weight: 100 900; "
            f"src: url(data:font/woff2;base64,{base64.b64encode(data).decode()}) format('woff2'); "
            f"unicode-range: {ranges[subset]}; }}"
        )
    return "\n".join(faces)


def pixels(png: bytes | Path) -> Pixels:
    """Return a picture as red, green and blue from 0 to 1, shape (height, width, 3)."""
    source = io.BytesIO(png) if isinstance(png, bytes) else png
    with Image.open(source) as image:
        return np.asarray(image.convert("RGB"), dtype=float) / 255


def store(png: bytes, path: Path) -> None:
    """Write a picture as small as it gets: with few colours, if these are enough."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(png)) as image:
        whole = image.convert("RGB")
    # other methods drop the colours of small things
    few = whole.quantize(COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    lost = off(np.asarray(few.convert("RGB"), dtype=float) / 255, pixels(png)).max()
    (few if lost < TONE / 2 else whole).save(path, optimize=True)


def off(actual: Pixels, stored: Pixels) -> Pixels:
    """Return how far each place is off, as a share of full scale, shape (height, width).

    Raises ``ValueError`` for pictures of different sizes.
    """
    if actual.shape != stored.shape:
        raise ValueError(f"a picture of {actual.shape[:2]} pixels, stored as {stored.shape[:2]}")
    one, other = (uniform_filter(item, (WINDOW, WINDOW, 1)) for item in (actual, stored))
    size = (2 * REACH + 1, 2 * REACH + 1, 1)
    outside = np.maximum(minimum_filter(other, size) - one, one - maximum_filter(other, size))
    return np.maximum(outside, 0).max(axis=2)


def differs(actual: Pixels, stored: Pixels) -> bool:
    """Return whether somebody would see the difference of two pictures of one size."""
    return bool((off(actual, stored) > TONE).any())


def difference(actual: Pixels, stored: Pixels) -> Image.Image:
    """Return the stored picture, pale, with what differs in red."""
    wrong = off(actual, stored) > TONE
    shown = 0.7 + 0.3 * stored
    shown[wrong] = (0.8, 0.1, 0.1)
    return Image.fromarray(np.round(255 * shown).astype(np.uint8))


def settled(page: Any) -> None:
    """Wait until fonts are there and the page looks the same three times."""
    page.evaluate("() => document.fonts.ready")
    before = b""
    same = 0
    for _ in range(300):
        now = page.screenshot(full_page=True)
        same = same + 1 if now == before else 0
        if same == 2:
            return
        before = now
        page.wait_for_timeout(150)
    raise AssertionError("the page never looks the same twice")
