"""Formgrader's button grades with this grader, and says what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.apps.api import NbGraderAPI

from sandgrader import formgrader


@pytest.mark.parametrize(("code", "success"), [(0, True), (1, False), (2, False)])
def test_the_button_runs_the_grader_and_shows_what_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: Any, success: Any
) -> None:
    monkeypatch.setattr(NbGraderAPI, "autograde", NbGraderAPI.autograde)  # is put back
    log = SimpleNamespace(info=lambda words: None)
    formgrader._load_jupyter_server_extension(SimpleNamespace(log=log))
    lines: list[list[str]] = []

    def run(line: list[str], **_: Any) -> Any:
        lines.append(line)
        return subprocess.CompletedProcess(line, code, "what it says")

    monkeypatch.setattr(subprocess, "run", run)
    api = SimpleNamespace(coursedir=SimpleNamespace(root=str(tmp_path)))
    answer = NbGraderAPI.autograde(api, "ps1", "ada")
    assert answer["success"] is success
    assert "what it says" in (answer["log"] if success else answer["error"])
    (line,) = lines
    assert line[:4] == [sys.executable, "-m", "sandgrader", "grade"]
    assert line[-2:] == ["--", "ps1"]
    assert {"--student=ada", "--force"} <= {*line}


def test_the_extension_is_found_by_its_name() -> None:
    (point,) = formgrader._jupyter_server_extension_points()
    assert sys.modules[point["module"]] is formgrader
