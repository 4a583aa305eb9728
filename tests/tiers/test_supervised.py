"""Stopped half-way, a test run leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storagelab.course.layout import Layout
from tests.processes import lives

pytestmark = pytest.mark.full

SECONDS = 10
"""How long anything of a stopped run may live on."""
STUBBORN = """
import os, subprocess, sys, time
from pathlib import Path

HOLD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

def test_that_starts_what_outlives_it():
    # a process in a session of its own, as a hub's servers are, and one that is orphaned
    own = subprocess.Popen([sys.executable, "-c", HOLD], start_new_session=True)
    double = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', sys.argv[1]]," \\
        " stdout=subprocess.DEVNULL, start_new_session=True); print(p.pid)"
    orphan = subprocess.run([sys.executable, "-c", double, HOLD], stdout=subprocess.PIPE, text=True)
    Path("started.new").write_text(f"{os.getpid()} {own.pid} {orphan.stdout.strip()}")
    Path("started.new").rename("started")
    # whoever is killed below is gone and no zombie
    short = subprocess.run([sys.executable, "-c", double, "pass"], stdout=subprocess.PIPE)
    while Path(f"/proc/{int(short.stdout)}").exists():
        time.sleep(0.05)
    if "stay" in os.environ["STORAGELAB_TEST_HOLD"]:
        time.sleep(600)
"""


def run(layout: Layout, folder: Path, hold: str) -> subprocess.Popen[bytes]:
    (folder / "test_stubborn.py").write_text(STUBBORN, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.supervised", "-q", "-p", "no:cacheprovider", "-n", "1",
         "-c", "/dev/null", "--rootdir", str(folder), str(folder)],
        cwd=folder,
        env={"PYTHONPATH": str(layout.root), "PATH": "/usr/bin:/bin", "STORAGELAB_TEST_HOLD": hold},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


def started(folder: Path, running: subprocess.Popen[bytes]) -> list[int]:
    while not (folder / "started").exists():
        assert running.poll() is None, running.stdout and running.stdout.read().decode()
        time.sleep(0.05)
    numbers = [int(number) for number in (folder / "started").read_text().split()]
    assert len(numbers) == 3
    return numbers


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_ends_all_that_it_started(
    layout: Layout, tmp_path: Path, sign: signal.Signals
) -> None:
    running = run(layout, tmp_path, "stay")
    numbers = started(tmp_path, running)
    assert all(map(lives, numbers))
    running.send_signal(sign)
    assert running.wait(timeout=SECONDS) == 128 + sign
    assert not any(map(lives, numbers))


def test_a_run_that_ends_by_itself_says_what_its_tests_left(layout: Layout, tmp_path: Path) -> None:
    running = run(layout, tmp_path, "go on")
    said, _ = running.communicate()
    assert running.returncode == 0
    assert "1 passed" in said.decode()
    assert "Left behind by the tests" in said.decode()
    assert not any(map(lives, map(int, (tmp_path / "started").read_text().split())))
