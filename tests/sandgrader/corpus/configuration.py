"""What a course's configuration says, and what plugins it brings along."""

from __future__ import annotations

import json
from typing import Any

from tests.sandgrader.corpus.case import (
    RIGHT,
    Case,
    Work,
    answer,
    check,
    code,
    one,
    types,
    written,
)

_DUE = "2026-02-03 12:00:00 UTC"
_TWO_HOURS_LATE = "2026-02-03 14:00:00 UTC"


def _outside(source: str) -> str:
    """Return a notebook of one code cell, as a header or a footer is."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": f"outside-{len(source)}",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": [cell], "metadata": {"kernelspec": kernel}}
    return json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5})


_MINE = [answer("x", "x = 1"), check("value", "assert x == 1")]

CASES = [
    Case(
        "header_and_footer",
        "`IncludeHeaderFooter`: a cell with imports on top of the students' version, one below it",
        one(
            answer("wave", "def wave(t):\n    return math.sin(t)"),
            check("value", "assert abs(wave(math.pi)) < 1e-9"),
        ),
        {"cosine": types(wave="def wave(t):\n    return math.cos(t)")},
        config="c.IncludeHeaderFooter.header = 'header.ipynb'\n"
        "c.IncludeHeaderFooter.footer = 'footer.ipynb'",
        files={
            "header.ipynb": _outside("import math"),
            "footer.ipynb": _outside("finished = True"),
        },
    ),
    Case(
        "preprocessor_in_the_configuration",
        "a preprocessor of the course's own, a class in `nbgrader_config.py`, before cells run",
        one(answer("x", "x = 1"), check("value", "assert x == 1")),
        {"forgets_a_mark": types(x="x = 1 # REMOVE ME\nraise ValueError('REMOVE ME')")},
        config="""
from nbgrader.preprocessors import NbGraderPreprocessor, ClearOutput, DeduplicateIds
from nbgrader.preprocessors import OverwriteKernelspec, OverwriteCells, CheckCellMetadata

class DropMarked(NbGraderPreprocessor):
    def preprocess_cell(self, cell, resources, index):
        lines = cell.source.splitlines()
        if cell.cell_type == "code" and "solution" in cell.metadata.get("nbgrader", {}):
            if cell.metadata["nbgrader"]["solution"]:
                cell.source = "\\n".join(x for x in lines if "raise ValueError" not in x)
        return cell, resources

c.Autograde.sanitize_preprocessors = [
    ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells, CheckCellMetadata, DropMarked
]
""",
    ),
    Case(
        "preprocessor_of_a_module",
        "a preprocessor from a module of the course's, after the cells have run: it rounds scores",
        one(
            answer("x", "x = 1"),
            check("share", "1.0 if x == 1 else 0.37", 1),
        ),
        {"two": types(x="x = 2")},
        config="""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, Execute, IgnorePattern
from nbgrader.preprocessors import LimitOutput, SaveAutoGrades

c.Autograde.autograde_preprocessors = [
    Execute, "corpus_rounding.Rounding", IgnorePattern, ClearMetadataPreprocessor, LimitOutput,
    SaveAutoGrades, AssignLatePenalties, CheckCellMetadata
]
""",
        files={
            "corpus_rounding.py": """
from nbgrader.preprocessors import NbGraderPreprocessor


class Rounding(NbGraderPreprocessor):
    def preprocess_cell(self, cell, resources, index):
        for output in cell.get("outputs", []):
            if output.output_type == "execute_result":
                value = float(output["data"]["text/plain"])
                output["data"]["text/plain"] = str(round(value * 2) / 2)
        return cell, resources
"""
        },
    ),
    Case(
        "late_without_penalty",
        "late submissions, no penalty set: how late is recorded, nothing is taken",
        one(*_MINE),
        {
            "late": Work(timestamp=_TWO_HOURS_LATE),
            "early": Work(timestamp="2026-02-03 11:59:59 UTC"),
            "elsewhere": Work(timestamp="2026-02-03 07:30:00 America/New_York"),
        },
        due=_DUE,
    ),
    Case(
        "late_is_zero",
        "`LateSubmissionPlugin.penalty_method = 'zero'`",
        one(*_MINE),
        {"late": Work(timestamp=_TWO_HOURS_LATE)},
        config="c.LateSubmissionPlugin.penalty_method = 'zero'",
        due=_DUE,
    ),
    Case(
        "late_plugin",
        "the documentation's late plugin, in a module beside the configuration: a point an hour",
        {
            "a": [answer("x", "x = 1"), check("x_test", "assert x == 1", 5)],
            "b": [answer("y", "y = 1"), check("y_test", "assert y == 1", 1)],
        },
        {
            "late": Work(timestamp=_TWO_HOURS_LATE),
            "late_and_wrong": Work({"x": "x = 2"}, timestamp=_TWO_HOURS_LATE),
        },
        config="c.AssignLatePenalties.plugin_class = 'corpus_late.SubMarks'",
        files={
            "corpus_late.py": """
from nbgrader.plugins import BasePlugin


