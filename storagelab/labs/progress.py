"""How far a student is: what is still to do before submitting, by the same checks as the tests'.

Read from the ledger and from what stands in the cells; nothing is run, and nothing is known here
that isn't in the student's own notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storagelab.labs import checking
from storagelab.labs.errors import StudentError
from storagelab.labs.numbers import BOOK, find_numbers
from storagelab.labs.reflection import comment, has_good_length
from storagelab.labs.session import PartSession
from storagelab.labs.static_answers import (
    NotebookError,
    StaticAnswers,
    is_undone,
    read_static_answers,
    takes,
)
from storagelab.ledger import (
    FILE_NAME,
    Entry,
    LedgerError,
    entries_of,
    minutes_spent,
    read_ledger,
)
from storagelab.parts import PARTS, AnyPart
from storagelab.parts.answers import in_units, read_answer
from storagelab.parts.pace import MINUTES
from storagelab.tracks import TRACKS, Track, load_track
from storagelab.units import format_share

State = Literal["done", "to do", "unknown"]


class FolderError(ValueError):
    """There is nothing to check here; the message says what to do."""


@dataclass(frozen=True)
class Step:
    """One thing that a part asks for."""

    name: str
    state: State
    says: str


@dataclass(frozen=True)
class PartProgress:
    """A part's steps, and the minutes that the ledger shows for it."""

    number: int
    name: str
    title: str
    steps: list[Step]
    minutes: float

    @property
    def to_do(self) -> list[Step]:
        """What isn't done, as far as that can be seen."""
        return [step for step in self.steps if step.state == "to do"]


@dataclass(frozen=True)
class Progress:
    """A track's parts."""

    track: str
    title: str
    parts: list[PartProgress]
    problem: str
    """What is wrong with the ledger; empty where it can be used."""

    @property
    def minutes(self) -> float:
        """Minutes that the ledger shows."""
        return sum(part.minutes for part in self.parts)

    @property
    def minutes_left(self) -> float:
        """Of the 45."""
        return max(0.0, MINUTES * len(self.parts) - self.minutes)

    @property
    def to_do(self) -> int:
        """How many things are to do."""
        return sum(len(part.to_do) for part in self.parts)


def look_at(folder: Path) -> Progress:
    """Return how far the student is whose notebooks lie in ``folder``.

    Raises :class:`FolderError` where they don't, or where they are of several tracks.
    """
    paths = {name: folder / f"{part.stem}.ipynb" for name, part in PARTS.items()}
    missing = [name for name, path in paths.items() if not path.exists()]
    renamed = _renamed(folder, missing, set(paths.values())) if missing else {}
    if len(missing) == len(paths) and not renamed:
        raise FolderError(_nothing_in(folder))
    notebooks: dict[str, StaticAnswers | NotebookError] = {}
    for name, path in paths.items():
        try:
            if len(renamed.get(name, [])) > 1:
                raise NotebookError(_say_renamed(path, renamed[name]))
            notebooks[name] = read_static_answers(next(iter(renamed.get(name, [])), path))
        except NotebookError as error:
            notebooks[name] = error
    name = _track_of(folder, notebooks)
    track, problem, entries = load_track(name), "", []
    try:
        entries = read_ledger(folder, name)
        track = load_track(name, _variant_in(folder, name, notebooks))
    except (LedgerError, ValueError) as error:
        problem = str(error)
    own = f" (your own numbers: variant {track.variant})" if track.variant != BOOK else ""
    return Progress(
        track=track.name,
        title=f"{track.persona.name}: {track.title}{own}",
        parts=[
            _part(
                track,
                PARTS[name],
                folder,
                notebook,
                entries,
                problem,
                _say_renamed(paths[name], renamed[name]) if name in renamed else "",
            )
            for name, notebook in notebooks.items()
        ],
        problem=problem,
    )


def _nothing_in(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder} is no folder."
    stem = next(iter(PARTS.values())).stem
    below = sorted(path.parent.name for path in folder.glob(f"*/{stem}.ipynb"))
    names = ", ".join(f"{part.stem}.ipynb" for part in PARTS.values())
    lead = f"There are no notebooks of the course in {folder}: {names}."
    if below:
        return f"{lead} Name the folder of your track: {' or '.join(below)}."
    return f"{lead} Go to the folder into which you fetched the assignment, or name it."


def _renamed(folder: Path, parts: list[str], known: set[Path]) -> dict[str, list[Path]]:
    """Return the notebooks under other names that open one of ``parts``, by the part."""
    found: dict[str, list[Path]] = {}
    for path in sorted(set(folder.glob("*.ipynb")) - known):
        try:
            opened = read_static_answers(path).opened
        except NotebookError:
            continue
        if opened and opened[1] in parts:
            found.setdefault(opened[1], []).append(path)
    return found


def _say_renamed(meant: Path, found: list[Path]) -> str:
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        return (
            f"There is no {meant.name}, and {names} open this part. Rename the one that you "
            f"want to hand in to {meant.name}."
        )
    return (
        f"There is no {meant.name}; this part is in {found[0].name}. Rename that to "
        f"{meant.name}: under another name it isn't handed in."
    )


def _track_of(folder: Path, notebooks: dict[str, StaticAnswers | NotebookError]) -> str:
    opened = {
        item.opened[0]
        for item in notebooks.values()
        if isinstance(item, StaticAnswers) and item.opened
    }
    if len(opened) > 1:
        raise FolderError(
            f"The notebooks are of several tracks ({', '.join(sorted(opened))}): all three have "
            "to be of the same."
        )
    name = next(iter(opened), folder.resolve().name)
    if name not in TRACKS:
        raise FolderError(
            "It can't be seen which track this is: the cell with `open_part` is gone. Fetch the "
            "assignment again into another folder and put your answers into that."
            if not opened
            else f"The notebooks are of the track {name!r}, which isn't known here."
        )
    return name


