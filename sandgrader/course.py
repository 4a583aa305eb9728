"""A course as nbgrader's configuration describes it, and where its submissions stand."""

from __future__ import annotations

import contextlib
import difflib
import glob
import json
import math
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import (
    CheckCellMetadata,
    Execute,
    IgnorePattern,
    IncludeHeaderFooter,
    OverwriteCells,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from traitlets import Bool, Dict, Enum, Float, Int, List, TraitError, Unicode, validate
from traitlets.config import LoggingConfigurable
from traitlets.utils.importstring import import_item

from sandgrader.assignment import Assignment, Notebook, read_beside, read_notebook
from sandgrader.configuration import CourseError as CourseError
from sandgrader.configuration import named_function, read_configuration
from sandgrader.gradebook import OpenGradebook, cells_of, copy_definition
from sandgrader.kernels import NoKernelError, find_kernel
from sandgrader.ownership import Owner
from sandgrader.sandbox import Environment, Limits
from sandgrader.submission_files import plain_name, read_moment, why_no_folder

ASIDE = ".grading"
"""The grader's own folder in a course: what is being written, and records of runs."""
LONGEST_DIGEST = 64
"""Characters of what a course stands on, as the gradebook keeps it."""
_EVERY = "every-student-of-a-course"
"""Stands for a student's name in a path that is then looked for."""


class Grade(LoggingConfigurable):
    """Settings of ``sandgrader grade``, beside nbgrader's own in ``nbgrader_config.py``."""

    memory = Int(2 * 2**30, min=2**20, help="Bytes of memory for a submission's processes.").tag(
        config=True
    )
    disk = Int(256 * 2**20, min=0, help="Bytes of files that a submission may write.").tag(
        config=True
    )
    processes = Int(64, min=1, help="Processes and threads of a submission.").tag(config=True)
    notebook_time = Float(
        600.0,
        min=0.0,
        help="Seconds for all cells of a notebook; at least what a single one may take.",
    ).tag(config=True)
    submission_time = Float(
        900.0,
        help="Seconds for all code of a submission, whichever of its notebooks runs and how often.",
    ).tag(config=True)
    sandbox = Enum(
        ["auto", "required", "off"],
        "auto",
        help="Whether code runs in bubblewrap: where that works, or not at all, or never.",
    ).tag(config=True)
    one_interpreter = Bool(
        False, help="Run tests in the student's interpreter, as nbgrader does."
    ).tag(config=True)
    imperfect_reference = Bool(
        False,
        help="Grade although the reference solution itself doesn't earn all points.",
    ).tag(config=True)
    readable = List(
        Unicode(), help="Files and folders that notebooks may read besides the environment."
    ).tag(config=True)
    variables = Dict(
        value_trait=Unicode(), key_trait=Unicode(), help="Variables of the notebooks' environment."
    ).tag(config=True)
    evidence = List(
        Unicode(),
        help="Files that tests see as they were handed in, whatever cells do to them meanwhile.",
    ).tag(config=True)
    imports = List(
        Unicode(), help="Modules to import beforehand, besides those that solutions import."
    ).tag(config=True)
    stands_on = Unicode(
        "",
        help="Where tests judge by more than the assignment itself (prices, facts, laws of a "
        "package), as ``module:function``. It is called with an assignment's name and returns a "
        "short digest of all that, empty where there is nothing. Grades that were made when it "
        "was another one are named outdated.",
    ).tag(config=True)
    only_shows = List(
        Unicode(),
        help="Functions, as given cells call them, that only show something: tests that run apart "
        "from a student's cells run without their calls.",
    ).tag(config=True)

    @validate("submission_time")
    def _is_a_time(self, proposal: Any) -> float:
        seconds = float(proposal["value"])
        if not 0 < seconds < math.inf:
            raise TraitError(
                f"c.Grade.submission_time is {seconds:g}: it has to be a number of seconds above 0"
            )
        return seconds


@dataclass(frozen=True)
class Submission:
    """A student's submission of an assignment, and what is known of its grading."""

    student: str
    folder: Path
    autograded: Path
    timestamp: str
    unusable: str = ""
    """Why there is nothing to grade, in words; empty where there is."""


class Course:
    """A folder with ``nbgrader_config.py``, a gradebook and submissions."""

    def __init__(self, root: Path) -> None:
        """Read the configuration. Raises :class:`CourseError` where there is none, or a wrong one.

        As for nbgrader it may lie in one of Jupyter's configuration folders.
        """
        self.app, self.directory = read_configuration(root.resolve())
        self.root = Path(self.directory.root).resolve()
        # nbgrader looks for alembic on the path, also where the environment isn't activated
        here = str(Path(sys.executable).parent)
        if here not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = f"{here}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        try:
            self.settings = Grade(parent=self.app)
        except TraitError as problem:
            raise CourseError(f"nbgrader_config.py has a wrong setting: {problem}") from None
        _check_names(self.app.config)
        self._owner = Owner(self.root)
        self._owner.begin()
        try:
            self._owner.give(self._written())
            self.gradebook = OpenGradebook(self.directory.db_url, self.directory.course_id)
        except BaseException:
            self._owner.end()
            raise

    def close(self) -> None:
        """Close the gradebook."""
        try:
            self.gradebook.close()
        finally:
            self._owner.end()

    def _written(self) -> Iterator[Path]:
        """Yield what graders write: their folders, and the gradebook's files."""
        steps = (self.directory.autograded_directory, self.directory.feedback_directory)
        yield from (self.root / name for name in (*steps, ASIDE))
        try:
            address = make_url(self.directory.db_url)
        except ArgumentError:
            return  # said when it is opened
        if address.get_backend_name() == "sqlite" and address.database:
            for ending in ("", "-journal", "-wal", "-shm"):
                yield self.root / f"{address.database}{ending}"

    def stands_on(self, assignment: str) -> str:
        """Return a digest of what an assignment's tests judge by beside the assignment itself.

        Empty where the course says nothing of it. Raises :class:`CourseError` where what
        ``c.Grade.stands_on`` names can't say it.
        """
        name = self.settings.stands_on
        if not name:
            return ""
        say = named_function("Grade.stands_on", name)
        try:
            said = say(assignment)
        except Exception as problem:  # a course's own code
            raise CourseError(
                f"c.Grade.stands_on, {name}, fails for {assignment}: "
                f"{type(problem).__name__}: {problem}"
            ) from problem
        if not isinstance(said, str) or len(said) > LONGEST_DIGEST:
            raise CourseError(
                f"c.Grade.stands_on, {name}, returns {said!r} for {assignment}: it has to be a "
                f"text of {LONGEST_DIGEST} characters at most."
            )
        return said

    def assignments(self) -> list[str]:
        """Return the assignments that the gradebook knows."""
        with self.gradebook.transaction() as gradebook:
            return [item.name for item in gradebook.assignments]

    def read_assignment(self, name: str) -> Assignment:
        """Return an assignment. Raises :class:`CourseError` where the gradebook has none."""
        source = Path(self.directory.format_path(self.directory.source_directory, ".", name))
        settings = self.settings
        try:
            converter = Autograde(self.directory, parent=self.app)
            execute = Execute(parent=converter)
            before, after = _around_execution(converter)
            sanitizers = _needed([*as_classes(converter.sanitize_preprocessors), *before])
            add_missing = OverwriteCells(parent=converter).add_missing_cells
        except TraitError as problem:
            raise CourseError(f"nbgrader_config.py has a wrong setting: {problem}") from None
        _pickle_by_value(sanitizers, self.root)
        with self.gradebook.transaction() as gradebook:
            try:
                definition = gradebook.find_assignment(name)
            except MissingEntry:
                known = ", ".join(item.name for item in gradebook.assignments) or "none"
                raise CourseError(
                    f"The gradebook has no assignment {name!r} (it has: {known}). Make it with "
                    f"nbgrader generate_assignment {name}"
                ) from None
            notebooks = {
                item.name: self._notebook(item, source, execute.kernel_name)
                for item in definition.notebooks
            }
            content = copy_definition(gradebook, name)
        if not notebooks:
            raise CourseError(f"The assignment {name!r} has no notebooks in the gradebook.")
        beside, unread = read_beside(source, self.directory.ignore)
        if unread:
            raise CourseError(
                f"Files of {source} can't be read: {'; '.join(unread)}. Students got what they "
                "say, and tests may need it: mend them, or take them away."
            )
        cell_time, notebook_time = time_limits(execute.timeout, settings.notebook_time)
        submission_time = settings.submission_time
        if "submission_time" not in self.app.config.Grade:  # what a course says of notebooks holds
            submission_time = max(submission_time, notebook_time)
        return Assignment(
            name=name,
            notebooks=notebooks,
            beside=beside,
            kept=frozenset(converter.exclude_overwriting.get(name, [])),
            evidence=frozenset(filter(None, map(plain_name, settings.evidence))),
            environment=Environment(
                tuple(settings.imports),
                tuple(str(Path(item).resolve()) for item in settings.readable),
                dict(settings.variables),
            ),
            limits=Limits(
                cell_time=cell_time,
                notebook_time=notebook_time,
                submission_time=submission_time,
                memory=settings.memory,
                disk=settings.disk,
                processes=settings.processes,
            ),
            sandbox=settings.sandbox,
            add_missing=add_missing,
            one_interpreter=settings.one_interpreter,
            only_shows=frozenset(settings.only_shows),
            timeout_error=dict(execute.error_on_timeout),
            executor=_executor_settings(self.app.config),
            definition=content,
            sanitizers=tuple(sanitizers),
            forgives=IgnorePattern in after,
            config=self.app.config,
        )

    def _notebook(self, item: Any, source: Path, kernel_name: str) -> Notebook:
        """Return the instructor's version of a notebook of the gradebook.

        ``kernel_name`` is the kernel that the configuration wants for all of them, if any.
        """
        said = {"name": kernel_name} if kernel_name else json.loads(item.kernelspec or "{}") or {}
        try:
            kernel = find_kernel(said)
        except NoKernelError as problem:
            raise CourseError(
                f"The notebook {item.name!r} needs {problem}, which isn't installed here. Install "
                "it (jupyter kernelspec list says which there are), or give the notebook in "
                "source/ another one and generate the assignment again."
            ) from None
        return read_notebook(
            item.name, cells_of(item), source / f"{item.name}.ipynb", self._complete, kernel
        )

    def _complete(self, notebook: NotebookNode) -> NotebookNode:
        """Add what students' versions have besides: the course's header and footer."""
        generator = GenerateAssignment(self.directory, parent=self.app)
        if IncludeHeaderFooter in generator.preprocessors:
            with working_in(self.root):
                notebook, _ = IncludeHeaderFooter(parent=generator).preprocess(notebook, {})
        return notebook

    def saving_preprocessors(self) -> list[Any]:
        """Return nbgrader's preprocessors for what has run already."""
        converter = Autograde(self.directory, parent=self.app)
        return _needed(_around_execution(converter)[1])

    def submissions(self, assignment: str, students: list[str] | None = None) -> list[Submission]:
        """Return the submissions of an assignment, by student.

        The configuration may leave some out, as for nbgrader. Raises :class:`CourseError` for a
        student who is named and handed nothing in, or whom it leaves out.
        """
        # as with nbgrader's own option, who is named counts in place of the pattern
        found = self._handed_in(assignment, "*" if students else self.directory.student_id)
        left_out = self.directory.student_id_exclude.split(",")
        excluded = sorted({*students} & {*left_out}) if students else []
        if excluded:
            raise CourseError(
                f"c.CourseDirectory.student_id_exclude leaves {', '.join(excluded)} out of this "
                "course: take them off that list, or don't name them."
            )
        found = {student: path for student, path in found.items() if student not in left_out}
        unknown = sorted(set(students or ()) - set(found))
        if unknown:
            raise CourseError(f"No submission of {assignment!r} by {', '.join(unknown)}.")
        return [
            Submission(
                student,
                path,
                self.autograded(student, assignment),
                read_moment(path),
                why_no_folder(path),
            )
            for student, path in found.items()
            if not students or student in students
        ]

    def _handed_in(self, assignment: str, wanted: str) -> dict[str, Path]:
        """Return the folders of an assignment's submissions by student, also those that are closed.

        ``wanted`` is a pattern for students, as a shell has it. Raises :class:`CourseError` where
        nobody's can be looked for.
        """
        # in whatever order the course's folders lie: of a name that says "every student"
        place = self.submitted(_EVERY, assignment)
        within = [folder for folder in (place, *place.parents) if _EVERY in folder.name]
        if not within:
            raise CourseError("c.CourseDirectory.directory_structure doesn't name {student_id}.")
        everybody = str(within[0])
        _refuse_closed(Path(everybody).parent)
        # a course's names are none of a pattern's: they may have dots and brackets
        pattern = re.escape(everybody).replace(re.escape(_EVERY), "(?P<student>[^/]+)")
        found = {}
        for path in sorted(glob.glob(glob.escape(everybody).replace(_EVERY, wanted))):
            if match := re.fullmatch(pattern, path):
                folder = self.submitted(match["student"], assignment)
                if _may_be_there(folder):
                    found[match["student"]] = folder
        return found

    def submitted(self, student: str, assignment: str) -> Path:
        """Return where a submission is looked for."""
        step = self.directory.submitted_directory
        return Path(self.directory.format_path(step, student, assignment))

    def autograded(self, student: str, assignment: str) -> Path:
        """Return the folder of a graded submission."""
        step = self.directory.autograded_directory
        return Path(self.directory.format_path(step, student, assignment))

    def ungraded(self, assignment: str, submissions: list[Submission]) -> list[Submission]:
        """Return the submissions that aren't graded, or not wholly, or that are newer."""
        notebooks, scored = self._scored(assignment)
        left = []
        for item in submissions:
            if item.unusable:
                left.append(item)
                continue
            handed = {path.stem for path in item.folder.glob("*.ipynb")} & set(notebooks)
            written = all((item.autograded / f"{name}.ipynb").exists() for name in handed)
            before = read_moment(item.autograded)
            newer = bool(item.timestamp and before and item.timestamp > before)
            if not (item.autograded.is_dir() and written and item.student in scored) or newer:
                left.append(item)
        return left

    def _scored(self, assignment: str) -> tuple[list[str], set[str]]:
        """Return an assignment's notebooks, and the students whose tests all have a score."""
        from nbgrader import api

        with self.gradebook.transaction() as gradebook:
            database = gradebook.db
            notebooks = [item.name for item in gradebook.find_assignment(assignment).notebooks]
            has = (
                database.query(api.SubmittedAssignment.student_id)
                .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
                .filter(api.Assignment.name == assignment)
            )
            lacks = (
                has.join(
                    api.SubmittedNotebook,
                    api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id,
                )
                .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
                .join(api.GradeCell, api.Grade.cell_id == api.GradeCell.id)
                .filter(
                    api.Grade.auto_score.is_(None),
                    api.Grade.manual_score.is_(None),
                    api.Grade.needs_manual_grade.is_(False),
                )
            )
            return notebooks, {row[0] for row in has} - {row[0] for row in lacks}


def _refuse_closed(folder: Path) -> None:
    """Raise :class:`CourseError` for a folder of submissions that can't be looked into."""
    try:
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError):
        pass  # nobody has handed anything in
    except OSError as problem:
        raise CourseError(
            f"The submissions in {folder} can't be read: {problem.strerror}."
        ) from None