class SubMarks(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return round(total_seconds_late / 3600, 0)
"""
        },
        due=_DUE,
    ),
    Case(
        "own_exporter",
        "an exporter of the course's own for `autograded/`: a note on top of each notebook",
        one(*_MINE),
        config="""
from nbconvert.exporters import NotebookExporter

class Noted(NotebookExporter):
    def from_notebook_node(self, nb, resources=None, **kw):
        nb.metadata["course"] = "corpus"
        return super().from_notebook_node(nb, resources, **kw)

c.Autograde.exporter_class = Noted
""",
    ),
    Case(
        "hooks",
        "`Autograde.pre_convert_hook` and `post_convert_hook`, which write down what was graded",
        one(*_MINE),
        config="""
def note(assignment, student, notebooks, **more):
    with open("{course}/graded.log", "a") as log:
        log.write(f"{assignment} {[name.rpartition('/')[2] for name in notebooks]}\\n")

c.Autograde.pre_convert_hook = note
c.Autograde.post_convert_hook = note
""",
    ),
    Case(
        "assignment_before_student",
        "`directory_structure` with the assignment before the student",
        one(*_MINE),
        {"two": types(x="x = 2")},
        config="c.CourseDirectory.directory_structure = "
        "'{nbgrader_step}/{assignment_id}/{student_id}'",
    ),
    Case(
        "folders_by_other_names",
        "steps' folders and the gradebook by other names, and a course's id",
        one(*_MINE),
        config="""
c.CourseDirectory.course_id = "Physics 101"
c.CourseDirectory.submitted_directory = "handed in"
c.CourseDirectory.autograded_directory = "graded"
c.CourseDirectory.source_directory = "master"
""",
    ),
    Case(
        "students_by_address",
        "e-mail addresses, numbers, blanks, accents and commas in students' ids",
        one(*_MINE),
        {
            "ada.lovelace@example.org": RIGHT,
            "12345": RIGHT,
            "Müller, Jörg": types(x="x = 2"),
            "o'neill+tag@example.org": RIGHT,
            "a-b_c.d": types(x="x = None"),
            "[brackets]": RIGHT,
        },
        usual=False,
        differs={
            "[brackets]/one/value": [2.0, None, None, False],
            "[brackets]: files": ["one.ipynb 444"],
        },
        why="nbgrader takes brackets in a student's id for a pattern, and leaves the work out",
    ),
    Case(
        "students_left_out",
        "`CourseDirectory.student_id_exclude`: whose work isn't graded",
        one(*_MINE),
        {"ada": RIGHT, "test_account": RIGHT},
        config="c.CourseDirectory.student_id_exclude = 'test_account'",
    ),
    Case(
        "warnings_are_forgiven",
        "`IgnorePattern`: what a pattern finds on standard error costs no points",
        one(
            answer("x", "x = 1"),
            check("value", "import sys\nprint('Deprecated: y', file=sys.stderr)\nassert x == 1"),
        ),
        {"two": types(x="x = 2")},
        config="c.IgnorePattern.enabled = True\nc.IgnorePattern.pattern = 'Deprecat'",
    ),
    Case(
        "outputs_are_limited",
        "`LimitOutput`: few lines of output and of tracebacks are kept",
        one(
            answer("talk", "for i in range(20):\n    print(i)"),
            check("value", "assert i == 19"),
            written("why", "Twenty lines."),
        ),
        {
            "deep": types(talk="def f(n):\n    return f(n - 1) if n else 1 / 0\n\nf(40)"),
        },
        config="c.LimitOutput.max_lines = 5\nc.LimitOutput.max_traceback = 4",
        outputs=True,
    ),
    Case(
        "missing_tests_are_put_back",
        "`OverwriteCells.add_missing_cells`: tests that a student deleted are there again",
        one(*_MINE, answer("y", "y = 2"), check("y_test", "assert y == 2", 1)),
        {
            "deletes": Work(change=lambda notebooks: notebooks["one"].cells.pop(1) and None),
        },
        config="c.OverwriteCells.add_missing_cells = True",
    ),
    Case(
        "stubs_by_other_words",
        "`ClearSolutions` with the course's own marks and stubs: no error in what isn't answered",
        one(
            code("first = 1"),
            answer("x", "x = 1"),
            check("value", "assert x == 1"),
        ),
        config="c.ClearSolutions.code_stub = {'python': 'x = ...  # your answer'}",
    ),
    Case(
        "errors_on_time_out",
        "`Execute.error_on_timeout`: the course's own words in a cell that took too long",
        one(answer("x", "x = 1"), check("value", "assert x == 1")),
        {"waits": types(x="import time\nx = 1\ntime.sleep(60)")},
        slow=True,
        config="c.Execute.timeout = 2\nc.Execute.error_on_timeout = "
        "{'ename': 'TooSlow', 'evalue': 'be quick', 'traceback': ['TooSlow']}",
        outputs=True,
    ),
    Case(
        "setting_that_is_none",
        "a value that a setting can't have",
        one(*_MINE),
        config="c.Grade.sandbox = 'yes'",
        refused="sandbox",
        why="the setting is the grader's own",
    ),
    Case(
        "configuration_with_a_slip",
        "a configuration whose last line has a slip of the pen",
        one(*_MINE),
        # the course is made before the slip is: nbgrader refuses too
        config="import os\nif os.path.exists('{course}/submitted'):\n    undefined_name",
        refused="nbgrader_config",
        why="what comes after the slip isn't known",
    ),
]
