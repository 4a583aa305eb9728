"""Scores in a snapshot, and what moved between two of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrader.scores import (
    Key,
    Score,
    SnapshotError,
    moved,
    read_snapshot,
    write_snapshot,
)

points = st.none() | st.floats(0, 10).map(lambda value: round(value, 2))
scores = st.dictionaries(
    st.builds(Key, *(st.sampled_from(["one", "two", "three"]) for _ in range(4))),
    st.builds(
        Score, auto=points, manual=points, extra=points, most=st.just(10.0), waits=st.booleans()
    ),
    max_size=12,
)


def score(
    auto: Any = None, manual: Any = None, extra: Any = None, most: float = 8.0, waits: bool = False
) -> Score:
    return Score(auto=auto, manual=manual, extra=extra, most=most, waits=waits)


@given(scores)
def test_nothing_moves_between_a_snapshot_and_itself(
    tmp_path_factory: pytest.TempPathFactory, found: Any
) -> None:
    path = tmp_path_factory.mktemp("snapshot") / "scores.json"
    write_snapshot(path, found)
    assert read_snapshot(path) == found
    same = moved(found, read_snapshot(path))
    assert same.changes == []
    assert same.same == len(found)
    assert [item.name for item in path.parent.iterdir()] == ["scores.json"]


@given(scores, scores)
def test_every_score_is_counted_once_and_the_way_back_undoes_it(before: Any, after: Any) -> None:
    there, back = moved(before, after), moved(after, before)
    assert len(there.changes) + there.same == len({*before, *after})
    assert [item.key for item in there.changes] == [item.key for item in back.changes]
    for one, other in zip(there.changes, back.changes, strict=True):
        assert one.by == pytest.approx(-other.by)
    total = sum(item.points for item in after.values()) - sum(
        item.points for item in before.values()
    )
    assert sum(there.students.values()) == pytest.approx(total, abs=1e-6)


KEY = Key("ada", "cloud_titan", "1_access", "law-test")


@pytest.mark.parametrize(
    ("before", "after", "by", "what"),
    [
        (score(8.0), score(4.0), -4.0, "fewer points"),
        (score(4.0), score(4.5), 0.5, "more points"),
        (None, score(8.0), 8.0, "graded for the first time"),
        (score(8.0), None, -8.0, "no longer in the gradebook"),
        (score(8.0), score(8.0, manual=8.0), 0.0, "the same points, given otherwise"),
        (score(waits=True), score(manual=3.0), 3.0, "more points"),
        (score(waits=True), score(manual=0.0), 0.0, "graded by a person"),
        (score(0.0), score(0.0, waits=True), 0.0, "waits for a person"),
        (score(8.0), score(8.0, most=10.0), 0.0, "another maximum"),
    ],
)
def test_a_change_says_by_how_much_and_what_happened(
    before: Any, after: Any, by: float, what: str
) -> None:
    found = moved({KEY: before} if before else {}, {KEY: after} if after else {})
    assert [(change.by, change.what) for change in found.changes] == [(by, what)]
    assert found.same == 0
    assert found.students == {("ada", "cloud_titan"): by}


def test_extra_credit_needs_a_score_under_it() -> None:
    assert score(extra=2.0).points == 0.0
    assert score(4.0, extra=2.0).points == 6.0
    assert score(4.0, manual=0.0, extra=2.0).points == 2.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "is no snapshot of scores"),
        (b'{"format": "storagelab-scores", "version": 1, "taken": "", "scores": [{}]}', "missing"),
        (b'{"format": "something", "version": 1, "taken": "", "scores": []}', "'something'"),
        (b'{"format": "storagelab-scores", "version": 2, "taken": "", "scores": []}', "version 2"),
        (b"[" * 100_000, "is no snapshot of scores"),
    ],
)
def test_a_file_that_is_no_snapshot_is_refused_in_a_sentence(
    tmp_path: Path, content: Any, says: str
) -> None:
    (tmp_path / "scores.json").write_bytes(content)
    with pytest.raises(SnapshotError, match=says):
        read_snapshot(tmp_path / "scores.json")


def test_a_snapshot_that_cant_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scores.json"
    write_snapshot(path, {KEY: score(8.0)})
    with monkeypatch.context() as patch:
        patch.setattr("sandgrader.scores.os.fsync", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_snapshot(path, {})
    assert read_snapshot(path) == {KEY: score(8.0)}
    assert list(tmp_path.iterdir()) == [path]