def _may_be_there(path: Path) -> bool:
    """Return whether there is something at a path, or somebody has closed the way to it."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _check_names(config: Any) -> None:
    """Raise :class:`CourseError` for a setting of this grader's that there isn't."""
    known = Grade.class_trait_names(config=True)
    for name in config.get("Grade", {}):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            words = f"did you mean c.Grade.{near[0]}?" if near else f"there are: {', '.join(known)}"
            raise CourseError(f"nbgrader_config.py has a setting c.Grade.{name}: {words}")


def time_limits(stated: float | None, notebook_time: float) -> tuple[float, float]:
    """Return the seconds for a cell and for all cells of a notebook.

    ``stated`` is nbgrader's limit for a cell, in seconds: none, or a negative one, is no limit of
    its own, and then the notebook's holds (as nbclient means it). A cell that may take longer than
    a notebook makes the notebook's limit as long.
    """
    if stated is None or stated < 0:
        return notebook_time, notebook_time
    return float(stated), max(float(stated), notebook_time)


def _executor_settings(config: Any) -> dict[str, Any]:
    """Return what a configuration says of nbgrader's executor, as far as JSON can hold it."""
    found: dict[str, Any] = {}
    for section in ("NotebookClient", "ExecutePreprocessor", "Execute"):
        for name, value in config.get(section, {}).items():
            with contextlib.suppress(TypeError, ValueError):
                found.setdefault(section, {})[name] = json.loads(json.dumps(value))
    return found


