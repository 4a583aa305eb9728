"""The commands of docs/backup.md: what was backed up is restored, with its modes, and graded on."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from storagelab.course.layout import Layout
from tests.sandgrader.quickstart import ALL, NAME, copied, grades_of, hand_in

pytestmark = pytest.mark.full


def blocks(layout: Layout) -> dict[str, str]:
    """Return the page's shell blocks by the comment that they begin with."""
    page = (layout.root / "docs" / "backup.md").read_text(encoding="utf-8")
    found = re.findall(r"```shell\n# ([^\n]*)\n(.*?)```", page, re.DOTALL)
    return dict(found)


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): stat.filemode(path.lstat().st_mode)
        for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.parametrize("and_graded_on", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_class_is_restored(
    layout: Layout, graded: Path, tmp_path: Path, and_graded_on: bool
) -> None:
    course, exchange = copied(graded, tmp_path), tmp_path / "exchange"
    for name, mode in (("", 0o3777), ("c/inbound", 0o2733), ("c/outbound", 0o755)):
        (exchange / name).mkdir(parents=True, exist_ok=True)
        (exchange / name).chmod(mode)
    (exchange / "c" / "inbound" / "ada+ps1+2026").mkdir()
    by_hand = ("all_right", "problem2", "part-a")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        where = ("part-a", "problem2", NAME, "all_right")
        gradebook.find_grade(*where).manual_score = 0.75
        gradebook.find_comment(*where).manual_comment = "Well argued."
        gradebook.db.commit()
    before, shown = grades_of(course), modes(exchange)
    steps = blocks(layout)
    assert list(steps) == ["make a backup", "restore it", "go on"]

    def run(step: str) -> str:
        done = subprocess.run(
            ["sh", "-eu", "-c", steps[step]], cwd=tmp_path, capture_output=True, text=True,
            env={
                **os.environ, "COURSE": str(course), "EXCHANGE": str(exchange),
                "BACKUP": str(tmp_path / "backup"),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            }, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("make a backup")
    assert modes(tmp_path / "backup")["."] == "drwx------"
    shutil.rmtree(course)
    shutil.rmtree(exchange)
    run("restore it")
    assert modes(exchange) == shown
    after = grades_of(course)
    assert after == before
    assert after[by_hand].manual == 0.75
    assert after[*by_hand, "comment"].comment == "Well argued."
    if and_graded_on:
        hand_in(course, "late_comer", ALL)
        said = run("go on")
        assert "Nobody's points moved." in said
        assert "1 graded" in said
        after = grades_of(course)
        assert {key: after[key] for key in before} == before
        assert {key[0] for key in after} - {key[0] for key in before} == {"late_comer"}
