"""JupyterLab on this machine for one session, and a student's notebooks in it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from storagelab.parts import Part
from storagelab.tracks import Track

from .axe import await_painted

ARGUMENTS = [
    "--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port_retries=0",
    "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]  # fmt: skip
THEMES = Path("@jupyterlab", "apputils-extension", "themes.jupyterlab-settings")


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, and the folder whose notebooks it opens."""

    address: str
    root: Path

    def write(self, path: str, notebook: nbformat.NotebookNode) -> None:
        """Put a notebook where the lab finds it, in a folder of its own if ``path`` says so."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, self.root / path)

    def open(self, page: Any, path: str) -> None:
        """Open a notebook with a kernel that is ready; nothing is run."""
        page.goto(f"{self.address}/doc/tree/{path}?reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        # cells that are run before the kernel is there are not run at all
        page.wait_for_function(
            "() => document.querySelector('#jp-main-statusbar')?.innerText.includes('| Idle')"
        )

    def stop_kernels(self) -> None:
        """End every kernel of this server, which otherwise lives as long as the server."""
        for kernel in json.loads(_ask(f"{self.address}/api/kernels")):
            _ask(f"{self.address}/api/kernels/{kernel['id']}", "DELETE")


def _ask(address: str, method: str = "GET") -> bytes:
    request = urllib.request.Request(address, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        content: bytes = answer.read()
    return content


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_lab(root: Path, home: Path) -> Iterator[Lab]:
    """Serve ``root`` in a JupyterLab that keeps everything of its own in ``home``.

    It is light or dark as the page asks. Raises ``RuntimeError`` where it doesn't come up.
    """
    port = free_port()
    themes = home / "settings" / THEMES
    themes.parent.mkdir(parents=True)
    themes.write_text(json.dumps({"adaptive-theme": True}), encoding="utf-8")
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "STORAGELAB_VIEW": "live",
        "STORAGELAB_VARIANT": "0",
    }
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", *ARGUMENTS, f"--port={port}",
            f"--ServerApp.root_dir={root}",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    lab = Lab(f"http://127.0.0.1:{port}", root)
    try:
        _await(lab, server)
        yield lab
    finally:
        server.terminate()
        server.wait(timeout=20)


def _await(lab: Lab, server: subprocess.Popen[bytes]) -> None:
    for _ in range(120):
        try:
            _ask(f"{lab.address}/api")
        except OSError:
            if server.poll() is not None:
                raise RuntimeError(f"JupyterLab ended with code {server.returncode}") from None
            time.sleep(0.5)
        else:
            return
    raise RuntimeError("JupyterLab never answers")


def students_copy(released: Path, track: Track, part: Part) -> nbformat.NotebookNode:
    """Return a released notebook up to its workbench, with the lock filled in."""
    notebook = nbformat.read(released / track.name / f"{part.stem}.ipynb", nbformat.NO_CONVERT)
    prediction = part.of(track).question.options[0].id
    for cell in notebook.cells:
        if cell.id == "lock":
            cell.source = f"part.lock({prediction!r}, 0.7)"
    # what comes behind the workbench would only take time
    index = next(i for i, cell in enumerate(notebook.cells) if cell.id == "workbench")
    notebook.cells = notebook.cells[: index + 1]
    return notebook


def notebook_of(*sources: str) -> nbformat.NotebookNode:
    """Return a notebook of code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def choose(page: Any, menu: str, item: str) -> None:
    """Choose an item of JupyterLab's menu by its words."""
    page.click(f'.lm-MenuBar-itemLabel:text-is("{menu}")')
    page.click(f'.lm-Menu-itemLabel:text-is("{item}")')


def use_theme(page: Any, theme: str) -> None:
    """Ask for a light or a dark page, and wait until JupyterLab is one."""
    page.emulate_media(color_scheme=theme)
    light = "true" if theme == "light" else "false"
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
    await_painted(page)


def run_all(page: Any) -> None:
    """Run all cells, without waiting for what they show."""
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    choose(page, "Run", "Run All Cells")


def run_cell(page: Any, index: int) -> None:
    """Run the cell ``index`` and wait until the kernel is idle again."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(index)
    cell.locator(".cm-content").click()
    prompt = cell.locator(".jp-InputPrompt")
    # the number of a new kernel's run may be the one that is there
    prompt.evaluate("(prompt) => { prompt.textContent = ''; }")
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "(prompt) => /\\d/.test(prompt.textContent)", arg=prompt.element_handle()
    )
