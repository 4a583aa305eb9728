from __future__ import annotations

import contextlib
import enum
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrader.serialization import Encoder, NotPlainError, Opaque, decode

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
