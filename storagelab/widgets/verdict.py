"""Verdict: what the present settings come to, at a glance."""

from __future__ import annotations

from html import escape

from storagelab.parts import AnyOutcome, AnyPart
from storagelab.parts.headline import GoalLine, Headline
from storagelab.tracks import Track
from storagelab.widgets import shared_styles


class Verdict:
    """Two numbers set large, one sentence, and each target with a mark.

    It isn't announced: the summary says all of it, in full, to those who hear the page.
    """

    def __init__(self, track: Track, part: AnyPart) -> None:
        self._track, self._part = track, part
        self.widget = shared_styles.html(width="auto")
        self.widget.add_class("storagelab-verdict")

    def update(self, outcome: AnyOutcome, recorded: bool) -> None:
        """Show ``outcome``; what only a ``recorded`` run shows stays open otherwise."""
        headline = self._part.headline(self._track, outcome, recorded)
        goals = self._part.goals(self._track, outcome)
        self.widget.value = verdict_html(headline, goals, recorded)


def verdict_html(headline: Headline, goals: list[GoalLine], recorded: bool) -> str:
    """Return the numbers, the sentence and the targets as HTML.

    A target that a large number is about stands under that number, the others in a list.
    """
    lines = {line.name: _line(line, recorded or not line.once_recorded) for line in goals}
    asked = {line.name: line.goal.asked for line in goals}
    numbers = ""
    for item in headline.numbers:
        words, mark = item.label, ""
        if item.limit in lines:
            name, mark = lines.pop(item.limit)[:2]
            words, mark = f"{item.label}; asked: {asked[item.limit]}", _mark(name, mark)
        numbers += f"<span>{mark}<strong>{escape(item.number)}</strong> {escape(words)}</span>"
    listed = "".join(
        f"<li>{_mark(name, mark)} {escape(words)}</li>" for name, mark, words in lines.values()
    )
    besides = f'<ul class="storagelab-goals" aria-label="Asked for besides">{listed}</ul>'
    return (
        f'<p class="storagelab-large">{numbers}</p>'
        f'<p class="storagelab-sentence">{escape(headline.sentence)}</p>'
        f"{besides if listed else ''}"
    )


def _line(line: GoalLine, is_known: bool) -> tuple[str, str, str]:
    """Return how a target stands (met, missed or open), its mark, and its words."""
    goal = line.goal
    if not is_known:
        return "open", "?", f"{goal.asked} {goal.what}: a recorded run says"
    name, mark = ("met", "✓") if line.is_met else ("missed", "✗")
    return name, mark, f"{goal.now} {goal.what}; asked: {goal.asked}"


def _mark(name: str, mark: str) -> str:
    """Return a mark for the eye, and its meaning for those who hear the page."""
    return (
        f'<span class="storagelab-{name}" aria-hidden="true">{mark}</span>'
        f'<span class="storagelab-unseen">{name}:</span>'
    )
