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
