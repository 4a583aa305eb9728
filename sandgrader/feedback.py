"""What nbgrader's feedback pages may show: nothing that is hidden, and nothing that runs.

For any nbgrader course, in its ``nbgrader_config.py``::

    c.GenerateFeedback.exporter_class = "sandgrader.feedback.FeedbackExporter"

``nbgrader generate_feedback`` and formgrader's button then make their pages with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from traitlets import List, Unicode, validate

from sandgrader.cleaning import clean_html, from_markdown, from_output, words_of
from sandgrader.lateness import settle_notebook
from sandgrader.regions import NAME as SEALED
from sandgrader.regions import hidden_regions, seal, strip_regions

TEMPLATES = Path(__file__).parent / "templates"
NAME = "sandgrader_feedback"
SHORTEST = 12
"""Characters of a hidden line that is looked for in outputs; shorter ones are in every program."""
_NUMBERED = re.compile(r"^\s*(?:-+>\s*)?(?:\d+\s)?")
"""What a traceback puts before a line of source."""


class FeedbackFilter(Preprocessor):
    """Takes out of a graded notebook what its student may not see.

    Hidden tests and mark schemes go, whatever their delimiters are in the course's configuration
    of ``ClearHiddenTests`` and ``ClearMarkScheme``. Of a cell with hidden tests every output goes,
    but for sentences that the test means for the student: errors of the classes in
    ``student_errors``, and display outputs with ``{"to": "student"}`` in the metadata under the
    name in ``student_metadata``, as text. A test in the open that puts out lines of a hidden region
    has its outputs withheld, all of them. A student's own cells can have put out such lines only
    where tests ran in the same interpreter; there, one that does has the outputs of all of them
    withheld: cell by cell this would answer as many guesses as there are cells.

    It never fails: a region without an end reaches to the end of its cell.
    """

    student_errors = List(
        Unicode(),
        ["StudentError"],
        help="Names of exceptions whose message is written for the student.",
    ).tag(config=True)
    student_metadata = Unicode(
        "sandgrader",
        help="Name in an output's metadata under which a test says that it is for the student.",
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the notebook as its student may see it."""
        graded = resources.get("nbgrader", {})
        if "db_url" in graded:  # nbgrader reads the penalty after this, and puts it on the page
            settle_notebook(self, graded)
        unread, heading = _unread(graded), ""
        regions = hidden_regions(self.config)
        said = nb.metadata.get(SEALED, {})
        apart = isinstance(said, dict) and said.get("apart") == seal(nb.cells, regions)
        hidden: set[str] = set()
        for cell in nb.cells:
            cell.metadata.pop("feedback", None)
            cell.metadata.pop("place", None)
            grading = cell.metadata.get("nbgrader")
            grading = grading if isinstance(grading, dict) else {}
            had_tests = regions[0][0] in cell.source
            cell.source, taken = strip_regions(cell.source, regions)
            hidden.update(taken)
            if cell.cell_type == "markdown":  # a task has its own heading often
                heading = _last_heading(cell.source) or heading
            if grading.get("grade") or grading.get("task"):
                cell.metadata["place"] = {
                    "heading": heading,
                    "unread": grading.get("grade_id") in unread,
                }
            if had_tests and cell.cell_type == "code":
                cell.metadata["feedback"] = {
                    "told": list(self._told(cell.outputs)),
                }
                cell.outputs = []
            elif cell.cell_type == "code" and grading.get("grade") and _is_credit(cell.outputs):
                cell.metadata["feedback"] = {"told": []}
                cell.outputs = cell.outputs[:-1]
        hidden -= {line.strip() for cell in nb.cells for line in cell.source.splitlines()}
        hidden = {line for line in hidden if len(line) >= SHORTEST}
        tests = [cell for cell in nb.cells if cell.cell_type == "code" and _is_test(cell)]
        own = [cell for cell in nb.cells if cell.cell_type == "code" and not _is_test(cell)]
        for cells in ([] if apart else own, *([cell] for cell in tests)):
            if any(repeats(words_of(item), hidden) for cell in cells for item in cell.outputs):
                for cell in cells:
                    cell.outputs = [_withheld()] if cell.outputs else []
        return nb, resources

    def _told(self, outputs: Iterable[Mapping[str, Any]]) -> Iterable[str]:
        for output in outputs:
            if output["output_type"] == "error" and output["ename"] in self.student_errors:
                yield str(output["evalue"])
            flags = output.get("metadata", {}).get(self.student_metadata)
            if (
                output["output_type"] == "display_data"
                and isinstance(flags, dict)
                and flags.get("to") == "student"
            ):
                text = output["data"].get("text/plain", "")
                yield text if isinstance(text, str) else "".join(text)


def _is_test(cell: NotebookNode) -> bool:
    grading = cell.metadata.get("nbgrader")
    return isinstance(grading, dict) and bool(grading.get("grade")) and not grading.get("solution")


def _unread(graded: Mapping[str, Any]) -> set[str]:
    """Return the ids of the cells that a person has still to grade.

    ``graded`` says which notebook of which submission it is, and in which gradebook; empty where
    a page is made without one.
    """
    if "db_url" not in graded:
        return set()
    with Gradebook(graded["db_url"]) as gradebook:
        notebook = gradebook.find_submission_notebook(
            graded["notebook"], graded["assignment"], graded["student"]
        )
        return {grade.name for grade in notebook.grades if grade.needs_manual_grade}


