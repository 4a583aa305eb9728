"""An assignment's whole way through ngshare, between the images' environments, on a real hub."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hub.kubernetes.local_hub import local_hub
from tests.postgres import small_course

COURSE, WORK = "storagelab", small_course.ASSIGNMENT
STUDENTS = ("ada", "ben")
NOTEBOOK = f"{small_course.NOTEBOOK}.ipynb"


class Person:
    """Somebody at a terminal of their own server."""

    def __init__(self, hub: Any, image: Any, name: str, home: Any = None) -> None:
        self.hub, self.image, self.name = hub, image, name
        self.home = hub.folder / "homes" / (home or name)

    def run(self, *command: Any, check: bool = True) -> Any:
        around = {
            **self.hub.environment(self.name),
            "PATH": f"{self.image / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            command,
            cwd=self.home,
            env=around,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"{self.name}: {command}\n{done.stdout}"
        return done.stdout

    def nbgrader(self, *arguments: Any, **options: Any) -> Any:
        return self.run("nbgrader", *arguments, **options)

    def write(self, work: Any) -> None:
        small_course.write_work(work, self.home / WORK)


@pytest.fixture(scope="module")
def hub(images: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("hub")
    with local_hub(images["instructor"], images["student"], images["ngshare"], folder) as running:
        running.serve("head", *STUDENTS, "eve")
        yield running


@pytest.fixture(scope="module")
def people(hub: Any, images: dict[str, Any]) -> dict[Any, Person]:
    found = {name: Person(hub, images["student"], name) for name in (*STUDENTS, "eve")}
    found["head"] = Person(hub, images["instructor"], "head")
    # the hub's service that collects, as the grader's job does, in the instructor's folder
    found["grader"] = Person(hub, images["instructor"], "grader", home="head")
    return found


@pytest.fixture(scope="module")
def released(people: dict[Any, Person]) -> dict[Any, Person]:
    head = people["head"]
    small_course.write_source(head.home)
    head.run("ngshare-course-management", "create_course", COURSE, "head")
    for name in STUDENTS:
        head.run("ngshare-course-management", "add_student", COURSE, name)
    head.nbgrader("generate_assignment", WORK, "--create")
    head.nbgrader("release_assignment", WORK)
    return people


@pytest.fixture(scope="module")
def collected(released: Any) -> dict[Any, Person]:
    """Ada does half of it, then all, and hands in twice; Ben does nothing right."""
    for name, tries in (
        ("ada", ("half_done", "all_right")),
        ("ben", ("none_right",)),
    ):
        released[name].nbgrader("fetch_assignment", WORK)
        for work in tries:
            released[name].write(small_course.STUDENTS[work])
            (released[name].home / WORK / "ledger.json").write_text(json.dumps({"by": work}))
            released[name].nbgrader("submit", WORK)
    released["grader"].nbgrader("collect", WORK, "--update")
    return released


@pytest.fixture(scope="module")
def fed_back(collected: dict[Any, Person]) -> dict[Any, Person]:
    head = collected["head"]
    head.nbgrader("autograde", WORK)
    head.nbgrader("generate_feedback", WORK)
    head.nbgrader("release_feedback", WORK)
    for name in STUDENTS:
        collected[name].nbgrader("fetch_feedback", WORK)
    return collected


def test_who_is_in_the_course_sees_it_and_who_isnt_does_not(released: dict[Any, Person]) -> None:
    assert f"{COURSE} {WORK}" in released["ada"].nbgrader("list")
    assert WORK not in released["eve"].nbgrader("list", check=False).split()
    released["eve"].nbgrader("fetch_assignment", WORK, check=False)
    assert not (released["eve"].home / WORK / NOTEBOOK).exists()


def test_what_is_fetched_is_the_released_notebook_and_nothing_else(
    released: dict[Any, Person], hub: Any
) -> None:
    files = hub.ask_ngshare("ada", f"/assignment/{COURSE}/{WORK}").json()["files"]
    assert [file["path"] for file in files] == [NOTEBOOK]
    fetched = b64decode(files[0]["content"])
    assert fetched == (released["head"].home / "release" / WORK / NOTEBOOK).read_bytes()
    assert b"SOLUTION" not in fetched


@pytest.mark.parametrize(("name", "work"), [("ada", "all_right"), ("ben", "none_right")])
def test_what_is_collected_is_what_was_handed_in_last(
    collected: dict[Any, Person], name: str, work: str
) -> None:
    room = collected["head"].home / "submitted" / name / WORK
    assert (room / NOTEBOOK).read_bytes() == (collected[name].home / WORK / NOTEBOOK).read_bytes()
    assert json.loads((room / "ledger.json").read_text()) == {"by": work}
    assert (room / "timestamp.txt").read_text().strip()


@pytest.mark.parametrize(
    "path",
    [
        f"/submissions/{COURSE}/{WORK}",
        f"/submission/{COURSE}/{WORK}/ben",
        f"/feedback/{COURSE}/{WORK}/ben?timestamp=2026-01-01%2000%3A00%3A00.000000%20UTC",
        f"/students/{COURSE}",
    ],
)
def test_a_student_gets_nothing_of_anybody_elses(
    collected: dict[Any, Person], hub: Any, path: str
) -> None:
    assert hub.ask_ngshare("ada", path).status_code == 403
    assert hub.ask_ngshare("head", path).status_code != 403


@pytest.mark.parametrize(
    ("name", "score"),
    [(name, sum(small_course.SCORES[work].values())) for name, work in
     (("ada", "all_right"), ("ben", "none_right"))],
)  # fmt: skip
def test_everybody_fetches_their_own_feedback(
    fed_back: dict[Any, Person], name: Any, score: Any
) -> None:
    pages = list((fed_back[name].home / WORK / "feedback").rglob("*.html"))
    assert pages
    full = sum(points for _, points in small_course.TESTS.values())
    assert all(f"Score: {score} / {full}" in page.read_text("utf-8") for page in pages)
