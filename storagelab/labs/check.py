"""``storagelab check``: what is still to do before submitting, in the feedback's own words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import textwrap
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from storagelab.extras import require
from storagelab.labs.deadline import due_line, find_due
from storagelab.labs.progress import FolderError, Progress, Step, look_at
from storagelab.ledger import FILE_NAME
from storagelab.parts import PARTS

ALL_DONE, TO_DO, NOT_CHECKED = 0, 1, 2
"""Exit codes."""
COLOURS = {"done": "green", "to do": "yellow", "unknown": "cyan"}
SECONDS = 30
"""What a cell may take, as when it is graded."""


def show(folder: str | Path = ".") -> None:
    """Print what is still to do in ``folder``: for a cell of a notebook."""
    try:
        due = due_line(Path(folder))
        print(in_words(look_at(Path(folder)), width=88, colour=False, due=due))
    except FolderError as error:
        print(error)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.option("--run", "run_too", is_flag=True, help="Run the notebooks and their open tests too.")
@click.option("--json", "as_json", is_flag=True, help="Print it for a program.")
@click.pass_context
def command(context: click.Context, folder: Path, run_too: bool, as_json: bool) -> None:
    """Say what is still to do in FOLDER (this one, if none is named) before you submit.

    Reads your notebooks and your ledger, changes neither, and needs no network. It knows no more
    than your notebooks do: the other tests run after you submit. Save your notebooks first.

    Exit code: 0 if nothing is to do, 1 if something is, 2 if there is nothing to check.
    """
    try:
        progress = look_at(folder)
        tests = run_open_tests(folder) if run_too else {}
    except FolderError as error:
        if as_json:
            click.echo(json.dumps({"error": str(error)}))
        else:
            click.echo(str(error), err=True)
        context.exit(NOT_CHECKED)
    left = any(step.state == "to do" for step in steps_of(progress, tests))
    if as_json:
        found = {**for_programs(progress, tests), "due": _moment(find_due(folder))}
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        width = min(shutil.get_terminal_size().columns, 100)
        click.echo(in_words(progress, width, colour=True, tests=tests, due=due_line(folder)))
    context.exit(TO_DO if left else ALL_DONE)


def for_programs(progress: Progress, tests: dict[str, list[Step]]) -> dict[str, Any]:
    """Return everything as JSON can hold it."""
    return {
        **asdict(progress),
        "minutes": round(progress.minutes, 1),
        "minutes_left": round(progress.minutes_left, 1),
        "to_do": progress.to_do,
        "tests": {part: [asdict(step) for step in steps] for part, steps in tests.items()},
    }


def _moment(due: datetime | None) -> str | None:
    return due.isoformat() if due else None


def in_words(
    progress: Progress,
    width: int,
    colour: bool,
    tests: dict[str, list[Step]] | None = None,
    due: str = "",
) -> str:
    """Return what is to do as lines of at most ``width`` characters.

    ``due`` is a sentence on when; empty where nobody knows.
    """
    width = max(width, 40)
    lines = [
        _painted(progress.title, colour, bold=True),
        f"{progress.minutes:.0f} minutes spent by the ledger, {progress.minutes_left:.0f} of "
        f"{progress.minutes + progress.minutes_left:.0f} left. Time isn't graded.",
        *_wrapped(due, width),
    ]
    if progress.problem:
        lines += ["", *_wrapped(progress.problem, width)]
    for part in progress.parts:
        title = f"Part {part.number} · {part.title}"
        lines += ["", _painted(f"{title}  ({part.minutes:.0f} min)", colour, bold=True)]
        for step in [*part.steps, *(tests or {}).get(part.name, [])]:
            lines += _lines(step, width, colour)
    return "\n".join([*lines, "", *_wrapped(_end(steps_of(progress, tests or {})), width)])


def steps_of(progress: Progress, tests: dict[str, list[Step]]) -> list[Step]:
    """Return every step of every part, the tests that were run among them."""
    found = [step for part in progress.parts for step in part.steps]
    return found + [step for steps in tests.values() for step in steps]


def _end(steps: list[Step]) -> str:
    left = sum(step.state == "to do" for step in steps)
    unseen = sum(step.state == "unknown" for step in steps)
    if left:
        return f"{'1 thing is' if left == 1 else f'{left} things are'} still to do."
    if unseen:
        return "Nothing that can be seen is left to do. What is unknown, a run can tell: use --run."
    return (
        "Nothing is left to do. Save, and submit. Whether answers are right is tested after that."
    )


def _lines(step: Step, width: int, colour: bool) -> list[str]:
    state = f"{step.state:<7}"
    head = f"  {state}  {step.name:<15}"
    first, *more = step.says.splitlines() or [""]
    wrapped = _wrapped(first, max(width - len(head), 20))
    for line in more:
        wrapped += _wrapped(line, max(width - len(head), 20))
    painted = head.replace(state, _painted(state, colour, fg=COLOURS[step.state]), 1)
    return [f"{painted}{wrapped[0] if wrapped else ''}"] + [
        f"{'':<{len(head)}}{line}" for line in wrapped[1:]
    ]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)  # --run stays whole


def _painted(text: str, colour: bool, **style: Any) -> str:
    return click.style(text, **style) if colour else text


def run_open_tests(folder: Path) -> dict[str, list[Step]]:
    """Run copies of the notebooks and return what their open tests say, by part."""
    try:  # not for a check that only reads
        import nbformat
        from nbclient import NotebookClient
    except ImportError:
        require("lab", "`storagelab check --run`")
        raise

    results: dict[str, list[Step]] = {}
    before = os.environ.copy()
    os.environ.update({"NBGRADER_EXECUTION": "validate", "STORAGELAB_VIEW": "static"})
    try:
        with tempfile.TemporaryDirectory() as scratch:
            for name in (FILE_NAME, *(f"{part.stem}.ipynb" for part in PARTS.values())):
                if (folder / name).exists():
                    shutil.copy(folder / name, scratch)
            for part in PARTS.values():
                path = Path(scratch) / f"{part.stem}.ipynb"
                try:
                    notebook = nbformat.read(path, as_version=4)
                    NotebookClient(
                        notebook,
                        timeout=SECONDS,
                        interrupt_on_timeout=True,
                        allow_errors=True,
                        resources={"metadata": {"path": scratch}},
                    ).execute(stderr=subprocess.DEVNULL)  # a kernel's own log helps nobody
                except FileNotFoundError:
                    continue
                except Exception as error:  # the kernel died, or it is no notebook
                    results[part.name] = [Step("run", "to do", f"It can't be run: {error}")]
                    continue
                results[part.name] = [
                    _tested(cell) for cell in notebook.cells if _is_test(cell.metadata)
                ]
    finally:
        os.environ.clear()
        os.environ.update(before)
    return results


def _is_test(metadata: dict[str, Any]) -> bool:
    grading = metadata.get("nbgrader", {})
    return bool(grading.get("grade")) and not grading.get("solution")


def _tested(cell: Any) -> Step:
    name = str(cell.metadata["nbgrader"]["grade_id"])
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            known = output["ename"] == "StudentError"
            says = output["evalue"] if known else f"{output['ename']}: {output['evalue']}"
            return Step(name, "to do", says)
        if output["output_type"] == "stream" and output["name"] == "stderr":
            return Step(name, "to do", f"It wrote to standard error: {output['text']}")
    return Step(name, "done", "The open test passes.")
