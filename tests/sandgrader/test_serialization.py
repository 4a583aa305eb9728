from __future__ import annotations

import collections
import contextlib
import datetime
import enum
import itertools
import json
import math
import re
import uuid
import zoneinfo
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrader.serialization import Encoder, NotPlainError, Opaque, decode, is_plain

KEYS = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
VALUES = st.recursive(
    KEYS | st.floats() | st.complex_numbers() | st.fractions() | st.decimals(allow_nan=False),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(KEYS, inner)
        | st.sets(KEYS)
        | st.frozensets(KEYS)
    ),
    max_leaves=20,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["t", "v", "dtype"]), inner),
    max_leaves=15,
)


def sent(value: Any, **options: Any) -> Any:
    """Return what arrives of a value, by way of text as on the wire."""
    return decode(json.loads(json.dumps(Encoder(**options).encode(value))))


@given(VALUES)
def test_plain_values_arrive_as_they_were(value: Any) -> None:
    arrived = sent(value)
    assert type(arrived) is type(value)
    assert repr(arrived) == repr(value) or arrived == value


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "bool", "c16", "<U5"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3)])
def test_arrays_arrive_as_they_were(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, dtype=dtype)
    arrived = sent(array)
    assert type(arrived) is np.ndarray
    assert arrived.dtype == array.dtype
    assert arrived.shape == array.shape
    assert (arrived == array).all()


def test_a_scalar_of_numpy_stays_one() -> None:
    arrived = sent(np.float64(0.1))
    assert type(arrived) is np.float64
    assert arrived == 0.1


def test_transposed_and_strided_arrays_keep_their_order() -> None:
    array = np.arange(12).reshape(3, 4)
    assert (sent(array.T) == array.T).all()
    assert (sent(array[:, ::2]) == array[:, ::2]).all()


class Liar(float):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__

    def __float__(self) -> float:
        return 42.0


class Colour(enum.IntEnum):
    RED = 3


class Yes(np.ndarray):
    def __eq__(self, other: object) -> Any:
        return np.bool_(True)


def test_a_subclass_is_taken_for_what_it_is_made_of() -> None:
    arrived = sent(Liar(1.5))
    assert type(arrived) is float
    assert arrived == 1.5
    assert arrived != 42.0
    assert type(sent(Colour.RED)) is int
    assert sent(Colour.RED) == 3
    array = sent(np.zeros(3).view(Yes))
    assert type(array) is np.ndarray
    assert not (array == np.ones(3)).any()


def test_what_is_no_data_can_be_used_for_nothing() -> None:
    opaque = sent(object())
    assert type(opaque) is Opaque
    arrived: Any = opaque
    attempt: Callable[[], object]
    for attempt in (
        lambda: arrived == 1,
        lambda: arrived != 1,
        lambda: arrived < 1,
        lambda: bool(arrived),
        lambda: len(arrived),
        lambda: float(arrived),
        lambda: 1 in arrived,
        lambda: list(arrived),
        lambda: arrived + 1,
        lambda: arrived(),
        lambda: {arrived: 1},
    ):
        with pytest.raises(TypeError):
            attempt()


def test_what_is_no_data_is_refused_where_asked() -> None:
    for value in (object(), [object()], lambda: 0, np.array([object()])):
        with pytest.raises(NotPlainError):
            Encoder(strict=True).encode(value)


def test_functions_are_kept_and_told_apart() -> None:
    kept: list[Any] = []

    def keep(function: Any) -> int:
        kept.append(function)
        return len(kept) - 1

    encoded = Encoder(keep).encode({"a": math.sqrt, "b": [lambda x: x]})
    arrived = decode(encoded, lambda kind, number, name: (number, name))
    assert arrived == {"a": (0, "sqrt"), "b": [(1, "<lambda>")]}
    assert kept[0] is math.sqrt


def test_a_value_in_itself_or_without_end_is_no_data() -> None:
    ring: list[Any] = []
    ring.append(ring)
    assert type(sent(ring)) is Opaque
    wide: Any = 0
    for _ in range(40):  # 2**40 values, of forty lists
        wide = [wide, wide]
    assert type(sent(wide)) is Opaque
    assert type(sent(10**200_000)) is Opaque
    assert type(sent("x" * 10**7)) is Opaque
    assert type(sent([bytes(10**6)] * 10)) is Opaque
    assert type(sent(np.zeros(10**6))) is Opaque


