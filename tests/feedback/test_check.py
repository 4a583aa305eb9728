"""``storagelab check``: what it says of every state of a folder, without running or changing it."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keys
import nbformat
import pytest
from click.testing import CliRunner

from demo.students import own_variant, read_sheet, reference
from storagelab.course.layout import Layout
from storagelab.course.settings import read_course
from storagelab.labs import check, checking, open_part, progress, static_answers
from storagelab.labs.errors import StudentError
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS

TRACK = "edge_guardian"


@pytest.fixture
def fresh(layout: Layout, tmp_path: Path) -> Any:
    """A folder as it is fetched."""
    return shutil.copytree(layout.release / TRACK, tmp_path / TRACK)


def work(folder: Path, track: str = TRACK, changes: Any = None, variant: int = 0) -> Path:
    """Fill in everything, right, and leave the ledger that a browser leaves."""
    answers = reference(keys, track, variant)
    for part, cells in answers.items():
        cells.update((changes or {}).get(part, {}))
        path = folder / f"{PARTS[part].stem}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = cells.get(cell.id, cell.source)
        nbformat.write(notebook, path)
        sheet = read_sheet(keys, track, part, variant)
        with contextlib.redirect_stdout(io.StringIO()):
            session = open_part(track, part, folder)
            session.lock(sheet.key["prediction"], 0.5)
            session.workbench()
            for run in sheet.key["runs"] if part == "pipeline" else []:
                session.record(run)
    return folder


@pytest.fixture
def done(fresh: Any) -> Any:
    return work(fresh)


def steps(folder: Path, part: Any) -> dict[Any, tuple[Any, Any]]:
    found = next(item for item in progress.look_at(folder).parts if item.name == part)
    return {step.name: (step.state, step.says) for step in found.steps}


def call(*arguments: Any) -> Any:
    return CliRunner().invoke(check.command, [str(item) for item in arguments])


@pytest.mark.parametrize("track", TRACKS)
def test_a_fresh_folder_is_all_to_do_and_a_finished_one_is_done(
    layout: Layout, tmp_path: Path, track: str
) -> None:
    folder = shutil.copytree(layout.release / track, tmp_path / track)
    result = call(folder)
    assert result.exit_code == check.TO_DO
    # a lock, a workbench, a conclusion, a law, a decision and a reflection a part, and the runs
    assert "19 things are still to do." in result.output
    work(folder, track)
    result = call(folder)
    assert result.exit_code == check.ALL_DONE, result.output
    assert "Nothing is left to do." in result.output
    assert "to do  " not in result.output


def test_it_judges_by_the_students_own_numbers(
    layout: Layout, fresh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the ledger, and before there is one, those that a hub's name will give."""
    monkeypatch.delenv("STORAGELAB_VARIANT", raising=False)
    assert "own numbers" not in call(fresh).output  # nobody's, as long as none are drawn
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    own = own_variant(keys, TRACK, "ada")
    assert f"(your own numbers: variant {own})" in call(fresh).output
    assert not (fresh / "ledger.json").exists()
    course = read_course(layout.nbgrader_config)
    open_part(TRACK, "access", fresh, course=course.course_id, term=course.term)
    work(fresh, variant=own)
    monkeypatch.delenv("JUPYTERHUB_USER")
    result = call(fresh)
    assert f"(your own numbers: variant {own})" in result.output
    assert result.exit_code == check.ALL_DONE, result.output


def test_it_changes_nothing_and_runs_nothing(done: Any) -> None:
    bomb = done / "1_access.ipynb"
    notebook = nbformat.read(bomb, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("open('bomb', 'w').write('x')"))
    nbformat.write(notebook, bomb)
    before = {path.name: path.read_bytes() for path in done.iterdir()}
    call(done)
    call(done, "--json")
    assert {path.name: path.read_bytes() for path in done.iterdir()} == before


def test_a_lock_a_reveal_and_runs_are_read_from_the_ledger(fresh: Any) -> None:
    assert steps(fresh, "pipeline")["lock"][0] == "to do"
    assert steps(fresh, "pipeline")["workbench"][0] == "to do"
    work(fresh)
    assert steps(fresh, "pipeline")["lock"] == (
        "done",
        f"{read_sheet(keys, TRACK, 'pipeline').key['prediction']!r}, confidence 50%, "
        "before the evidence.",
    )
    assert steps(fresh, "pipeline")["workbench"][0] == "done"
    runs = {str(run) for run in read_sheet(keys, TRACK, "pipeline").key["runs"]}
    assert steps(fresh, "pipeline")["runs"][1].startswith(f"{len(runs)} of 10 are recorded")


