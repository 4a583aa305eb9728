"""The instructor's guide: every answer is in it, true, and nowhere but in its own folder."""

from __future__ import annotations

import ast
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import keys
import msgspec
import pytest

from storagelab.course import __main__ as command
from storagelab.course.answers import load_answers, load_best
from storagelab.course.generate import load_keys
from storagelab.course.guide import all_decisions, guide, write_guide
from storagelab.course.layout import Layout, find_layout
from storagelab.parts import PARTS
from storagelab.parts.scoring import share_for_cost
from storagelab.tracks import TRACKS, load_track
from storagelab.variants import variant_count
from tests.parts.sliders import EVERY_PART, decisions, least_cost

pytestmark = pytest.mark.usefixtures("searched_once")
LIGHT = "tiny_pioneer"
"""The track with the fewest decisions."""


@cache
def text(name: str) -> str:
    layout = find_layout()
    return guide(load_track(name), keys, load_answers(layout, name), load_best(layout, name))


def chapter(name: str, part: Any) -> str:
    """Return what the guide says of one part."""
    begin = text(name).index(f"## Part {part.number}: ")
    end = text(name).find("\n## ", begin + 1)
    return text(name)[begin : end if end > 0 else None]


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_locks_answer_stands_with_its_words_and_every_other_belief_with_its_refutation(
    name: str, part: Any
) -> None:
    track, said = load_track(name), chapter(name, part)
    question = part.of(track).question
    answer = keys.KEYS[part.name](track)["prediction"]
    assert f'The answer is `"{answer}"`' in said
    for option in question.options:
        assert part.words(track, option.words) in said
        assert (f"*{option.belief}.*" in said) == (option.id != answer)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_conclusion_has_its_option_and_its_number(name: str, part: Any) -> None:
    key = keys.KEYS[part.name](load_track(name))
    said = chapter(name, part)
    assert f'`conclusion = "{key["conclusion"]}"`' in said
    (number,) = re.findall(r"^`\w+ = ([\d.,]+)` \(", said, re.MULTILINE)
    assert float(number.replace(",", "")) == pytest.approx(key["number"], rel=1e-3)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_decision_that_is_told_is_the_cheapest_that_meets_every_target(
    name: str, part: Any
) -> None:
    track = load_track(name)
    (line,) = re.findall(r"^decision = (\{.*\})$", chapter(name, part), re.MULTILINE)
    outcome = part.judge(track, ast.literal_eval(line))
    assert outcome.unmet == ()
    assert outcome.cost == least_cost(name, part.name).cost


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_counts_are_those_of_every_position_of_the_sliders(name: str, part: Any) -> None:
    counted = r"Of ([\d,]+) decisions ([\d,]+) meet every target, and ([\d,]+) of these"
    found = re.search(counted, chapter(name, part))
    every, least = decisions(name, part.name), least_cost(name, part.name).cost
    met = [item for item in every if not item.unmet]
    crisis = part.crisis_cost(load_track(name))
    full = [item for item in met if share_for_cost(item.cost, least, crisis) == 1]
    counts = [int(number.replace(",", "")) for number in found.groups()]
    assert counts == [len(every), len(met), len(full)]


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_shortcut_is_told_with_its_penalty(name: str, part: Any) -> None:
    said = chapter(name, part)
    assert "The shortcut, every slider at its end, costs " in said
    shortcut = all_decisions(load_track(name), part, keys).most
    if shortcut.unmet:
        assert f"It misses {' and '.join(shortcut.unmet)}, and earns nothing." in said
    else:
        crisis = part.crisis_cost(load_track(name))
        share = share_for_cost(shortcut.cost, least_cost(name, part.name).cost, crisis)
        (told,) = re.findall(r"earns ([\d.]+)% of the points", said)
        assert float(told) / 100 == pytest.approx(share, abs=0.006)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_crisis_the_law_the_mark_scheme_and_the_facts_are_whole(
    layout: Layout, name: str, part: Any
) -> None:
    track, said = load_track(name), chapter(name, part)
    content = part.of(track)
    assert part.words(track, content.crisis) in said
    start = part.crisis(track)
    assert all(f"It misses *{limit}*: {content.unmet[limit]}" in said for limit in start.unmet)
    answers = load_answers(layout, name).of(part)
    for line in (*answers.solution, *answers.scheme, *answers.facts):
        assert line in said