@given(JSON)
def test_whatever_comes_is_a_value_or_is_refused(encoded: Any) -> None:
    with contextlib.suppress(NotPlainError):
        decode(encoded)


@pytest.mark.parametrize(
    "encoded",
    [
        {"t": "array", "dtype": "O", "shape": [1], "v": "AAAAAAAAAAA="},
        {"t": "array", "dtype": "<f8", "shape": [10**12], "v": ""},
        {"t": "array", "dtype": "nonsense", "shape": [], "v": ""},
        {"t": "set", "v": [{"t": "list", "v": []}]},
        {"t": "range", "v": [0, 1, 0]},
        {"t": "import", "v": "os"},
        {"t": ["list"], "v": []},
        {"v": 1},
        [1, 2],
    ],
)
def test_forged_messages_are_refused(encoded: Any) -> None:
    with pytest.raises(NotPlainError):
        decode(encoded)


def test_a_module_is_no_more_than_its_name() -> None:
    assert type(sent(math)) is Opaque


# --- what more than numbers, text and collections of these arrives as it was

Point = collections.namedtuple("Point", "x y")
KINDS: list[Any] = [
    ...,
    10**5000,
    -(2**64),
    Fraction(10**5000 + 1, 3**5000),
    Decimal("1E+5000"),
    Decimal("sNaN"),
    range(-(10**5000), 10**5000, 7),
    complex(math.nan, -0.0),
    float("-inf"),
    bytearray(b"ab"),
    slice(1, None, 2),
    Point(1, (2, [3])),
    collections.OrderedDict(b=1, a=2),
    collections.Counter("abba"),
    collections.defaultdict(list, a=[1]),
    collections.defaultdict(None, a=1),
    collections.deque([1, 2], maxlen=2),
    datetime.datetime(2026, 11, 28, 19, 36, 1, 5, fold=1),
    datetime.datetime(2026, 11, 28, tzinfo=datetime.UTC),
    datetime.datetime(2026, 3, 29, 2, 30, tzinfo=zoneinfo.ZoneInfo("Europe/Zurich")),
    datetime.date(2026, 11, 28),
    datetime.time(19, 36, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=45))),
    datetime.timedelta(days=-1, microseconds=3),
    datetime.timezone.utc,  # noqa: UP017
    zoneinfo.ZoneInfo("Asia/Tokyo"),
    uuid.UUID(int=7),
    Path("data/x.csv"),
    PureWindowsPath("c:/x"),
    re.compile("a+", re.IGNORECASE),
    re.compile(b"a+"),
    SimpleNamespace(a=[1]),
    int,
    dict,
    object,
    np.datetime64("2026-11-28T19:36"),
    np.timedelta64(3, "h"),
    np.float32(0.5),
    np.bool_(True),
    np.str_("é"),
]


@pytest.mark.parametrize("value", KINDS, ids=lambda value: type(value).__name__)
def test_a_value_of_a_known_kind_arrives_as_it_was(value: Any) -> None:
    encoder = Encoder()
    arrived = decode(json.loads(json.dumps(encoder.encode({"it": [value]}))))["it"][0]
    assert encoder.plain
    assert type(arrived).__name__ == type(value).__name__
    if isinstance(value, Point):
        assert (arrived.x, arrived.y, arrived._fields) == (value.x, value.y, value._fields)
    sizes = (Decimal, complex, Fraction, int, range)
    assert isinstance(value, sizes) or repr(arrived) == repr(value)
    assert str(arrived) == str(value) if isinstance(value, Decimal | complex) else arrived == value


def test_views_of_a_dictionary_arrive_as_views() -> None:
    known = {"a": 1, "b": [2]}
    assert sent(known.keys()) == known.keys()
    assert sent({"a": 1}.items()) == {"a": 1}.items()
    assert list(sent(known.values())) == [1, [2]]
    assert "dict_values" in repr(sent(known.values()))


def test_arrays_of_plain_objects_and_matrices_arrive() -> None:
    objects = np.array([[1, "a"], [None, (2, 3)]], dtype=object)
    assert (sent(objects) == objects).all()
    matrix = sent(np.asmatrix([[1, 2], [3, 4]]))
    assert type(matrix) is np.matrix
    assert (matrix * matrix == np.asmatrix([[7, 10], [15, 22]])).all()
    for value in (np.ma.masked_array([1, 2], [False, True]), np.zeros(2, dtype=[("a", "f8")])):
        assert type(sent(value)) is Opaque


