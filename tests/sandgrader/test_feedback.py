"""The filter and the page, on notebooks made by hand: what goes, what stays, and what can't run."""

from __future__ import annotations

import base64
import copy
import os
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from traitlets.config import Config

from sandgrader.cleaning import clean_html, from_markdown, from_output
from sandgrader.feedback import FeedbackExporter, FeedbackFilter, repeats
from sandgrader.regions import hidden_regions, seal, strip_regions

HIDDEN = "### BEGIN HIDDEN TESTS\nassert answer == 4711\n### END HIDDEN TESTS"
FLAG = {"sandgrader": {"to": "student"}}


def graded(source: str, outputs: Any = (), score: float = 0.0, points: int = 5, **more: Any) -> Any:
    grading = {"grade": True, "solution": False, "locked": True, "grade_id": "a-test"}
    grading.update(score=score, points=points, schema_version=3, **more)
    return new_code_cell(source, outputs=list(outputs), metadata={"nbgrader": grading})


def error(name: str, value: Any, traceback: Any = None) -> Any:
    return new_output(
        "error",
        ename=name,
        evalue=value,
        traceback=traceback or [f"\x1b[31m{name}\x1b[0m: {value}"],
    )


def shown(text: str, metadata: Any = None) -> Any:
    return new_output("display_data", data={"text/plain": text}, metadata=metadata or {})


def page(*cells: Any, config: Any = None, metadata: Any = None, **graded: Any) -> Any:
    exporter = FeedbackExporter(config=config or Config())
    resources = {
        "nbgrader": {
            "notebook": "n<1>", "student": "s", "assignment": "a",
            "score": 3.0, "max_score": 5.0, "late_penalty": 0.0, **graded,
        }
    }  # fmt: skip
    notebook = copy.deepcopy(new_notebook(cells=list(cells), metadata=metadata or {}))
    html, _ = exporter.from_notebook_node(notebook, resources=resources)
    return html


