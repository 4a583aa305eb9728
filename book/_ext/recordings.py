"""Record the workbenches that pages ask for before they are executed, and put them into the book.

A page that has ``show_workbench("cloud_titan", "access")`` in it needs what is recorded of that
workbench. Recording takes minutes and several processes, and is kept in ``build/recordings`` until
something changes that a figure depends on; a change of prose records nothing.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from storagelab.widgets.recorded.page import FOLDER
from storagelab.widgets.recorded.store import record_all, stored_tables

KEPT = Path(__file__).resolve().parents[2] / "build" / "recordings"
ASKED = re.compile(r"""^show_workbench\(["'](\w+)["'], ["'](\w+)["']\)""", re.MULTILINE)


def asked_for(folder: Path) -> list[tuple[str, str]]:
    """Return the track and the part of each workbench on the pages in ``folder``."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))]
    return list(dict.fromkeys(found for text in texts for found in ASKED.findall(text)))


def record_workbenches(app: Sphinx) -> None:
    """Record what isn't recorded yet, and tell the pages' kernels where it is.

    Refuses to build a book with a recording that is too large for its page.
    """
    os.environ.setdefault(FOLDER, str(KEPT))
    try:
        record_all(Path(os.environ[FOLDER]), asked_for(Path(app.srcdir)))
    except ValueError as problem:
        raise ExtensionError(str(problem)) from problem


def copy_recordings(app: Sphinx, error: Exception | None) -> None:
    """Copy the recordings of the pages' workbenches into the book."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "recordings"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    kept = Path(os.environ[FOLDER])
    for names in asked_for(Path(app.srcdir)):
        for table in stored_tables(kept, *names):
            shutil.copy2(kept / f"{table.name}.js", target)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both steps."""
    app.connect("builder-inited", record_workbenches)
    app.connect("build-finished", copy_recordings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
