"""A hub of the test's own, with a state folder and ports of its own, and people in browsers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from hub.__main__ import free_ports
from hub.people import PASSWORDS
from storagelab.course.layout import Layout

from ..browser.conftest import Traffic, new_page

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="accounts of their own take root: run the tests as root"
)


Told = TypeVar("Told")


@dataclass(frozen=True)
class Hub:
    """A running hub: its process, its address, and its state folder as root sees it."""

    process: subprocess.Popen[str]
    address: str
    state: Path
    said: str
    """What it printed when it was up."""

    def password_of(self, name: str) -> str:
        text = (self.state / "hub" / PASSWORDS).read_text(encoding="utf-8")
        return dict(line.split() for line in text.splitlines())[name]

    def home(self, name: str) -> Path:
        return self.state / "home" / name

    def processes(self) -> list[psutil.Process]:
        """Return everything that it started and that runs now."""
        return psutil.Process(self.process.pid).children(recursive=True)

    @property
    def log(self) -> str:
        return (self.state / "hub" / "jupyterhub.log").read_text(encoding="utf-8")


def ask_each(
    processes: list[psutil.Process], question: Callable[[psutil.Process], Told]
) -> Iterator[Told]:
    """Ask every process that is still there: some end by themselves at any time."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            yield question(process)


@contextmanager
def running_hub(root: Path, state: Path) -> Iterator[Hub]:
    """Bring up a hub as ``make hub`` does, and stop it in the end."""
    (port,) = free_ports(1)
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "--port", str(port), "--state", str(state)],
        cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        else:
            pytest.fail(f"no hub:\n{said}")
        yield Hub(process, f"http://127.0.0.1:{port}", state, said)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=90)


@pytest.fixture(scope="session")
def hub_root(layout: Layout, make: Callable[[str], None]) -> Path:
    """The checkout, with the proxy that ``make hub`` fetches."""
    if not (layout.root / "node_modules" / "configurable-http-proxy").is_dir():
        make("build/stamps/npm")
    return layout.root


@pytest.fixture
def hub(hub_root: Path, tmp_path: Path) -> Iterator[Hub]:
    with running_hub(hub_root, tmp_path / "hub") as running:
        yield running


@pytest.fixture
def people(browser: Any, hub: Hub) -> Iterator[Callable[[str], Any]]:
    """Open a browser profile for a person, who isn't logged in yet."""
    with ExitStack() as profiles:

        def arrive(name: str) -> Any:
            size = {"width": 1200, "height": 800}
            return profiles.enter_context(new_page(browser, Traffic(), viewport=size))

        yield arrive


def wait_for(what: Callable[[], Any], why: str, timeout: float = 90.0) -> Any:
    """Ask ``what`` until it says something true, and return that."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.2)
    return pytest.fail(f"never came: {why}")


def read_notebook(path: Path) -> Any:
    """Return a notebook as it is on disk; None while it is being written."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
