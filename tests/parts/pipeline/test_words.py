"""What part 2 says: no answer before its time, rates before a run, and little of it."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keys
import pytest

from storagelab.labs.session import open_part
from storagelab.parts import PARTS
from storagelab.parts.formatting import format_answer, format_cost
from storagelab.parts.pipeline.experiment import one_unit_more
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth, format_share, format_time
from storagelab.widgets.gauge_strip import GaugeStrip
from storagelab.widgets.gauge_strip import words as said_by_gauge
from storagelab.widgets.instruments.sankey import DataFlowSankey
from storagelab.widgets.instruments.saturation import PipelineSaturation
from tests.parts.sliders import decisions, least_cost, positions
from tests.widgets.benches import texts

PART: Any = PARTS["pipeline"]
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)
SECONDS = {
    "µs": 1e-6, "ms": 1e-3, "milliseconds": 1e-3, "s": 1, "seconds": 1, "min": 60, "minutes": 60,
    "h": 3600, "hours": 3600, "d": 86400, "days": 86400,
}  # fmt: skip
POINTER = re.compile(rf"(\d[\d,]*(?:\.\d+)?) ({'|'.join(SECONDS)})\b")


def times(text: str) -> Iterator[float]:
    """Yield every time that a text names, in seconds."""
    for number, unit in POINTER.findall(text):
        yield float(number.replace(",", "")) * SECONDS[unit]


def told(track: Any) -> Iterator[tuple[str, str]]:
    """Yield every text of part 2 that a student reads before concluding, and where it stands."""
    content, baseline = track.pipeline, PART.baseline(track)
    for where in ("title", "crisis", "look", "task", "reflection", "compare_words", "asked"):
        yield where, PART.words(track, getattr(content, where))
    yield "question", PART.words(track, content.question.text)
    for option in content.question.options:
        for where in ("text", "belief", "words"):
            yield f"{option.id}: {where}", PART.words(track, getattr(option, where))
    for preset in content.presets:
        yield preset.label, preset.words
    yield "law", content.law.text
    yield "summary", PART.summary(track, baseline)
    yield "summary of the change", PART.summary(track, keys.compared(track, PART))


@EVERY_TRACK
def test_no_words_have_the_number_that_is_asked_for(name: str) -> None:
    """Neither as it is asked for nor in another unit, to the 5% that count as read off."""
    track = load_track(name)
    seconds = keys.compared(track, PART).read_off
    number = format_answer(track.pipeline.answer, seconds).split()[0]
    for where, text in told(track):
        near = [time for time in times(text) if abs(time / seconds - 1) <= 0.05]
        assert not near, (where, text)
        assert not re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]\d)", text), (where, text)


@EVERY_TRACK
def test_the_number_is_read_off_the_gauge_in_the_unit_that_is_asked_for(name: str) -> None:
    track = load_track(name)
    changed = keys.compared(track, PART)
    gauge = GaugeStrip(track)
    gauge.update(changed)
    number = keys.pipeline_key(track)["number"]
    read = format_answer(track.pipeline.answer, changed.read_off)
    assert float(read.split()[0]) == pytest.approx(number, rel=5e-3)
    assert read in said_by_gauge(track, changed)
    assert read in " ".join(texts(gauge.widget))
    assert track.pipeline.answer.unit in track.pipeline.asked


@EVERY_TRACK
def test_the_moving_words_have_neither_a_jobs_utilisation_nor_its_cost(name: str) -> None:
    """Those are what a recorded run is for."""
    track = load_track(name)
    kinds = (DataFlowSankey, PipelineSaturation)
    instruments = [kind(track) for kind in kinds]
    strip = GaugeStrip(track)
    hidden = 0
    for outcome in positions(PART, track, count=60):
        said = [PART.summary(track, outcome), PART.equation(track, outcome).words]
        for instrument in instruments:
            said.append(instrument.draw(outcome))
            said.append(str(instrument.table(outcome)))
            said += texts(instrument.widget)
        strip.update(outcome)
        said.append(strip.widget.value)
        text = " ".join(said)
        assert not re.search(r"utili[sz]ation|target", text)
        cost = format_cost(track, outcome.cost)
        assert cost not in text
        if not track.pipeline.cold_start:
            continue  # all passes are alike: the job's share is the pass's
        share, of_a_pass = (
            format_share(found)
            for found in (outcome.utilization, outcome.warm.rate / outcome.demand)
        )
        if "." in share and share != of_a_pass:
            hidden += 1
            assert f" {share}" not in PART.summary(track, outcome)
    assert bool(hidden) == track.pipeline.cold_start


@EVERY_TRACK
def test_the_summary_says_what_one_unit_more_of_each_would_bring(name: str) -> None:
    track = load_track(name)
    for outcome in positions(PART, track, count=40):
        said = PART.summary(track, outcome)
        more = one_unit_more(track, outcome.settings)
        for control in track.pipeline.controls:
            if control.kind == "scale":
                gain = more[control.name]
                bought = format_bandwidth(gain) if gain > 0 else "nothing"
                assert f"{bought} with {control.piece:,g} {control.unit} more of" in said


def test_a_log_is_full_when_what_the_uplink_leaves_has_filled_it() -> None:
    """Second by second, with an uplink that sends all along."""
    track = load_track("edge_guardian")
    for outcome in positions(PART, track, count=40):
        settings, held, seconds = outcome.settings, 0.0, 0
        over = outcome.demand - settings.link
        while over > 0 and held + over * 60 <= settings.cache:
            held += over * 60
            seconds += 60
        if over > 0:
            seconds += (settings.cache - held) / over
        assert PART.figures(track, outcome)["filled_after"] == format_time(seconds)


def test_a_recorded_run_says_what_the_moving_words_dont(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    track = load_track("cloud_titan")
    session = open_part("cloud_titan", "pipeline", tmp_path)
    session.lock("warm", 0.5)
    session.record({item.answer: item.default for item in track.pipeline.controls})
    crisis = PART.baseline(track)
    said = capsys.readouterr().out.splitlines()[-1]
    assert format_share(crisis.utilization) in said
    assert format_cost(track, crisis.cost) in said
    assert said.endswith("misses utilisation, the load in time.")


@EVERY_TRACK
def test_the_policy_is_said_before_it_is_asked_about(name: str) -> None:
    track = load_track(name)
    question = PART.words(track, track.pipeline.question.text)
    policy = str(track.pipeline.start("policy"))
    said = {"never_evict": r"never evict|keeps what it has", "lru_repeated": r"longest ago.*first"}
    assert re.search(said[policy], question)
    if policy == "lru_repeated":
        assert "order" in question


@EVERY_TRACK
def test_the_texts_are_short(name: str) -> None:
    """A crisis of some 80 words, a reflection's question of 80 at most, a summary of 150."""
    track = load_track(name)
    content = track.pipeline
    counts = {where: len(text.split()) for where, text in told(track)}
    assert counts["crisis"] <= 95
    assert counts["look"] <= 40
    assert counts["task"] <= 55
    assert counts["question"] <= 35
    assert counts["reflection"] <= 80
    assert counts["summary"] <= 150
    assert content.reflection.count("?") == 1
    for option in content.question.options:
        assert len(option.text.split()) <= 20


