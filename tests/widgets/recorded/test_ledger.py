"""The list of runs on a page says what the lab's says; its script is run by Node."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from storagelab.parts import PARTS
from storagelab.tracks import TRACKS, load_track
from storagelab.units import MONEY, POWER, Form, format_money, format_power, significant
from storagelab.widgets import scripts
from storagelab.widgets.instruments.ten_runs import TenRuns, came_to
from storagelab.widgets.recorded.bench import PageBench
from storagelab.widgets.recorded.ledger import show_runs

PAGE = """
const {{ differenceOf, dressed, listOf, plotOf, rowsOf, verdictOf }} = await import({script});
let given = '';
for await (const piece of process.stdin) given += piece;
const all = {{
  numbers: ([forms, values]) => values.map((value) => dressed(value, forms)),
  ledger: ({{ plan, controls, came, states, pairs }}) => [
    verdictOf(came, plan),
    listOf(came, plan.list),
    plotOf(came, plan.plot).words,
    rowsOf(came, states, controls, plan.plot.scale),
    ...pairs.map((pair) => differenceOf(came, states, pair, plan.difference)),
  ],
}};
const answer = JSON.parse(given).map(([name, what]) => all[name](what));
process.stdout.write(JSON.stringify(answer));
"""
"""Answers a list of questions with what the page's script says."""


def said_by_the_page(questions: list[Any]) -> list[Any]:
    path = Path(scripts.__file__).with_name("recorded_runs.js")
    done = subprocess.run(
        [
            Path(sys.prefix) / "bin" / "node",
            "--input-type=module",
            "--eval",
            PAGE.format(script=json.dumps(path.as_uri())),
        ],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_numbers_are_written_by_the_page_as_in_the_lab() -> None:
    chance = random.Random(1)
    # halves lie between two numbers, and go to the even one
    values = [at / 8 for at in range(1, 2000)] + [99.995, 999_999.5, 1e6, 2.345e6, 2.5e6, 1e9]
    values += [10 ** chance.uniform(-9, 9) for _ in range(3000)]
    points = Form(0.0, 1.0, 2, 0, "{number}")
    money, power, shares = said_by_the_page(
        [["numbers", [forms, values]] for forms in (MONEY, POWER, [points])]
    )
    assert money == [format_money(value) for value in values]
    assert power == [format_power(value) for value in values]
    assert shares == [significant(value, 2) for value in values]


@pytest.mark.parametrize("count", [1, 4, 10])
@pytest.mark.parametrize("name", TRACKS)
def test_recorded_runs_are_listed_and_compared_as_in_the_lab(name: str, count: int) -> None:
    track, part = load_track(name), PARTS["pipeline"]
    controls, chance = track.pipeline.controls, random.Random(count)
    states = [[chance.randrange(len(item.values)) for item in controls] for _ in range(count)]
    if count > 2:  # one that is recorded twice, and one that differs in one thing alone
        states[1] = states[0]
        states[3] = [*states[2][:-1], (states[2][-1] + 1) % len(controls[-1].values)]
    runs: list[dict[str, Any]] = [
        {item.answer: item.values[at] for item, at in zip(controls, state, strict=True)}
        for state in states
    ]
    came = [came_to(track, run, part.judge(track, run)) for run in runs]
    pairs = list(product(range(count), repeat=2)) if count > 1 else []
    asked = {
        "plan": show_runs(PageBench(track, "pipeline").bench)[1],
        "controls": [{"kind": item.kind, "values": item.values} for item in controls],
        "came": came,
        "states": states,
        "pairs": pairs,
    }
    (said,) = said_by_the_page([["ledger", asked]])
    lab = TenRuns(track)
    lab.update(runs)
    assert f">{said[0]}</p>" in lab.words.value
    assert said[1] == lab.listing.value
    assert f">{said[2]}</p>" in lab.plot.caption.value
    table = lab.plot.table([part.judge(track, run) for run in runs])
    assert said[3] == [
        [cell if isinstance(cell, str) else pytest.approx(cell, rel=1e-5) for cell in row]
        for row in table.rows
    ]
    for (one, other), difference in zip(pairs, said[4:], strict=True):
        lab.comparison.sides[0].value, lab.comparison.sides[1].value = one, other
        assert difference == lab.comparison.difference.value
