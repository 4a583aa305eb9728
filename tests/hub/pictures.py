"""The pictures of ``docs/hub.md``, taken while the test goes through the class."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

Camera = Callable[..., None]
"""Called with a page and a name, takes a picture of what is in the window."""
RENEW = "STORAGELAB_RENEW_PICTURES"


def camera(folder: Path) -> Camera:
    """Return what takes pictures into ``folder`` where they are to be renewed, else nothing."""

    def take(page: Any, name: str, height: int = 800) -> None:
        if not os.environ.get(RENEW):
            return
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        size = page.viewport_size
        page.screenshot(path=path, clip={"x": 0, "y": 0, "width": size["width"], "height": height})
        # few colours are in it, and a page loads faster
        Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)

    return take
