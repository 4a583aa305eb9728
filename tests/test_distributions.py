"""The wheel and the sdist: what is in them, what never is, and that they work by themselves.

By day the wheel is unpacked beside its own dependencies and nothing else; by night pip installs it
into fresh environments, with the extras that the README names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from storagelab.course.layout import Layout
from storagelab.course.release import check_no_secret
from storagelab.extras import EXTRAS
from storagelab.tracks import TRACKS
from tests.feedback.test_leaks import hidden_pairs, pairs_of_lines, texts
from tests.leaks import secrets_in, texts_of_answers
from tests.sandgrader import quickstart

TOP = {"storagelab", "sandgrader"}
BASE = ("click", "filelock", "msgspec", "numpy", "simpy")
"""All that comes with the package alone."""


class Built(NamedTuple):
    """The two distributions, and what is in each."""

    wheel: Path
    in_wheel: Path
    in_sdist: Path


def build(checkout: Path, folder: Path, *targets: str) -> None:
    """Build distributions of a checkout with the back end, as pip and build do."""
    kinds = [item for target in targets for item in ("-t", target)]
    line = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), *kinds]
    done = subprocess.run(line, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("dist")
    build(layout.root, folder, "wheel", "sdist")
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "sdist", filter="data")
    (root,) = (folder / "sdist").iterdir()
    return Built(wheel, folder / "wheel", root)


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def metadata_of(built: Built) -> Any:
    (path,) = built.in_wheel.glob("*.dist-info/METADATA")
    return HeaderParser().parsestr(path.read_text(encoding="utf-8"))


def test_nothing_hidden_is_in_them(layout: Layout, built: Built) -> None:
    hidden, answers = hidden_pairs(layout), texts_of_answers(layout)
    assert len(hidden) > 100
    assert len(answers) > 100
    for folder in (built.in_wheel, built.in_sdist):
        assert secrets_in(folder, answers) == []
        for path, text in texts(folder):
            assert not hidden & pairs_of_lines(text), path
            if path.suffix == ".ipynb":
                check_no_secret(path.name, text)
    # the same searches find what is there to be found
    assert secrets_in(layout.answers, answers)
    keys = (layout.notebooks / "keys.py").read_text(encoding="utf-8")
    assert hidden & pairs_of_lines(keys)


def test_nothing_else_of_the_checkout_is_in_them(built: Built) -> None:
    tops = {path.name for path in built.in_wheel.iterdir()}
    assert {name for name in tops if not name.endswith(".dist-info")} == TOP
    known = {*TOP, "release", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO", ".gitignore"}
    assert {path.name for path in built.in_sdist.iterdir()} == known


def test_the_students_notebooks_are_in_the_wheel(layout: Layout, built: Built) -> None:
    released = files_in(layout.release)
    assert len(released) >= 3 * len(TRACKS)
    assert files_in(built.in_wheel / "storagelab" / "release") == released


def test_what_is_built_of_the_sdist_is_the_same_wheel(built: Built, tmp_path: Path) -> None:
    build(built.in_sdist, tmp_path, "wheel")
    with zipfile.ZipFile(tmp_path / built.wheel.name) as archive:
        archive.extractall(tmp_path / "wheel")
    assert files_in(tmp_path / "wheel") == files_in(built.in_wheel)


def test_the_metadata_names_every_extra_that_the_command_explains(
    layout: Layout, built: Built
) -> None:
    metadata = metadata_of(built)
    assert set(metadata.get_all("Provides-Extra")) == {*EXTRAS, "test"}
    project = tomllib.loads((layout.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) == {*EXTRAS, "test"}
    alone = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert sorted(line.split(">")[0] for line in alone) == list(BASE)


# --- an environment with nothing but the wheel and what it requires


@pytest.fixture(scope="module")
def bare(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and its dependencies, without network."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for name in BASE:
        package = distribution(name)
        tops = {str(file).split("/")[0] for file in package.files or ()} - {".."}
        for top in tops:
            (packages / top).symlink_to(str(package.locate_file(top)))
    shutil.copytree(built.in_wheel, packages, dirs_exist_ok=True)
    return folder / "bin" / "python"


def run(
    python: Path, *arguments: str, where: Path, code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run an interpreter as somebody else's shell would, and return what it said."""
    known = ("PATH", "HOME", "LANG", "TMPDIR")
    done = subprocess.run(
        [str(python), *arguments], cwd=where, capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name in known},
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_alone_the_command_says_what_needs_which_extra(bare: Path, tmp_path: Path) -> None:
    said = run(bare, "-m", "storagelab", where=tmp_path).stdout
    assert "Grade submissions, safely and resumably. Needs the extra grade." in " ".join(
        said.split()
    )
    for extra, about in EXTRAS.items():
        assert f"{extra} {about}" in " ".join(said.split())
    assert "installed" not in said
    assert run(bare, "-m", "storagelab", "--help", where=tmp_path).stdout == said


