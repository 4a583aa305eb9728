"""What a function changed in its arguments, and what it left."""

from __future__ import annotations

import copy
import json
from collections import Counter, deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sandgrader import arguments
from sandgrader.serialization import Encoder, decode


def called(function: Callable[[Any], object], given: Any) -> dict[str, Any]:
    """Call a function with what arrives of ``given``, and carry its changes back."""
    encoded = json.loads(json.dumps({0: Encoder(strict=True).encode(given)}))
    before = {int(place): item for place, item in encoded.items()}
    values = {place: decode(item) for place, item in before.items()}
    function(values[0])
    found = json.loads(json.dumps(arguments.changed(Encoder(), before, values)))
    for item in found.values():
        arguments.carry_back(given, decode(item))
    return found


CHANGES: list[tuple[Any, Callable[[Any], object]]] = [
    ([3, 1, 2], lambda a: a.sort()),
    ([1, 2], lambda a: a.clear()),
    ([[1], [2]], lambda a: a[1].append(3)),
    ({"a": 1}, lambda a: a.update(b=[2])),
    ({"a": {"b": 1}}, lambda a: a["a"].pop("b")),
    ({1, 2}, lambda a: a.discard(1)),
    (Counter("ab"), lambda a: a.update("b")),
    (deque([1, 2], maxlen=3), lambda a: a.rotate()),
    (bytearray(b"ab"), lambda a: a.extend(b"c")),
    (SimpleNamespace(a=1), lambda a: setattr(a, "b", 2)),
    (([1], 2), lambda a: a[0].append(3)),
    ([(1, [2])], lambda a: a[0][1].append(3)),
]


@pytest.mark.parametrize(("given", "change"), CHANGES, ids=lambda value: type(value).__name__)
def test_what_changed_in_place_is_in_the_original(
    given: Any, change: Callable[[Any], object]
) -> None:
    given, expected = copy.deepcopy(given), copy.deepcopy(given)
    change(expected)
    known = given
    assert called(change, given)
    assert given is known
    assert given == expected


def test_whoever_holds_a_part_of_it_sees_the_change() -> None:
    row = [1]
    called(lambda a: a[0].append(2), [row, [3]])
    assert row == [1, 2]
    array = np.arange(4.0)
    view = array[1:3]
    called(lambda a: a.__imul__(2), array)
    assert list(view) == [2, 4]
    frame = pd.DataFrame({"a": [2, 1]})
    called(lambda a: a.sort_values("a", inplace=True), frame)
    called(lambda a: a.__setitem__("b", [3, 4]), frame)
    assert frame.to_dict("list") == {"a": [1, 2], "b": [3, 4]}


@pytest.mark.parametrize(
    "given", [1, "a", (1, 2), [1, float("nan")], {"a": [1]}, np.arange(3), {3, 1, 2}, None]
)
def test_what_did_not_change_is_not_sent(given: Any) -> None:
    assert called(lambda a: None, given) == {}


def test_nothing_is_made_of_what_is_of_another_kind() -> None:
    given = [1]
    arguments.carry_back(given, {"a": 1})
    assert given == [1]
    array = np.zeros(2)
    arguments.carry_back(array, np.zeros(3))
    array.flags.writeable = False
    arguments.carry_back(array, np.ones(2))
    assert list(array) == [0, 0]