FRAME = pd.DataFrame({
    "n": [1, 2, 3],
    "x": [0.5, math.nan, -1.0],
    "s": ["a", "b", None],
    "o": pd.Series([1, "a", (2,)], dtype=object),
    "d": pd.to_datetime(["2026-11-28", None, "2026-11-29"]),
    "z": pd.to_datetime(["2026-11-28"] * 3, utc=True),
    "c": pd.Categorical(["u", "v", "u"], categories=["v", "u"], ordered=True),
    "i": pd.array([1, None, 3], dtype="Int64"),
    "b": [True, False, True],
})  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.set_index("s"),
        FRAME.set_index(["n", "b"]),
        FRAME.set_index("d")[["x"]],
        FRAME.iloc[:0],
        pd.DataFrame(),
        pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
        *(FRAME[name] for name in FRAME.columns),
        FRAME.groupby("b")["x"].mean(),
        pd.Series({"a": 1}, name=("x", 1)),
    ],
    ids=str,
)
def test_tables_and_columns_arrive_as_they_were(frame: Any) -> None:
    encoder = Encoder()
    arrived = decode(json.loads(json.dumps(encoder.encode(frame))))
    assert encoder.plain
    assert type(arrived) is type(frame)
    assert arrived.equals(frame)
    assert str(arrived.dtypes) == str(frame.dtypes)
    assert repr(arrived) == repr(frame)


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2026-11-28 19:36", tz="UTC"),
        pd.Timedelta("3h"),
        pd.NA,
        pd.NaT,
        pd.RangeIndex(3),
        pd.Index([1.5, 2.5], name="i"),
        pd.CategoricalIndex(["a", "b"]),
    ],
    ids=str,
)
def test_what_tables_are_made_of_arrives(value: Any) -> None:
    arrived = sent(value)
    assert type(arrived) is type(value)
    assert repr(arrived) == repr(value)


class Ours(pd.DataFrame):  # type: ignore[misc]
    """A student's own kind of table, which may say what it likes of itself."""

    def equals(self, other: object) -> bool:
        return True


def test_a_students_own_kind_of_a_library_is_no_plain_value() -> None:
    encoder = Encoder()
    odd: list[Any] = [
        Ours({"a": [1]}),
        [object()],
        pd.Series([object()]),
        collections.defaultdict(lambda: 3),
        datetime.datetime(2026, 1, 1, tzinfo=type("Mine", (datetime.tzinfo,), {})()),
    ]
    for value in odd:
        encoder.encode(value)
        assert not encoder.plain
    encoder.encode(1)
    assert encoder.plain


def test_whether_it_is_plain_can_be_seen_of_what_came() -> None:
    assert is_plain(Encoder().encode({"a": [(1, {2})], "t": "opaque"}))
    assert not is_plain(Encoder().encode({"a": [(1, object())]}))


class Sly:
    """Raises whatever it is looked at."""

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(name)

    def __call__(self) -> None: ...

    __hash__ = None  # type: ignore[assignment]


class Pretender:
    @property
    def __class__(self) -> Any:
        return float

    @__class__.setter
    def __class__(self, kind: Any) -> None: ...


def test_encoding_raises_nothing_and_believes_nobody() -> None:
    for value in (Sly(), [Sly()], Pretender(), {"a": Pretender()}):
        encoder = Encoder(lambda function: 0)
        assert json.loads(json.dumps(encoder.encode(value)))
    assert type(sent(Pretender())) is Opaque
    with pytest.raises(NotPlainError):
        Encoder(strict=True).encode(Sly())


def test_what_can_be_asked_for_more_is_kept_and_told_apart() -> None:
    async def later() -> None: ...

    coroutine = later()
    values = [iter([1]), (n for n in "a"), zip("a"), map(int, "1"), itertools.count(), coroutine]
    kept: list[Any] = []

    def keep(value: Any) -> int:
        kept.append(value)
        return len(kept) - 1

    encoded = Encoder(keep).encode([*values, Liar, len])
    kinds = [item["t"] for item in encoded["v"]]
    assert kinds == ["iterator"] * 5 + ["awaitable", "function", "function"]
    assert kept == [*values, Liar, len]
    assert decode(encoded, lambda kind, number, name: kind) == kinds
    coroutine.close()
    assert type(sent(iter([1]))) is Opaque
