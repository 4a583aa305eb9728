"""The students' version: what nbgrader makes of source/, and nothing that gives answers away."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from storagelab.course.layout import Layout
from storagelab.course.release import SECRET_MARKS, LeakError, check_no_secret
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS


def released(layout: Layout) -> Iterator[tuple[Any, str]]:
    for path in sorted(layout.release.rglob("*")):
        if path.is_file():
            yield path, path.read_text(encoding="utf-8")


def test_no_marker_and_no_key_is_in_the_release(layout: Layout) -> None:
    names = re.findall(r"^def (\w+)", (layout.notebooks / "keys.py").read_text(), re.MULTILINE)
    secrets = (*SECRET_MARKS, *(name for name in names if name.endswith("_key")), "least_cost")
    assert len(secrets) >= 7
    count = 0
    for path, text in released(layout):
        count += 1
        for secret in secrets:
            assert secret not in text, f"{path}: {secret}"
    assert count == len(TRACKS) * len(PARTS)


def test_no_reference_answer_is_in_the_release(layout: Layout) -> None:
    """Every line that nbgrader takes out of source/ as a solution is nowhere in release/."""
    for track_name in TRACKS:
        for part in PARTS.values():
            name = f"{track_name}/{part.stem}.ipynb"
            source = nbformat.read(layout.source / name, as_version=4)
            release = (layout.release / name).read_text(encoding="utf-8")
            hidden = [
                line.strip()
                for cell in source.cells
                for region in re.findall(
                    r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", cell.source, re.DOTALL
                )
                for line in region.splitlines()
                if len(line.strip()) > 24 and "import" not in line
            ]
            assert len(hidden) > 20
            visible = "\n".join(
                re.sub(r"### BEGIN [A-Z ]+\n.*?### END [A-Z ]+", "", cell.source, flags=re.DOTALL)
                for cell in source.cells
            )
            for line in hidden:
                if line not in visible:
                    assert line not in release, f"{name}: {line}"


def test_the_package_holds_no_key_and_no_marker(layout: Layout) -> None:
    for path in layout.root.joinpath("storagelab").rglob("*"):
        if path.suffix in (".py", ".toml", ".csv") and path.name != "release.py":
            text = path.read_text(encoding="utf-8")
            for secret in (*SECRET_MARKS, "least_cost", "_key(track"):
                assert secret not in text, f"{path}: {secret}"


@pytest.mark.parametrize("mark", SECRET_MARKS)
def test_a_marker_that_is_left_stops_the_release(mark: Any) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"### {mark}")])
    with pytest.raises(LeakError, match=mark):
        check_no_secret("x.ipynb", nbformat.writes(notebook))


def test_an_output_or_a_stray_file_stops_the_release() -> None:
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="42")])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with pytest.raises(LeakError, match="an output is left"):
        check_no_secret("x.ipynb", nbformat.writes(notebook))
    with pytest.raises(LeakError, match="lies beside the notebooks"):
        check_no_secret("ledger.json", "{}")


def test_the_command_says_what_is_wrong_outside_a_checkout(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "storagelab.course", "generate"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "isn't inside a checkout of the course" in done.stderr
    assert "Traceback" not in done.stderr
