"""What is left out of a cell's outputs where they are too much, and what stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import from_dict
from nbgrader.utils import determine_grade

from sandgrader.outputs import (
    MOST_DEEP,
    MOST_OUTPUTS,
    MOST_SHOWN,
    Output,
    Outputs,
    Room,
    shortened,
)


def shown(text: str, form: str = "text/plain") -> Output:
    return {"output_type": "display_data", "data": {form: text}, "metadata": {}}


def result(text: str) -> Output:
    return {**shown(text), "output_type": "execute_result", "execution_count": 1}


def error(words: str, lines: list[str]) -> Output:
    return {"output_type": "error", "ename": "E", "evalue": words, "traceback": lines}


def plain(outputs: Outputs) -> list[str]:
    return [item.get("text") or item["data"]["text/plain"] for item in outputs.taken()]


def test_what_is_short_stays_as_it_was() -> None:
    outputs = Outputs()
    outputs.stream("stdout", "a\n" * 500)
    outputs.show(shown("b"))
    outputs.stream("stdout", "c")
    assert plain(outputs) == ["a\n" * 500 + "c", "b"]


def test_of_many_lines_the_last_stay_and_the_result_behind_them() -> None:
    outputs = Outputs()
    for number in range(100_000):
        outputs.stream("stdout", f"line {number}\n")
    outputs.stream("stderr", "careful\n" * 700)
    outputs.show(result("42"))
    said, warned, last = plain(outputs)
    assert said.startswith("line 0\nline 1\n")
    assert said.endswith("line 99999\n")
    assert "left out here" in said
    assert "left out here" in warned
    # nbgrader would cut the end of what has more lines
    assert said.count("\n") + warned.count("\n") < 1000
    assert last == "42"


def test_one_endless_line_keeps_its_ends() -> None:
    outputs = Outputs()
    outputs.stream("stdout", "begin" + "x" * 10**6)
    outputs.stream("stdout", "end")
    (text,) = plain(outputs)
    assert text.startswith("begin")
    assert text.endswith("end")
    assert len(text) < 300_000


def test_the_last_frame_stays() -> None:
    outputs = Outputs()
    for number in range(300):
        outputs.clear(wait=True)
        outputs.show(shown(f"frame {number}" + "x" * 10**5))
    (last,) = plain(outputs)
    assert last.startswith("frame 299")
    outputs.start()
    for number in range(3 * MOST_OUTPUTS):
        outputs.show(shown(f"frame {number}"))
    said = plain(outputs)
    assert len(said) <= MOST_OUTPUTS + 1
    assert said[0] == "frame 0"
    assert said[-1] == f"frame {3 * MOST_OUTPUTS - 1}"
    assert sum("left out here" in text for text in said) == 1


def test_a_display_that_is_updated_is_as_large_as_its_last_state() -> None:
    outputs = Outputs()
    outputs.show(shown("first"), "a")
    for number in range(300):
        outputs.show(shown(f"frame {number}" + "x" * 10**5), "a", update=True)
    outputs.show(shown("after"))
    assert [text[:9] for text in plain(outputs)] == ["frame 299", "after"]
    outputs.start()
    outputs.show(shown("from elsewhere"), "a", update=True)
    (update,) = outputs.taken()
    assert update["output_type"] == "update_display_data"
    assert update["transient"] == {"display_id": "a"}


def test_large_pictures_give_way_in_the_middle() -> None:
    outputs = Outputs()
    for number in range(40):
        outputs.show(shown(f"{number:02}" + "x" * 10**6, "image/png"))
    said = outputs.taken()
    assert len(json.dumps(said)) < MOST_SHOWN + 10**5
    assert said[0]["data"]["image/png"].startswith("00")
    assert said[-1]["data"]["image/png"].startswith("39")


def test_one_output_that_is_too_large_says_so() -> None:
    outputs = Outputs()
    outputs.show({**shown(""), "data": {"application/json": {"a": ["x" * 100] * 400_000}}})
    outputs.show({**shown("short"), "data": {"text/plain": "short", "text/html": "x" * 10**7}})
    outputs.show(result("y" * 10**7))
    large, short, long = plain(outputs)
    assert "application/json: larger than is kept" in large
    assert short == "short"
    assert "left out here" in long
    assert len(long) < 300_000


def test_an_error_is_never_left_out_but_its_words_are() -> None:
    outputs = Outputs()
    outputs.show(error("w" * 20_000_000, ["t" * 20_000_000, *["u" * 1000] * 10_000]))
    for _ in range(3 * MOST_OUTPUTS):
        outputs.show(shown("x" * 10_000))
    (kept,) = [item for item in outputs.taken() if item["output_type"] == "error"]
    assert len(json.dumps(kept)) < 500_000
    assert kept["evalue"].endswith("w")
    assert "left out here" in kept["evalue"]


def test_points_are_never_left_out() -> None:
    outputs = Outputs()
    for _ in range(MOST_OUTPUTS):
        outputs.show(shown("before"))
    outputs.show(result("0.5"))
    for _ in range(MOST_OUTPUTS):
        outputs.show(shown("after"))
    assert sum(item["output_type"] == "execute_result" for item in outputs.taken()) == 1


def test_many_cells_together_have_a_limit_too() -> None:
    outputs = Outputs()
    kept = []
    for _ in range(30):
        outputs.start()
        for _ in range(4):
            outputs.show(shown("x" * 2 * 10**6, "image/png"))
        outputs.show(result("1"))
        kept.append(len(json.dumps(outputs.taken())))
        assert plain_results(outputs) == ["1"]
    assert sum(kept) < 80 * 10**6
    assert kept[-1] < 300_000


def plain_results(outputs: Outputs) -> list[str]:
    return [
        item["data"]["text/plain"]
        for item in outputs.taken()
        if item["output_type"] == "execute_result"
    ]


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [MOST_DEEP + 1, 490, 5000])
def test_what_is_nested_too_deep_is_no_output(depth: int) -> None:
    outputs = Outputs()
    outputs.show({**shown(""), "data": {"application/json": nested(depth)}})
    outputs.show({**shown("plain"), "metadata": {"deep": nested(depth)}})
    first, second = outputs.taken()
    assert "larger than is kept" in first["data"]["text/plain"]
    assert second["metadata"] == {}


# --- the room for many outputs: a kernel's cell, a submission


def stream(text: str, name: str = "stdout") -> Output:
    return {"output_type": "stream", "name": name, "text": text}


def points(outputs: list[Output]) -> tuple[float, float]:
    """Return what nbgrader reads from the outputs of a test of one point."""
    said = {"grade": True, "points": 1, "grade_id": "t"}
    cell = from_dict({"cell_type": "code", "metadata": {"nbgrader": said}, "outputs": outputs})
    found: tuple[float, float] = determine_grade(cell)
    return found


def test_what_there_is_no_room_for_is_cut_and_points_stay() -> None:
    room = Room(1000)
    assert room.fit([stream("y" * 600)]) == [stream("y" * 600)]
    for output, score in (
        ({**result("0.5"), "data": {"text/plain": "0.5", "text/html": "y" * 600}}, 0.5),
        (error("e" * 9000, ["y" * 10**6]), 0),
        (stream("y" * 600, "stderr"), 0),
    ):
        room.start()
        kept = room.fit([output, output])
        assert points(kept) == (score, 1)
        assert len(json.dumps(kept)) < 2000
        assert "left out here" in json.dumps(kept)
    room.start()
    (words,) = room.fit([shown("y" * 600, "image/png")] * 500)
    assert "left out here" in words["text"]


def test_what_is_cut_of_a_stream_is_its_middle_in_all_the_room_there_is() -> None:
    (cut,) = Room(120_000).fit([stream("begin" + "x" * 10**6 + "end")])
    assert cut["text"].startswith("begin")
    assert cut["text"].endswith("end")
    assert 9_000 < len(cut["text"]) < 11_000
    (wide,) = Room(120_000).fit([stream("\U0001f600" * 10**6)])
    assert len(json.dumps(wide)) < 130_000


@given(st.text(max_size=400), st.integers(0, 300))
def test_a_text_keeps_its_ends_and_never_more(text: str, most: int) -> None:
    kept = shortened(text, most)
    if len(text) <= most:
        assert kept == text
        return
    half = most // 2
    middle = kept[half : len(kept) - half]
    assert (kept[:half], kept[len(kept) - half :]) == (text[:half], text[len(text) - half :])
    assert (
        middle == f"\n... {len(text) - most:,} characters more than are kept: left out here ...\n"
    )
