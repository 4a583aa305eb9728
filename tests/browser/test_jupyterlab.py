"""The student's notebooks in JupyterLab: lock, workbench, sliders, with the network off."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import keys
import nbformat
import pytest

from storagelab.ledger import entries_of, read_ledger
from storagelab.parts import PARTS
from storagelab.tracks import load_track

from .conftest import captions, marks, wait_until_settled

TRACK = "cloud_titan"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def folder(layout, tmp_path_factory):
    """The student's copies, with the locks filled in and the work still to do."""
    target = tmp_path_factory.mktemp("lab")
    for part in PARTS.values():
        notebook = nbformat.read(
            layout.release / TRACK / f"{part.stem}.ipynb", as_version=nbformat.NO_CONVERT
        )
        answer = keys.reference_answers(load_track(TRACK), part)["prediction"]
        for cell in notebook.cells:
            if cell.id == "lock":
                cell.source = f"part.lock({answer!r}, 0.7)"
        # what comes behind the workbench would only take time
        index = next(i for i, cell in enumerate(notebook.cells) if cell.id == "workbench")
        notebook.cells = notebook.cells[: index + 1]
        nbformat.write(notebook, target / f"{part.stem}.ipynb")
    return target


@pytest.fixture(scope="module")
def lab(folder, tmp_path_factory):
    home, port = tmp_path_factory.mktemp("home"), free_port()
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "STORAGELAB_VIEW": "live",
    }
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
            "--IdentityProvider.token=", "--LabApp.news_url=", "--LabApp.check_for_updates_class="
            "jupyterlab.NeverCheckForUpdate", f"--ServerApp.root_dir={folder}",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1).read()
            break
        except OSError:
            assert server.poll() is None, "JupyterLab ended"
            time.sleep(0.5)
    else:
        pytest.fail("JupyterLab never answers")
    yield address
    server.terminate()
    server.wait(timeout=20)
    shutil.rmtree(home, ignore_errors=True)


def run_all(page, lab, name):
    page.goto(f"{lab}/doc/tree/{name}.ipynb?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    # cells that are run before the kernel is there are not run at all
    page.wait_for_selector('#jp-main-statusbar :text("| Idle")')
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    page.wait_for_selector(".storagelab-workbench .bqplot svg", state="attached")
    page.locator(".storagelab-workbench").last.scroll_into_view_if_needed()
    wait_until_settled(page)


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.name)
def test_every_slider_moves_the_figures_and_the_words_are_the_models(
    lab, page, traffic, track, folder, part
):
    run_all(page, lab, part.stem)
    content = part.of(track)
    scales = [control for control in content.controls if control.kind == "scale"]
    names = [
        page.get_by_role("slider").nth(index).get_attribute("aria-label")
        for index in range(len(scales))
    ]
    assert names == [control.label for control in scales]

    values = {item.name: item.to_si(item.default) for item in content.controls}
    assert part.summary(track, part.run(track, values)) in captions(page)
    moved = 0
    for index, control in enumerate(scales):
        said, drawn = captions(page), marks(page)
        position = control.values.index(control.default)
        step = 1 if position + 1 < len(control.values) else -1
        handle = page.get_by_role("slider").nth(index)
        handle.focus()
        page.keyboard.press("ArrowRight" if step > 0 else "ArrowLeft")
        values[control.name] = control.to_si(control.values[position + step])
        expected = part.summary(track, part.run(track, values))
        page.wait_for_function(
            "(text) => [...document.querySelectorAll('.storagelab-workbench [aria-live]')]"
            ".some((item) => item.textContent === text)",
            arg=expected,
        )
        wait_until_settled(page)
        moved += marks(page) != drawn and captions(page) != said
    assert moved >= len(scales) - 2  # a shuffle buffer moves no bar of raw files
    assert len(entries_of(read_ledger(folder, TRACK), part.name, "reveal")) == 1
    assert traffic.blocked == []


def test_a_run_is_recorded_by_its_button(lab, page, folder):
    run_all(page, lab, "2_pipeline")
    before = len(entries_of(read_ledger(folder, TRACK), "pipeline", "run"))
    page.get_by_role("button", name="Record this run").click()
    page.wait_for_selector("table.storagelab-runs")
    assert len(entries_of(read_ledger(folder, TRACK), "pipeline", "run")) == before + 1
    assert page.locator("table.storagelab-runs tbody tr").count() == before + 1


def test_the_ops_lead_drops_the_mtbf(lab, page, track):
    run_all(page, lab, "3_checkpoint")
    page.get_by_role("button", name="The ops lead calls").click()
    page.wait_for_selector("text=Since the new racks went live")
    event = track.checkpoint.event_node_mtbf / 3600
    slider = page.get_by_role("slider", name="MTBF of a node")
    page.wait_for_function(
        "([element, text]) => element.getAttribute('aria-valuetext') === text",
        arg=[slider.element_handle(), f"{event:,.0f} h"],
    )


def test_the_math_peek_shows_and_hides_the_equation(lab, page):
    run_all(page, lab, "1_access")
    toggle = page.get_by_role("button", name="Math peek")
    formula = page.locator(".storagelab-workbench mjx-container, .storagelab-workbench .MathJax")
    toggle.click()
    formula.first.wait_for(state="visible")
    toggle.click()
    formula.first.wait_for(state="hidden")