@pytest.mark.parametrize("line", [["grade"], ["report"], ["grade", "--help"], ["lab"]])
def test_without_its_extra_a_subcommand_ends_with_a_sentence_and_one_command(
    bare: Path, tmp_path: Path, line: list[str]
) -> None:
    done = run(bare, "-m", "storagelab", *line, where=tmp_path, code=2)
    extra = "lab" if line == ["lab"] else "grade"
    assert f"`storagelab {line[0]}` needs the extra '{extra}'. Not installed here: " in done.stderr
    assert done.stderr.rstrip().endswith(f"\npip install 'storagelab[{extra}]'")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_grader_alone_says_the_same(bare: Path, tmp_path: Path) -> None:
    code = "from storagelab.cli import sandgrader; sandgrader()"
    done = run(bare, "-c", code, where=tmp_path, code=2)
    assert "pip install 'storagelab[grade]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_student_gets_a_copy_and_checks_it(bare: Path, tmp_path: Path) -> None:
    run(bare, "-m", "storagelab", "lab", "edge_guardian", "--no-open", where=tmp_path)
    said = run(bare, "-m", "storagelab", "check", "edge_guardian", where=tmp_path, code=1)
    assert "things are still to do." in said.stdout
    done = run(bare, "-m", "storagelab", "check", "--run", "edge_guardian", where=tmp_path, code=2)
    assert "pip install 'storagelab[lab]'" in done.stderr


# --- the same as pip does it


@pytest.mark.nightly
def test_pip_installs_it_and_everything_works(layout: Layout, built: Built, tmp_path: Path) -> None:
    """The wheel alone, then the extras by the very commands that are printed."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python, bin_ = folder / "bin" / "python", folder / "bin"
    pins = ["-c", str(layout.root / "requirements.lock")]
    quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins]
    run(python, *quiet, str(built.wheel), where=tmp_path)
    work = tmp_path / "work"
    work.mkdir()

    def call(name: str, *arguments: str, where: Path = work, code: int = 0) -> str:
        done = run(bin_ / name, *arguments, where=where, code=code)
        return done.stdout + done.stderr

    assert "Needs the extra" in call("storagelab")
    call("storagelab", "lab", "--no-open")
    assert "things are still to do" in call("storagelab", "check", "cloud_titan", code=1)
    for extra, name in (("grade", "storagelab grade"), ("lab", "storagelab lab")):
        refused = call(*name.split(), code=2)
        asked = refused.strip().splitlines()[-1]
        assert asked == f"pip install 'storagelab[{extra}]'"
        run(python, *quiet, f"storagelab[{extra}]", where=tmp_path)
    assert call("storagelab").count("(installed)") == 2

    some = {name: quickstart.CLASS[name] for name in ("all_right", "wrong")}
    course = quickstart.make_course(tmp_path, some)
    call("storagelab", "grade", "--workers", "1", where=course)
    call("sandgrader", "report", where=course)
    assert (course / "report" / "index.html").is_file()
    grades = quickstart.grades_of(course)
    measured = quickstart.read_measured().grades
    assert grades == {key: said for key, said in measured.items() if key in grades}
    assert len({key[0] for key in grades}) == 2
    # JupyterLab is started with what follows the two dashes
    assert call("storagelab", "lab", "--", "--version").splitlines()[-1][0].isdigit()
    ran = call("storagelab", "check", "--run", "cloud_titan", code=1)
    assert "things are still to do" in ran
    assert "can't be run" not in ran
