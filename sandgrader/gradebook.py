"""nbgrader's gradebook with one connection and one transaction for each submission.

nbgrader opens the gradebook anew for every notebook and commits after every cell: slow, and half
written when it is killed. Here its own code runs on a gradebook that stays open and that commits
when told to.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbgrader.api
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from sandgrader.repair import Cell

_LOCK = "storagelab: a grader of this gradebook"
_INDEXED = {
    "grade": "notebook_id",
    "comment": "notebook_id",
    "submitted_notebook": "assignment_id",
}
"""By table, whose rows nbgrader looks for. Of one column, they keep the order of writing."""


class GradebookError(RuntimeError):
    """The gradebook can't be used; the message says why and what to do."""

    def __init__(self, words: str, passing: bool) -> None:
        super().__init__(words)
        self.passing = passing
        """Whether it may be gone by itself when the same is tried again."""


_UPGRADE = "is of another nbgrader: keep a copy of it, then run `nbgrader db upgrade`"
_FAULTS = (
    ("locked", True, "is locked: another program writes in it. Wait for that program or end it"),
    ("malformed", False, "is damaged: put a copy from before in its place"),
    ("not a database", False, "is no database, or a damaged one: put a copy in its place"),
    ("no such table", False, _UPGRADE),
    ("no such column", False, _UPGRADE),
    ("does not exist", False, "isn't there, or of another nbgrader: see `nbgrader db upgrade`"),
    ("readonly", False, "can't be written by you: ask for the right to"),
    ("unable to open", False, "can't be opened: see whether its folder is there and yours to use"),
    ("authentication failed", False, "doesn't let you in: see the name and the password in db_url"),
    ("is full", True, "has no room on its disk: make some"),
    ("No space left", True, "has no room on its disk: make some"),
)
"""What databases say, whether it may pass by itself, and what that means for a gradebook."""


def trouble_with(problem: BaseException, address: str) -> GradebookError:
    """Return what is the matter with the gradebook at ``address``, in words for an instructor."""
    said = str(getattr(problem, "orig", None) or problem).strip().splitlines()
    first = said[0] if said else type(problem).__name__
    where = shown(address)
    for part, passing, words in _FAULTS:
        if part in first:
            return GradebookError(f"The gradebook {where} {words} ({first}).", passing)
    passing = isinstance(problem, DBAPIError)
    return GradebookError(f"The gradebook {where} can't be used: {first}.", passing)


def shown(address: str) -> str:
    """Return a database's address without its password."""
    try:
        return make_url(address).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(address)


