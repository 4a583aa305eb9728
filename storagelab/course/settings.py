"""What ``nbgrader_config.py`` says of this course beside nbgrader's own settings."""

from __future__ import annotations

import difflib
from pathlib import Path

from traitlets import Bool, TraitError, Unicode
from traitlets.config import Config, Configurable
from traitlets.config.loader import PyFileConfigLoader


class Course(Configurable):
    """Settings of the course: ``c.Course`` in ``nbgrader_config.py``."""

    variants = Bool(
        True, help="Whether each student has numbers of their own; else all have the book's."
    ).tag(config=True)
    term = Unicode(
        "", help="Which term it is, in any words: another one gives students other numbers."
    ).tag(config=True)

    course_id = ""
    """nbgrader's own name for the course."""

    @property
    def opening(self) -> str:
        """The arguments by which a notebook opens a part, behind the part's name."""
        if not self.variants:
            return "variants=False"
        return f"course={_quoted(self.course_id)}, term={_quoted(self.term)}"


def _quoted(text: str) -> str:
    """Return ``text`` as Python reads it, in double quotes as all the notebooks' code has them."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_course(path: Path) -> Course:
    """Return what the configuration at ``path`` says of the course; the defaults without one.

    Raises ``ValueError`` for a setting of ``c.Course`` that there isn't, or a value that it can't
    have.
    """
    config = Config()
    if path.exists():
        config = PyFileConfigLoader(path.name, path=str(path.parent)).load_config()
    known = Course.class_trait_names(config=True)
    for name in config.Course:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            words = f"did you mean c.Course.{near[0]}?" if near else f"there are {', '.join(known)}"
            raise ValueError(f"{path.name} has a setting c.Course.{name}: {words}")
    try:
        course = Course(config=config)
    except TraitError as problem:
        raise ValueError(f"{path.name} has a wrong setting of c.Course: {problem}") from None
    course_id = config.CourseDirectory.get("course_id", "")
    course.course_id = course_id if isinstance(course_id, str) else ""
    return course