@pytest.mark.parametrize("name", TRACKS)
def test_no_number_is_left_unfilled_and_none_is_no_number(name: str) -> None:
    assert re.findall(r"(?<!text)\{[a-z_]+\}", text(name).replace(r"\text{", "")) == []
    assert re.findall(r"\b(?:nan|inf|None)\b", text(name)) == []


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_every_variants_keys_stand_in_a_row(name: str, part: Any) -> None:
    table = text(name).partition("## Every variant's keys")[2]
    table = table.partition(f"### Part {part.number}: ")[2].partition("\n### ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if "|" in line]
    head, _, *found = rows
    assert [int(row[0]) for row in found] == [*range(1, variant_count(name) + 1)]
    decided = [item for item in part.of(load_track(name)).controls if item.decided]
    # the report counts who concludes right by the book's
    assert {row[1] for row in found} == {keys.KEYS[part.name](load_track(name))["conclusion"]}
    for row in (found[0], found[-1]):
        track, said = load_track(name, int(row[0])), dict(zip(head, row, strict=True))
        key = keys.KEYS[part.name](track)
        assert said["`conclusion`"] == key["conclusion"]
        number = said[f"`{part.asked(track).name}`"].replace(",", "")
        assert float(number) == pytest.approx(key["number"], rel=1e-3)
        line = {
            item.answer: next(
                value
                for value in item.values
                if said[item.answer] in (str(value), str(value).removesuffix(".0"))
            )
            for item in decided
        }
        outcome = part.judge(track, line)
        assert outcome.unmet == ()
        assert said["cost"] == part.costs.amount(track, outcome.cost)


def test_a_part_that_cannot_be_won_is_named() -> None:
    track = load_track(LIGHT)
    hopeless = msgspec.structs.replace(
        track, access=msgspec.structs.replace(track.access, budget=1e-12)
    )
    with pytest.raises(ValueError, match="no decision of part 1 meets every target"):
        all_decisions(hopeless, PARTS["access"], keys)


def test_the_command_writes_a_page_for_each_track_and_an_index_and_nothing_else(
    layout: Layout,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(layout.notebooks, tmp_path / "notebooks")
    shutil.copy2(layout.nbgrader_config, tmp_path)
    before = set(tmp_path.rglob("*"))
    stray = tmp_path / "build" / "instructor" / "old_track.md"
    stray.parent.mkdir(parents=True)
    stray.write_text("old")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "TRACKS", (LIGHT,))
    assert command.main(["guide"]) == 0
    pages = ["build/instructor/index.md", f"build/instructor/{LIGHT}.md"]
    assert capsys.readouterr().out.split() == pages
    made = set(tmp_path.rglob("*")) - before
    assert {str(path.relative_to(tmp_path)) for path in made if path.is_file()} == set(pages)
    assert f"({LIGHT}.md)" in (tmp_path / pages[0]).read_text(encoding="utf-8")
    assert (tmp_path / pages[1]).read_text(encoding="utf-8") == text(LIGHT) + "\n"


def test_the_same_inputs_give_the_same_guide(layout: Layout, tmp_path: Path) -> None:
    shutil.copytree(layout.notebooks, tmp_path / "notebooks")
    copy = Layout(tmp_path)
    once, again = (
        [path.read_bytes() for path in write_guide(copy, load_keys(copy), (LIGHT,))]
        for _ in range(2)
    )
    assert once == again
