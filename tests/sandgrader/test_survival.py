"""Killed at any moment, the grader goes on where it was: no grade lost, doubled or half written."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy.exc
from filelock import FileLock
from nbgrader.api import Gradebook

from sandgrader import run, writer
from tests.postgres.server import throwaway_postgres
from tests.sandgrader import quickstart
from tests.sandgrader.command import start, wait_until
from tests.sandgrader.quickstart import NAME, grades_of, nbgrader, only, read_grades

STUDENTS = [*quickstart.CLASS]
Grades = dict[tuple[str, ...], object]
Grader = Callable[..., str]
SEED = int(os.environ.get("STORAGELAB_SEED", "0")) or random.randrange(10**6)


@pytest.fixture(scope="module")
def expected(graded: Path) -> Grades:
    return dict(grades_of(graded))


@pytest.fixture
def course(fresh: Path, tmp_path: Path) -> Iterator[Path]:
    yield quickstart.copied(fresh, tmp_path)
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


def test_a_killed_grader_goes_on(course: Path, expected: Grades, grade: Grader) -> None:
    process = start(course, NAME)
    wait_until(lambda: done(course) >= 3, process)
    process.kill()
    process.communicate()
    assert 3 <= done(course) < len(STUDENTS)
    assert not running_in(course)
    nothing_half_written(course)
    grade(course, NAME)
    assert grades_of(course) == expected
    assert not [*(course / ".grading").glob("staging/*")]


def test_a_killed_worker_is_replaced_and_leaves_nothing(course: Path, expected: Grades) -> None:
    process = start(course, NAME, "--workers", "2")
    wait_until(lambda: done(course) >= 1, process)
    killed = workers_of(process)[0]
    sandboxes = killed.children(recursive=True)
    killed.kill()
    end(process)
    assert sandboxes
    assert not [item for item in sandboxes if item.is_running()], "a sandbox was left"
    assert grades_of(course) == expected


def test_ctrl_c_ends_it_with_a_sentence(course: Path) -> None:
    """A terminal sends it to all processes of the command, workers too."""
    process = start(course, NAME, "--workers", "2", apart=True)
    wait_until(lambda: done(course) >= 1, process)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=400)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("Interrupted. What is graded is kept.")


@pytest.mark.parametrize("losses", [2, 3])
def test_a_result_that_is_lost_on_its_way_is_made_again(
    course: Path, expected: Grades, grade: Grader, monkeypatch: pytest.MonkeyPatch, losses: int
) -> None:
    """As where a worker ends between its work and the fetching of it; the third time in vain."""
    fetch, lost = run.fetch, list[str]()

    def lose(future: Any) -> Any:
        found = fetch(future)
        if len(lost) == losses:
            return found
        lost.append(future.key)
        return RuntimeError("bound to a different event loop"), True

    monkeypatch.setattr(run, "fetch", lose)
    given_up = losses == run.FETCHES
    said = grade(course, NAME, "--student", STUDENTS[0], code=1 if given_up else 0)
    assert len(set(lost)) == losses
    assert ("its worker died" in said) == given_up
    if not given_up:
        mine = {where: said for where, said in expected.items() if where[0] == STUDENTS[0]}
        assert grades_of(course) == mine


def test_a_locked_gradebook_is_waited_for(
    course: Path, expected: Grades, grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = f"sqlite:///{course / 'gradebook.db'}?timeout=0.1"
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc = get_config()\nc.CourseDirectory.db_url = {impatient!r}\n")
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    find_fault, faults = run._fault_of_database, []

    def let_go(problem: BaseException | None) -> Any:
        fault = find_fault(problem)
        if fault is not None:
            faults.append(str(fault))
            if len(faults) == 2:
                other.execute("ROLLBACK")
        return fault

    monkeypatch.setattr(run, "_fault_of_database", let_go)
    monkeypatch.setattr(run, "RETRY_DELAYS", (0.01,) * 8)
    grade(course, NAME, *only(*STUDENTS[:4]))
    other.close()
    assert len(faults) == 2
    assert all("locked" in fault for fault in faults)
    assert grades_of(course) == {
        where: said for where, said in expected.items() if where[0] in STUDENTS[:4]
    }


def test_a_database_that_never_answers_stops_it(
    course: Path, grade: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = sqlalchemy.exc.OperationalError("INSERT", {}, OSError("the server is gone"))

    def fail(*_: object) -> None:
        raise gone

    monkeypatch.setattr(writer.Writer, "write", fail)
    monkeypatch.setattr(run, "RETRY_DELAYS", (0.01,) * 3)
    said = grade(course, NAME, "--student", STUDENTS[0], code=3)
    assert "can't be used: the server is gone" in said
    assert "run it again to go on" in said
    assert done(course) == 0


def test_two_graders_do_not_get_in_each_others_way(course: Path, grade: Grader) -> None:
    (course / ".grading").mkdir(exist_ok=True)
    with FileLock(course / ".grading" / "lock"):
        assert "Another grader is at work" in grade(course, NAME, code=2)
    assert done(course) == 0


@pytest.mark.skipif(os.getuid() != 0, reason="a small disk is made by mounting one, as root")
def test_a_full_disk_stops_it_and_room_lets_it_go_on(
    fresh: Path, tmp_path: Path, expected: Grades, grade: Grader
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
            stream.write(bytes(free - 120_000))
        few = only(*STUDENTS[:4])
        said = grade(course, NAME, *few, code=3)
        assert re.search("can't be written|no room", said)
        assert "run it again to go on" in said
        assert done(course) < 4
        (disk / "ballast").unlink()
        nothing_half_written(course)
        grade(course, NAME, *few)
        assert grades_of(course) == {
            key: said for key, said in expected.items() if key[0] in STUDENTS[:4]
        }
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- by night


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(2))
def test_a_grader_that_is_killed_again_and_again_goes_on(
    course: Path, expected: Grades, number: int
) -> None:
    draw = random.Random(SEED + number)
    kills = 0
    while done(course) < len(STUDENTS) and kills < 3:
        process = start(course, NAME)
        target = done(course) + draw.randint(1, 4)
        wait_until(lambda target=target: done(course) >= target, process)  # type: ignore[misc]
        time.sleep(draw.uniform(0, 0.3))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
        assert not running_in(course)
        nothing_half_written(course)
    end(start(course, NAME))
    assert grades_of(course) == expected, f"STORAGELAB_SEED={SEED}"
    assert not (course / ".grading" / "staging").exists() or not [
        *(course / ".grading" / "staging").iterdir()
    ]


@pytest.mark.nightly
def test_killed_workers_are_replaced(course: Path, expected: Grades) -> None:
    process = start(course, NAME, "--workers", "3")
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
    """A Dask cluster that somebody else started, as a machine room's is: one command a process."""

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


@pytest.mark.nightly
def test_on_a_cluster_that_exists_workers_may_die_and_come(
    course: Path, expected: Grades, cluster: Cluster
) -> None:
    first, second = cluster.add_worker(), cluster.add_worker()
    process = start(course, NAME, "--scheduler", cluster.address, "--open-scheduler")
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


@pytest.mark.nightly
def test_a_killed_database_is_waited_for(fresh: Path, tmp_path: Path, expected: Grades) -> None:
    with throwaway_postgres() as server:
        address = server.create("grades")
        course = tmp_path / "course"
        shutil.copytree(fresh, course)
        (course / "gradebook.db").unlink()
        with (course / "nbgrader_config.py").open("a") as config:
            config.write(f"\nc = get_config()\nc.CourseDirectory.db_url = {address!r}\n")
        nbgrader(course, "generate_assignment", NAME, "--force")
        process = start(course, NAME)
        for target in (2, 6):
            wait_until(lambda target=target: done(course) >= target, process)  # type: ignore[misc]
            server.kill()
            server.start()
        end(process)
        assert read_grades(address, NAME) == expected
        with Gradebook(address) as gradebook:
            assert len(gradebook.assignment_submissions(NAME)) == len(STUDENTS)
