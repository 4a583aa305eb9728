"""The instructor's guide: every answer of a track and why, most computed from the models.

It gives the course away, so it is written outside of the book and of what is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from storagelab.course.answers import Answers, TrackAnswers, load_answers, load_best
from storagelab.course.layout import Layout
from storagelab.parts import PARTS, AnyPart, Outcome
from storagelab.parts.scoring import free_cost, share_for_cost
from storagelab.schema import Value
from storagelab.tracks import Track, load_track
from storagelab.units import format_share, significant

INDEX = "index.md"


@dataclass(frozen=True)
class Decisions:
    """Every decision on the sliders' grid, and what stands out among them."""

    count: int
    met: list[Outcome]
    """Those that miss no target."""
    least: Outcome
    most: Outcome
    """Every slider at its end: the shortcut that students try."""
    free: float
    """What a decision may cost and earn all points."""

    @property
    def near(self) -> list[Outcome]:
        """Those that earn all points."""
        return [item for item in self.met if item.cost <= self.free]


def all_decisions(track: Track, part: AnyPart, keys: ModuleType) -> Decisions:
    """Return what every decision of a part comes to. Raises ``ValueError`` where none is good."""
    outcomes = list(keys.decisions(track, part))
    met = [outcome for outcome in outcomes if not outcome.unmet]
    if not met:
        raise ValueError(f"{track.name}: no decision of part {part.number} meets every target")
    least = min(met, key=lambda outcome: float(outcome.cost))
    return Decisions(
        count=len(outcomes),
        met=met,
        least=least,
        most=part.run(track, {**_maximum(part, track), **part.given(track)}),
        free=free_cost(least.cost, part.crisis_cost(track)),
    )


def _maximum(part: AnyPart, track: Track) -> dict[str, Value]:
    """Return the end of every slider at which it asks the most, SI by control name."""
    chosen: dict[str, Value] = {}
    for control in part.of(track).controls:
        if control.decided:
            last = control.values[0 if control.name in part.least_is_most else -1]
            chosen[control.name] = control.to_si(last)
    return chosen


Best = Mapping[int, Mapping[str, Mapping[str, Value]]]
"""The best decisions of a track's variants, by variant and part."""


def guide(track: Track, keys: ModuleType, answers: TrackAnswers, best: Best) -> str:
    """Return the guide to one track, as Markdown."""
    person = track.persona
    chapters = [_part(track, part, keys, answers.of(part)) for part in PARTS.values()]
    if best:
        chapters.append(_variants(track, keys, best))
    return "\n\n".join(
        [
            f"# {person.name}: {track.title}",
            f"For instructors only. This page has every answer of the track `{track.name}`. "
            "It is made from the models and the track's files; don't edit it or publish it. Its "
            "numbers are the book's. Those of the students are in the last chapter, if they have "
            "their own.",
            f"*{person.role}, {person.team}. Mission: {track.mission}.*",
            *chapters,
        ]
    )


def _part(track: Track, part: AnyPart, keys: ModuleType, answers: Answers) -> str:
    content, start = part.of(track), part.crisis(track)
    key = keys.KEYS[part.name](track)
    return "\n\n".join(
        [
            f"## Part {part.number}: {content.title}",
            "### How it begins",
            part.words(track, content.crisis),
            part.summary(track, start),
            _misses(track, part, start),
            *_lock(track, part, key),
            *_conclusion(track, part, key),
            *_law(track, part, answers),
            *_decision(track, part, all_decisions(track, part, keys), keys),
            *_reflection(track, part, answers),
        ]
    )


def _misses(track: Track, part: AnyPart, outcome: Outcome) -> str:
    told = part.of(track).unmet
    return "\n".join(
        f"- It misses *{name}*: {told.get(name, 'the track has no words for it.')}"
        for name in outcome.unmet
    )


def _lock(track: Track, part: AnyPart, key: dict[str, Any]) -> list[str]:
    question = part.of(track).question
    right = question.option(key["prediction"])
    wrong = [option for option in question.options if option.id != right.id]
    return [
        "### The lock",
        f"**{part.words(track, question.text)}**",
        f'The answer is `"{right.id}"`: {part.words(track, right.text)}',
        f"Why: {part.words(track, right.words)}",
        "What the others believe, and the number that refutes it:",
        "\n".join(
            f'- `"{option.id}"` {part.words(track, option.text)} *{option.belief}.* '
            f"{part.words(track, option.words)}"
            for option in wrong
        ),
    ]


def _conclusion(track: Track, part: AnyPart, key: dict[str, Any]) -> list[str]:
    content = part.of(track)
    option = content.question.option(key["conclusion"])
    change = {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in content.compare.items()
    }
    return [
        "### The conclusion",
        f'`conclusion = "{option.id}"`: {part.words(track, option.text)}',
        f"`{part.asked(track).name} = {significant(key['number'], 4)}` "
        f"({part.asked_in_full(track)}). {part.change_begins} "
        f"{content.compare_words.rstrip(',')}, all else as in the crisis: `{change}`.",
    ]


