"""The grader's sandbox within the hub's: what a student's code gets at from the inner one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub import sandbox
from hub.__main__ import lay_out
from hub.people import INSTRUCTOR, UIDS
from sandgrader.configuration import read_configuration
from sandgrader.sandbox import SEES_PROCESSES
from storagelab.course.layout import Layout

from .conftest import needs_root

ATTEMPTS = Path(__file__).with_name("within.py")
IN_SIGHT = {"another process's line"}
"""What can be seen where the hub has mounted no second /proc, and the grader says so."""


def come_of(layout: Layout, state: Path, proc: str) -> Any:
    """Return what came of the attempts, made in the hub's sandbox and in the grader's within it."""
    lay_out(state)
    # the checkout's tests aren't seen inside
    shutil.copy(ATTEMPTS, state / "home" / ATTEMPTS.name)
    info, told = os.pipe()
    inside = [sys.executable, f"/srv/home/{ATTEMPTS.name}", str(UIDS[INSTRUCTOR]), proc]
    done = subprocess.run(
        sandbox.command(layout.root, state, told, inside),
        pass_fds=[told],
        env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "PYTHONPATH": str(layout.root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    for end in (info, told):
        os.close(end)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_root
def test_students_code_gets_at_nothing_of_the_hub(layout: Layout, tmp_path: Path) -> None:
    came = come_of(layout, tmp_path / "hub", "whole")
    assert (came["kind"], came["why"], came["lacks"]) == ("bubblewrap", "", [])
    assert {name for name, what in came["outside"].items() if what != "done"} == set()
    assert {name for name, what in came["inside"].items() if what == "done"} == set()
    assert not came["written"]


@needs_root
def test_without_a_second_proc_lines_of_processes_are_in_sight_and_that_is_said(
    layout: Layout, tmp_path: Path
) -> None:
    """As in a container whose /proc is covered in part."""
    came = come_of(layout, tmp_path / "hub", "covered")
    assert (came["kind"], came["lacks"]) == ("bubblewrap", [SEES_PROCESSES])
    assert {name for name, what in came["inside"].items() if what == "done"} == IN_SIGHT
    assert not came["written"]


@needs_root
def test_root_in_the_hub_writes_no_setting_of_the_kernel(layout: Layout, tmp_path: Path) -> None:
    lay_out(tmp_path)
    info, told = os.pipe()
    code = "open('/proc/sys/kernel/core_pattern', 'r+')"
    command = sandbox.command(layout.root, tmp_path, told, [sys.executable, "-c", code])
    done = subprocess.run(command, pass_fds=[told], capture_output=True, text=True, check=False)
    for end in (info, told):
        os.close(end)
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize("role", ["hub/config/instructor", "hub/kubernetes/image"])
def test_the_hubs_grader_refuses_to_go_without_a_sandbox(layout: Layout, role: str) -> None:
    text = (layout.root / role / "nbgrader_config.py").read_text(encoding="utf-8")
    assert 'c.Grade.sandbox = "required"' in text


def test_the_instructors_configuration_reaches_the_grader(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [layout.root / "hub/config" / role for role in ("instructor", "everybody")]
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", os.pathsep.join(map(str, places)))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    app, directory = read_configuration(tmp_path)
    assert app.config.Grade.sandbox == "required"
    assert directory.root == str(tmp_path)
