"""Test cells: every way to go wrong ends in a sentence, and credit is a number nbgrader reads."""

from __future__ import annotations

import builtins
import math
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from storagelab.labs import checking, open_part
from storagelab.labs.errors import StudentError
from storagelab.ledger import append_entry


@pytest.mark.parametrize("share", [0.001, 0.5, 1, 2.5])
def test_credit_is_a_plain_float_within_the_points(share: float) -> None:
    earned = checking.credit(8, share)
    assert type(earned) is float
    assert repr(earned) == str(float(repr(earned)))
    assert 0 < earned <= 8


def test_a_person_is_told_in_words_and_a_grader_in_points_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    checking.credit(3, 1)
    assert capsys.readouterr().out.startswith("Passed")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    checking.credit(3, 1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("share", [0, -1, float("nan")])
def test_no_credit_is_an_error_and_not_a_number_to_be_misread(share: float) -> None:
    with pytest.raises(ValueError, match="No points"):
        checking.credit(8, share)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (None, "isn't a function any more"),
        (lambda x: 1 / 0, "stopped with ZeroDivisionError"),
        (lambda x: undefined_name, "stopped with NameError"),  # type: ignore[name-defined]  # noqa: F821
        (lambda: 1, "stopped with TypeError"),
        (lambda x: "a month", "must return a number, not a str"),
        (lambda x: None, "must return a number, not a NoneType"),
        (lambda x: math.nan, "no finite number"),
        (lambda x: [1, 2], "must return a number, not a list"),
    ],
)
def test_a_students_function_that_goes_wrong_is_described(function: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        checking.call(function, 1.0)


def test_a_function_still_to_be_written_says_so() -> None:
    def law(x: Any) -> None:
        raise NotImplementedError

    with pytest.raises(ValueError, match="`law` is still to do"):
        checking.call(law, 1.0)


def test_a_warning_in_a_students_function_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def warns(x: Any) -> Any:
        warnings.warn("careful", stacklevel=1)
        return x

    assert checking.call(warns, 2.0) == 2.0
    assert capsys.readouterr().err == ""


def test_a_wrong_law_is_refused_without_giving_the_inputs_away() -> None:
    with pytest.raises(ValueError, match="not with the law on other inputs") as raised:
        checking.follows_law(lambda x: x, lambda x: 2 * x, [(0.0,), (123.456,)])
    assert "123" not in str(raised.value)
    assert "246" not in str(raised.value)


def test_a_missing_answer_is_named() -> None:
    with pytest.raises(ValueError, match="There is no `decision`"):
        checking.answer_in({}, "decision")
    with pytest.raises(ValueError, match="`n` must be a plain number in hours"):
        checking.number_in({"n": float("nan")}, "n", "hours")
    with pytest.raises(ValueError, match="`c` must be one of 'a', 'b'"):
        checking.choice_in({"c": 3}, "c", ["a", "b"])


def test_expect_wants_the_truth_itself() -> None:
    class Sly:
        def __bool__(self) -> bool:
            return True

        def __eq__(self, other: object) -> bool:
            return True

    with pytest.raises(ValueError, match="no"):
        checking.expect(Sly(), "no")


def test_a_lock_is_asked_for_and_a_wrong_one_is_as_good_as_a_right_one(tmp_path: Path) -> None:
    session = open_part("cloud_titan", "access", tmp_path)
    with pytest.raises(ValueError, match="No prediction was locked"):
        checking.locked_before_reveal(session)
    session.lock("compute", 1)
    assert checking.locked_before_reveal(session).said["prediction"] == "compute"


def test_a_lock_behind_the_reveal_is_none(tmp_path: Path) -> None:
    session = open_part("cloud_titan", "access", tmp_path)
    append_entry(tmp_path, "cloud_titan", "access", "reveal", {"prediction": "iops"}, {})
    session.lock("iops", 1)
    with pytest.raises(ValueError, match="revealed before"):
        checking.locked_before_reveal(session)


def test_the_decision_has_to_be_among_three_runs(tmp_path: Path) -> None:
    session = open_part("cloud_titan", "pipeline", tmp_path)
    session.lock("warm", 1)
    sizes = {"cache_gb": 2000, "dram_gb": 512, "loader_workers": 48}
    run = {**sizes, "link_gbps": 5, "nvme_gbs": 7}
    session.record(run)
    with pytest.raises(ValueError, match="1 recorded runs; 3 to 10"):
        checking.decided_among_runs(session, run, least=3)
    session.record({**run, "link_gbps": 8})
    session.record({**run, "link_gbps": 9})
    checking.decided_among_runs(session, {**run, "cache_gb": 2000.0}, least=3)
    with pytest.raises(ValueError, match="isn't one of your recorded runs"):
        checking.decided_among_runs(session, {**run, "link_gbps": 10}, least=3)


def quotes_its_argument(x: Any) -> None:
    quotes_its_argument.__name__ = f"asked {x}"
    print("asked", x)
    print("asked", x, file=sys.stderr)
    raise type(f"asked {x}", (Exception,), {})(f"asked {x}")


ARGUMENTS: dict[type[BaseException], tuple[Any, ...]] = {
    UnicodeDecodeError: ("utf-8", b"", 0, 1, "so it is"),
    UnicodeEncodeError: ("utf-8", "", 0, 1, "so it is"),
    UnicodeTranslateError: ("", 0, 1, "so it is"),
}


def returns_its_argument(x: Any) -> Any:
    return type(f"asked {x}", (), {})()


@pytest.mark.parametrize(
    "function",
    [
        quotes_its_argument,
        returns_its_argument,
        lambda x: (_ for _ in ()).throw(StudentError(f"asked {x}")),
        lambda x: (_ for _ in ()).throw(ValueError(f"asked {x}")),
        lambda x: f"asked {x}",
    ],
)
def test_nothing_that_a_function_makes_of_a_hidden_input_gets_out(
    function: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StudentError) as raised:
        checking.follows_law(function, lambda x: x, [(123.456,)])
    out = capsys.readouterr()
    assert "123" not in str(raised.value) + out.out + out.err
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_one_sentence_is_told_of_a_hidden_input_whatever_goes_wrong() -> None:
    """Each kind of failure that had a sentence of its own would be a letter of an alphabet."""

    def raises(kind: type[BaseException]) -> Any:
        def law(x: float) -> float:
            raise kind(*ARGUMENTS.get(kind, ("so it is",)))

        return law

    kinds = [
        kind
        for kind in vars(builtins).values()
        if isinstance(kind, type)
        and issubclass(kind, Exception)
        and not issubclass(kind, BaseExceptionGroup)
    ]
    assert len(kinds) > 50
    returned: list[Any] = [
        None,
        "text",
        [1.0],
        {},
        set(),
        1j,
        math.nan,
        math.inf,
        -math.inf,
        10**400,
        object,
    ]
    functions = [*map(raises, kinds), *((lambda x, value=value: value) for value in returned)]
    sentences = set()
    for function in functions:
        with pytest.raises(StudentError) as raised:
            checking.follows_law(function, lambda x: x, [(123.456,)])
        sentences.add(str(raised.value))
    assert len(sentences) == 1


def test_an_open_call_keeps_the_students_own_message() -> None:
    def law(x: Any) -> None:
        raise ValueError("I had thought of that")

    with pytest.raises(StudentError, match="`law` stopped with ValueError: I had thought"):
        checking.call(law, 1.0)


def test_what_a_function_writes_to_standard_error_costs_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def law(x: Any) -> Any:
        print("careful", file=sys.stderr)
        return x

    assert checking.call(law, 2.0) == 2.0
    out = capsys.readouterr()
    assert (out.out, out.err) == ("careful\n", "")
    checking.follows_law(law, lambda x: x, [(2.0,)])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("value", [10**400, -(10**400), True, "1", None, float("inf"), 1j])
def test_what_is_no_plain_number_is_said_so(value: Any) -> None:
    with pytest.raises(StudentError, match="must be a plain number"):
        checking.number_in({"n": value}, "n", "hours")


def test_a_sentence_is_shown_flagged_where_there_is_a_notebook(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    try:
        with capture_output() as captured:
            checking.tell("It costs too much.")
    finally:
        shell.clear_instance()
    (shown,) = captured.outputs
    assert shown.data == {"text/plain": "It costs too much."}
    assert shown.metadata == checking.TO_STUDENT
    checking.tell("It costs too much.")
    assert capsys.readouterr().out == "It costs too much.\n"


@pytest.mark.parametrize(
    ("user", "run", "fine"),
    [
        (None, "autograde", True),  # made outside of a hub: nobody's name is in it
        ("ann", "autograde", True),
        ("ben", "autograde", False),
        ("ben", "validate", True),  # a folder of one's own may be called anything
    ],
)
def test_a_ledger_made_in_a_hub_counts_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str | None, run: str, fine: bool
) -> None:
    folder = tmp_path / "ann" / "cloud_titan"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("STORAGELAB_VIEW", "static")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    if user is None:
        monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    else:
        monkeypatch.setenv("JUPYTERHUB_USER", user)
    session = open_part("cloud_titan", "access")
    option = session.part.of(session.track).question.options[0].id
    session.lock(option, 0.5)
    monkeypatch.setenv("NBGRADER_EXECUTION", run)
    if fine:
        assert checking.locked_before_reveal(session).said["prediction"] == option
    else:
        with pytest.raises(ValueError, match="made by somebody else"):
            checking.locked_before_reveal(session)