def words(html: str) -> str:
    body = html[html.index("<body") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def filtered(*cells: Any, config: Any = None) -> Any:
    notebook = new_notebook(cells=list(cells))
    return FeedbackFilter(config=config or Config()).preprocess(notebook, {})[0].cells


# --- what is hidden


def test_a_hidden_region_goes_and_what_is_around_it_stays() -> None:
    (cell,) = filtered(graded(f"visible = 1\n{HIDDEN}\nvisible = 2"))
    assert cell.source == "visible = 1\nvisible = 2"


def test_a_region_without_an_end_reaches_to_the_end() -> None:
    source, taken = strip_regions("a\n# BEGIN X\nb\nc", [("BEGIN X", "END X")])
    assert (source, taken) == ("a", ["# BEGIN X", "b", "c"])


def test_a_region_inside_a_region_ends_where_the_outer_one_does_at_the_earliest() -> None:
    regions = [("BEGIN X", "END X"), ("BEGIN Y", "END Y")]
    source, _ = strip_regions("a\nBEGIN X\nBEGIN Y\nb\nEND Y\nsecret\nEND X\nc", regions)
    assert source == "a\nc"
    source, _ = strip_regions("a\nBEGIN X\nBEGIN X\nb\nEND X\nc", [("BEGIN X", "END X")])
    assert "b" not in source.split()


def test_delimiters_are_those_of_the_courses_configuration() -> None:
    config = Config()
    config.ClearHiddenTests.begin_test_delimeter = "HIDE"
    config.ClearHiddenTests.end_test_delimeter = "SEEK"
    config.ClearMarkScheme.begin_mark_scheme_delimeter = "MARKS"
    config.ClearMarkScheme.end_mark_scheme_delimeter = "END MARKS"
    test, task = filtered(
        graded("# HIDE\nassert answer == 4711\n# SEEK", [shown("4711")]),
        new_markdown_cell("Ask\n# MARKS\nall points for 4711\n# END MARKS"),
        config=config,
    )
    assert test.source == ""
    assert test.outputs == []
    assert task.source == "Ask"


def test_mark_schemes_go_and_points_and_the_graders_comment_stay() -> None:
    task = new_markdown_cell(
        "Why?\n\n### BEGIN MARK SCHEME\n4711\n### END MARK SCHEME",
        metadata={"nbgrader": {"grade": False, "task": True, "solution": False, "grade_id": "t",
                               "score": 2.0, "points": 6.0, "comment": "Good *number*."}},
    )  # fmt: skip
    html = page(task)
    assert "4711" not in html
    assert "2 of 6 points" in words(html)
    assert "Good <em>number</em>." in html


@pytest.mark.parametrize(
    "output",
    [
        new_output("stream", name="stdout", text="4711"),
        new_output("stream", name="stderr", text="4711"),
        new_output("execute_result", data={"text/plain": "4711"}),
        shown("4711"),
        shown("4711", {"storagelab": {"to": "grader"}}),
        shown("4711", {"storagelab": "student"}),
        error("AssertionError", "4711 != 12", ["in a hidden test", "assert answer == 4711"]),
        error("NotAStudentError", "4711"),
        new_output("execute_result", data={"text/plain": "4711"}, metadata=FLAG),
    ],
)
def test_nothing_that_a_hidden_test_puts_out_stays(output: Any) -> None:
    html = page(graded(HIDDEN, [output]))
    assert "4711" not in html
    assert "A hidden test failed, or took too long" in words(html)


def test_sentences_for_the_student_stay_without_their_traceback() -> None:
    cell = graded(
        HIDDEN,
        [error("StudentError", "Your `x` is <late>.\nTwice.", ["File checking.py, line 4711"])],
    )
    html = page(cell)
    assert "4711" not in html
    assert "Your <code>x</code> is &lt;late&gt;." in html
    assert "Twice." in html
    assert "A hidden test failed" not in html


def test_which_errors_are_for_the_student_is_the_courses_to_say() -> None:
    config = Config()
    config.FeedbackFilter.student_errors = ["Told"]
    cells = [graded(HIDDEN, [error(name, "so it is")]) for name in ("Told", "StudentError")]
    told, other = filtered(*cells, config=config)
    assert told.metadata.feedback["told"] == ["so it is"]
    assert other.metadata.feedback["told"] == []


@pytest.mark.parametrize(
    ("score", "says"),
    [
        (0.0, "A hidden test failed, or took too long"),
        (2.5, "Part of the hidden tests"),
        (5.0, "Every test passed."),
    ],
)
def test_without_a_sentence_the_points_alone_speak(score: float, says: str) -> None:
    html = words(page(graded(HIDDEN, score=score)))
    assert says in html
    assert f"{score:g} of 5 points" in html


def test_a_flagged_output_says_what_is_missing_beside_partial_credit() -> None:
    cell = graded(HIDDEN, [shown("It costs too much.", FLAG)], score=2.5)
    assert "It costs too much." in words(page(cell))


@pytest.mark.parametrize("name", ["CellTimeoutError", "TimeoutError", "ValueError", "Told"])
def test_how_a_hidden_test_failed_is_not_told(name: str) -> None:
    """A student's function could raise what it likes, depending on its hidden input."""
    cell = graded(HIDDEN, [error("KeyboardInterrupt", ""), error(name, "no reply")])
    assert page(cell) == page(graded(HIDDEN, [error("AssertionError", "")]))


LINES = ["    11 def helper(x):", "---> 12     assert answer == 4711", "    13 "]


def printed(text: str) -> Any:
    return new_code_cell("x = 1", outputs=[new_output("stream", name="stdout", text=text)])


@pytest.mark.parametrize(
    "output",
    [
        error("AssertionError", "", LINES),
        new_output("stream", name="stdout", text="a\\nassert answer == 4711\\nb"),
        new_output("execute_result", data={"text/plain": "assert answer == 4711"}),
    ],
)
def test_what_repeats_a_hidden_line_is_withheld(output: Any) -> None:
    html = page(new_code_cell("answer = 12", outputs=[output]), graded(HIDDEN))
    assert "4711" not in html
    assert "repeats a part of a hidden test" in html


def test_guesses_at_hidden_lines_are_answered_by_one_bit_a_notebook() -> None:
    guesses = [f"assert answer == {number}" for number in range(4700, 4720)]
    cells = [printed(guess) for guess in guesses]
    html = page(*cells, graded(HIDDEN))
    assert html.count("repeats a part of a hidden test") == len(cells)
    assert "assert answer" not in html
    wrong = [cell for cell, guess in zip(cells, guesses, strict=True) if "4711" not in guess]
    assert "repeats" not in page(*wrong, graded(HIDDEN))


def test_what_ran_apart_from_the_tests_is_not_compared_with_them() -> None:
    cells = [printed("assert answer == 4711"), graded(HIDDEN)]
    word = seal(cells, hidden_regions(Config()))
    assert "repeats" not in page(*cells, metadata={"sandgrader": {"apart": word}})
    assert word not in page(*cells, metadata={"sandgrader": {"apart": word}})
    guesses: list[Any] = ["", "yes", True, None, {}, seal(cells[:1], hidden_regions(Config()))]
    for forged in guesses:
        html = page(*cells, metadata={"sandgrader": {"apart": forged}})
        assert "repeats a part of a hidden test" in html
    assert "repeats" in page(*cells, metadata={"sandgrader": "apart"})


def test_a_test_in_the_open_that_shows_a_hidden_line_shows_nothing() -> None:
    cells = [graded("helper(1)", [error("AssertionError", "", LINES), shown("beside")])]
    cells += [printed("my own words"), graded(HIDDEN)]
    word = seal(cells, hidden_regions(Config()))
    html = page(*cells, metadata={"sandgrader": {"apart": word}})
    assert "4711" not in html
    assert "beside" not in html
    assert "my own words" in html


def test_a_line_that_stands_in_the_open_too_is_no_secret() -> None:
    assert repeats("import keys_of_it", {"import keys_of_it"})
    own = new_code_cell(
        "assert answer == 4711",
        outputs=[new_output("stream", name="stdout", text="assert answer == 4711")],
    )
    assert "repeats" not in page(own, graded(HIDDEN))


def test_a_test_in_the_open_keeps_its_outputs() -> None:
    html = page(graded("assert answer == 1", [error("AssertionError", "not 1")]))
    assert "AssertionError" in html
    assert "not 1" in html


def test_a_forged_verdict_is_taken_out() -> None:
    cell = new_code_cell("x = 1", metadata={"feedback": {"told": ["Full points."]}})
    assert "Full points." not in page(cell)


# --- what can't run


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">x</a>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<style>* { display: none }</style>",
    '<p style="position:fixed">x</p>',
    '<form action="https://example.org"><input name=x></form>',
    '<img src="https://example.org/pixel.png">',
    '<div class="fb-verdict">Full points</div>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--><img src=x onerror=alert(1)>-->",
    '<meta http-equiv="refresh" content="0;url=https://example.org">',
    "$\\text{<img src=x onerror=alert(1)>}$",
    "$$\\href{javascript:alert(1)}{x}$$",
]
DANGER = re.compile(
    r"<(script|svg|iframe|style|form|input|meta|object|embed)\b|\son\w+\s*=|javascript:\S*alert.*\"|"
    r"style=|src=\"?(?!data:)|fb-verdict",
    re.IGNORECASE,
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_students_html_and_markdown_can_do_nothing(attack: str) -> None:
    output = {"output_type": "display_data", "data": {"text/html": attack}, "metadata": {}}
    for html in (clean_html(attack), from_markdown(attack), from_output(output)):
        live = re.sub(r"&lt;.*?&gt;|<code>.*?</code>", "", html)
        assert not DANGER.search(live), html


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_page_runs_nothing_wherever_it_stands(attack: Any) -> None:
    hostile = new_code_cell(
        attack,
        outputs=[
            new_output("display_data", data={"text/html": attack, "text/plain": attack}),
            new_output("display_data", data={"application/javascript": "alert(1)"}),
            new_output("stream", name="stdout", text=attack),
            error(attack, attack),
        ],
    )
    graded_one = graded(HIDDEN, [error("StudentError", attack), shown(attack, FLAG)])
    html = page(new_markdown_cell(attack), hostile, graded_one)
    assert "<script" not in html.lower()
    assert "Content-Security-Policy" in html
    assert "default-src 'none'" in html
    assert re.findall(r"<(?:img|iframe|link|object)\b[^>]*(?:https?:|onerror)", html) == []


def test_nothing_is_fetched_from_anywhere() -> None:
    html = page(new_markdown_cell("# A\n\n$$x^2$$ and `code`"), graded(HIDDEN))
    assert re.findall(r"(?:src|href)=\"(?!#|data:)", html) == []
    assert "@import" not in html


def test_ordinary_markdown_stays_readable() -> None:
    html = from_markdown(
        "## Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "- **x** $\\sqrt{2dM}$\n\n```python\nimport math\n```"
    )
    for piece in (
        "<h2>Title</h2>",
        "<td>1</td>",
        "<strong>x</strong>",
        "<msqrt>",
        'class="highlight"',
    ):
        assert piece in html


def test_a_formula_that_cant_be_read_is_shown_as_it_was_typed() -> None:
    assert r"<code>\nonsense{</code>" in from_markdown(r"$\nonsense{$ and more")


@pytest.mark.parametrize(
    "source", ["![x](attachment:nowhere.png)", ">" * 5000 + " deep", "[" * 5000, "$" * 99]
)
def test_hostile_markdown_fails_nobodys_feedback(source: Any) -> None:
    assert isinstance(from_markdown(source), str)


def test_pictures_have_words() -> None:
    png = "iVBORw0KGgo="
    shown = {"image/png": png, "text/plain": "<Figure>"}
    output: dict[str, Any] = {"output_type": "display_data", "data": shown}
    assert "It has no description" in from_output(output)
    output["metadata"] = {"image/png": {"alt": 'a "curve"'}}
    assert 'alt="a &quot;curve&quot;"' in from_output(output)
    output["data"]["image/png"] = '"><script>'
    assert "<script" not in from_output(output)


PNG = base64.b64encode(b"\x89PNG" + bytes(range(256)) * 400).decode()
"""A picture that is longer than all the text that a page shows of an output."""


def test_a_pasted_picture_is_shown() -> None:
    cell = new_markdown_cell("My circuit: ![photo](attachment:a%20photo.png) ![b](attachment:b)")
    cell["attachments"] = {"a photo.png": {"image/png": PNG}, "b": {"image/jpg": PNG}}
    html = page(cell)
    assert f'src="data:image/png;base64,{PNG}"' in html
    assert f'src="data:image/jpeg;base64,{PNG}"' in html
    assert 'alt="photo"' in html
    attached = {"a": {"image/png": PNG}}
    typed = from_markdown("<img src='attachment:a' onerror='alert(1)' alt='c'>", attached)
    assert f'src="data:image/png;base64,{PNG}"' in typed
    assert "onerror" not in typed
    assert "text/html" not in from_markdown("![x](attachment:a)", {"a": {"text/html": PNG}})


def test_pictures_in_html_are_shown_and_the_text_after_them() -> None:
    table = f"<table><td><img src='data:image/png;base64,{PNG}'></td></table><p>after</p>"
    html = from_output({"output_type": "display_data", "data": {"text/html": table}})
    assert f'<img src="data:image/png;base64,{PNG}">' in html
    assert "<p>after</p>" in html
    assert "<img" not in clean_html("<img src='https://example.org/pixel.png'>").replace(
        "<img>", ""
    )


def test_a_drawing_in_html_is_a_picture_that_runs_nothing() -> None:
    drawing = '<svg viewBox="0 0 9 9" onload="alert(1)"><linearGradient id="g"/></svg>'
    html = clean_html(f"<p>before {drawing} after</p>")
    (address,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    kept = base64.b64decode(address).decode()
    assert "viewBox" in kept
    assert 'xmlns="http://www.w3.org/2000/svg"' in kept
    assert "onload" not in html
    assert "before" in html
    assert "after" in html
    assert clean_html("<svg><broken></svg>after") == "after"
    assert "<img" not in clean_html("</svg>" + "<svg>" * 10**5)


def test_of_an_animation_the_last_picture_is_shown() -> None:
    frames = "\n".join(
        f'frames[{number}] = "data:image/png;base64,{name}\\\n{PNG}\\\n"'
        for number, name in enumerate(("first", "last"))
    )
    html = from_output({
        "output_type": "execute_result",
        "data": {"text/html": f"<img id='a'><script>\n{frames}\n</script>", "text/plain": "x"},
    })  # fmt: skip
    assert f'src="data:image/png;base64,last{PNG}"' in html
    assert "first" not in html
    assert "<script" not in html


def test_html_that_shows_nothing_gives_way_to_words() -> None:
    data = {"text/html": "<script>draw()</script>", "text/plain": "Figure(3)"}
    assert "Figure(3)" in from_output({"output_type": "display_data", "data": data})


def test_a_widget_is_said_in_words() -> None:
    view = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "Workbench()"}
    html = from_output({"output_type": "display_data", "data": view})
    assert "An interactive figure" in html


def test_endless_output_is_cut() -> None:
    html = from_output({"output_type": "stream", "name": "stdout", "text": "x" * 10**6})
    assert len(html) < 10**5
    assert "(cut)" in html
    long = "x" * 10**6 + "the result"
    assert "the result" in from_output({"output_type": "stream", "name": "stdout", "text": long})


def test_the_page_says_the_score_of_each_graded_cell_and_where_it_is() -> None:
    html = page(graded(HIDDEN, score=2.0))
    assert 'href="#cell-a-test"' in html
    assert 'id="cell-a-test"' in html
    assert "3 of 5 points" in words(html)
    assert "n&lt;1&gt;" in html


def test_nbgraders_own_template_name_in_the_configuration_brings_nothing_back() -> None:
    """Formgrader's button sets it on the base class."""
    config = Config()
    config.HTMLExporter.template_name = "feedback"
    config.HTMLExporter.extra_template_basedirs = ["/nowhere"]
    html = page(graded(HIDDEN, [shown("4711")]), config=config)
    assert "4711" not in html
    assert "Content-Security-Policy" in html


def test_a_notebook_of_any_kind_makes_a_page() -> None:
    raw = nbformat.v4.new_raw_cell("<script>alert(1)</script>")
    html = page(raw, new_code_cell(""), new_markdown_cell(""))
    assert "<script" not in html


# --- what a page says of points


def test_a_test_that_gives_a_bare_number_says_so_in_words() -> None:
    number = new_output("execute_result", data={"text/plain": "3.0"}, execution_count=1)
    for score, says in ((5.0, "Every test passed."), (2.0, "Part of the hidden tests passed.")):
        html = page(graded("credit(5)", [shown("told"), number], score=score))
        assert says in words(html)
        assert "3.0" not in words(html)
        assert "told" in words(html)


@pytest.mark.parametrize("text", ["'3.0'", "[3.0]", "three"])
def test_what_is_no_number_stays(text: str) -> None:
    result = new_output("execute_result", data={"text/plain": text}, execution_count=1)
    assert unescape(text) in words(page(graded("credit(5)", [result])))


def test_a_students_own_number_stays() -> None:
    """Only of a test is the last number what nbgrader reads as points."""
    number = new_output("execute_result", data={"text/plain": "3.0"}, execution_count=1)
    answer = new_code_cell("answer", outputs=[number], metadata={"nbgrader": {
        "grade": False, "solution": True, "locked": False, "grade_id": "answer",
        "schema_version": 3}})  # fmt: skip
    assert "3.0" in words(page(answer))


def test_a_graded_cell_is_called_by_the_heading_that_it_stands_under() -> None:
    one, other = graded("a"), graded("b")
    one.metadata.nbgrader["grade_id"] = "conclude-test"
    other.metadata.nbgrader["grade_id"] = "wear_test"
    html = page(new_markdown_cell("# Sheet\n\nHello\n\n## Conclude ##\n\nNow."), one, other)
    assert "Test: Conclude 0 of 5 points" in words(html)
    assert "Test: Conclude: wear 0 of 5 points" in words(html)
    assert "conclude-test" not in words(html)
    assert "Test: a-test" in words(page(graded("a")))  # where there is no heading


def test_a_heading_inside_a_mark_scheme_is_no_heading() -> None:
    task = new_markdown_cell(
        "## Why?\n\n### BEGIN MARK SCHEME\n## All points for 4711\n### END MARK SCHEME",
        metadata={"nbgrader": {"grade": False, "task": True, "solution": False, "grade_id": "t",
                               "score": 2.0, "points": 6.0, "comment": ""}},
    )  # fmt: skip
    said = words(page(task))
    assert "4711" not in said
    assert "Graded by a person: Why?: t 2 of 6 points" in said


def test_what_nobody_has_read_is_not_said_to_be_worth_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nbgrader starts alembic by its name
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    address = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(address) as gradebook:
        gradebook.add_assignment("a")
        gradebook.add_notebook("n", "a")
        for name in ("reflect", "read"):
            gradebook.add_task_cell(name, "n", "a", max_score=6, cell_type="markdown")
        gradebook.add_student("s")
        gradebook.add_submission("a", "s")
        for name, score in (("reflect", None), ("read", 2.0)):
            grade = gradebook.find_grade(name, "n", "a", "s")
            grade.manual_score, grade.needs_manual_grade = score, score is None
        gradebook.db.commit()
    tasks = [
        new_markdown_cell(f"## {name.title()}", metadata={"nbgrader": {
            "grade": False, "task": True, "solution": False, "grade_id": name,
            "score": score, "points": 6.0, "comment": ""}})
        for name, score in (("reflect", 0.0), ("read", 2.0))
    ]  # fmt: skip
    said = words(page(*tasks, db_url=address, notebook="n"))
    assert said.count("not yet read, up to 6 points") == 2  # in the list and over the cell
    assert "0 of 6 points" not in said
    assert "Graded by a person: Reflect not yet read" in said
    assert said.count("2 of 6 points") == 2
    assert "6 of them are for what a person has not yet read" in said
    assert "not yet read" not in words(page(*tasks))  # nothing can be said without a gradebook
