"""Killed at any moment, the grader goes on where it was: no grade lost, doubled or half written."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from nbgrader.api import Gradebook

from tests.postgres.server import throwaway_postgres
from tests.sandgrader import quickstart
from tests.sandgrader.quickstart import NAME, grade, grades_of, nbgrader, read_grades

STUDENTS = [*quickstart.CLASS]
Grades = dict[tuple[str, ...], object]
SEED = int(os.environ.get("STORAGELAB_SEED", "0")) or random.randrange(10**6)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quickstart.make_course(tmp_path_factory.mktemp("survival"))


@pytest.fixture(scope="module")
def expected(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Grades:
    course = tmp_path_factory.mktemp("whole") / "course"
    shutil.copytree(fresh, course)
    grade(course, NAME)
    return dict(grades_of(course))


@pytest.fixture
def course(fresh: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(fresh, tmp_path / "course")
    yield tmp_path / "course"
    assert not running_in(tmp_path)


def running_in(folder: Path) -> list[str]:
    """Return the command lines of graders that still work on a folder, after a short wait."""
    found: list[str] = []
    for _ in range(100):
        found = [
            " ".join(process.info["cmdline"])
            for process in psutil.process_iter(["cmdline"])
            if str(folder) in " ".join(process.info["cmdline"] or [])
        ]
        if not found:
            break
        time.sleep(0.1)
    return found


def start(course: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the grader and return at once."""
    line = [sys.executable, "-m", "sandgrader", "grade", "--course", str(course), NAME, *arguments]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return a grader's workers: those of its processes that have warm ones of their own."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # any of them may end meanwhile
                lines = [" ".join(item.cmdline()) for item in child.children()]
                warm = any("sandgrader.sandbox_worker" in line for line in lines)
                if warm and "bwrap" not in child.name():
                    found.append(child)
    return found


def done(course: Path) -> int:
    """Return how many submissions are graded."""
    return len([*course.glob(f"autograded/*/{NAME}/problem1.ipynb")])


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for a condition while a grader runs; it may end before."""
    end = time.monotonic() + 240
    while not condition() and process.poll() is None:
        assert time.monotonic() < end, "the grader gets nowhere"
        time.sleep(0.02)


def end(process: subprocess.Popen[str]) -> str:
    """Wait for a grader's end and return what it said; it has to be happy."""
    said, _ = process.communicate(timeout=400)
    assert process.returncode == 0, said
    return said


def nothing_half_written(course: Path) -> None:
    """Check that every folder is whole and that its scores are there."""
    known = grades_of(course)
    for folder in course.glob(f"autograded/*/{NAME}"):
        student = folder.parent.name
        assert {"problem1.ipynb", "problem2.ipynb", "timestamp.txt"} <= {
            path.name for path in folder.iterdir()
        }
        scores = [said for key, said in known.items() if key[0] == student and len(key) == 3]
        assert len(scores) == 9
        assert all(said.auto is not None or said.waits for said in scores)


@pytest.mark.parametrize("number", range(2))
def test_a_killed_grader_goes_on(course: Path, expected: Grades, number: int) -> None:
    draw = random.Random(SEED + number)
    kills = 0
    while done(course) < len(STUDENTS) and kills < 3:
        process = start(course)
        target = done(course) + draw.randint(1, 4)
        wait_until(lambda target=target: done(course) >= target, process)  # type: ignore[misc]
        time.sleep(draw.uniform(0, 0.3))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
        assert not running_in(course)
        nothing_half_written(course)
    end(start(course))
    assert grades_of(course) == expected, f"STORAGELAB_SEED={SEED}"
    assert not (course / ".grading" / "staging").exists() or not [
        *(course / ".grading" / "staging").iterdir()
    ]


