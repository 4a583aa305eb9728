"""The images' recipe and the project's own lists of packages agree, and no answer gets in."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
IMAGE = ROOT / "hub/kubernetes/image"
ROLES = ("student", "instructor", "ngshare")


@pytest.fixture(scope="module")
def script() -> str:
    return (IMAGE / "install.sh").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (IMAGE / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def pinned() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return {re.split(r"[=<>~! ;]", line)[0].lower() for line in lines}


def wanted(script: Any, role: str) -> list[Any]:
    """What the script asks of pip for a role, each as a name without its version."""
    given = dict(re.findall(r'^    (\w+)\) wanted="?(.*?)"? ;;$', script, re.M))
    named = dict(re.findall(r"^(NGSHARE\w*)='(.*)'$", script, re.M))
    words = given[role].replace("$NGSHARE", named["NGSHARE"]).split()
    return [re.split(r"[=<>]", word)[0] for word in words]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_installed_is_an_extra_of_the_project_or_pinned(
    script: str, role: str, project: Any, pinned: set[str]
) -> None:
    for name in wanted(script, role):
        if extra := re.fullmatch(r"\.\[(\w+)\]", name):
            assert extra[1] in project["optional-dependencies"]
        else:
            assert name.lower() in pinned | {"ngshare"}, name


def test_a_student_gets_what_labs_need_and_nothing_to_grade_with(script: str) -> None:
    assert ".[lab]" in wanted(script, "student")
    assert ".[hub]" in wanted(script, "instructor")
    assert not {".[course]", ".[hub]"} & set(wanted(script, "student"))


def test_pins_that_are_lifted_are_those_that_are_given_anew(script: str, pinned: set[str]) -> None:
    lifted = set(re.search(r"\^\((.*?)\)==", script)[1].split("|"))
    assert lifted <= pinned
    assert lifted <= {name.lower() for name in wanted(script, "ngshare")}
    assert "/^jupyterhub==/d" in script
    assert '"jupyterhub==$JUPYTERHUB"' in script


def test_the_hub_is_of_a_version_that_the_project_takes(script: str, project: Any) -> None:
    version = re.search(r"JUPYTERHUB:-([\d.]+)\}", script)[1]
    least = next(
        re.search(r">=([\d.]+)", line)[1]
        for line in project["optional-dependencies"]["hub"]
        if line.startswith("jupyterhub")
    )
    assert [int(part) for part in version.split(".")] >= [int(part) for part in least.split(".")]


def test_the_python_of_the_images_is_one_that_the_project_runs_on(
    dockerfile: str, project: Any
) -> None:
    version = re.search(r"^FROM python:(\d+)\.(\d+)", dockerfile, re.M)
    least = re.fullmatch(r">=(\d+)\.(\d+)", project["requires-python"])
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))


@pytest.mark.parametrize("role", ROLES)
def test_every_image_is_made_by_the_script_and_is_nobody_with_rights(
    dockerfile: str, role: str
) -> None:
    stage = dockerfile.split(f"\nFROM base AS {role}\n")[1].split("\nFROM ")[0]
    assert f"hub/kubernetes/image/install.sh system {role}" in stage
    assert f"hub/kubernetes/image/install.sh python {role} /opt/storagelab" in stage
    assert re.search(r"^USER (1000|65535:65535)$", stage, re.M)
    assert "pip install" not in dockerfile
    assert "apt-get" not in dockerfile


def allowed(path: str) -> bool:
    """Whether Docker would get a file of the checkout, by its rules: the last that fits counts."""
    lines = (IMAGE / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    inside = True
    parts = path.split("/")
    heads = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    for line in lines:
        if line and not line.startswith("#"):
            rule, keep = line.removeprefix("!"), line.startswith("!")
            some = rule.removeprefix("**/")
            if any(
                head.count("/") == rule.count("/") and fnmatch.fnmatchcase(head, rule)
                for head in heads
            ) or (some != rule and some in parts):
                inside = keep
    return inside


@pytest.mark.parametrize(
    "path",
    [
        "notebooks/keys.py",
        "source/cloud_titan/1_access.ipynb",
        "demo/students.py",
        "build/instructor/guide.md",
        "tests/conftest.py",
        ".git/config",
        "hub/kubernetes/values/jupyterhub.yaml",
        "gradebook.db",
        "storagelab/__pycache__/units.pyc",
    ],
)
def test_no_answer_and_no_secret_is_sent_to_the_builder(path: str) -> None:
    assert not allowed(path)


def test_all_that_the_images_are_made_of_is_sent() -> None:
    files = [
        path.relative_to(ROOT)
        for name in ("storagelab", "sandgrader")
        for path in (ROOT / name).rglob("*.py")
    ]
    names = ["pyproject.toml", "requirements.lock", "README.md", "LICENSE"]
    image = "hub/kubernetes/image"
    names += [f"{image}/{name}" for name in ("install.sh", "nbgrader_config.py", "profile.sh")]
    names += [str(path.relative_to(ROOT)) for path in (ROOT / "hub/share").rglob("*.j2")]
    names += map(str, files)
    for name in names:
        assert (ROOT / name).exists()
        assert allowed(name), name


@pytest.mark.parametrize("arguments", [(), ("python", "student"), ("system", "guest"), ("x", "y")])
def test_the_script_says_how_it_is_used(arguments: Any) -> None:
    done = subprocess.run(
        [str(IMAGE / "install.sh"), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage:" in done.stderr


@pytest.mark.parametrize(
    ("program", "files"),
    [
        (
            "shellcheck",
            [
                "hub/kubernetes/image/install.sh",
                "hub/kubernetes/image/profile.sh",
                ".ci/postgres",
            ],
        ),
        ("hadolint", ["hub/kubernetes/image/Dockerfile"]),
    ],
)
def test_the_linters_have_nothing_to_say(
    program: str, files: list[str], find_program: Callable[[str], str]
) -> None:
    done = subprocess.run(
        [find_program(program), *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_in_the_image_names_the_exchange_and_the_gradebook(
    images: dict[str, Any], tmp_path: Path
) -> None:
    """As nbgrader of the image itself reads it."""
    ask = [
        str(images["instructor"] / "bin/python"),
        "-c",
        "from nbgrader.apps import NbGrader as N\n"
        "app = N(); app.load_config_file()\n"
        "print(app.config.CourseDirectory.db_url)\n"
        "print(app.config.ExchangeFactory.exchange().ngshare_url)",
    ]
    around = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "USER": "grader",
        "STORAGELAB_GRADEBOOK": "postgresql+psycopg2://gradebook@postgres/gradebook",
        "NGSHARE_URL": "http://exchange:8080/services/ngshare",
    }
    told = subprocess.run(ask, cwd=tmp_path, env=around, capture_output=True, text=True, check=True)
    assert told.stdout.split()[-2:] == [around["STORAGELAB_GRADEBOOK"], around["NGSHARE_URL"]]


def test_the_images_have_what_their_roles_need(images: dict[str, Any]) -> None:
    def has(role: str, *modules: Any) -> Any:
        done = subprocess.run(
            [str(images[role] / "bin/python"), "-c", f"import {', '.join(modules)}"],
            cwd="/",
            env={"JUPYTERHUB_USER": "ada"},  # ngshare_exchange can't be imported by nobody
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or "ModuleNotFoundError" in done.stderr, done.stderr
        return done.returncode == 0

    for role in ("student", "instructor"):
        assert has(role, "storagelab", "bqplot", "nbgrader", "jupyterhub", "ngshare_exchange")
    assert has("instructor", "distributed", "psycopg2", "sandgrader.command")
    assert not has("student", "distributed")
    assert not has("student", "psycopg2")
    assert has("ngshare", "ngshare.ngshare")
    assert not has("ngshare", "storagelab")
    for role in ("student", "instructor"):
        assert not list(images[role].rglob("*/storagelab/keys.py"))
        assert not list(images[role].rglob("1_access*"))


def test_login_shells_find_the_commands(dockerfile: str) -> None:
    """Debian's /etc/profile sets PATH anew, and reads what is in /etc/profile.d at its end."""
    assert "hub/kubernetes/image/profile.sh /etc/profile.d/storagelab.sh" in dockerfile
    line = '. "$0"; echo "$PATH"'
    done = subprocess.run(
        ["sh", "-c", line, str(IMAGE / "profile.sh")],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "/opt/storagelab/bin:/usr/bin:/bin\n"
    assert "ENV PATH=/opt/storagelab/bin:" in dockerfile


def test_instructors_grade_in_the_sandbox_and_without_another_host(images: dict[str, Any]) -> None:
    listed = subprocess.run(
        [str(images["instructor"] / "bin/jupyter"), "server", "extension", "list"],
        capture_output=True,
        text=True,
        check=True,
    )
    text = listed.stdout + listed.stderr
    wanted = ("sandgrader.formgrader", "jupyter_server_mathjax", "storagelab.exchange")
    for extension in wanted:
        assert re.search(rf"{extension}\S* .*enabled", text), extension
    templates = images["instructor"] / "share/jupyter/nbconvert/templates"
    assert (templates / "formgrade" / "mathjax.html.j2").exists()


def test_a_student_is_offered_no_formgrader(images: dict[str, Any]) -> None:
    listed = subprocess.run(
        [str(images["student"] / "bin/jupyter"), "server", "extension", "list"],
        capture_output=True,
        text=True,
        check=True,
    )
    text = listed.stdout + listed.stderr
    assert re.search(r"nbgrader\.server_extensions\.assignment_list\S* .*enabled", text)
    assert not re.search(r"nbgrader\.server_extensions\.formgrader\S* .*enabled", text)


def test_bubblewrap_is_among_the_graders_system_packages(script: str) -> None:
    assert re.search(r"instructor\) echo \"[^\"]*bubblewrap", script)
