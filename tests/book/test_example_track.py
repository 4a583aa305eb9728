"""The example track is known to the page that works it through, and to nothing else."""

from __future__ import annotations

import subprocess
import sys

from storagelab.course.layout import Layout

PAGE = """
import os, pathlib, sys
sys.path.insert(0, "book")
import example_track
from storagelab.tracks import load_track
print(load_track(example_track.NAME).persona.name)
print(os.environ["STORAGELAB_TRACKS"])
"""
LATE = """
import sys
sys.path.insert(0, "book")
import storagelab
import example_track
"""


def run(layout: Layout, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=layout.root, capture_output=True, text=True, check=False
    )


def test_a_page_that_offers_the_example_can_load_it_and_leaves_nothing(layout: Layout) -> None:
    done = run(layout, PAGE)
    name, folder = done.stdout.split("\n")[:2]
    assert name == "Orbit Scout", done.stderr
    assert not (layout.root / folder).exists()


def test_it_is_refused_where_it_would_come_too_late(layout: Layout) -> None:
    done = run(layout, LATE)
    assert done.returncode != 0
    assert "before the example track was offered" in done.stderr
