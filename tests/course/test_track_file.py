"""The example of a track file says what its records say, and is the track that it looks like."""

from __future__ import annotations

from typing import Any

import pytest

from storagelab.course.layout import Layout
from storagelab.course.track_file import MARK, annotated, example, record_at
from storagelab.parts.access.table import AccessTable
from storagelab.schema import Control, Option, Price
from storagelab.tracks import Track, parse_track


def test_the_example_is_as_it_is_made(layout: Layout) -> None:
    text = example(layout).read_text(encoding="utf-8")
    assert text == annotated(text), "run python -m storagelab.course example"
    assert parse_track(text, "orbit_scout.toml").name == "orbit_scout"


def test_a_meaning_stands_above_a_fields_first_use_alone() -> None:
    text = 'name = "x"\n[access]\ntask = """\nname = {y}\n"""\n[pipeline]\ntask = "z"\n'
    said = annotated(text)
    assert [line for line in said.splitlines() if not line.startswith(MARK)] == text.splitlines()
    assert said.splitlines()[0] == f"{MARK}The file's own name, without its ending."
    assert said.count(f"{MARK}What has to be decided.") == 1
    assert annotated(said) == said


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("", Track),
        ("access", AccessTable),
        ("prices.idle", Price),
        ("access.question.options", Option),
        ("pipeline.controls", Control),
    ],
)
def test_each_table_is_of_its_record(path: str, record: Any) -> None:
    assert record_at(path) is record


def test_a_field_that_there_isnt_is_refused() -> None:
    with pytest.raises(KeyError, match="nmae"):
        annotated('nmae = "x"\n')
