"""What part 3 has to teach in every track, and must not give away."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import keys
import numpy as np
import pytest

from storagelab.parts import PARTS
from storagelab.parts.checkpoint.experiment import evaluate_checkpoint
from storagelab.parts.checkpoint.words import format_loss, restart_words
from storagelab.published import read_table
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_time
from storagelab.widgets.instruments.young_daly import YoungDaly
from tests.parts.sliders import decisions, least_cost

PART = PARTS["checkpoint"]
EVERY = pytest.mark.parametrize("name", TRACKS)
FREE = 1.25
"""Times the least cost up to which a decision earns all points, at least."""


def changed(name: str) -> Any:
    """Return the outcome of the case that the conclusion is about."""
    return keys.compared(load_track(name), PART)


# --- the decision


@EVERY
def test_decisions_with_all_points_are_no_needle(name: str) -> None:
    every, least = decisions(name, "checkpoint"), least_cost(name, "checkpoint")
    full = [item for item in every if not item.unmet and item.cost <= FREE * least.cost]
    assert len(full) >= 0.02 * len(every)


@EVERY
def test_the_cheapest_decision_lies_at_no_end_of_a_slider(name: str) -> None:
    """At an end nobody knows whether more would have been better still.

    A control with labels is a list of things to buy, and has no beyond.
    """
    settings = least_cost(name, "checkpoint").settings
    for control in load_track(name).checkpoint.controls:
        if control.decided and control.kind == "scale" and not control.labels:
            ends = [control.to_si(control.values[end]) for end in (0, -1)]
            assert getattr(settings, control.name) not in ends, control.name


@EVERY
def test_the_crisis_costs_more_than_its_cure_before_the_event_already(name: str) -> None:
    assert PART.baseline(load_track(name)).cost > least_cost(name, "checkpoint").cost


@EVERY
def test_the_costs_of_neighbouring_decisions_are_told_apart(name: str) -> None:
    """Among the cheapest ten, no two costs that differ by 1% are printed as the same."""
    track = load_track(name)
    met = sorted((item for item in decisions(name, "checkpoint") if not item.unmet),
                 key=lambda item: item.cost)[:10]  # fmt: skip
    for one in met:
        for other in met:
            if other.cost > 1.01 * one.cost:
                printed = [PART.costs.amount(track, item.cost) for item in (one, other)]
                assert printed[0] != printed[1]


def test_the_size_of_the_fleet_is_to_play_with_and_moves_no_decision() -> None:
    track = load_track("cloud_titan")
    control = track.checkpoint.control("nodes")
    assert not control.decided
    assert (control.values[0], control.values[-1]) == (1, 100_000)
    assert PART.given(track)["nodes"] == track.checkpoint.nodes == 1024
    decision = keys.as_decision(track, PART, least_cost("cloud_titan", "checkpoint"))
    assert control.answer not in decision
    assert PART.judge(track, decision).settings.nodes == 1024


# --- the lock, the reveal, and the number


@EVERY
def test_two_numbers_set_against_each_other_differ_as_printed_and_the_right_way(name: str) -> None:
    """What says that one interval loses more has to show more; what says neither, nearly the same.

    The larger number is the larger one in print as well, by two per cent at least.
    """
    track, content = load_track(name), load_track(name).checkpoint
    shown = PART.figures(track, PART.baseline(track))
    proposed, present = (
        float(re.sub(r"[^\d.]", "", shown[key])) for key in ("proposed_loss", "present_loss")
    )
    right = content.question.option(keys.checkpoint_key(track)["prediction"])
    meaning = right.means or right.id
    if meaning == "same":
        assert abs(proposed / present - 1) < keys.SAME_LOSS
    else:
        assert (proposed > present) == (meaning == "longer")
        assert max(proposed, present) > 1.1 * min(proposed, present)
    for option in content.question.options:
        assert {"{proposed_loss}", "{present_loss}"} <= set(re.findall(r"\{\w+\}", option.words)), (
            option.id
        )


@EVERY
def test_no_case_lies_on_the_edge_between_the_same_and_not(name: str) -> None:
    track = load_track(name)
    for outcome in (PART.baseline(track), changed(name)):
        proposed, present = (
            evaluate_checkpoint(track, replace(outcome.settings, interval=interval)).loss
            for interval in (
                track.checkpoint.proposed_interval,
                track.checkpoint.present_interval,
            )
        )
        assert not 0.6 * keys.SAME_LOSS < abs(proposed / present - 1) < 2 * keys.SAME_LOSS


@EVERY
def test_the_number_asked_for_is_on_the_figure_in_its_unit_and_not_in_the_verdict(
    name: str,
) -> None:
    track, outcome = load_track(name), changed(name)
    number = keys.checkpoint_key(track)["number"]
    instrument = YoungDaly(track)
    instrument.update(outcome)
    assert track.checkpoint.answer.unit in instrument.figure.axes[1].label
    assert instrument.point.y[0] == pytest.approx(number)
    (you,) = [row for row in instrument.table(outcome).rows if row[-1] == "you"]
    assert you[4] == pytest.approx(number)
    assert format_loss(track, outcome.loss) in instrument.draw(outcome)
    verdict = PART.summary(track, outcome)
    for secret in (format_loss(track, outcome.loss), format_time(outcome.wall_time)):
        assert secret not in verdict


@EVERY
def test_nothing_above_the_guess_says_where_the_least_lies(name: str) -> None:
    """Neither the prose, nor what is locked, nor the verdict, before the event and after it."""
    track, content = load_track(name), load_track(name).checkpoint
    start = PART.baseline(track)
    texts = [content.crisis, content.question.text, content.look, content.task]
    texts += [item.words for item in content.question.options]
    texts += [item.words for item in content.presets]
    said = " ".join([*(PART.words(track, text) for text in texts), PART.summary(track, start)])
    given = {content.proposed_interval, content.present_interval, start.mtbf}
    for outcome in (start, changed(name), least_cost(name, "checkpoint")):
        for secret in (outcome.optimum, outcome.storm_interval, outcome.wear_interval):
            if secret and not any(math.isclose(secret, item, rel_tol=0.02) for item in given):
                assert f"{format_time(secret)} " not in said


# --- recovery


@EVERY
def test_a_restart_is_made_of_its_parts_and_all_of_them_are_said(name: str) -> None:
    track = load_track(name)
    outcome = PART.baseline(track)
    restart = outcome.restart
    parts = [restart.detect, restart.wait, restart.start, restart.read]
    assert restart.time == math.fsum(parts)
    assert restart.read > 0
    summary = PART.summary(track, outcome)
    assert restart_words(restart) in summary
    assert format_time(outcome.scheme.restart_time) in summary
    for part in parts:
        assert (format_time(part) in summary) or not part


@EVERY
def test_a_slower_restart_costs_time_and_leaves_the_best_interval_where_it_is(name: str) -> None:
    from msgspec import structs

    track = load_track(name)
    slower = structs.replace(
        track,
        checkpoint=structs.replace(track.checkpoint, start_time=track.checkpoint.start_time * 3),
    )
    settings = PART.baseline(track).settings
    for way in track.checkpoint.destinations:
        chosen = replace(settings, sharded=True, destination=way.name)
        fast, slow = (evaluate_checkpoint(item, chosen) for item in (track, slower))
        assert slow.losses["restart"] > fast.losses["restart"]
        assert slow.optimum == pytest.approx(fast.optimum, rel=5e-3)


def test_in_the_cloud_recovery_is_the_largest_loss_at_the_cheapest_decision() -> None:
    losses = least_cost("cloud_titan", "checkpoint").losses
    assert losses["restart"] > 2 * (losses["dump"] + losses["lost"])


def test_full_copies_are_read_back_by_every_node_and_shards_once_in_all() -> None:
    track = load_track("cloud_titan")
    settings = PART.baseline(track).settings
    copies, shards = (
        evaluate_checkpoint(track, replace(settings, sharded=sharded)) for sharded in (False, True)
    )
    assert copies.restart.read == pytest.approx(1024 * shards.restart.read)
    assert copies.restart.read == pytest.approx(1024 * copies.size / settings.write_bandwidth)


def test_spare_nodes_shorten_the_restart_until_there_are_enough() -> None:
    track = load_track("cloud_titan")
    settings = PART.baseline(track).settings
    control = track.checkpoint.control("spare_share")
    waits = [
        evaluate_checkpoint(
            track, replace(settings, spare_share=float(control.to_si(value)))
        ).restart.wait
        for value in control.values
    ]
    assert waits == sorted(waits, reverse=True)
    taking = sum(item.share for item in track.checkpoint.failures if item.takes_node)
    assert waits[0] == pytest.approx(taking * track.checkpoint.repair_time)
    assert waits[-1] < 1


# --- the ways of a checkpoint, against jobs that are played failure by failure


def test_failures_are_shared_out_as_llama_3_counted_them() -> None:
    """Software and what hangs is a process's; network a rack's; all else takes the node along."""
    process = {"Software Bug", "NCCL Watchdog Timeouts", "Dependency"}
    counted: Counter[str] = Counter()
    for row in read_table("interruptions"):
        kind = "process" if row["component"] in process else "node"
        kind = "rack" if row["category"] == "Network" else kind
        counted[kind] += row["count"]
    total = counted.total()
    for failure in load_track("cloud_titan").checkpoint.failures:
        assert failure.share == pytest.approx(counted[failure.name] / total, abs=5e-4)


def played(outcome: Any, work: float, generator: np.random.Generator) -> float:
    """Play one job by its destination's rules; return its wall time."""
    way, interval = outcome.scheme, outcome.settings.interval
    clock, near, far = 0.0, 0, 0  # checkpoints that hold, near and at the shared storage
    pending: tuple[float, int] | None = None  # when a copy arrives, and of which state
    done, total = 0, round(work / interval)
    failure = generator.exponential(way.mtbf)
    while done < total:
        length = interval + way.stop
        if way.kind != "background" and (done + 1) % way.every == 0:
            length += way.storm
        else:
            ready = pending[0] if pending else 0.0
            length = max(clock + interval, ready) + way.stop - clock
        if clock + length <= failure:
            clock += length
            done += 1
            near = done
            if way.kind == "background":
                far = pending[1] if pending else far
                pending = (clock + way.storm, done)
            elif way.kind == "at_once" or done % way.every == 0:
                far = done
            continue
        holds = way.kind == "near"
        while True:
            clock = failure
            if pending and pending[0] <= clock:
                far = pending[1]
            pending = None
            holds = holds and generator.random() < way.local_share
            pause = way.near.time if holds else way.far.time
            failure = clock + generator.exponential(way.mtbf)
            if clock + pause <= failure:
                clock += pause
                break
        done = near = near if holds else far
    return clock


