"""Each script that anywidget gets is one module, no matter how many files it is made of."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import anywidget
import pytest

import storagelab.widgets
from storagelab.widgets import scripts
from storagelab.widgets.scripted import Scripted, sent
from storagelab.widgets.scripts import script

for found in pkgutil.walk_packages(storagelab.widgets.__path__, "storagelab.widgets."):
    importlib.import_module(found.name)  # defines its widgets

KINDS = Scripted.__subclasses__()

LOAD = """
const found = {};
for (const path of process.argv.slice(1)) found[path] = Object.keys((await import(path)).default);
console.log(JSON.stringify(found));
"""


def test_every_widget_of_ours_is_looked_at() -> None:
    files = Path(scripts.__file__).parent.glob("*.js")
    whole = [path.name for path in files if "export default {" in path.read_text("utf-8")]
    assert len(KINDS) == len(whole) > 5


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_import_is_left_and_only_the_script_itself_exports(kind: Any) -> None:
    text = kind._esm.default_value
    assert not re.search(r"^import ", text, re.MULTILINE)
    helpers, _, main = text.rpartition("export default {")
    assert main
    assert not re.search(r"^export default", helpers, re.MULTILINE)


def test_what_two_imports_need_stands_once() -> None:
    text = script("figure_tools.js")
    assert text.count("function element(") == 1
    assert text.index("function element(") < text.index("function pictureOf(")


def test_every_script_loads_and_says_what_it_does(tmp_path: Path) -> None:
    """Node refuses a module in which two files define the same name."""
    paths = {}
    for kind in KINDS:
        path = tmp_path / f"{kind.__name__}.mjs"
        path.write_text(kind._esm.default_value, encoding="utf-8")
        paths[path.as_uri()] = kind
    node = Path(sys.executable).parent / "node"
    done = subprocess.run(
        [node, "--input-type=module", "--eval", LOAD, *paths],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for path, does in json.loads(done.stdout).items():
        assert set(does) <= {"initialize", "render"}, paths[path]
        assert does


def test_the_page_is_told_what_the_librarys_own_class_tells_it() -> None:
    class Ours(Scripted):
        _esm: Any = sent("a script")
        _css: Any = sent("a style sheet")

    class Theirs(anywidget.AnyWidget):
        _esm: Any = "a script"
        _css: Any = "a style sheet"

    ours, theirs = Ours().get_state(), Theirs().get_state()
    assert ours["_anywidget_id"] == f"{__name__}.Ours"
    assert theirs["_anywidget_id"] == f"{__name__}.Theirs"
    own = {"_anywidget_id", "layout"}
    assert ours.keys() == theirs.keys() > own
    assert all(ours[name] == theirs[name] for name in ours.keys() - own)
