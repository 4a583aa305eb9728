"""The README names what there is: every make target, file and picture in it exists."""

from __future__ import annotations

import re

from storagelab.course.layout import Layout


def test_every_make_target_exists_and_the_two_commands_come_first(layout: Layout) -> None:
    readme = (layout.root / "README.md").read_text(encoding="utf-8")
    makefile = (layout.root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z-]+)", readme, re.MULTILINE)
    assert {"course", "test", "lab", "help", "release", "book", "demo-class"} <= set(named)
    assert set(named) <= targets
    assert named.index("course") < 3
    described = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    assert set(named) <= described  # and `make help` lists it


def test_every_path_exists(layout: Layout) -> None:
    readme = (layout.root / "README.md").read_text(encoding="utf-8")
    paths = [*re.findall(r"\]\(([\w./-]+)\)", readme), *re.findall(r"`([\w.-]+/[\w./-]*)`", readme)]
    made = ("build/", "node_modules/", ".venv/")
    checked = [path for path in paths if not path.startswith(made) and "*" not in path]
    assert len(checked) > 8
    for path in checked:
        assert (layout.root / path).exists(), path


def test_ci_runs_the_readmes_test_command(layout: Layout) -> None:
    for file in (".ci/run", ".github/workflows/ci.yml"):
        assert "make test" in (layout.root / file).read_text(encoding="utf-8")
    assert "make lint" in (layout.root / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_no_machine_or_registry_is_named(layout: Layout) -> None:
    lock = (layout.root / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 3
    pins = (layout.root / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in pins
    assert "--" not in pins


def pages(layout: Layout) -> dict[str, str]:
    """Return the text of every page that tells somebody how the course is run."""
    places = [
        layout.root / "README.md",
        layout.nbgrader_config,
        *(layout.root / "docs").glob("*.md"),
        *(layout.root / "book").glob("*.md"),
    ]
    return {path.name: path.read_text(encoding="utf-8") for path in places}


def test_every_page_tells_one_story(layout: Layout) -> None:
    """Of the exchange's mode, and of which grader a class is graded with."""
    told = pages(layout)
    modes = {
        name: set(re.findall(r"\b[0-7]?777\b", text))
        for name, text in told.items()
        if name != "hub.md"  # which says why it isn't another
    }
    assert {name: found for name, found in modes.items() if found - {"3777"}} == {}
    assert len([name for name, found in modes.items() if found]) > 3
    blocks = {
        name: re.findall(r"```shell\n(.*?)```", text, re.DOTALL) for name, text in told.items()
    }
    lines = {name: "\n".join(found).splitlines() for name, found in blocks.items()}
    for name, commands in lines.items():
        assert not [line for line in commands if line.startswith("nbgrader autograde")], name
    graded = [name for name, found in lines.items()
              if any("storagelab grade" in line for line in found)]  # fmt: skip
    assert len(graded) > 3


def test_the_readme_names_the_extras_that_there_are(layout: Layout) -> None:
    from storagelab.cli import COMMANDS
    from storagelab.extras import EXTRAS

    readme = pages(layout)["README.md"]
    named = set(re.findall(r"\[(\w+)\]'", readme))
    assert {"lab", "grade", "course"} <= named <= set(EXTRAS)
    for text in pages(layout).values():
        called = set(re.findall(r"(?:^|`)storagelab (\w+)", text, re.MULTILINE))
        assert called <= {*COMMANDS}, called
    documented = "".join(pages(layout).values())
    assert [name for name in COMMANDS if f"storagelab {name}" not in documented] == []