WAYS = [
    pytest.param(name, way.name, id=f"{name}-{way.name}")
    for name in TRACKS
    for way in load_track(name).checkpoint.destinations
]


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_a_job_takes_as_long_as_a_played_one_whatever_way_its_checkpoints_go(
    name: str, way: str
) -> None:
    """At a failure rate that leaves no term out: restarts are struck, copies are pending."""
    track = load_track(name)
    settings = replace(
        PART.baseline(track).settings, destination=way, node_mtbf=track.checkpoint.event_node_mtbf
    )
    outcome = evaluate_checkpoint(track, settings)
    intervals = 100 if name == "cloud_titan" else 120
    work = intervals * outcome.settings.interval
    generator = np.random.default_rng(12)
    walls = np.array([played(outcome, work, generator) for _ in range(1500)])
    law = outcome.wall_time * work / outcome.solve_time
    error = walls.std(ddof=1) / math.sqrt(len(walls))
    # a job that begins with nothing to lose, and ends on no copy, is shorter by an interval or so
    slack = (outcome.settings.interval + outcome.scheme.storm) * law / work
    assert abs(walls.mean() - law) < 4 * error + slack


def test_where_checkpoints_go_decides_what_a_failure_takes() -> None:
    """Nearer is faster and survives less: the order of the ways depends on what fails."""
    from msgspec import structs

    track = load_track("cloud_titan")
    settings = least_cost("cloud_titan", "checkpoint").settings
    content = track.checkpoint

    def lost(shares: dict[str, float], way: str) -> float:
        failures = [structs.replace(item, share=shares[item.name]) for item in content.failures]
        there = structs.replace(track, checkpoint=structs.replace(content, failures=failures))
        return evaluate_checkpoint(there, replace(settings, destination=way)).losses["lost"]

    usual = {item.name: item.share for item in content.failures}
    racks = {"process": 0.005, "node": 0.005, "rack": 0.99}
    processes = {"process": 0.99, "node": 0.005, "rack": 0.005}
    assert lost(usual, "peer memory") < lost(usual, "local NVMe")
    assert lost(racks, "peer memory") > 3 * lost(racks, "shared storage")
    assert lost(processes, "local NVMe") < 1.2 * lost(processes, "peer memory")