def _law(track: Track, part: AnyPart, answers: Answers) -> list[str]:
    law = part.of(track).law
    lines = "\n".join(f"    {line}" for line in answers.solution)
    return [
        "### The law",
        law.text.strip(),
        f"```python\ndef {law.name}({', '.join(law.arguments)}):\n{lines}\n```",
        f"The open example: {law.example_words}",
    ]


def _decision(track: Track, part: AnyPart, found: Decisions, keys: ModuleType) -> list[str]:
    content, least, most = part.of(track), found.least, found.most
    crisis = part.crisis_cost(track)
    shortcut = [
        f"The shortcut, every slider at its end, costs {part.costs.phrase(track, most.cost)}, "
        f"{significant(most.cost / least.cost)} times the least."
    ]
    if most.unmet:
        shortcut.append(f"It misses {' and '.join(most.unmet)}, and earns nothing.")
    else:
        share = format_share(share_for_cost(most.cost, least.cost, crisis))
        shortcut.append(f"It meets every target, and earns {share} of the points.")
    return [
        "### The decision",
        part.words(track, content.task),
        f"Least cost: {part.costs.phrase(track, least.cost)}. The settings of the crisis would "
        f"cost {part.costs.phrase(track, crisis)}.",
        f"```python\ndecision = {keys.as_decision(track, part, least)!r}\n```",
        part.summary(track, least),
        f"Of {found.count:,} decisions {len(found.met):,} meet every target, and "
        f"{len(found.near):,} of these cost at most {part.costs.phrase(track, found.free)}, which "
        f"earns all points: {_ranges(track, part, found.near, keys)}.",
        " ".join(shortcut),
    ]


def _ranges(track: Track, part: AnyPart, outcomes: list[Outcome], keys: ModuleType) -> str:
    """Return what the settings of some decisions have in common, or from where to where they go."""
    chosen = [keys.as_decision(track, part, outcome) for outcome in outcomes]
    parts = []
    for name in chosen[0]:
        values = list(dict.fromkeys(answer[name] for answer in chosen))
        if len(values) == 1:
            parts.append(f"`{name}` {values[0]!r}")
        elif all(type(value) in (int, float) for value in values):
            parts.append(f"`{name}` {min(values):g} to {max(values):g}")
        else:
            parts.append(f"`{name}` {' or '.join(map(repr, values))}")
    return ", ".join(parts)


def _reflection(track: Track, part: AnyPart, answers: Answers) -> list[str]:
    content = part.of(track)
    marks = zip(("all points", "half of them", "none"), answers.scheme, strict=True)
    return [
        "### The reflection",
        part.words(track, content.reflection),
        "\n".join(f"- **{name}**: {words}" for name, words in marks),
        "An answer has to contain:",
        "\n".join(f"- {fact}" for fact in answers.facts),
    ]


def _variants(track: Track, keys: ModuleType, best: Best) -> str:
    """Return every variant's keys, a table a part."""
    tables = [
        "## Every variant's keys",
        f"Each student has one of {len(best)} variants of the numbers. Which, the first cell of "
        "their notebooks says, the first entry of their ledger and `storagelab check`.",
    ]
    for part in PARTS.values():
        names = [item.answer for item in part.of(track).controls if item.decided]
        head = ["variant", "`conclusion`", f"`{part.asked(track).name}`", *names, "cost"]
        rows = [_row(head), _row(["---:"] * len(head))]
        for variant, lines in best.items():
            own, line = load_track(track.name, variant), lines[part.name]
            key = keys.KEYS[part.name](own)
            cost = part.costs.amount(own, part.judge(own, line).cost)
            found = [key["conclusion"], significant(key["number"], 4)]
            settings = [str(line[name]) for name in names]
            rows.append(_row([str(variant), *found, *settings, cost]))
        tables += [f"### Part {part.number}: {part.of(track).title}", "\n".join(rows)]
    return "\n\n".join(tables)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def index(tracks: list[Track]) -> str:
    """Return the page that leads to each track's, as Markdown."""
    lines = [f"- [{item.persona.name}: {item.title}]({item.name}.md)" for item in tracks]
    return "\n\n".join(
        [
            "# The instructor's guide",
            "For instructors only: every page has every answer of a track.",
            "\n".join(lines),
        ]
    )


def write_guide(layout: Layout, keys: ModuleType, names: tuple[str, ...]) -> list[Path]:
    """Write the guide under ``build/instructor/`` and return its paths, the index first."""
    folder = layout.root / "build" / "instructor"
    folder.mkdir(parents=True, exist_ok=True)
    tracks = [load_track(name) for name in names]
    texts = {INDEX: index(tracks)}
    for track in tracks:
        answers, best = load_answers(layout, track.name), load_best(layout, track.name)
        texts[f"{track.name}.md"] = guide(track, keys, answers, best)
    for stray in {path.name for path in folder.glob("*.md")} - set(texts):
        (folder / stray).unlink()
    for name, text in texts.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return [folder / name for name in texts]
