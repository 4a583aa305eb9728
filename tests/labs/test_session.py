"""A notebook's session: the lock holds, the workbench waits for it, bad input gets a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from storagelab.labs import open_part, speaking
from storagelab.labs.errors import StudentError
from storagelab.ledger import FILE_NAME, entries_of, read_ledger
from storagelab.parts import PARTS
from storagelab.parts.answers import in_units
from storagelab.tracks import TRACKS, Track, load_track

EVERY_PART = [
    pytest.param(name, part, id=f"{name}-{part.name}") for name in TRACKS for part in PARTS.values()
]


def entries(folder: Path, part: Any, kind: Any, track: Any = "cloud_titan") -> Any:
    return entries_of(read_ledger(folder, track), part, kind)


def start_of(track: Any, part: Any) -> Any:
    """Return the start's settings as a student types them."""
    decided = [item for item in part.of(track).controls if item.decided]
    return in_units(decided, {item.name: item.to_si(item.default) for item in decided})


@pytest.fixture
def session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    opened = open_part("cloud_titan", "access", tmp_path)
    assert "Nothing is locked yet" in capsys.readouterr().out
    return opened


def test_unknown_track_and_part_are_named() -> None:
    with pytest.raises(ValueError, match="unknown track 'cloud_titanic'; known are"):
        open_part("cloud_titanic", "access")
    with pytest.raises(ValueError, match="unknown part 'acess'; known are access, pipeline"):
        open_part("cloud_titan", "acess")


def test_the_workbench_is_closed_until_the_prediction_is_locked(
    session: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session.workbench()
    assert "The workbench is closed." in capsys.readouterr().out
    assert not (tmp_path / FILE_NAME).exists()
    session.lock("compute", 0.9)
    session.workbench()
    shown = capsys.readouterr().out
    assert "Compute is always the bottleneck" in shown  # the belief behind the wrong option
    assert "they compute 10.2% of the time" in shown  # what the model says of the crisis
    assert "they compute 100% of the time" in shown  # and of the start, which the workbench shows
    assert [len(entries(tmp_path, "access", kind)) for kind in ("lock", "reveal")] == [1, 1]


@pytest.mark.parametrize("again", [("iops", 0.1), ("compute", 0.9), ("bandwidth", 1)])
def test_a_lock_stays_whatever_is_run_again(
    session: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], again: Any
) -> None:
    session.lock("compute", 0.9, "a hunch")
    reopened = open_part("cloud_titan", "access", tmp_path)  # as after a kernel's restart
    reopened.lock(*again)
    assert "It stays as it is." in capsys.readouterr().out
    (lock,) = entries(tmp_path, "access", "lock")
    assert lock.said == {"prediction": "compute", "confidence": 0.9, "reason": "a hunch"}


def test_the_reveal_is_recorded_once(session: Any, tmp_path: Path) -> None:
    session.lock("iops", 0.5)
    session.workbench()
    session.workbench()
    assert len(entries(tmp_path, "access", "reveal")) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((None, 0.5), "prediction must be one of 'compute', 'latency'"),
        (("IOPS", 0.5), "prediction must be one of"),
        ((["iops"], 0.5), "prediction must be one of"),
        (("iops", 70), "confidence must be a number from 0"),
        (("iops", float("nan")), "confidence must be a number from 0"),
        (("iops", True), "confidence must be a number from 0"),
        (("iops", "high"), "confidence must be a number from 0"),
        (("iops", 0.5, 3), "reason must be text"),
    ],
)
def test_an_unusable_prediction_gets_a_sentence_and_locks_nothing(
    session: Any, tmp_path: Path, arguments: Any, says: str
) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        session.lock(*arguments)
    error: Any = raised.value
    assert error._render_traceback_() == [str(error)]
    assert not (tmp_path / FILE_NAME).exists()


def test_a_graded_run_writes_nothing(
    session: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    session.lock("iops", 0.5)
    session.decide(
        {
            "shuffled": True,
            "format": "webdataset",
            "request_size_kib": 16384,
            "queue_depth": 64,
            "buffer_samples": 8192,
        }
    )
    session.workbench()
    assert "Not locked" in capsys.readouterr().out
    assert not (tmp_path / FILE_NAME).exists()


def test_a_damaged_ledger_closes_the_workbench_in_a_sentence(
    session: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE_NAME).write_text("{")
    session.workbench()
    assert "ledger.json is damaged" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"ledger\.json is damaged"):
        session.lock("iops", 0.5)
    assert "ledger.json is damaged" in session.status()
    assert (tmp_path / FILE_NAME).read_text() == "{"


