"""The page on the corpus: every case, what it stands for, and how the two graders compare."""

from __future__ import annotations

from pathlib import Path

from tests.sandgrader.corpus import BY_DAY, CORPUS, THEMES, Case
from tests.sandgrader.corpus.outcome import Measured, load

PAGE = Path("docs") / "corpus.md"

_HEAD = """\
# Small courses, graded by both

{count} small nbgrader courses, each of which stands for one thing that nbgrader's documentation
teaches or that instructors and students do. In each, one student hands in the solutions, one hands
the assignment in as it was given, and most have others. nbgrader {version} graded all of them, and
what it gave is stored; `tests/sandgrader/corpus/` has `sandgrader grade` grade them and compares:
every cell's score, a person's scores and comments, extra credit, what waits for a person,
penalties, the files in `autograded/`, pasted pictures, and where somebody reads them the kinds of
all outputs.

**{equal} are equal, {differs} differ on purpose, {refused} are refused in words** before anything
is graded: {submissions} submissions with {cells} graded cells. `make nightly` has all of them
graded by both; `make test` grades the {by_day} with a star, a third of each theme, and compares
with what is stored. Where scores differ, ours stands first: *2 for 0* is 2 where nbgrader has 0.
A case fails as well where the summary doesn't list a score that differs, or lists one that
doesn't. This page is made from the cases (`python -m tests.sandgrader.corpus table`), and a test
fails where it isn't what they say.
"""


def _text(words: str) -> str:
    """Return words that can stand in a table."""
    return words.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _cells(measured: Measured) -> list[str]:
    """Return the graded cells of a case's submissions."""
    return [key for key in measured.table if key.count("/") == 2 and ": " not in key]


def _compared(case: Case, measured: Measured) -> str:
    if case.refused:
        return f"**refused**: {_text(case.why)}"
    if not case.differs:
        return "equal"
    cells = [
        f"`{key}` {_score(ours)} for {_score(measured.table.get(key))}"
        for key, ours in case.differs.items()
        if ": " not in key
    ]
    named = f" ({_text('; '.join(cells))})" if cells else ""
    return f"**differs**: {_text(case.why)}{named}"


def _score(cell: list[float | None] | None) -> str:
    if cell is None:
        return "none"
    return "none" if cell[0] is None else f"{cell[0]:g}"


def page() -> str:
    """Return the page's text. Raises ``KeyError`` for a case that nbgrader hasn't graded yet."""
    stock = load()
    refused = [case for case in CORPUS.values() if case.refused]
    differs = [case for case in CORPUS.values() if case.differs]
    lines = [
        _HEAD.format(
            count=len(CORPUS),
            version=" and ".join(sorted({said.nbgrader for said in stock.values()})),
            equal=len(CORPUS) - len(refused) - len(differs),
            differs=len(differs),
            refused=len(refused),
            submissions=sum(len(case.students) for case in CORPUS.values()),
            cells=sum(len(_cells(stock[name])) for name in CORPUS),
            by_day=len(BY_DAY),
        )
    ]
    for title, cases in THEMES.items():
        lines += [f"## {title}\n", "| case | what it stands for | students | graded cells | |"]
        lines.append("|---|---|---:|---:|---|")
        for case in cases:
            star = " *" if case.name in BY_DAY else ""
            cells = len(_cells(stock[case.name]))
            lines.append(
                f"| `{case.name}`{star} | {_text(case.story)} | {len(case.students)} | {cells} | "
                f"{_compared(case, stock[case.name])} |"
            )
        lines.append("")
    return "\n".join(lines)