@pytest.mark.parametrize(
    ("part", "cell", "source", "step", "says"),
    [
        ("access", "conclude", "conclusion = 'compute'", "conclude", "There is no `times_faster`"),
        (
            "access",
            "conclude",
            "conclusion = 'ram'\ntimes_faster = 2",
            "conclude",
            "must be one of",
        ),
        (
            "access",
            "conclude",
            "conclusion = 'iops'\ntimes_faster = '2'",
            "conclude",
            "plain number",
        ),
        ("access", "conclude", "conclusion = 'iops'\ntimes_faster =", "conclude", "isn't Python"),
        ("access", "law", "def late_share(x):\n    return x", "law", "has to take read_time"),
        ("access", "law", "import math", "law", "There is no `late_share`"),
        ("access", "decide", "decision = {}", "decide", "decision lacks"),
        ("access", "decide", "decision = 3", "decide", "must be a dictionary"),
        (
            "access",
            "reflection",
            "reflection = 'a few words'",
            "reflection",
            "Still to do: write 40",
        ),
        (
            "access",
            "reflection",
            "reflection = " + repr("word " * 300),
            "reflection",
            "Cut it to 80",
        ),
        ("pipeline", "decide", "pass", "runs", "There is no `decision`"),
    ],
)
def test_an_answer_that_wont_do_is_said_in_the_tests_own_words(
    fresh: Any, part: str, cell: str, source: str, step: str, says: str
) -> None:
    work(fresh, changes={part: {cell: source}})
    state, said = steps(fresh, part)[step]
    assert state == "to do"
    assert says in said


def test_a_decision_that_misses_a_target_is_told_as_feedback_tells_it(fresh: Any) -> None:
    sheet = read_sheet(keys, TRACK, "access")
    start = keys.as_decision(sheet.track, sheet.part, sheet.part.crisis(sheet.track))
    work(fresh, changes={"access": {"decide": f"decision = {start!r}"}})
    with pytest.raises(StudentError) as raised:
        checking.meets_targets(sheet.part, sheet.track, sheet.judge(start))
    assert steps(fresh, "access")["decide"] == ("to do", str(raised.value))


def test_a_decision_that_isnt_a_recorded_run_isnt_judged(fresh: Any) -> None:
    """Else it would be a run that isn't counted."""
    other = {**read_sheet(keys, TRACK, "pipeline").key["decision"], "log_gb": 321}
    work(fresh, changes={"pipeline": {"decide": f"decision = {other!r}"}})
    said = ("to do", "The decision isn't one of your recorded runs.")
    assert steps(fresh, "pipeline")["decide"] == said


def test_right_and_wrong_answers_look_the_same(fresh: Any, tmp_path: Path) -> None:
    """It knows no key: a wrong option of the right kind is as good."""
    sheet = read_sheet(keys, TRACK, "access")
    work(fresh, changes={"access": {"conclude": sheet.conclude(sheet.wrong_option, "123.0")}})
    assert steps(fresh, "access")["conclude"][0] == "done"


@pytest.mark.parametrize(
    "source",
    [
        "conclusion = 'stalls'\ntimes_faster = round(3.1, 1)",
        "conclusion = 'stalls'\nfor times_faster in range(3):\n    pass",
        "conclusion, times_faster = 'garbage', 3.0",
    ],
)
def test_what_only_a_run_can_tell_is_unknown(fresh: Any, source: str) -> None:
    work(fresh, changes={"access": {"conclude": source}})
    state, says = steps(fresh, "access")["conclude"]
    assert state == "unknown"
    assert "`times_faster`" in says
    result = call(fresh)
    assert result.exit_code == check.ALL_DONE
    assert "use --run" in " ".join(result.output.split())


def test_sums_of_numbers_are_read(fresh: Any) -> None:
    source = "conclusion = 'garbage'\ntimes_faster = 16 * 2 / 4 - 1"
    work(fresh, changes={"access": {"conclude": source}})
    assert steps(fresh, "access")["conclude"][1] == "'garbage', and times_faster = 7 times."


@pytest.mark.parametrize(
    "source", ["x = " + "(" * 500, "x = 1/0", "%matplotlib inline\nx = 1", "\0"]
)
def test_no_source_breaks_the_reader(fresh: Any, source: Any) -> None:
    work(fresh, changes={"access": {"conclude": source}})
    assert steps(fresh, "access")["conclude"][0] == "to do"


@pytest.mark.parametrize(
    ("source", "count", "fits"),
    [
        ("def f(a, b): pass", 2, True),
        ("def f(a): pass", 2, False),
        ("def f(a, b, c): pass", 2, False),
        ("def f(a, b, c=1): pass", 2, True),
        ("def f(*a): pass", 2, True),
        ("def f(a, *, b): pass", 1, False),
    ],
)
def test_a_functions_arguments_are_counted(source: str, count: int, fits: bool) -> None:
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert static_answers.takes(function, count) is fits


# --- folders and files


