"""A part of a track as a notebook sees it: lock, workbench, runs, decision, reflection."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from storagelab.edition import edition
from storagelab.labs.collector import resting_collector
from storagelab.labs.deadline import due_line
from storagelab.labs.errors import StudentError, in_words
from storagelab.labs.numbers import BOOK, HUB_USER, begin_ledger, find_numbers
from storagelab.labs.reflection import SENTENCES, comment
from storagelab.labs.run_mode import is_graded_run, is_live
from storagelab.labs.speaking import say, show_live, show_text
from storagelab.labs.texts import text_of
from storagelab.ledger import (
    Entry,
    LedgerError,
    LedgerFullError,
    Opening,
    append_entry,
    entries_of,
    read_ledger,
    read_opening,
)
from storagelab.parts import ACCESS, CHECKPOINT, AnyPart, Outcome, load_part
from storagelab.parts.answers import in_units, read_answer
from storagelab.schema import Option
from storagelab.tracks import TRACKS, Track, load_track
from storagelab.units import format_share

LONGEST_REASON = 200
"""Characters of a lock's one-line reason."""


def open_part(
    track: str,
    part: str,
    folder: str | Path = ".",
    *,
    course: str = "",
    term: str | None = None,
    variants: bool = True,
) -> PartSession:
    """Open a part of a track, with the ledger in ``folder``, and say where the student stands.

    The track is the student's own: which of its variants that is follows from the ledger, or is
    found for ``course`` and ``term`` and kept there. Without a term, or without ``variants``, it is
    the book's, as for notebooks from before there were variants.

    Raises ``ValueError`` (as a sentence, without a traceback in a notebook) for an unknown track
    or part, or a number that the track has no variant of.
    """
    with in_words(), resting_collector():
        own, problem = _own_track(track, Path(folder), course, term if variants else None)
        opening = read_opening(Path(folder), track)
        session = PartSession(own, load_part(part), Path(folder), opening)
    status = session.status()
    status = status if problem in status else f"{status} {problem}"
    say(" ".join(filter(None, [status, due_line(Path(folder))])))
    return session


def _own_track(name: str, folder: Path, course: str, term: str | None) -> tuple[Track, str]:
    """Return a student's own track, and what kept its number from being written down, if so."""
    if name not in TRACKS:
        load_track(name)  # which says so, whatever else is wrong
    numbers = find_numbers(name, folder, course, term)
    own = load_track(name, numbers.variant)
    if numbers.begins is None:
        return own, ""
    try:
        if not begin_ledger(name, folder, numbers.begins):
            return load_track(name, find_numbers(name, folder, course, term).variant), ""
    except LedgerError as problem:
        # a number that was drawn and isn't kept would be another one the next time
        return (load_track(name) if numbers.begins.origin == "drawn" else own), str(problem)
    return own, ""