def test_a_lock_of_another_course_version_is_explained(
    session: Any, tmp_path: Path, track: Track, capsys: pytest.CaptureFixture[str]
) -> None:
    from storagelab.ledger import append_entry

    said = {"prediction": "gone", "confidence": 0.5, "reason": ""}
    append_entry(tmp_path, "cloud_titan", "access", "lock", said, {})
    session.workbench()
    assert "another version of the course" in capsys.readouterr().out


RUN: dict[str, Any] = {
    "cache_gb": 2000, "link_gbps": 5, "nvme_gbs": 7, "dram_gb": 512, "loader_workers": 48,
}  # fmt: skip


def test_runs_are_recorded_behind_the_lock_ten_at_most_and_each_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = open_part("cloud_titan", "pipeline", tmp_path)
    with pytest.raises(ValueError, match="Lock your prediction first"):
        session.record(RUN)
    session.lock("warm", 0.5)
    for number in range(1, 11):
        session.record({**RUN, "link_gbps": 1 + number})
        assert f"Run {number} of 10" in capsys.readouterr().out
    session.record({**RUN, "link_gbps": 3})
    assert "Run 2 of 10" in capsys.readouterr().out
    with pytest.raises(ValueError, match="All 10 runs are recorded"):
        session.record({**RUN, "link_gbps": 12})
    assert len(entries(tmp_path, "pipeline", "run")) == 10


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "decision must be a dictionary"),
        ("5", "decision must be a dictionary"),
        ({}, "decision lacks 'cache_gb'"),
        ({**RUN, "link": 5}, "unknown entry 'link'; it takes cache_gb"),
        ({**RUN, "link_gbps": float("nan")}, "link_gbps must be from 2 to 100 Gb/s; got nan"),
        ({**RUN, "link_gbps": float("inf")}, "link_gbps must be from 2 to 100 Gb/s; got inf"),
        ({**RUN, "link_gbps": -5}, "link_gbps must be from 2 to 100 Gb/s; got -5"),
        ({**RUN, "link_gbps": 10**400}, "link_gbps must be from 2 to 100 Gb/s; got 1000"),
        ({**RUN, "link_gbps": "5"}, "link_gbps must be a number in Gb/s; got '5'"),
        ({**RUN, "link_gbps": True}, "link_gbps must be a number in Gb/s; got True"),
    ],
)
def test_an_unusable_decision_gets_a_sentence(tmp_path: Path, answer: Any, says: str) -> None:
    session = open_part("cloud_titan", "pipeline", tmp_path)
    with pytest.raises(ValueError, match=says):
        session.decide(answer)
    assert not (tmp_path / FILE_NAME).exists()


def test_a_decision_is_recorded_with_what_the_model_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = open_part("cloud_titan", "pipeline", tmp_path)
    session.decide(RUN)
    session.decide(RUN)
    (decision,) = entries(tmp_path, "pipeline", "decision")
    assert decision.said == RUN
    assert decision.model["unmet"] == "utilization, load"
    assert 0.49 < decision.model["utilization"] < 0.5
    said = capsys.readouterr().out
    assert "what binds is the download link" in said
    assert "$" not in said  # what it costs, a recorded run says


def test_a_job_that_never_ends_can_be_decided_and_stays_valid_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = open_part("cloud_titan", "checkpoint", tmp_path)
    session.decide(
        {
            "interval_min": 360, "write_bandwidth_gbs": 25, "sharded": False,
            "destination": "local NVMe", "spares_pct": 0,
        }
    )  # fmt: skip
    json.loads((tmp_path / FILE_NAME).read_text(), parse_constant=pytest.fail)