class _Held:
    """A database session whose ``commit`` only hands over new rows; all else is as it was.

    nbgrader looks whether these can be there. Rows that change go with the next question.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def commit(self) -> None:
        if self._session.new or self._session.deleted:
            self._session.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class OpenGradebook:
    """A gradebook that nbgrader's code uses wherever it would open one itself."""

    def __init__(self, db_url: str, course_id: str) -> None:
        """Open it. Raises :class:`GradebookError`."""
        self.address = db_url
        try:
            self.gradebook = Gradebook(db_url, course_id)
        except (SQLAlchemyError, ImportError) as problem:
            raise trouble_with(problem, db_url) from None
        self._session = self.gradebook.db
        self.gradebook.db = _Held(self._session)

    def add_indexes(self) -> None:
        """Let the database find a submission's rows without reading the whole class's.

        nbgrader's own indexes begin with what all students share, a cell or a notebook of the
        assignment: every submission took longer than the one before. Where the database refuses
        (rights, a lock) it goes on without.
        """
        try:
            for table, column in _INDEXED.items():
                name = f"storagelab_{table}"  # as in gradebooks that have them already
                self._session.execute(
                    text(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({column})")
                )
            self._session.commit()
        except DBAPIError:
            self._session.rollback()

    @contextmanager
    def transaction(self, writing: bool = False) -> Iterator[Any]:
        """Run nbgrader's code on this gradebook; what it wrote is kept at the end, or none of it.

        Gives the gradebook. One for ``writing`` stands alone: what another program, such as
        formgrader, writes meanwhile comes before it or after it, and neither is lost.
        """
        with self._in_place():
            try:
                if writing:
                    self._stand_alone()
                yield self.gradebook
            except BaseException:
                self._session.rollback()
                raise
            finally:
                # nothing of this submission stays in memory, nor is a read lock left behind
                self._session.expunge_all()

    def _stand_alone(self) -> None:
        self._session.rollback()  # of reading before, nothing is left
        backend = self.gradebook.engine.dialect.name
        if backend == "sqlite":
            self._session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        elif backend == "postgresql":
            # a row that somebody else has changed meanwhile ends it, and it is tried again
            options = {"isolation_level": "REPEATABLE READ"}
            self._session.connection(execution_options=options)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep other graders of the same course out, on whatever machine; say whether that worked.

        On PostgreSQL alone: an SQLite gradebook lies in the course's folder, which has a lock.
        """
        if self.gradebook.engine.dialect.name != "postgresql":
            yield True
            return
        number = int.from_bytes(hashlib.sha256(_LOCK.encode()).digest()[:8], signed=True)
        connection = self.gradebook.engine.connect()
        try:
            got = connection.execute(text("SELECT pg_try_advisory_lock(:it)"), {"it": number})
            has = bool(got.scalar())
            connection.commit()
            yield has
        finally:
            with contextlib.suppress(SQLAlchemyError):  # a database that was ended lets go as well
                connection.invalidate()
                connection.close()

    def commit(self) -> None:
        """Keep what was written. Raises SQLAlchemy's errors."""
        self._session.commit()

    def close(self) -> None:
        """Close the connection."""
        self.gradebook.db = self._session
        self.gradebook.close()

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """Put this gradebook where nbgrader's modules have the class."""
        places = [
            module
            for name, module in list(sys.modules.items())
            if name.startswith("nbgrader.") and getattr(module, "Gradebook", None) is Gradebook
        ]
        places = [module for module in places if module is not nbgrader.api]
        borrowed = _Borrowed(self.gradebook)
        for module in places:
            module.Gradebook = borrowed  # type: ignore[attr-defined]
        try:
            yield
        finally:
            for module in places:
                module.Gradebook = Gradebook  # type: ignore[attr-defined]


class _Borrowed:
    """Called as the class, gives the gradebook that is open; closed, leaves it open.

    nbgrader asks for each grade and each comment of a notebook by itself. Here they are fetched
    together when one is asked for; what isn't among them nbgrader's own code looks for. And it asks
    for the same submission and the same notebook again and again, of which each is fetched once.
    """

    def __init__(self, gradebook: Any) -> None:
        self._gradebook = gradebook
        self._fetched: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._found: dict[tuple[Any, ...], Any] = {}

    def find_submission(self, assignment: str, student: str) -> Any:
        return self._once(self._gradebook.find_submission, assignment, student)

    def find_submission_notebook(self, notebook: str, assignment: str, student: str) -> Any:
        return self._once(self._gradebook.find_submission_notebook, notebook, assignment, student)

    def _once(self, find: Any, *where: str) -> Any:
        if (find, where) in self._found:
            self._gradebook.db.flush()  # as with any question: what has changed goes with it
        else:
            self._found[find, where] = find(*where)
        return self._found[find, where]

    def find_grade(self, cell: str, *where: str) -> Any:
        found = self._rows(nbgrader.api.Grade, where).get(cell)
        return self._gradebook.find_grade(cell, *where) if found is None else found

    def find_comment(self, cell: str, *where: str) -> Any:
        found = self._rows(nbgrader.api.Comment, where).get(cell)
        return self._gradebook.find_comment(cell, *where) if found is None else found

    def _rows(self, kind: Any, where: tuple[str, ...]) -> dict[str, Any]:
        """Return a submitted notebook's rows by the cells that they are of."""
        if (kind, where) not in self._fetched:
            cell = nbgrader.api.BaseCell
            notebook = self.find_submission_notebook(*where)
            rows = self._gradebook.db.query(kind, cell.name).join(cell, kind.cell_id == cell.id)
            found = rows.filter(kind.notebook_id == notebook.id)
            self._fetched[kind, where] = {name: row for row, name in found}
        return self._fetched[kind, where]

    def __call__(self, *_: object, **__: object) -> _Borrowed:
        return self

    def __enter__(self) -> Any:
        return self._gradebook

    def __exit__(self, *_: object) -> None:
        """Leave it open."""

    def close(self) -> None:
        """Leave it open."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gradebook, name)


def cells_of(notebook: Any) -> dict[str, Cell]:
    """Return the cells that the gradebook knows of one of its notebooks, by grade id."""
    graded = {cell.name: cell.max_score for cell in notebook.grade_cells}
    tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    return {
        cell.name: Cell(
            grade_id=cell.name,
            cell_type=cell.cell_type,
            source=cell.source or "",
            checksum=cell.checksum or "",
            locked=bool(cell.locked),
            grade=cell.name in graded,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            points=graded.get(cell.name, tasks.get(cell.name)),
        )
        for cell in notebook.source_cells
    }


def copy_definition(gradebook: Any, assignment: str) -> bytes:
    """Return an SQLite gradebook with this assignment's definition and no students.

    Raises nbgrader's ``MissingEntry`` where the gradebook doesn't have it.
    """
    definition = gradebook.find_assignment(assignment)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "definition.db")
        # with its tables there, nbgrader doesn't start a program to ask for their version
        engine = create_engine(f"sqlite:///{path}")
        nbgrader.api.Base.metadata.create_all(engine)
        engine.dispose()
        with Gradebook(f"sqlite:///{path}") as copy:
            session, copy.db = copy.db, _Held(copy.db)
            copied = copy.add_assignment(assignment, duedate=definition.duedate)
            # as nbgrader adds them, but it asks for the notebook again for each cell
            for notebook in definition.notebooks:
                made = nbgrader.api.Notebook(
                    name=notebook.name, assignment=copied, kernelspec=notebook.kernelspec
                )
                session.add(made)
                for kind, cells, kept in (
                    (
                        nbgrader.api.SourceCell,
                        notebook.source_cells,
                        ("cell_type", "locked", "source", "checksum"),
                    ),
                    (nbgrader.api.GradeCell, notebook.grade_cells, ("max_score", "cell_type")),
                    (nbgrader.api.SolutionCell, notebook.solution_cells, ()),
                    (nbgrader.api.TaskCell, notebook.task_cells, ("max_score", "cell_type")),
                ):
                    for cell in cells:
                        said = {name: getattr(cell, name) for name in kept}
                        session.add(kind(name=cell.name, notebook=made, **said))
            session.commit()
        return path.read_bytes()
