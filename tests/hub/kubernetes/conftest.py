"""The images' Python environments, built with their own install script where that is asked for.

That takes minutes and a package index, so it is no part of ``make test``: ``make deploy-check``
sets ``STORAGELAB_DEPLOY_CHECK``, to 1 or to a folder that keeps the environments for next time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storagelab.course.layout import Layout
from tests.postgres.conftest import server  # noqa: F401 - the fixture

ROLES = ("student", "instructor", "ngshare")
ASKED = os.environ.get("STORAGELAB_DEPLOY_CHECK", "")


@pytest.fixture(scope="session")
def images(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A virtual environment for each of the images' roles."""
    if not ASKED:
        pytest.skip("takes minutes: `make deploy-check` builds the images' environments")
    folder = tmp_path_factory.mktemp("images") if ASKED == "1" else Path(ASKED).resolve()
    script = layout.root / "hub/kubernetes/image/install.sh"
    built = {}
    for role in ROLES:
        built[role] = folder / role
        if (built[role] / "complete").exists():
            continue
        done = subprocess.run(
            [str(script), "python", role, str(built[role])],
            cwd=layout.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{role}\n{done.stdout}\n{done.stderr}"
        (built[role] / "complete").touch()
    return built


@pytest.fixture(scope="session")
def find_program() -> Callable[[str], str]:
    """Find a linter that a package of the test environment brings, or skip."""

    def find(name: str) -> str:
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        found = shutil.which(name, path=programs)
        if found is None:
            pytest.skip(f"{name} isn't installed")
        return found

    return find
