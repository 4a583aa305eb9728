"""The book's tables: their words are said once, and what a browser forgets is said again."""

from __future__ import annotations

from types import ModuleType

import msgspec
import pytest
from bs4 import BeautifulSoup

from storagelab import schema, tracks
from storagelab.course.track_file import meanings
from storagelab.parts import PARTS
from storagelab.parts.checkpoint import table as checkpoint_table
from storagelab.parts.checkpoint.table import CheckpointTable
from storagelab.parts.pace import MINUTES, STEPS
from storagelab.parts.pipeline import table as pipeline_table
from storagelab.tracks import Track


def test_every_table_of_a_track_file_is_listed(tables: ModuleType) -> None:
    listed = [record for _, record in tables.RECORDS]
    known = {
        item
        for module in (schema, tracks, checkpoint_table, pipeline_table)
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, msgspec.Struct)
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == known - {schema.Record, msgspec.Struct}


def test_every_field_of_a_track_file_says_what_it_is(tables: ModuleType) -> None:
    for _, record in tables.RECORDS:
        assert meanings(record).keys() >= {item.name for item in msgspec.structs.fields(record)}
        for _, takes, _, words in tables.fields(record):
            assert takes
            assert words.endswith(".")


def test_the_fields_of_the_parts_are_all_there(tables: ModuleType) -> None:
    both = {
        field
        for record in (schema.PartTable, CheckpointTable)
        for field, *_ in tables.fields(record)
    }
    assert both == {field.name for field in msgspec.structs.fields(CheckpointTable)}


@pytest.mark.parametrize(
    ("field", "takes", "left_out"),
    [
        ("name", "text", "–"),
        ("kind", "<code>switch</code> or <code>choice</code> or <code>scale</code>", "–"),
        ("values", "list of: true or false, number or text", "–"),
        ("si", "number above 0", "1"),
        ("decided", "true or false", "true"),
        ("labels", "list of: text", "none"),
    ],
)
def test_what_a_field_takes_is_told_in_words(
    tables: ModuleType, field: str, takes: str, left_out: str
) -> None:
    rows = {row[0]: row[1:3] for row in tables.fields(schema.Control)}
    assert rows[field] == (takes, left_out)


def test_a_table_says_its_roles_and_each_cell_its_head(tables: ModuleType) -> None:
    soup = BeautifulSoup(
        tables.table("a & b", ("", "<i>x</i>", "y"), [("r", "1", "2")]), "html.parser"
    )
    assert soup.table["aria-label"] == "a & b"
    assert [cell["data-head"] for cell in soup.select("td")] == ["x", "y"]
    # in a grid each piece of a cell would be an item of its own
    assert all(
        [getattr(item, "name", None) for item in cell.children] == ["span"]
        for cell in soup.select("td")
    )
    assert {item["role"] for item in soup.find_all(True) if item.get("role")} == {
        "table", "rowgroup", "row", "columnheader", "rowheader", "cell",
    }  # fmt: skip


def test_every_setting_and_limit_is_listed(tables: ModuleType) -> None:
    soup = BeautifulSoup(tables.settings().data, "html.parser")
    shown = {item.get_text() for item in soup("code")}
    for part in PARTS.values():
        limits = {limit.name for limit in part.limits()}
        assert {part.name, *part.setting_types, *limits} <= shown


def test_a_track_without_a_chapter_is_named_and_not_linked(
    tables: ModuleType, track: Track
) -> None:
    assert tables.link_to(track) == '<a href="track_cloud_titan.html">Cloud Titan</a>'
    own = msgspec.structs.replace(track, name="no_such_track")
    assert tables.link_to(own) == "Cloud Titan"


def test_the_plan_of_a_class_is_45_minutes_and_has_every_step(tables: ModuleType) -> None:
    said = {step.name: ("they <do>", "you") for step in STEPS}
    soup = BeautifulSoup(tables.minutes(said).data, "html.parser")
    rows = [[cell.get_text() for cell in row.select("td")] for row in soup.select("tbody tr")]
    assert len(rows) == len(STEPS)
    starts = [
        sum(int(n) / 60**i for i, n in enumerate(cell.split(":")))
        for row in rows
        for cell in row[:3]
    ]
    assert min(starts) == 0
    assert starts[1] - starts[0] == MINUTES
    assert MINUTES * len(PARTS) == 45
    assert max(starts) < 45
    assert rows[0][3] == "they <do>"