def test_the_wrong_folder_says_which_would_be_right(layout: Layout, tmp_path: Path) -> None:
    result = call(layout.release)
    assert result.exit_code == check.NOT_CHECKED
    assert " or ".join(sorted(TRACKS)) in result.stderr
    result = call(tmp_path)
    assert result.exit_code == check.NOT_CHECKED
    assert "Go to the folder into which you fetched the assignment" in result.stderr
    assert "is no folder" in call(tmp_path / "nowhere").stderr
    assert json.loads(call(tmp_path, "--json").stdout)["error"]


def test_a_notebook_that_is_missing_or_damaged_is_named_and_the_others_are_checked(
    done: Any,
) -> None:
    (done / "1_access.ipynb").unlink()
    (done / "2_pipeline.ipynb").write_text('{"cells": [')
    assert "1_access.ipynb can't be read" in steps(done, "access")["notebook"][1]
    assert "2_pipeline.ipynb is damaged" in steps(done, "pipeline")["notebook"][1]
    assert steps(done, "checkpoint")["conclude"][0] == "done"
    assert call(done).exit_code == check.TO_DO


@pytest.mark.parametrize("track", TRACKS)
def test_a_renamed_notebook_is_found_and_named(layout: Layout, tmp_path: Path, track: str) -> None:
    folder = shutil.copytree(layout.release / track, tmp_path / track)
    for part in PARTS.values():
        (folder / f"{part.stem}.ipynb").rename(folder / f"My {part.name}-Copy1.ipynb")
    for name, part in PARTS.items():
        found = steps(folder, name)
        state, says = found["notebook"]
        assert state == "to do"
        assert f"My {name}-Copy1.ipynb" in says
        assert f"Rename that to {part.stem}.ipynb" in says
        assert found["conclude"][1] == "Its cell is still to do."  # what stands in it is read


def test_of_two_copies_of_a_missing_notebook_none_is_taken_and_both_are_named(done: Any) -> None:
    shutil.copy(done / "1_access.ipynb", done / "one.ipynb")
    assert "notebook" not in steps(done, "access")  # beside the right one a copy is no matter
    (done / "1_access.ipynb").rename(done / "two.ipynb")
    (done / "broken.ipynb").write_text("{")
    found = steps(done, "access")
    assert "one.ipynb and two.ipynb" in found["notebook"][1]
    assert "conclude" not in found
    assert found["lock"][0] == "done"


def test_notebooks_of_two_tracks_are_refused(done: Any, layout: Layout) -> None:
    shutil.copy(layout.release / "mobile_nomad" / "1_access.ipynb", done)
    assert "several tracks (edge_guardian, mobile_nomad)" in call(done).stderr


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text[:200], "is damaged"),
        (lambda text: text.replace('"confidence": 0.5', '"confidence": 0.4'), "edited by hand"),
        (lambda text: text.replace(TRACK, "mobile_nomad"), "belongs to the track"),
    ],
)
def test_a_damaged_ledger_is_said_once_and_the_answers_are_checked_all_the_same(
    done: Any, damage: Any, says: str
) -> None:
    ledger = done / "ledger.json"
    ledger.write_text(damage(ledger.read_text()))
    result = call(done)
    assert result.exit_code == check.TO_DO
    assert says in " ".join(result.output.split())
    assert steps(done, "access")["conclude"][0] == "done"


# --- how it is called


def test_json_has_everything(done: Any) -> None:
    told = json.loads(call(done, "--json").output)
    assert told["track"] == TRACK
    assert told["to_do"] == 0
    assert told["minutes_left"] == 45
    assert [part["name"] for part in told["parts"]] == list(PARTS)
    assert {step["state"] for part in told["parts"] for step in part["steps"]} == {"done"}


def test_a_cell_can_show_it(done: Any, capsys: pytest.CaptureFixture[str]) -> None:
    check.show(done)
    assert "Nothing is left to do." in capsys.readouterr().out
    check.show(done / "nowhere")
    assert "is no folder" in capsys.readouterr().out


def test_run_runs_the_open_tests_on_a_copy(fresh: Any) -> None:
    sheet = read_sheet(keys, TRACK, "access")
    work(fresh, changes={"access": {"law": f"{sheet.head}\n    return 0.5"}})
    before = {path.name: path.read_bytes() for path in fresh.iterdir()}
    result = call(fresh, "--run")
    assert result.exit_code == check.TO_DO
    assert result.output.count("The open test passes.") == 13
    assert sheet.content.law.example_words.split(":")[0][:20] in " ".join(result.output.split())
    assert {path.name: path.read_bytes() for path in fresh.iterdir()} == before


def test_it_needs_neither_nbgrader_nor_a_kernel(done: Any) -> None:
    """What a student's machine has: the package and click."""
    code = (
        "import sys\n"
        "for name in ('nbgrader', 'nbformat', 'nbclient', 'IPython', 'ipywidgets', 'rich'):\n"
        "    sys.modules[name] = None\n"
        "from storagelab.cli import main\n"
        f"main(['check', {str(done)!r}], prog_name='storagelab')\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Nothing is left to do." in ran.stdout