def as_classes(preprocessors: list[Any]) -> list[Any]:
    """Return preprocessors, those that are named as what they name.

    Raises :class:`CourseError` for a name of nothing.
    """
    found = []
    for item in preprocessors:
        if isinstance(item, str):
            try:
                item = import_item(item)
            except ImportError as problem:
                raise CourseError(
                    f"nbgrader_config.py names a preprocessor that there isn't: {problem}"
                ) from None
        found.append(item)
    return found


def _around_execution(converter: Autograde) -> tuple[list[Any], list[Any]]:
    """Return nbgrader's preprocessors from before and from after the cells have run.

    Raises :class:`CourseError` where the course has an executor of its own: nothing else would
    know what it does.
    """
    kinds = as_classes(converter.autograde_preprocessors)
    place = len(kinds)
    for number, kind in reversed([*enumerate(kinds)]):
        if isinstance(kind, type) and issubclass(kind, ExecutePreprocessor):
            if kind not in (Execute, ExecutePreprocessor):
                raise CourseError(
                    f"nbgrader_config.py runs cells with an executor of its own, {kind.__name__}. "
                    "This grader runs them itself: grade this course with nbgrader autograde."
                )
            place = number
    return kinds[:place], kinds[place:]


def _pickle_by_value(classes: list[Any], root: Path) -> None:
    """Let classes of the course's own modules come along to workers, which don't have these."""
    for kind in classes:
        module = sys.modules.get(getattr(kind, "__module__", ""))
        file = getattr(module, "__file__", None)
        if module is not None and file and Path(file).resolve().is_relative_to(root):
            cloudpickle.register_pickle_by_value(module)


def _needed(preprocessors: list[Any]) -> list[Any]:
    """Return those of nbgrader's preprocessors that have something left to do.

    Cells have run. Their metadata is the gradebook's by then, so that checking it (nbgrader checks
    its schema with every cell, and takes longer for it than for all the rest) can find nothing.
    """
    done = (ExecutePreprocessor, CheckCellMetadata)
    return [
        kind for kind in preprocessors if not (isinstance(kind, type) and issubclass(kind, done))
    ]


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
