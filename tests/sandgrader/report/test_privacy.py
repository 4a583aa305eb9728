"""What is withheld so that no small group is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sandgrader.report.privacy import LEAST, guarded, in_fives, pseudonymous, withheld
from sandgrader.report.tables import Column, Guard, Table

counts = st.lists(st.integers(0, 12), max_size=8)


@given(counts)
def test_no_small_count_is_shown_nor_told_by_the_rest(found: list[int]) -> None:
    hidden = withheld(found)
    assert all(gone for count, gone in zip(found, hidden, strict=True) if 0 < count < LEAST)
    gone = [count for count, away in zip(found, hidden, strict=True) if away]
    left = [count for count, away in zip(found, hidden, strict=True) if not away and count]
    if gone and left:  # the whole less what is shown is no small group, and not one group's own
        assert sum(gone) >= LEAST
        assert len(gone) > 1


@given(counts)
def test_what_is_large_enough_stays(found: list[int]) -> None:
    if all(count == 0 or count >= LEAST for count in found):
        assert not any(withheld(found))


def test_known_cases() -> None:
    assert withheld([20, 3, 9]) == [False, True, True]
    assert withheld([20, 3, 4]) == [False, True, True]
    assert withheld([20, 2, 2, 7]) == [False, True, True, True]
    assert withheld([0, 0, 3]) == [False, False, True]
    assert withheld([5, 0]) == [False, False]
    assert withheld([None, 9, 30]) == [True, True, False]
    assert withheld([]) == []


def table_of(*rows: Any, guard: Any) -> Table:
    columns = tuple(Column(name, name) for name in rows[0])
    return Table("t", "T", columns, list(rows), guard)


def test_what_belongs_to_a_withheld_count_goes_with_it() -> None:
    rows = [{"group": 1, "n": n, "late": late, "mean": 0.5}
            for n, late in ((2, 0), (9, 0), (30, 8))]  # fmt: skip
    guard = Guard(group=("group",), counts=("n", "late"), goes=("mean",))
    found = guarded(table_of(*rows, guard=guard))
    assert [row["n"] for row in found.rows] == [None, None, 30]
    assert [row["mean"] for row in found.rows] == [None, None, 0.5]
    assert [row["late"] for row in found.rows][:2] == [None, None]
    assert rows[0]["n"] == 2, "the table itself was changed"


def test_groups_are_looked_at_one_by_one_and_rows_can_go() -> None:
    rows = [{"group": name, "n": n} for name, n in (("a", 2), ("a", 30), ("a", 6), ("b", 7))]
    guard = Guard(group=("group",), counts=("n",), rows_go=True)
    assert guarded(table_of(*rows, guard=guard)).rows == [
        {"group": "a", "n": 30}, {"group": "b", "n": 7}
    ]  # fmt: skip


def test_a_table_about_persons_isnt_shared() -> None:
    assert guarded(table_of({"student": "ada"}, guard=None)) is None


@given(st.integers(0, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_part_in_fives_is_near_and_no_more_than_the_whole(pair: Any) -> None:
    part, of = pair
    found = in_fives(part, of)
    assert found % LEAST == 0 or found == of
    assert abs(found - part) <= LEAST / 2
    assert 0 <= found <= of


def test_notebooks_go_by_the_beginnings_of_their_names_where_these_tell_them_apart() -> None:
    def drawn(*names: Any) -> Any:
        rows = [
            {"assignment": "a", "student": f"s{number}", "notebook": name, "points": 1, "most": 2}
            for number in range(LEAST)
            for name in names
        ]
        return pseudonymous(table_of(*rows, guard=None), table_of(*rows, guard=None)).rows[0]

    assert drawn("1_access", "2_pipeline")["parts"] == "1 yes, 2 yes"
    assert drawn("lab_begin", "lab_end")["parts"] == "lab_begin yes, lab_end yes"
