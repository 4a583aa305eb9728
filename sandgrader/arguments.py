"""What a student's function changes in its arguments, carried back to who called it.

A test may look at a list after a function has sorted it. The function gets a copy, in a process of
its own; what it made of the copy is put into the original, in place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from sandgrader.serialization import Encoded, Encoder

_CAN_CHANGE = frozenset({
    "list", "dict", "set", "bytearray", "deque", "ordereddict", "defaultdict", "counter",
    "namespace", "array", "matrix", "objects", "series", "frame",
})  # fmt: skip
_HOLDS = frozenset({"tuple", "namedtuple"})
"""Can't change, but what is in them can."""
_CONTAINERS = (list, tuple, dict, set, bytearray, deque, SimpleNamespace)


def _can_change(encoded: Encoded) -> bool:
    if not isinstance(encoded, dict):
        return False
    if encoded.get("t") in _HOLDS:
        return any(map(_can_change, encoded["v"]))
    return encoded.get("t") in _CAN_CHANGE


def changed(
    encoder: Encoder, before: Mapping[Any, Encoded], values: Mapping[Any, Any]
) -> dict[str, Encoded]:
    """Return the arguments that aren't what they were, encoded, by place or name.

    ``before`` is how they came, ``values`` what they are now.
    """
    found = {}
    for name, encoded in before.items():
        if _can_change(encoded):
            now = encoder.encode(values[name])
            if now != encoded:
                found[str(name)] = now
    return found


def carry_back(original: Any, now: Any) -> None:
    """Make ``original`` equal ``now`` in place, as far as both are of the same mutable type.

    What is within it stays the same object where it can, for whoever holds it too.
    """
    kind = type(original)
    if type(now) is not kind:
        return
    kept: Any
    if issubclass(kind, tuple):
        for old, new in zip(original, now, strict=False):
            _merged(old, new)
    elif kind in (list, deque):
        kept = [_merged(old, new) for old, new in zip(original, now, strict=False)]
        kept += [*now][len(kept) :]
        original.clear()
        original.extend(kept)
    elif issubclass(kind, dict):
        kept = {key: _merged(original.get(key), new) for key, new in now.items()}
        original.clear()
        original.update(kept)
    elif kind is set:
        original.clear()
        original.update(now)
    elif kind is bytearray:
        original[:] = now
    elif kind is SimpleNamespace:
        vars(original).clear()
        vars(original).update(vars(now))
    elif hasattr(original, "_update_inplace"):  # as pandas' own methods do it
        original._update_inplace(now)
    elif hasattr(original, "dtype") and (original.shape, original.dtype) == (now.shape, now.dtype):
        with suppress(ValueError):  # one that can't be written to
            original[...] = now


def _merged(old: Any, new: Any) -> Any:
    """Return ``old`` made equal to ``new`` where that can be, else ``new``."""
    if type(old) is not type(new) or not isinstance(old, _CONTAINERS):
        return new
    carry_back(old, new)
    return old if not isinstance(old, tuple) or old == new else new
