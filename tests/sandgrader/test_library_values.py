"""Values of libraries' own types pass as what they are made of, and nothing else in their guise."""

from __future__ import annotations

import collections
import datetime
import itertools
import json
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

from sandgrader.serialization import Encoder, NotPlainError, Opaque, decode


def passed(value: Any) -> Any:
    """Return what comes out where ``value`` was passed to another process."""
    encoded = json.loads(json.dumps(Encoder(use_up=True).encode(value)))
    return decode(encoded)


class Yes:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


@pytest.mark.parametrize(
    "value",
    [
        collections.deque([1, "a"], maxlen=5),
        collections.Counter("abba"),
        collections.OrderedDict(b=1, a=[2]),
        bytearray(b"ab"),
        Path("a/b"),
        PurePosixPath("/a"),
        datetime.datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=datetime.UTC),
        datetime.date(2026, 2, 3),
        datetime.time(4, 5),
        datetime.timedelta(1, 2, 3),
        {"nested": [collections.deque([Decimal("0.1")])]},
    ],
)
def test_it_arrives_as_it_was(value: Any) -> None:
    arrived = passed(value)
    assert (type(arrived), arrived) == (type(value), value)


def test_a_dictionary_with_a_default_has_it_still() -> None:
    arrived = passed(collections.defaultdict(int, a=1))
    assert (arrived["a"], arrived["b"]) == (1, 0)
    arrived = passed(collections.defaultdict(lambda: 5, a=1))
    assert arrived == {"a": 1}
    with pytest.raises(KeyError):
        arrived["b"]


@pytest.mark.parametrize(
    ("made", "items"),
    [
        (lambda: (n for n in range(3)), [0, 1, 2]),
        (lambda: zip([1], "a", strict=True), [(1, "a")]),
        (lambda: map(str, [1]), ["1"]),
        (lambda: filter(None, [0, 1]), [1]),
        (lambda: enumerate("a"), [(0, "a")]),
        (lambda: reversed([1, 2]), [2, 1]),
        (lambda: itertools.chain([1], [2]), [1, 2]),
        (lambda: iter({1: 2}.items()), [(1, 2)]),
    ],
)
def test_an_iterator_has_in_it_what_it_had(made: Any, items: list[Any]) -> None:
    arrived = passed(made())
    assert next(arrived) == items[0]
    assert list(arrived) == items[1:]


def test_views_are_views() -> None:
    words = {"a": 1, "b": 2}
    assert passed(words.keys()) == words.keys()
    assert sorted(passed(words.values())) == [1, 2]
    assert passed(words.items()) == words.items()


def test_arrays_of_dates_and_of_objects() -> None:
    dates = np.array(["2026-02-03", "NaT"], dtype="datetime64[D]")
    assert passed(dates).dtype == dates.dtype
    assert passed(dates[0]) == dates[0]
    assert np.isnat(passed(dates)[1])
    mixed = np.array([["a", None], [2, Decimal(3)]], dtype=object)
    assert np.array_equal(passed(mixed), mixed)


def test_tables_and_series() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.5, float("nan"), 1.5],
            "word": ["a", None, "c"],
            "when": pd.to_datetime(["2026-02-03", None, "2026-02-05"]),
            "flag": [True, False, True],
            "whole": pd.array([1, None, 3], dtype="Int64"),
        },
        index=pd.Index(["i", "j", "k"], name="row"),
    )
    pd.testing.assert_frame_equal(passed(frame), frame)
    pd.testing.assert_series_equal(passed(frame["word"]), frame["word"])
    table = frame.set_index(["n", "flag"])[["x"]]
    pd.testing.assert_frame_equal(passed(table), table)
    plain = pd.DataFrame({"a": [1, 2]})
    assert isinstance(passed(plain).index, pd.RangeIndex)
    pd.testing.assert_index_equal(passed(frame.columns), frame.columns)
    for value in (pd.Series([Yes()]), pd.DataFrame({"a": [Yes()]})):
        assert '"t": "opaque"' in json.dumps(Encoder().encode(value))


@pytest.mark.parametrize(
    "value",
    [
        collections.deque([Yes()]),
        collections.Counter({Yes(): 1}),
        {"a": Yes()}.values(),
        np.array([Yes()], dtype=object),
        type("Deque", (collections.deque,), {"__eq__": lambda *_: True})([1]),
        type("Path", (PurePosixPath,), {})("a"),
    ],
)
def test_an_object_of_ones_own_class_hides_in_none(value: Any) -> None:
    assert '"t": "opaque"' in json.dumps(Encoder().encode(value))


def test_an_iterator_of_own_objects_or_without_end_is_none() -> None:
    assert all(isinstance(item, Opaque) for item in passed(Yes() for _ in range(2)))
    assert isinstance(passed(n for n in itertools.count()), Opaque)

    def fails() -> Any:
        yield 1
        raise RuntimeError

    assert isinstance(passed(fails()), Opaque)


def test_what_is_in_an_iterator_is_taken_only_where_that_is_allowed() -> None:
    items = iter([1, 2])
    assert Encoder().encode(items)["t"] == "opaque"
    assert list(items) == [1, 2]


@pytest.mark.parametrize(
    "forged",
    [
        {"t": "view", "of": "keys", "v": [[]]},
        {"t": "view", "of": "items", "v": [1]},
        {"t": "counter", "v": [["a"]]},
        {"t": "path", "of": "Path", "v": "a"},
        {"t": "time", "of": "date", "v": "today"},
        {"t": "duration", "v": ["a"]},
        {"t": "dates", "of": "O", "v": {"t": "opaque", "v": "x"}, "one": False},
        {"t": "objects", "of": [3], "v": [1]},
        {"t": "series", "v": ["object", 1]},
        {"t": "frame", "v": {}},
        {"t": "index", "v": ["no such dtype", [1], None]},
        {"t": "deque", "v": 3},
        {"t": "iterator"},
    ],
)
def test_a_forged_description_is_refused(forged: Any) -> None:
    with pytest.raises(NotPlainError):
        decode(forged)
