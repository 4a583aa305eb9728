"""What stock nbgrader makes of the pack: its scores, and what else happens.

``nbgrader autograde`` runs in a sandbox around all of nbgrader: it sees the machine as it is but
can write in its own folder only, reaches no network, and everything in it ends with it. A dozen
cases are graded in one command. Those that come out of it without a score are graded once more,
each alone with a bystander behind it, to see whether a batch goes on. Where a case is about part 1
alone, only that notebook is handed in. Cases that only limits would stop are left out: stock
nbgrader has none.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandgrader.bubblewrap import PROGRAM, Mounts
from storagelab.course.layout import Layout
from tests.sandgrader.hostile import FAMILIES, PACK
from tests.sandgrader.hostile.case import STEMS, TRACK, Case, lay_out
from tests.sandgrader.hostile.planted import leaks, make_course
from tests.sandgrader.hostile.scores import full_scores, read_scores

BYSTANDER = Case("zz_bystander", "comes after everybody in the alphabet")
TIMEOUT = 10
"""Seconds for each cell: a third of the course's own limit, to save time."""
PATIENCE = 300
"""Seconds for a command: several times what a whole batch takes on an idle machine."""
BATCH = 12
ALONE = ("write_gradebook", "link_to_gradebook")
"""Who changes what others are graded with."""
CLASSMATE = Case("innocent_ada", "has work that others link to")
LINKED = ("link_is_the_notebook", "link_is_the_ledger")
RESULTS = Path(__file__).with_name("stock.json")


def _nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    programs, home = Path(sys.executable).parent, Path.home()
    mounts = Mounts()
    mounts.read_only(Path("/"))
    mounts.kernel()
    for folder in (Path("/tmp"), home / ".ipython", home / ".local"):
        mounts.in_memory(folder)
    mounts.writable(course, course)
    return subprocess.run(
        [
            *(PROGRAM, *mounts.arguments, "--chdir", str(course)),
            *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"),
            *("prlimit", f"--as={8 * 2**30}", f"--fsize={2**30}", "--core=0"),
            *(sys.executable, "-m", "nbgrader", *arguments),
        ],
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "JUPYTER_CONFIG_DIR": str(course / ".jupyter"),
            "NBGRADER_EXCHANGE": str(course),
            "STORAGELAB_VARIANT": "0",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )


def prepare(layout: Layout, folder: Path) -> Path:
    """Make the course that every case gets a copy of, with the assignment in its gradebook."""
    template = folder / "template"
    if not template.exists():
        make_course(template, layout.nbgrader_config, layout.source)
        with (template / "nbgrader_config.py").open("a", encoding="utf-8") as config:
            config.write(f"\nc.Execute.timeout = {TIMEOUT}\n")
        done = _nbgrader(template, "generate_assignment", TRACK, "--create")
        if done.returncode:
            raise RuntimeError(done.stdout)
    return template


def parts_of(case: Case) -> list[str]:
    """Return the parts that a case is about."""
    everywhere = case in FAMILIES["The ledger"] or case in FAMILIES["Files in the place of modules"]
    lost = {cell.split("/")[0] for cell in case.loses}
    # without its notebook of part 1, a submission of that alone would be none
    if everywhere or lost - {"access"} or "access/lock-test" in case.loses:
        return list(STEMS)
    return ["access"]


def _grade(template: Path, course: Path, cases: list[Case]) -> int | str:
    """Have nbgrader grade ``cases`` in a new copy of the course; return its exit code."""
    shutil.rmtree(course, ignore_errors=True)
    shutil.copytree(template, course)
    if any(case.name in LINKED for case in cases):
        cases = [CLASSMATE, *cases]
    for case in cases:
        folder = course / "submitted" / case.name / TRACK
        lay_out(case, folder, template / "release" / TRACK)
        for part, stem in STEMS.items():
            if part not in parts_of(case):
                (folder / f"{stem}.ipynb").unlink()
    try:
        done = _nbgrader(course, "autograde", TRACK, "--create")
    except subprocess.TimeoutExpired as waited:
        (course / "printed.txt").write_bytes(waited.stdout or b"")
        return f"not done after {PATIENCE} s"
    (course / "printed.txt").write_text(done.stdout, encoding="utf-8")
    return done.returncode


def _result(
    case: Case, course: Path, full: dict[str, float], code: int | str
) -> dict[str, Any] | None:
    """Return a case's scores in the parts that it is about; None where it wasn't graded."""
    graded = course / "autograded" / case.name / TRACK
    if not graded.is_dir():  # one that fails has rows in the gradebook and no folder
        return None
    scores = read_scores(course / "gradebook.db", full).get(case.name, {})
    about = {cell: score for cell, score in scores.items() if cell.split("/")[0] in parts_of(case)}
    if isinstance(code, str) and None in about.values():
        return None  # the command was ended while it was being graded
    return {"scores": about, "leaks": bool(leaks(graded))}


def _alone(case: Case, template: Path, course: Path, full: dict[str, float]) -> dict[str, Any]:
    """Return what becomes of a case, and of who comes after it."""
    code = _grade(template, course, [case, BYSTANDER])
    result = _result(case, course, full, code) or {"scores": {}, "leaks": False, "exit": code}
    other = _result(BYSTANDER, course, full, code)
    expected = {cell: points for cell, points in full.items() if cell.startswith("access/")}
    result["others_graded"] = other is not None and other["scores"] == expected
    return result


def measure_all(layout: Layout, folder: Path, names: list[str]) -> None:
    """Measure the cases called ``names``, all by default, and keep what comes out as it comes."""
    template, course = prepare(layout, folder), folder / "course"
    full = full_scores(template / "source")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    asked = [PACK[name] for name in names or PACK]

    def keep(case: Case, result: dict[str, Any] | None) -> None:
        results.pop(case.name, None)
        if result is not None:
            results[case.name] = result
        kept = {key: results[key] for key in PACK if key in results}
        RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{case.name}: {result}", flush=True)

    for case in asked:
        if case.not_by_stock:
            keep(case, None)
    left = [case for case in asked if not case.not_by_stock]
    alone = [case for case in left if case.name in ALONE]
    together = [case for case in left if case.name not in ALONE]
    for start in range(0, len(together), BATCH):
        batch = together[start : start + BATCH]
        code = _grade(template, course, batch)
        for case in batch:
            result = _result(case, course, full, code)
            if result is None:
                alone.append(case)
            else:
                keep(case, result)
    for case in alone:
        keep(case, _alone(case, template, course, full))
