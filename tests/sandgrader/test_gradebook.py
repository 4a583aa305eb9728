"""The gradebook finds a student's rows without reading the whole class's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbgrader.api
import pytest
from sqlalchemy import create_engine, event

from sandgrader.gradebook import OpenGradebook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gradebook.db"


@pytest.fixture
def book(path: Path) -> Iterator[OpenGradebook]:
    """A gradebook with a small assignment and a class."""
    # with its tables there, nbgrader doesn't start a program to ask for their version
    engine = create_engine(f"sqlite:///{path}")
    nbgrader.api.Base.metadata.create_all(engine)
    engine.dispose()
    book = OpenGradebook(f"sqlite:///{path}", "")
    with book.transaction() as gradebook:
        gradebook.add_assignment("ps1")
        gradebook.add_notebook("p1", "ps1")
        for cell in ("a", "b"):
            gradebook.add_grade_cell(cell, "p1", "ps1", max_score=1, cell_type="code")
            gradebook.add_solution_cell(cell, "p1", "ps1")
        for number in range(30):
            gradebook.add_student(f"s{number}")
            gradebook.add_submission("ps1", f"s{number}")
        book.commit()
    yield book
    book.close()


def whole_tables_read(book: OpenGradebook, path: Path) -> set[str]:
    """Return the tables of the class that are read from end to end to find one student's rows."""
    asked: list[tuple[str, Any]] = []
    with book.transaction() as gradebook:
        engine = gradebook.db.get_bind()

        @event.listens_for(engine, "before_cursor_execute")
        def note(_1: object, _2: object, statement: str, values: object, *_: object) -> None:
            asked.append((statement, values))

        notebook = gradebook.find_submission_notebook("p1", "ps1", "s7")
        assert {grade.name for grade in notebook.grades} == {"a", "b"}
        assert {comment.name for comment in notebook.comments} == {"a", "b"}
        assert [item.name for item in gradebook.find_submission("ps1", "s7").notebooks] == ["p1"]
        gradebook.find_grade("a", "p1", "ps1", "s7")
        gradebook.find_comment("a", "p1", "ps1", "s7")
        event.remove(engine, "before_cursor_execute", note)
    read = set()
    with sqlite3.connect(path) as plain:
        for statement, values in asked:
            for *_, step in plain.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                if step.startswith("SCAN "):
                    read.add(step.split()[1])
    return read & {"grade", "comment", "submitted_notebook", "submitted_assignment"}


def test_with_indexes_no_table_of_the_class_is_read_from_end_to_end(
    book: OpenGradebook, path: Path
) -> None:
    assert whole_tables_read(book, path) >= {"grade", "comment"}
    book.add_indexes()
    assert whole_tables_read(book, path) == set()
    book.add_indexes()  # they are there


def test_a_gradebook_that_somebody_writes_to_goes_without(book: OpenGradebook, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    book.add_indexes()
    other.execute("ROLLBACK")
    other.close()
    assert whole_tables_read(book, path) >= {"grade", "comment"}
    book.add_indexes()
    assert whole_tables_read(book, path) == set()
