"""A table gives back what was put into it, and what takes no room in it is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.widgets.recorded.curves import packed_curves, unpacked_curve
from storagelab.widgets.recorded.tables import (
    Columns,
    Table,
    as_text,
    column_of,
    from_text,
    packed,
)

SHAPE = (3, 4, 2)
WORDS = st.sampled_from(["", "a", "It costs 3.50. ", "<b>7</b> of 12, or 1,200.", "▲ é", "12"])
NUMBER = st.floats(-1e6, 1e6).map(lambda number: float(f"{number:.6g}")) | st.integers(-5, 5)
ROW = st.lists(NUMBER, max_size=8)
VALUE = st.one_of(WORDS, NUMBER, st.booleans(), ROW, st.lists(WORDS, max_size=4))
TABLE = st.lists(st.lists(WORDS | NUMBER, max_size=3), max_size=4)


def back(codes: Any, values: Any) -> Table:
    columns = Columns()
    node = [columns.add(codes, values)]
    return Table(packed(codes.shape, [node], columns))


@given(st.data())
def test_what_was_put_in_comes_back(data: Any) -> None:
    kind = data.draw(st.sampled_from([WORDS, ROW, st.lists(WORDS, max_size=4), TABLE, VALUE]))
    values = data.draw(st.lists(kind, min_size=1, max_size=12))
    count = int(np.prod(SHAPE))
    picked = st.lists(st.integers(0, len(values) - 1), min_size=count, max_size=count)
    codes = np.array(data.draw(picked)).reshape(SHAPE)
    table = back(codes, values)
    for state in np.ndindex(*SHAPE):
        assert table.value(0, state) == values[codes[state]]


def test_many_texts_that_differ_in_their_numbers_come_back() -> None:
    codes = np.arange(2000).reshape(20, 10, 10)
    values = [f"Of {at:,} bytes {at % 7} are kept. It costs ${at / 8:.3f}." for at in range(2000)]
    table = back(codes, values)
    assert all(table.value(0, state) == values[codes[state]] for state in np.ndindex(20, 10, 10))


def test_an_axis_along_which_nothing_changes_is_left_out() -> None:
    along = np.arange(4)[None, :, None] * np.ones(SHAPE, dtype=int)
    assert column_of(along, list("abcd")).axes == (1,)
    assert column_of(along % 2, ["a", "b", "c", "d"]).axes == (1,)
    assert column_of(along, ["same"] * 4).axes == ()
    assert column_of(np.arange(24).reshape(SHAPE), list(range(24))).axes == (0, 1, 2)


def test_a_text_is_taken_apart_where_its_pieces_depend_on_less() -> None:
    first, second = np.meshgrid(np.arange(30), np.arange(40), indexing="ij")
    codes = first * 40 + second
    values = [f"It reads {a} files. It keeps {b} of them." for a in range(30) for b in range(40)]
    columns = Columns()
    columns.add(codes, values)
    assert {column.axes for column in columns.all} == {(0,), (1,)}
    assert max(column.codes.size for column in columns.all) == 40


def test_columns_that_are_alike_are_kept_once() -> None:
    columns = Columns()
    codes = np.arange(24).reshape(SHAPE)
    first, again = (columns.add(codes, list(range(24))) for _ in range(2))
    assert first == again
    assert len(columns.all) == 1


def test_a_figures_choices_have_a_node_each() -> None:
    codes = np.arange(24).reshape(SHAPE)
    columns = Columns()
    nodes = [columns.add(codes, list(range(24))), columns.add(codes, list(range(100, 124)))]
    table = Table(packed(SHAPE, [nodes], columns))
    assert [table.value(0, (1, 2, 1), way) for way in (0, 1)] == [13, 113]


@given(st.lists(st.lists(NUMBER, max_size=20), min_size=1, max_size=5))
def test_no_digit_of_a_curve_is_lost(rows: list[list[float]]) -> None:
    order, runs, differences = packed_curves(rows)
    for row, run, told in zip(rows, runs, differences, strict=True):
        assert unpacked_curve(order, run, told) == row


def test_a_smooth_curve_takes_less_room_than_its_digits() -> None:
    x = np.geomspace(1, 1000, 120)
    row = [float(f"{value:.6g}") for value in 3 / x + x / 50]
    _, _, (told,) = packed_curves([row])
    assert np.median(np.abs(told)) < 3000


@given(st.binary(max_size=200))
def test_bytes_come_back_out_of_a_text(raw: bytes) -> None:
    assert from_text(as_text(raw)) == raw


def test_no_text_has_what_a_string_in_a_script_cannot_have() -> None:
    every = np.arange(0x10000, dtype="<u2").tobytes()
    text = as_text(every)
    assert from_text(text) == every
    bad = set('"\\\n\r\0') | {chr(0x2028), chr(0x2029), chr(0xFEFF), chr(0xFFFE), chr(0xFFFF)}
    assert not bad & set(text)
    assert not any(0xD800 <= ord(character) <= 0xDFFF for character in text)
    assert len(text) < 1.04 * 0x10000


@pytest.mark.parametrize("count", [255, 256, 257, 65_536, 65_537])
def test_codes_take_as_many_bytes_as_they_need(count: int) -> None:
    codes = np.arange(count)[::-1].reshape(-1, 1)
    table = back(codes, [f"v{at}" for at in range(count)])
    for state in (0, 1, count // 2, count - 1):
        assert table.value(0, (state, 0)) == f"v{codes[state, 0]}"
