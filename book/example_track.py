"""Make the example track, ``docs/example_track.toml``, known to a page of the book.

The tracks are looked for when the package is imported, so a page imports this module first.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

NAME = "orbit_scout"
"""The example's name, under which the page loads it."""

EXAMPLE = Path(__file__).resolve().parents[1] / "docs" / "example_track.toml"


def offer() -> None:
    """Let ``STORAGELAB_TRACKS`` name a folder that holds the example, until the kernel ends.

    Raises ``RuntimeError`` where the package was imported before: it would not find the track.
    """
    if "storagelab" in sys.modules:
        raise RuntimeError("storagelab was imported before the example track was offered")
    folder = tempfile.mkdtemp(prefix="storagelab-example-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copyfile(EXAMPLE, Path(folder, f"{NAME}.toml"))
    os.environ["STORAGELAB_TRACKS"] = folder


offer()
