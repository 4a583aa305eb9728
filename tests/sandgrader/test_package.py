"""The grader is a package of its own: it knows no course, and says what it needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from pkgutil import walk_packages

import pytest

import sandgrader

FOLDER = Path(sandgrader.__file__).parent
MODULES = sorted(item.name for item in walk_packages(sandgrader.__path__, "sandgrader."))


def imported_by(source: str) -> set[str]:
    """Return the top-level names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_no_module_imports_a_course() -> None:
    paths = [*FOLDER.rglob("*.py")]
    assert len(paths) >= len(MODULES) > 30
    for path in paths:
        assert not imported_by(path.read_text(encoding="utf-8")) & {"storagelab", "demo", "hub"}, (
            path
        )


def test_no_course_is_loaded_with_all_of_it() -> None:
    names = [name for name in MODULES if name != "sandgrader.__main__"]
    code = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
print(*(name for name in sys.modules if name.partition(".")[0] == "storagelab"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("statement", ["import storagelab", "import storagelab.labs.check"])
def test_a_student_loads_no_grader(statement: str) -> None:
    code = f"{statement}\nimport sys\nprint('sandgrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("missing", ["nbgrader", "distributed"])
def test_without_what_it_needs_it_says_what_to_install(missing: str) -> None:
    code = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocker())
try:
    import sandgrader
except ImportError as problem:
    print(problem)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert missing in done.stdout
    assert "pip install 'storagelab[grade]'" in done.stdout


def test_the_command_is_the_module_too() -> None:
    line = [sys.executable, "-m", "sandgrader", "--help"]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: sandgrader ")
    assert {"export", "grade", "late", "report"} <= set(done.stdout.split())
