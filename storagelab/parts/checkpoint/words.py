"""Part 3 in words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from storagelab.parts.checkpoint.experiment import evaluate_checkpoint
from storagelab.parts.formatting import (
    format_answer,
    format_job_cost,
    format_setting,
)
from storagelab.parts.headline import BigNumber
from storagelab.parts.limits import Figures, seen
from storagelab.units import (
    format_bandwidth,
    format_count,
    format_share,
    format_size,
    format_time,
    significant,
)

if TYPE_CHECKING:
    from storagelab.parts.checkpoint.experiment import CheckpointOutcome
    from storagelab.parts.checkpoint.scheme import Restart
    from storagelab.tracks import Track


def figures(track: Track, outcome: CheckpointOutcome) -> dict[str, str]:
    """Return the numbers that the part's prose is filled with."""
    part, settings = track.checkpoint, outcome.settings
    proposed = evaluate_checkpoint(track, replace(settings, interval=part.proposed_interval))
    today = evaluate_checkpoint(track, replace(settings, interval=part.present_interval))
    event = evaluate_checkpoint(track, replace(settings, node_mtbf=part.event_node_mtbf))
    node_mtbf = part.control("node_mtbf")
    shown = {
        **present(track, outcome),
        "event_node_mtbf": format_setting(node_mtbf, part.event_node_mtbf),
        "event_mtbf": format_time(event.mtbf),
        "present_interval": format_interval(track, part.present_interval),
        "present_loss": format_loss(track, today.loss),
        "proposed_interval": format_interval(track, part.proposed_interval),
        "proposed_loss": format_loss(track, proposed.loss),
        "proposed_share": format_share(proposed.storage_share),
        "proposed_life": _life(proposed),
    }
    return {**shown, "event": part.event.format_map(shown).strip()}


def format_loss(track: Track, loss: float, digits: int = 3) -> str:
    """Return what is lost in the unit in which it is asked for, such as ``66 hours`` or ``3.1%``.

    Three digits: enough to tell apart what decides.
    """
    answer = track.checkpoint.answer
    if answer.unit == "%" and math.isfinite(loss):
        return f"{significant(loss / answer.si, digits)}%"
    return format_answer(answer, loss, digits)


def loss_digits(track: Track, one: float, other: float) -> int:
    """Return how many digits tell two losses apart: three, or four where only that does.

    Around its least the loss hardly changes, and three digits say the same of two intervals.
    """
    three, four = (
        format_loss(track, one, digits) != format_loss(track, other, digits) for digits in (3, 4)
    )
    return 4 if four and not three else 3


def format_interval(track: Track, seconds: float) -> str:
    """Return an interval as a round time, or else in the unit of its slider: ``100 s``."""
    said = format_time(seconds)
    if said.partition(" ")[0].replace(",", "").isdigit():
        return said
    return format_setting(track.checkpoint.control("interval"), seconds)


def loss_unit(track: Track) -> str:
    """Return the unit of what is lost, in full: ``hours of the month``, ``% of the records``."""
    part = track.checkpoint
    return f"{part.answer.unit} of {part.gone or track.terms.run}"


def present(track: Track, outcome: CheckpointOutcome) -> dict[str, str]:
    """Return the numbers of the outcome alone, which a slider's move asks for again and again."""
    part, settings, restart = track.checkpoint, outcome.settings, outcome.restart
    return {
        "nodes": format_count(settings.nodes),
        "size": format_size(outcome.size),
        "written": format_size(outcome.written),
        "write_bandwidth": format_bandwidth(settings.write_bandwidth),
        "interval": format_interval(track, settings.interval),
        "dump_time": format_time(outcome.dump_time),
        "node_mtbf": format_setting(part.control("node_mtbf"), settings.node_mtbf),
        "mtbf": format_time(outcome.mtbf),
        "restart_time": format_time(outcome.scheme.restart_time),
        "detect_time": format_time(restart.detect),
        "read_time": format_time(restart.read),
        "repair_time": format_time(part.repair_time),
        "spares": format_count(outcome.spares),
        "loss": format_loss(track, outcome.loss),
        "waste_limit": format_share(outcome.waste_limit or 0),
        "storage_share": format_share(outcome.storage_share),
        "storage_limit": format_share(outcome.storage_limit),
        "life": _life(outcome),
        "life_target": format_time(outcome.life_target),
        "cost": format_job_cost(track, outcome.cost),
    }


def _life(outcome: CheckpointOutcome) -> str:
    return format_time(outcome.life) if math.isfinite(outcome.life) else "any time"


def restart_words(restart: Restart) -> str:
    """Return what a restart is made of, such as ``10 min to detect it, 2 min to start``."""
    parts = {
        "to detect it": restart.detect,
        "for another machine": restart.wait,
        "to start": restart.start,
        "to read the state back": restart.read,
    }
    return ", ".join(f"{format_time(time)} {what}" for what, time in parts.items() if time)


def summary(track: Track, outcome: CheckpointOutcome) -> str:
    """Return what is seen now, in a few sentences.

    Neither what is lost in all, which is asked for, nor the best interval, which is to be found.
    """
    says, terms = present(track, outcome), track.terms
    job = f"{terms.job[0].upper()}{terms.job[1:]}"
    sentences = [
        f"A {terms.dump} of {says['written']} stops {terms.job} for {says['dump_time']}, every "
        f"{says['interval']}. {job} fails every {says['mtbf']} on average and takes "
        f"{says['restart_time']} to work again ({restart_words(outcome.restart)}).",
        *seen(outcome.limits, track, outcome, says),
        f"What is lost and rented costs {says['cost']} for {terms.run}.",
    ]
    return " ".join(sentences)


def sentence(track: Track, says: Figures) -> str:
    """Return what matters most now: what a dump stops, and how often."""
    terms = track.terms
    return (
        f"A {terms.dump} of {says['written']} stops {terms.job} for {says['dump_time']}, every "
        f"{says['interval']}."
    )


def cost(track: Track, says: Figures) -> BigNumber:
    """Return what is lost and rented, to set large."""
    return BigNumber(says["cost"], f"lost and rented for {track.terms.run}")
