"""A student's own numbers beside the reflection that is argued with them."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from sandgrader.marking.answers import read_answer
from storagelab.labs.texts import text_of
from storagelab.ledger import FILE_NAME, NO_PART, Opening, append_entry
from storagelab.parts import PARTS
from storagelab.report.beside import own_numbers
from storagelab.tracks import load_track

RELEASE = Path(__file__).parents[2] / "release"
TRACK = "cloud_titan"
START = {"cache_gb": 2000, "link_gbps": 5, "nvme_gbs": 7, "dram_gb": 512, "loader_workers": 48}
LEAST = {"cache_gb": 3000, "link_gbps": 10, "nvme_gbs": 1.25, "dram_gb": 128, "loader_workers": 64}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with a decision in part 2, two runs, and a prediction."""
    cells = []
    for name, source in (("conclude", "conclusion = 'warm'"), ("decide", f"decision = {LEAST!r}")):
        cells.append(nbformat.v4.new_code_cell(source))
        cells[-1].metadata["nbgrader"] = {"grade_id": name}
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "2_pipeline.ipynb")
    lock = {"prediction": "always", "confidence": 0.6, "reason": "NVMe is fast."}
    append_entry(tmp_path, TRACK, "pipeline", "lock", lock, {})
    for said in (START, {**START, "link_gbps": 10}):
        append_entry(tmp_path, TRACK, "pipeline", "run", said, {"cost": 1.0})
    return tmp_path


def test_what_was_chosen_and_what_it_comes_to(folder: Path) -> None:
    said = own_numbers(folder, TRACK, "2_pipeline")
    assert said["Predicted"] == "always, 60% certain: NVMe is fast."
    assert said["Concluded"] == "warm"
    assert said["Decided"].startswith("cache_gb 3000, link_gbps 10")
    assert said["Comes to"] == "utilisation 99%, $3,390; meets every target"
    assert said["Run 1"].startswith("as at the start: 49.8%, ")
    # not what the ledger says it cost
    assert said["Run 2"] == "link_gbps 10: 83.7%, $6,956"


def test_the_question_and_the_figures_are_of_the_own_variant(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    opening = Opening(5, course="c", term="t", origin="drawn")
    append_entry(own, TRACK, NO_PART, "open", opening.said, {})
    (own / "1_access.ipynb").write_text("{}")
    said, book = (own_numbers(place, TRACK, "1_access") for place in (own, folder))
    assert said["Variant"] == "5"
    assert "Variant" not in book
    asked = text_of(load_track(TRACK, 5), PARTS["access"], "reflection")
    assert said["Asked"] == asked.replace("**", "") != book["Asked"]
    assert said["Asked"].startswith("Patterson asks:")


def test_the_last_part_has_all_decisions(folder: Path) -> None:
    said = own_numbers(folder, TRACK, "3_checkpoint")
    assert said["Predicted"] == "never locked"
    assert said["Comes to, part 2"].endswith("meets every target")
    assert said["Decided, part 1"] == said["Decided, part 3"] == "can't be read"


def test_what_can_t_be_read_is_said(folder: Path) -> None:
    path = folder / FILE_NAME
    content = json.loads(path.read_text())
    content["entries"][0]["said"]["confidence"] = 1.0
    path.write_text(json.dumps(content))
    said = own_numbers(folder, TRACK, "2_pipeline")
    assert said["Ledger"].startswith("can't be read: ledger.json was edited by hand")
    assert said["Predicted"] == "never locked"
    path.unlink()
    assert own_numbers(folder, TRACK, "2_pipeline")["Ledger"] == "none"
    (folder / "2_pipeline.ipynb").write_text("{")
    assert own_numbers(folder, TRACK, "2_pipeline")["Decided"] == "can't be read"


@pytest.mark.parametrize("path", sorted(RELEASE.glob("*/*.ipynb")), ids=lambda path: path.stem)
def test_the_marking_page_finds_the_reflection_beside_them(path: Path) -> None:
    shown = read_answer(path, "reflect", is_task=True)
    assert shown.html.startswith('<div class="prose as-typed">Write here.</div>')
    assert shown.words == 2


def test_another_course_has_nothing_to_say(folder: Path) -> None:
    assert own_numbers(folder, "ps1", "2_pipeline") == {}
    assert own_numbers(folder, TRACK, "other") == {}