def _variant_in(
    folder: Path, track: str, notebooks: dict[str, StaticAnswers | NotebookError]
) -> int:
    """Return the variant of the track that the student has, or will have in a hub.

    Raises ``ValueError`` where ``STORAGELAB_VARIANT`` is no number.
    """
    given = next((item.given for item in notebooks.values()
                  if isinstance(item, StaticAnswers) and item.opened), {})  # fmt: skip
    term = given.get("term") if given.get("variants", True) else None
    numbers = find_numbers(track, folder, str(given.get("course", "")), term)
    # what is drawn at the first opening isn't drawn here
    is_drawn = numbers.begins is not None and numbers.begins.origin == "drawn"
    return BOOK if is_drawn else numbers.variant


def _part(
    track: Track,
    part: AnyPart,
    folder: Path,
    notebook: StaticAnswers | NotebookError,
    entries: list[Entry],
    problem: str,
    renamed: str,
) -> PartProgress:
    session = PartSession(track, part, folder)
    steps = []
    if renamed:
        steps.append(Step("notebook", "to do", renamed))
    elif isinstance(notebook, NotebookError):
        steps.append(Step("notebook", "to do", str(notebook)))
    if problem:
        steps.append(Step("lock", "to do", f"{FILE_NAME} can't be used: see above."))
    else:
        steps.append(_step("lock", lambda: _lock(session)))
        opened = bool(entries_of(entries, part.name, "reveal"))
        steps.append(
            Step("workbench", "done", "It was opened.")
            if opened
            else Step("workbench", "to do", "It wasn't opened: run its cell, below the lock.")
        )
    if isinstance(notebook, StaticAnswers):
        steps += _answers(session, notebook, bool(problem))
    minutes = minutes_spent(entries, part.name)
    return PartProgress(part.number, part.name, part.of(track).title, steps, minutes)


def _step(name: str, check: Callable[[], str]) -> Step:
    """Return the step ``name``: done with what ``check`` says, or to do with what it raises."""
    try:
        return Step(name, "done", check())
    except StudentError as sentence:
        return Step(name, "to do", str(sentence))


def _lock(session: PartSession) -> str:
    entry = checking.locked_before_reveal(session)
    confidence = format_share(float(entry.said["confidence"]))
    return f"{entry.said['prediction']!r}, confidence {confidence}, before the evidence."


def _answers(session: PartSession, notebook: StaticAnswers, no_ledger: bool) -> list[Step]:
    content, track, part = session.part.of(session.track), session.track, session.part
    number, unit = part.asked(track).name, part.asked(track).unit
    ids = [option.id for option in content.question.options]

    def conclusion() -> str:
        chosen = checking.choice_in(notebook.values, "conclusion", ids)
        value = checking.number_in(notebook.values, number, unit)
        return f"{chosen!r}, and {number} = {value:g} {unit}."

    def law() -> str:
        function = notebook.functions.get(content.law.name)
        if function is None:
            checking.answer_in({}, content.law.name)
        elif is_undone(function):
            raise StudentError(f"`{content.law.name}` is still to do.")
        elif not takes(function, len(content.law.arguments)):
            raise StudentError(
                f"`{content.law.name}` has to take {', '.join(content.law.arguments)}."
            )
        return f"`{content.law.name}` is written. Validate, or --run, tries the open example."

    def decision() -> str:
        decided = checking.answer_in(notebook.values, "decision")
        outcome = checking.judged(part, track, decided)
        if part.records_runs and not no_ledger:  # else this would be an eleventh run
            checking.decided_among_runs(session, decided, least=1)
        checking.meets_targets(part, track, outcome)
        said = in_units(
            [item for item in content.controls if item.decided],
            read_answer(content.controls, decided),
        )
        return f"It meets the targets. What it costs counts too, after you submit: {said!r}."

    steps = [
        _answered("conclude", notebook, ("conclusion", number), conclusion),
        _answered("law", notebook, (content.law.name,), law),
        _answered("decide", notebook, ("decision",), decision),
    ]
    if part.records_runs and not no_ledger:
        steps.append(_answered("runs", notebook, ("decision",), lambda: _runs(session, notebook)))
    steps.append(_answered("reflection", notebook, ("reflection",), lambda: _words(notebook)))
    return steps


def _runs(session: PartSession, notebook: StaticAnswers) -> str:
    decided = checking.answer_in(notebook.values, "decision")
    checking.decided_among_runs(session, decided, least=3)
    runs = entries_of(read_ledger(session.folder, session.track.name), session.part.name, "run")
    most = session.track.pipeline.runs
    return f"{len(runs)} of {most} are recorded, the decision among them."


def _words(notebook: StaticAnswers) -> str:
    text = checking.answer_in(notebook.values, "reflection")
    if not has_good_length(text):
        raise StudentError(comment(text))
    return comment(text)


def _answered(
    name: str, notebook: StaticAnswers, needed: tuple[str, ...], check: Callable[[], str]
) -> Step:
    """Return a step whose answer stands in a cell: unknown where only a run could tell."""
    cell = {"reflection": "reflection", "runs": "decide"}.get(name, name)
    if cell in notebook.broken:
        return Step(name, "to do", f"Its cell isn't Python: {notebook.broken[cell]}.")
    if cell in notebook.undone:
        return Step(name, "to do", "Its cell is still to do.")
    computed = [item for item in needed if item in notebook.computed]
    if computed:
        names = " and ".join(f"`{item}`" for item in computed)
        return Step(name, "unknown", f"What {names} is, only a run can tell: use --run.")
    return _step(name, check)
