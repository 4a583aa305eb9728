"""What one marker does at a course's pile, without the page that shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from traitlets import TraitError, Unicode
from traitlets.config import LoggingConfigurable

from sandgrader.cleaning import from_markdown
from sandgrader.configuration import named_function
from sandgrader.course import Course, CourseError
from sandgrader.marking.agreement import agreement
from sandgrader.marking.answers import code_block, read_answer
from sandgrader.marking.marks import GoneError, Mark, Marks, Role
from sandgrader.marking.pile import ALL, Answer, Question, Share, in_order, is_in_sample
from sandgrader.marking.rubric import Rubric, choices, keys, read_rubric
from sandgrader.printable import printable
from sandgrader.regions import hidden_regions

MOST_PHRASES = 9
"""Comments that are offered again: as many as there are digits for."""
Beside = Callable[[Path, str, str], Mapping[str, str]]


class MarkSettings(LoggingConfigurable):
    """Settings of ``sandgrader mark`` in ``nbgrader_config.py``, as ``c.Mark``."""

    beside = Unicode(
        "",
        help="Where a course has more to say of a submission, as ``module:function``. It is called "
        "with the folder of a graded submission, its assignment and the notebook, and returns "
        "words by what they are about. What is in the folder is the student's.",
    ).tag(config=True)


def _settings(course: Course) -> MarkSettings:
    # traitlets looks for a class's own name, and `Mark` is a mark
    section = course.app.config.get("Mark", {})
    unknown = sorted(set(section) - set(MarkSettings.class_trait_names(config=True)))
    if unknown:
        raise CourseError(f"nbgrader_config.py has a setting c.Mark.{unknown[0]}: there is none.")
    try:
        return MarkSettings(**section)
    except TraitError as problem:
        raise CourseError(f"nbgrader_config.py has a wrong setting: {problem}") from None


def _beside(course: Course) -> Beside | None:
    """Return what the course says of a submission. Raises :class:`CourseError` for a wrong name."""
    name = _settings(course).beside
    return named_function("Mark.beside", name) if name else None


@dataclass(frozen=True)
class Task:
    """Who marks what."""

    marker: str
    assignments: tuple[str, ...] = ()
    """All where none is named."""
    share: Share = ALL
    second: float | None = None
    """The fraction of all answers that are marked again; none for who marks first."""


class Desk:
    """One marker at a course's pile."""

    def __init__(self, course: Course, task: Task) -> None:
        """Open the pile. Raises :class:`CourseError` where there is nothing to mark."""
        self.course, self.task = course, task
        self.marks = Marks(course.gradebook)
        self._say_beside = _beside(course)
        self._regions = hidden_regions(course.app.config)
        self._rubric = cache(self._read_rubric)
        known = self.marks.assignments()
        for name in task.assignments:
            if name not in known:
                raise CourseError(
                    f"The gradebook has no assignment {name!r}; it has "
                    f"{', '.join(known) or 'none'}."
                )
        self._answers: dict[str, Answer] = {}
        self.look_again()
        if not self._answers:
            raise CourseError(
                "There is nothing to mark: no graded submission has a task, or a solution cell "
                "with points, in this share of the pile. Grade submissions first."
            )

    # --- the pile

    def look_again(self) -> None:
        """Read the pile anew: submissions may have been graded meanwhile."""
        answers = self.marks.pile(self.task.assignments)
        given = self.marks.all_given()
        self._markers = {
            key: (roles.get("third") or roles.get("first") or Mark(None, "")).marker
            for key, roles in given.items()
        }
        if self.task.second is None:
            mine = [item for item in answers if self.task.share.has(item.key)]
        else:
            mine = [
                # what is marked is what was marked a second time
                replace(item, waits="second" not in given.get(item.key, {}))
                for item in answers
                if self._is_for_second(item, given.get(item.key, {}))
            ]
        self._given = given
        self._answers = {item.grade_id: item for item in in_order(mine)}

    def _is_for_second(self, answer: Answer, given: Mapping[str, Mark]) -> bool:
        """Return whether this marker marks an answer again that somebody else has, or will."""
        assert self.task.second is not None
        first, second = given.get("first"), given.get("second")
        return (
            is_in_sample(answer.key, self.task.second)
            and self.task.share.has(answer.key)
            and (first is None or first.marker != self.task.marker)
            and (second is None or second.marker == self.task.marker)
        )

    def pile(self) -> dict[str, Any]:
        """Return all questions, and for each its answers in the order in which they come."""
        self.look_again()
        questions: dict[Question, list[Answer]] = {}
        for answer in self._answers.values():
            questions.setdefault(answer.question, []).append(answer)
        return {
            "desk": self._identity(),
            "marker": self.task.marker,
            "share": "" if self.task.share == ALL else "{}/{}".format(*self.task.share),
            "second": self.task.second,
            "questions": [
                {
                    "id": _question_id(question),
                    "name": " · ".join(question),
                    "answers": [self._line(answer) for answer in answers],
                }
                for question, answers in questions.items()
            ],
        }

    def _identity(self) -> str:
        """Return a name for this course and marker, under which a browser keeps what isn't sent."""
        parts = (str(self.course.root), self.task.marker, str(self.task.second is not None))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def _line(self, answer: Answer) -> dict[str, Any]:
        if self.task.second is None:
            marked, marker = not answer.waits, self._markers.get(answer.key, "")
        else:
            again = self._given.get(answer.key, {}).get("second", Mark(None, ""))
            marked, marker = again.points is not None, again.marker
        return {
            "id": answer.grade_id,
            "marked": marked,
            "flagged": answer.flagged,
            "mine": marker == self.task.marker,
        }

    def answer(self, grade_id: str) -> Answer:
        """Return an answer of this pile. Raises :class:`GoneError`."""
        if grade_id not in self._answers:
            self.look_again()
        if grade_id not in self._answers:
            raise GoneError("There is no such answer in this pile (any more). Reload the page.")
        return self._answers[grade_id]

    # --- a question

    def question(self, identity: str) -> dict[str, Any]:
        """Return a question with its rubric, what points there are, and comments to reuse."""
        answer = next(
            (item for item in self._answers.values() if _question_id(item.question) == identity),
            None,
        )
        if answer is None:
            raise GoneError("There is no such question in this pile (any more). Reload the page.")
        question = answer.question
        _, rubric = self._rubric(question)
        points = choices(answer.most, rubric.levels)
        role: Role = "first" if self.task.second is None else "second"
        return {
            "question": from_markdown(rubric.question),
            "rubric": from_markdown(rubric.scheme),
            "solution": code_block(rubric.solution)
            if rubric.in_code
            else from_markdown(rubric.solution),
            "most": answer.most,
            "choices": [
                {"points": item, "key": key, "level": item in rubric.levels}
                for item, key in zip(points, keys(points), strict=True)
            ],
            "phrases": [
                {"text": text, "uses": uses}
                for text, uses in self.marks.comments(question, role)[:MOST_PHRASES]
            ],
        }

    def _read_rubric(self, question: Question) -> tuple[bool, Rubric]:
        task = self.marks.task(question)
        folder = self.course.directory
        place = folder.format_path(folder.source_directory, ".", question.assignment)
        source = Path(place) / f"{question.notebook}.ipynb"
        is_task = task is not None
        return is_task, read_rubric(question.cell, is_task, task or "", source, self._regions)

    # --- an answer

    def text(self, grade_id: str) -> dict[str, Any]:
        """Return what a student wrote, and what the course says of the submission."""
        answer = self.answer(grade_id)
        student, assignment, notebook, cell = answer.key
        folder = self.course.autograded(student, assignment)
        is_task, _ = self._rubric(answer.question)
        shown = read_answer(folder / f"{notebook}.ipynb", cell, is_task)
        return {
            "answer": shown.html,
            "words": shown.words,
            "beside": self._numbers(folder, assignment, notebook),
        }

    def _numbers(self, folder: Path, assignment: str, notebook: str) -> list[list[str]]:
        if self._say_beside is None:
            return []
        try:
            said = self._say_beside(folder, assignment, notebook)
            return [[printable(str(name)), printable(str(text))] for name, text in said.items()]
        except Exception as problem:  # what is in the folder is the student's
            return [["Can't be read", printable(f"{type(problem).__name__}: {problem}"[:300])]]

    def name(self, grade_id: str) -> dict[str, str]:
        """Return whose answer it is."""
        return {"student": printable(self.answer(grade_id).key.student)}

    def mark(self, grade_id: str, settling: bool = False) -> dict[str, Any]:
        """Return what was given for an answer; by both markers too, for who is ``settling``."""
        answer = self.answer(grade_id)
        if self.task.second is not None:
            mark = self.marks.given(answer.key).get("second", Mark(None, "", waits=True))
            return {"mark": _as_json(mark)}
        said: dict[str, Any] = {"mark": _as_json(self.marks.read(answer))}
        if settling:
            given = self.marks.given(answer.key)
            said["both"] = {role: _as_json(mark) for role, mark in given.items()}
        return said

    def write(
        self, grade_id: str, change: Mapping[str, Any], seen: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Write points, a comment or both; ``seen`` is what :meth:`mark` said before."""
        answer = self.answer(grade_id)
        if self.task.second is not None:
            mark = self.marks.write_second(answer, self.task.marker, change)
        else:
            before = Mark(seen.get("points"), str(seen.get("comment") or ""))
            mark = self.marks.write(answer, self.task.marker, change, before)
        return {"mark": _as_json(mark)}

    def flag(self, grade_id: str, flagged: bool) -> dict[str, bool]:
        """Flag the answer's notebook, or take the flag away."""
        self.marks.flag(self.answer(grade_id), flagged)
        return {"flagged": flagged}

    # --- two markers

    def agreed(self) -> list[dict[str, Any]]:
        """Return how far markers agree on each question, and the answers where they don't."""
        answers = {item.key: item for item in self.marks.pile(self.task.assignments)}
        twice: dict[Question, list[tuple[Answer, dict[str, Mark]]]] = {}
        for key, roles in self.marks.all_given().items():
            answer, second = answers.get(key), roles.get("second")
            if answer is None or second is None or second.points is None:
                continue
            # what was marked in formgrader has a first mark as well
            first = roles.get("first") or Mark(answer.manual, "")
            if first.points is not None:
                twice.setdefault(answer.question, []).append((answer, {**roles, "first": first}))
        return [self._agreed(question, twice[question]) for question in sorted(twice)]

    def _agreed(
        self, question: Question, twice: Iterable[tuple[Answer, dict[str, Mark]]]
    ) -> dict[str, Any]:
        marked = [
            (answer, roles, (roles["first"].points or 0.0, roles["second"].points or 0.0))
            for answer, roles in twice
        ]
        _, rubric = self._rubric(question)
        levels = rubric.levels or choices(marked[0][0].most, ())
        found = agreement([pair for _, _, pair in marked], levels)
        return {
            "name": " · ".join(question),
            "answers": found.answers,
            "exact": found.exact,
            "near": found.near,
            "kappa": found.kappa,
            "weighted": found.weighted,
            "apart": [
                {
                    "id": answer.grade_id,
                    "first": _as_json(roles["first"]),
                    "second": _as_json(roles["second"]),
                    "settled": _as_json(roles["third"]) if "third" in roles else None,
                    "here": answer.grade_id in self._answers and self.task.second is None,
                }
                for answer, roles, pair in sorted(
                    marked, key=lambda item: -abs(item[2][0] - item[2][1])
                )
                if pair[0] != pair[1]
            ],
        }


def _question_id(question: Question) -> str:
    """Return a name for a question that an address may hold."""
    return hashlib.sha256("\0".join(question).encode()).hexdigest()[:12]


def _as_json(mark: Mark) -> dict[str, Any]:
    return {
        "points": mark.points,
        "comment": mark.comment,
        "marker": mark.marker,
        "waits": mark.waits,
        "automatic": mark.automatic,
    }