# --- every track goes the same way


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_each_options_belief_is_met_with_the_models_numbers(
    name: str, part: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    track = load_track(name)
    for option in part.of(track).question.options:
        folder = tmp_path / option.id
        folder.mkdir()
        session = open_part(name, part.name, folder)
        session.lock(option.id, 0.5)
        capsys.readouterr()
        session.workbench()
        shown = capsys.readouterr().out
        assert option.belief in shown
        assert part.words(track, option.words) in shown
        assert part.summary(track, part.baseline(track)) in shown
        assert not re.search(r"[{}]|\b(nan|inf|None)\b", shown)


@pytest.mark.parametrize(("name", "part"), EVERY_PART)
def test_the_start_can_be_decided_and_is_recorded_with_what_it_misses(
    name: str, part: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    track = load_track(name)
    session = open_part(name, part.name, tmp_path)
    said = start_of(track, part)
    capsys.readouterr()
    session.decide(said)
    outcome = part.judge(track, said)
    assert capsys.readouterr().out.strip() == part.summary(track, outcome)
    (decision,) = entries(tmp_path, part.name, "decision", name)
    assert decision.said == said
    assert decision.model["unmet"] == ", ".join(outcome.unmet)
    assert decision.model["unmet"]
    json.loads((tmp_path / FILE_NAME).read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize("name", TRACKS)
def test_a_run_is_told_in_the_tracks_currency(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    track, part = load_track(name), PARTS["pipeline"]
    session = open_part(name, "pipeline", tmp_path)
    session.lock(track.pipeline.question.options[0].id, 0.5)
    capsys.readouterr()
    session.record(start_of(track, part))
    said = capsys.readouterr().out
    assert said.startswith(f"Run 1 of {track.pipeline.runs}: {track.pipeline.useful_name} ")
    assert ("$" in said) == (track.currency.unit == "$")
    amount, _, missed = said.rstrip().removesuffix(".").partition("; misses ")
    assert amount.endswith(track.currency.per or "W")
    assert missed


@pytest.mark.parametrize("name", TRACKS)
def test_a_ledger_of_another_track_is_refused(name: str, tmp_path: Path) -> None:
    other = next(item for item in TRACKS if item != name)
    open_part(other, "access", tmp_path).lock(load_track(other).access.question.options[0].id, 0.5)
    with pytest.raises(ValueError, match=r"ledger\.json"):
        open_part(name, "access", tmp_path).lock(
            load_track(name).access.question.options[0].id, 0.5
        )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "Still to do"),
        ("Write here.", "Still to do"),
        ("word " * 30, "30 words so far"),
        ("word " * 40, "a good length"),
        ("word " * 80, "a good length"),
        ("word " * 81, "Cut it"),
    ],
)
@pytest.mark.parametrize("view", ["live", "static"])
def test_a_reflection_is_nudged_towards_a_good_length(
    session: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    text: Any,
    says: str,
    view: str,
) -> None:
    """In text where nobody looks, and elsewhere in a widget that says the same of the same text."""
    monkeypatch.setenv("STORAGELAB_VIEW", view)
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    session.reflect(text)
    if view == "static":
        assert says in capsys.readouterr().out
        return
    note, counted = shown
    assert "first\ncell, then this one" in note.data
    count = len(counted.text.split())
    below = [index for index, limit in enumerate(counted.limits) if count < limit]
    assert says in counted.says[below[0] if below else -1].replace("{count}", str(count))


def test_a_slider_of_things_takes_no_value_between_them(tmp_path: Path) -> None:
    """Nobody sells a memory between flash and FRAM."""
    session = open_part("tiny_pioneer", "checkpoint", tmp_path)
    decision = {"interval_s": 20, "save_to_kbs": 100, "changes_only": True}
    with pytest.raises(ValueError, match="save_to_kbs must be one of 50, 77, 5000 kB/s; got 100"):
        session.decide(decision)
    session.decide({**decision, "save_to_kbs": 77})


@pytest.mark.parametrize("view", ["live", "static"])
def test_lines_are_wrapped_between_words_where_somebody_looks_at_a_notebook(
    capsys: Any, monkeypatch: Any, view: str
) -> None:
    words = "Storage delivers 673,515 blocks a second, and --run asks for 4,000. " * 6
    monkeypatch.setattr("IPython.core.getipython.get_ipython", object)
    monkeypatch.setenv("STORAGELAB_VIEW", view)
    speaking.say(words)
    said = capsys.readouterr().out
    assert said.split() == words.split()
    assert (max(map(len, said.splitlines())) <= speaking.COLUMNS) == (view == "live")
    assert StudentError(words)._render_traceback_() == [said.removesuffix("\n")]