def _last_heading(source: str) -> str:
    """Return the text of the last heading in some Markdown; empty where there is none."""
    found = re.findall(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", source, re.MULTILINE)
    return str(found[-1]) if found else ""


def _is_credit(outputs: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the last output is a bare number: a test's points, as nbgrader reads them."""
    if not outputs or outputs[-1]["output_type"] != "execute_result":
        return False
    try:
        float(outputs[-1]["data"].get("text/plain", ""))
    except (TypeError, ValueError):
        return False
    return True


def repeats(text: str, lines: set[str]) -> bool:
    """Return whether one of ``lines`` stands in ``text`` as a line, as in a traceback too."""
    return any(
        _NUMBERED.sub("", line).strip() in lines or line.strip() in lines
        for line in text.replace("\\n", "\n").splitlines()
    )


def _withheld() -> NotebookNode:
    words = "Not shown: what this notebook puts out repeats a part of a hidden test."
    return NotebookNode(
        output_type="display_data", data=NotebookNode({"text/plain": words}), metadata={}
    )


def verdict(cell: NotebookNode) -> list[str]:
    """Return what is said under a cell with hidden tests: its own sentences, or neutral ones."""
    found, grading = cell.metadata.feedback, cell.metadata.get("nbgrader", {})
    if found["told"]:
        return list(found["told"])
    score, points = grading.get("score"), grading.get("points")
    if score is None or points is None:
        return []
    if score >= points:
        return ["Every test passed."]
    # how it failed isn't told: a function may raise, or take its time, depending on its input
    if score <= 0:
        return ["A hidden test failed, or took too long and was stopped."]
    return ["Part of the hidden tests passed."]


def spoken(text: str) -> str:
    """Return a sentence as HTML: a paragraph a line, and what stands in backquotes as code."""
    lines = [re.sub(r"`([^`]+)`", r"<code>\1</code>", line) for line in escape(text).split("\n")]
    return "".join(f"<p>{line}</p>" for line in lines)


def title(cell: NotebookNode) -> str:
    """Return what a graded cell is called: the heading that it stands under, and its id.

    The id alone where there is no heading; without what says that it is a test, which the page
    says in words.
    """
    grade_id = str(cell.metadata.nbgrader.grade_id)
    name = re.sub(r"[-_ ]?test$", "", grade_id, flags=re.IGNORECASE) or grade_id
    name = re.sub(r"[-_]+", " ", name)
    heading = cell.metadata.get("place", {}).get("heading", "")
    if not heading:
        return grade_id
    return heading if name.lower() in heading.lower() else f"{heading}: {name}"


def unread_points(cells: Iterable[NotebookNode]) -> float:
    """Return the points of the cells that a person has still to grade."""
    return sum(
        float(cell.metadata.nbgrader.get("points") or 0)
        for cell in cells
        if cell.metadata.get("place", {}).get("unread")
    )


def anchor(cell: NotebookNode) -> str:
    """Return the id of a graded cell's heading in the page."""
    return "cell-" + re.sub(r"[^A-Za-z0-9_-]", "-", str(cell.metadata.nbgrader.grade_id))


class FeedbackExporter(HTMLExporter):
    """A graded notebook as a page for its student, which runs no script and fetches nothing."""

    # nbgrader sets these two on the base class, in more places than one; with another template
    # the hidden tests' sentences would be lost, and scripts could run again
    template_name = Unicode(NAME).tag(config=True, affects_template=True)
    extra_template_basedirs = List(Unicode(), [str(TEMPLATES)]).tag(
        config=True, affects_environment=True
    )

    @validate("template_name")
    def _template_name_validate(self, proposal: object) -> str:
        return NAME

    @validate("extra_template_basedirs")
    def _basedirs_validate(self, proposal: object) -> list[str]:
        return [str(TEMPLATES)]

    def _init_preprocessors(self) -> None:
        super()._init_preprocessors()  # type: ignore[no-untyped-call]
        self.register_preprocessor(FeedbackFilter, enabled=True)  # type: ignore[no-untyped-call]

    def _init_resources(self, resources: dict[str, Any] | None) -> dict[str, Any]:
        filled: dict[str, Any] = super()._init_resources(resources)  # type: ignore[no-untyped-call]
        filled["feedback_css"] = stylesheet()
        return filled

    def default_filters(self) -> Iterable[tuple[str, Any]]:
        """Yield the template's filters."""
        yield from super().default_filters()  # type: ignore[no-untyped-call]
        yield from {
            "markdown2html": from_markdown,
            "clean_html": clean_html,
            "shown": from_output,
            "verdict": verdict,
            "anchor": anchor,
            "title": title,
            "unread_points": unread_points,
            "spoken": spoken,
        }.items()


def stylesheet() -> str:
    """Return the page's style sheet, with the colours of code on light and dark grounds."""
    page = (TEMPLATES / NAME / "style.css").read_text(encoding="utf-8")
    light = HtmlFormatter(style="default").get_style_defs(".fb-code .highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".fb-code .highlight")
    bare = ".fb-code .highlight { background: none; }"
    return f"{page}\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{bare}\n"
