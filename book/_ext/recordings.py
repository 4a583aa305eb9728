"""Record the workbenches that pages ask for before they are executed, and put them into the book.

A page that has ``show_workbench("cloud_titan", "access")`` in it needs what is recorded of that
workbench. Recording takes minutes and several processes, and is kept in ``build/recordings`` until
something changes that a figure depends on; a change of prose records nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

HERE = Path(__file__).resolve().parent
KEPT = HERE.parents[1] / "build" / "recordings"
FOLDER = "STORAGELAB_RECORDINGS"
"""The environment variable that tells a page's kernel where the recordings are."""
ASKED = re.compile(r"""^show_workbench\(["'](\w+)["'], ["'](\w+)["']\)""", re.MULTILINE)
EXAMPLE = re.compile(r"^import example_track\b", re.MULTILINE)

SCRIPTS: list[str] = []
"""The names of what was recorded, for the end of the build."""


def asked_for(folder: Path) -> dict[bool, list[tuple[str, str]]]:
    """Return the track and the part of each workbench on the pages in ``folder``.

    Apart for the pages that know the example track (True) and for all others.
    """
    found: dict[bool, dict[tuple[str, str], None]] = {False: {}, True: {}}
    for path in sorted(folder.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        found[bool(EXAMPLE.search(text))].update(dict.fromkeys(ASKED.findall(text)))
    return {known: list(names) for known, names in found.items()}


def record(folder: Path, names: list[tuple[str, str]], with_example: bool) -> list[str]:
    """Record workbenches unless that is done; return the names of their scripts.

    Raises ``ExtensionError`` for a recording that is too large for its page.
    """
    command = [sys.executable, str(HERE / "record.py"), str(folder)]
    command += [word for pair in names for word in pair]
    done = subprocess.run(
        [*command, *(["--example"] if with_example else [])],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ExtensionError(done.stderr.strip())
    scripts: list[str] = json.loads(done.stdout)
    return scripts


def record_workbenches(app: Sphinx) -> None:
    """Record what isn't recorded yet, and tell the pages' kernels where it is."""
    os.environ.setdefault(FOLDER, str(KEPT))
    SCRIPTS[:] = [
        script
        for with_example, names in asked_for(Path(app.srcdir)).items()
        if names
        for script in record(Path(os.environ[FOLDER]), names, with_example)
    ]


def copy_recordings(app: Sphinx, error: Exception | None) -> None:
    """Copy the recordings of the pages' workbenches into the book."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "recordings"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for script in SCRIPTS:
        shutil.copy2(Path(os.environ[FOLDER]) / script, target)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both steps."""
    app.connect("builder-inited", record_workbenches)
    app.connect("build-finished", copy_recordings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