@EVERY_TRACK
def test_at_least_a_fiftieth_of_the_decisions_is_near_the_least_cost(name: str) -> None:
    """A quarter above the least, or 3% of what the crisis costs: nobody needs the one best."""
    track = load_track(name)
    all_of_them = decisions(name, "pipeline")
    near = [item for item in all_of_them if not item.unmet and item.cost <= free_cost(track)]
    assert len(near) >= 0.02 * len(all_of_them)


def free_cost(track: Any) -> float:
    """Return the cost up to which a decision earns all points."""
    least, crisis = least_cost(track.name, "pipeline").cost, PART.baseline(track).cost
    return float(least + max(least / 4, 0.03 * crisis))


@EVERY_TRACK
def test_neither_a_preset_nor_the_most_of_everything_earns_all_points(name: str) -> None:
    """The shortcuts miss a target or cost too much, whatever is chosen besides the sizes."""
    track = load_track(name)
    content = track.pipeline
    start = {item.answer: item.default for item in content.controls}
    shortcuts = [{**start, **preset.settings} for preset in content.presets]
    most = {item.answer: item.values[-1] for item in content.controls if item.kind == "scale"}
    if content.cache_limit:
        cache = content.control("cache")
        most[cache.answer] = content.cache_limit / cache.si
    choices = [item for item in content.controls if item.kind != "scale"]
    for values in itertools.product(*(item.values for item in choices)):
        chosen = {item.answer: value for item, value in zip(choices, values, strict=True)}
        shortcuts.append({**most, **chosen})
    for shortcut in shortcuts:
        outcome = PART.judge(track, shortcut)
        assert outcome.unmet or outcome.cost > free_cost(track), shortcut


@EVERY_TRACK
def test_the_cheapest_decision_is_at_no_end_of_a_slider(name: str) -> None:
    best = least_cost(name, "pipeline").settings
    for control in load_track(name).pipeline.controls:
        if control.kind == "scale":
            value = getattr(best, control.name)
            assert control.to_si(control.values[0]) < value < control.to_si(control.values[-1])


@EVERY_TRACK
def test_no_option_is_the_only_long_or_short_one(name: str) -> None:
    """The right one isn't told by its length."""
    track = load_track(name)
    lengths = {option.id: len(option.text.split()) for option in track.pipeline.question.options}
    right = lengths.pop(keys.pipeline_key(track)["prediction"])
    assert min(lengths.values()) - 3 <= right <= max(lengths.values()) + 3


def test_the_cloud_asks_another_question_under_another_policy() -> None:
    """Under LRU twice the cache is worth a sixth of what it is worth to caches that never evict."""
    track = load_track("cloud_titan")
    crisis = PART.baseline(track)
    doubled = keys.compared(track, PART)
    lru = [
        PART.experiment(track, replace(outcome.settings, policy="lru", memory=96e9)).warm.hit_rate
        for outcome in (crisis, doubled)
    ]
    assert lru == pytest.approx([0.0215, 0.0935], abs=1e-3)
    assert doubled.warm.hit_rate - crisis.warm.hit_rate == pytest.approx(0.2)