def test_killed_workers_are_replaced(course: Path, expected: Grades) -> None:
    process = start(course, "--workers", "3")
    kills = 0
    for target in (1, 4, 7):
        wait_until(lambda target=target: done(course) >= target, process)  # type: ignore[misc]
        for worker in workers_of(process)[:1]:
            with contextlib.suppress(psutil.NoSuchProcess):  # it may have ended by itself
                worker.send_signal(signal.SIGKILL)
                kills += 1
    end(process)
    assert kills > 0
    assert grades_of(course) == expected


class Cluster:
    """A Dask cluster that somebody else started, as a machine pool's is: one command a process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        for _ in range(600):
            if self._file.exists():
                break
            time.sleep(0.1)
        self.address: str = json.loads(self._file.read_text())["address"]

    def add_worker(self) -> subprocess.Popen[bytes]:
        return self._start(
            "worker", "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--local-directory", str(self._folder),
        )  # fmt: skip

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "dask", kind, "--scheduler-file", str(self._file), *options]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


def test_on_a_cluster_that_exists_workers_may_die_and_come(
    course: Path, expected: Grades, cluster: Cluster
) -> None:
    first, second = cluster.add_worker(), cluster.add_worker()
    process = start(course, "--scheduler", cluster.address)
    wait_until(lambda: done(course) >= 1, process)
    assert process.poll() is None, end(process)
    first.kill()
    third = cluster.add_worker()
    wait_until(lambda: done(course) >= 4, process)
    second.kill()
    end(process)
    assert grades_of(course) == expected
    assert third.poll() is None, "the cluster isn't the grader's to end"
    assert not psutil.Process(third.pid).children(recursive=True), "a sandbox was left there"


def test_a_locked_gradebook_is_waited_for(course: Path, expected: Grades) -> None:
    process = start(course)
    wait_until(lambda: done(course) >= 1, process)
    other = sqlite3.connect(course / "gradebook.db", timeout=60, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(8)  # longer than SQLite waits by itself
    other.execute("ROLLBACK")
    other.close()
    end(process)
    assert grades_of(course) == expected


def test_two_graders_do_not_get_in_each_others_way(course: Path) -> None:
    process = start(course)
    wait_until((course / ".grading" / "lock").exists, process)
    said = grade(course, NAME, code=2)
    assert "Another grader is at work" in said
    end(process)


@pytest.mark.skipif(os.getuid() != 0, reason="a small disk is made by mounting one, as root")
def test_a_full_disk_stops_it_and_room_lets_it_go_on(
    fresh: Path, tmp_path: Path, expected: Grades
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(disk)], capture_output=True
    )
    if made.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {made.stderr.decode().strip()}")
    try:
        course = disk / "course"
        shutil.copytree(fresh, course)
        free = shutil.disk_usage(disk).free
        with (disk / "ballast").open("wb") as stream:
            stream.write(bytes(free - 400_000))
        said = grade(course, NAME, code=3)
        assert "can't be written" in said
        assert "Run it again" in said
        assert done(course) < len(STUDENTS)
        (disk / "ballast").unlink()
        nothing_half_written(course)
        grade(course, NAME)
        assert grades_of(course) == expected
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_killed_database_is_waited_for(fresh: Path, tmp_path: Path, expected: Grades) -> None:
    with throwaway_postgres() as server:
        address = server.create("grades")
        course = tmp_path / "course"
        shutil.copytree(fresh, course)
        (course / "gradebook.db").unlink()
        with (course / "nbgrader_config.py").open("a") as config:
            config.write(f"\nc = get_config()\nc.CourseDirectory.db_url = {address!r}\n")
        nbgrader(course, "generate_assignment", NAME, "--force")
        process = start(course)
        for target in (2, 6):
            wait_until(lambda target=target: done(course) >= target, process)  # type: ignore[misc]
            server.kill()
            restart = threading.Timer(3.0, server.start)
            restart.start()
            restart.join()
        end(process)
        assert read_grades(address, NAME) == expected
        with Gradebook(address) as gradebook:
            assert len(gradebook.assignment_submissions(NAME)) == len(STUDENTS)