class PartSession:
    """One part of one track, and the student's way through it.

    In a graded run nothing is written: what the ledger lacks then is lacking.
    """

    def __init__(
        self, track: Track, part: AnyPart, folder: Path, opening: Opening | None = None
    ) -> None:
        self.track = track
        self.part = part
        self.folder = folder
        self._opening = opening
        self._content = part.of(track)

    # --- the ledger

    def _entries(self, kind: Any) -> list[Entry]:
        return entries_of(read_ledger(self.folder, self.track.name), self.part.name, kind)

    def _append(self, kind: Any, said: dict[str, Any], outcome: Outcome, most: int | None) -> Entry:
        model: dict[str, float | str] = {"cost": outcome.cost, "unmet": ", ".join(outcome.unmet)}
        model |= {name: getattr(outcome, name) for name in self.part.recorded}
        for name, value in model.items():  # JSON has no infinity
            model[name] = value if isinstance(value, str) or math.isfinite(value) else "infinite"
        model["edition"] = edition(self.track.name)  # of which these numbers are
        # who has put the ledger away since goes on with the same numbers
        if self._opening is not None and not read_ledger(self.folder, self.track.name):
            begin_ledger(self.track.name, self.folder, self._opening)
        return append_entry(
            self.folder, self.track.name, self.part.name, kind, said, model, most=most
        )

    def status(self) -> str:
        """Return one line on which part this is and what the ledger says of it."""
        head = f"{self.track.persona.name}, part {self.part.number} of 3: {self._content.title}."
        if self.track.variant != BOOK:
            head = f"{head} Your own numbers: variant {self.track.variant}."
        try:
            locks = self._entries("lock")
        except LedgerError as problem:
            return f"{head} {problem}"
        return f"{head} {self._locked_as(locks[0]) if locks else 'Nothing is locked yet.'}"

    def show(self, text: str) -> None:
        """Show one of the part's texts, with the student's own numbers in it.

        Raises a ``ValueError`` with a sentence for a text that there isn't.
        """
        with in_words():
            show_text(text_of(self.track, self.part, text))

    # --- the lock

    def _locked_as(self, entry: Entry) -> str:
        confidence = float(entry.said["confidence"])
        return f"Locked: {entry.said['prediction']!r}, confidence {format_share(confidence)}."

    def lock(self, prediction: object, confidence: object, reason: object = "") -> None:
        """Lock a prediction before the evidence: once, for good.

        ``prediction`` is the id of one of the question's options, ``confidence`` a number from 0
        (a guess) to 1 (certain), ``reason`` one optional line. A second call changes nothing and
        says what is locked.

        Raises a ``ValueError`` with a sentence where an argument is unusable, or the ledger is.
        """
        with in_words():
            locks = self._entries("lock")
            if locks:
                say(f"{self._locked_as(locks[0])} It stays as it is.")
                return
            said = self._prediction(prediction, confidence, reason)
            if is_graded_run():
                say("Not locked: the ledger has no prediction of this part.")
                return
            try:
                entry = self._append("lock", said, self.part.crisis(self.track), most=1)
            except LedgerFullError:  # another notebook was faster
                entry = self._entries("lock")[0]
            say(f"{self._locked_as(entry)} The workbench is open.")

    def _prediction(self, prediction: object, confidence: object, reason: object) -> dict[str, Any]:
        ids = [option.id for option in self._content.question.options]
        if not isinstance(prediction, str) or prediction not in ids:
            raise StudentError(
                f"prediction must be one of {', '.join(map(repr, ids))}; got {prediction!r}."
            )
        number = confidence if isinstance(confidence, int | float) else math.nan
        if isinstance(confidence, bool) or not 0 <= number <= 1:
            raise StudentError(
                f"confidence must be a number from 0 (a guess) to 1 (certain); got {confidence!r}."
            )
        if not isinstance(reason, str):
            raise StudentError(f"reason must be text in quotes, or left empty; got {reason!r}.")
        said = {
            "prediction": prediction,
            "confidence": float(number),
            "reason": " ".join(reason.split())[:LONGEST_REASON],
        }
        user = os.environ.get(HUB_USER)
        # nbgrader hands in under the hub's name: a ledger with another one is somebody else's
        return {**said, "user": user} if user else said

    # --- the workbench

    def workbench(self) -> None:
        """Show the workbench if the prediction is locked, or say why it is closed."""
        try:
            locks = self._entries("lock")
            option = self._locked_option(locks[0]) if locks else None
        except LedgerError as problem:
            _show_note("The workbench is closed.", str(problem))
            return
        if option is None:
            _show_note(
                "The workbench is closed.",
                "It opens when your prediction is locked, so that you meet the evidence with a "
                "belief of your own. Fill in the lock above, run its cell, then run this one.",
            )
            return
        with resting_collector():
            self._reveal(option, locks[0])
            if is_live():
                self._show_workbench()
            else:
                say(self.part.summary(self.track, self.part.baseline(self.track)))

    def _locked_option(self, lock: Entry) -> Option:
        name = str(lock.said["prediction"])
        try:
            return self._content.question.option(name)
        except KeyError:
            raise LedgerError(
                f"The ledger's prediction {name!r} isn't among this question's options: it was "
                "made with another version of the course. Ask your instructor."
            ) from None

    def _reveal(self, option: Option, lock: Entry) -> None:
        if not is_graded_run():
            crisis = self.part.crisis(self.track)
            try:
                self._append("reveal", {"prediction": option.id}, crisis, most=1)
            except LedgerFullError:
                pass  # it was opened before
            except LedgerError as problem:
                say(str(problem))
        confidence = format_share(float(lock.said["confidence"]))
        _show_note(
            f"You locked “{self.part.words(self.track, option.text)}” with {confidence} "
            f"confidence. The belief behind it: “{option.belief}”.",
            self.part.words(self.track, option.words),
        )

    def _show_workbench(self) -> None:
        from storagelab.widgets import Workbench  # only a live lab pays for it

        with in_words():
            runs = self._runs_in_units()
        bench = Workbench(self.track, self.part.name, runs=runs, on_record=self._record_live)
        show_live(bench)

    # --- the recorded runs

    def _runs_in_units(self) -> list[dict[str, Any]]:
        return [dict(entry.said) for entry in self._entries("run")]

    def _record_live(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        self._record(answer)
        return self._runs_in_units()

    def _record(self, answer: object) -> tuple[Entry | None, Outcome]:
        values = read_answer(self._content.controls, answer)
        said = in_units(self._content.controls, values)
        outcome = self.part.run(self.track, values)
        for entry in self._entries("run"):
            if entry.said == said:
                return entry, outcome
        if not self._entries("lock"):
            raise StudentError("Lock your prediction first: runs are recorded after that.")
        if is_graded_run():
            return None, outcome
        return self._append("run", said, outcome, most=self.track.pipeline.runs), outcome

    def record(self, answer: object) -> None:
        """Record a run with the settings ``answer``, as the workbench's button does.

        The same settings again are the same run. Raises a ``ValueError`` with a sentence for
        unusable settings, or where all runs are used up.
        """
        with in_words():
            most = self.track.pipeline.runs
            try:
                entry, outcome = self._record(answer)
            except LedgerFullError:
                raise StudentError(
                    f"All {most} runs are recorded and none can be taken back. Decide with what "
                    "they show."
                ) from None
            which = "Not recorded"
            if entry is not None:
                which = f"Run {self._entries('run').index(entry) + 1} of {most}"
            share, useful = self.part.useful_share, self.track.pipeline.useful_name
            missed = ", ".join(self.part.limit(name).label for name in outcome.unmet)
            say(
                f"{which}: {useful} {format_share(share.of(outcome))}, "
                f"{self.part.costs.amount(self.track, outcome.cost)}"
                f"{f'; misses {missed}' if missed else ''}."
            )

    # --- the end of the course

    def normalized_curves(self) -> None:
        """Show every track on the two curves that all share, with the own decisions among them."""
        from storagelab.parts.normalized_curves import (
            YOU,
            ReadPoint,
            SavePoint,
            describe,
            read_point,
            save_point,
        )

        reads: dict[str, ReadPoint] = {}
        saves: dict[str, SavePoint] = {}
        for name in TRACKS:
            track = self.track if name == self.track.name else load_track(name)
            reads[track.persona.name] = read_point(ACCESS.crisis(track))
            saves[track.persona.name] = save_point(CHECKPOINT.crisis(track))
        with in_words():
            entries = read_ledger(self.folder, self.track.name)
        for read in entries_of(entries, ACCESS.name, "decision")[-1:]:
            reads[YOU] = read_point(ACCESS.judge(self.track, read.said))
        for saved in entries_of(entries, CHECKPOINT.name, "decision")[-1:]:
            saves[YOU] = save_point(CHECKPOINT.judge(self.track, saved.said))
        if not is_live():
            say(describe(reads, saves))
            return
        from storagelab.widgets.normalized_curves import normalized_curves

        show_live(normalized_curves(reads, saves))

    # --- the decision and the reflection

    def decide(self, decision: object) -> None:
        """Put a decision into the ledger and say what the model says of it.

        Raises a ``ValueError`` with a sentence where the decision can't be read.
        """
        with in_words():
            outcome = self.part.judge(self.track, decision)
            values = read_answer(self._content.controls, decision)
            said = in_units([item for item in self._content.controls if item.decided], values)
            if not is_graded_run():
                decisions = self._entries("decision")
                if not decisions or decisions[-1].said != said:
                    self._append("decision", said, outcome, most=None)
            say(self.part.summary(self.track, outcome))

    def reflect(self, text: object) -> None:
        """Say whether a reflection has the length of a good answer; grading it is a person's.

        Where somebody looks, the sentence follows the typing.
        """
        if not is_live():
            say(comment(text))
            return
        from storagelab.widgets.word_count import WordCount

        show_live(WordCount(text if isinstance(text, str) else "", SENTENCES))


def _show_note(title: str, text: str) -> None:
    """Show a framed note where somebody looks, and the same words as text where nobody does."""
    if not is_live():
        say(f"{title}\n{text}")
        return
    from html import escape

    from IPython.display import HTML, display

    display(
        HTML(
            '<div role="note" style="border-left: 4px solid var(--jp-brand-color1, #1976d2);'
            'padding: 0.2em 1em; margin: 0.5em 0; max-width: 48em">'
            f"<p><strong>{escape(title)}</strong></p><p>{escape(text)}</p></div>"
        )
    )
