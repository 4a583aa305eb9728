"""The saturation plot shows the model along the resource that was moved, and what binds where."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.parts import PARTS
from storagelab.parts.formatting import format_setting
from storagelab.parts.pipeline.experiment import TIERS, Change, evaluate_pipeline, resources
from storagelab.tracks import TRACKS, load_track
from storagelab.units import format_bandwidth
from storagelab.widgets.instruments.saturation import (
    ABOVE,
    PipelineSaturation,
    Range,
    pipeline_saturation,
    points,
    regions,
)
from storagelab.widgets.playback import Playback
from tests.widgets.benches import built, outcomes

ANY = given(st.data())
EVERY_TRACK = pytest.mark.parametrize("name", TRACKS)


def shown(name: str, data: Any) -> tuple[Any, Any]:
    """Return any outcome and the instrument that shows it against any resource."""
    outcome = data.draw(outcomes(name, "pipeline"))
    instrument = built(PipelineSaturation, name)
    instrument.update(outcome)
    instrument.chooser.value = data.draw(st.sampled_from(resources(load_track(name))))
    instrument.update(outcome)
    return outcome, instrument


@EVERY_TRACK
@ANY
def test_every_point_of_every_curve_is_the_experiment_there(name: str, data: Any) -> None:
    outcome, instrument = shown(name, data)
    track, resource = load_track(name), instrument.chooser.value
    x = np.asarray(instrument.delivered.x)
    assert np.all(np.diff(x) >= 0)
    assert (x[0], x[-1]) == (0, 1)
    for index in data.draw(st.lists(st.integers(0, len(x) - 1), min_size=3, max_size=8)):
        amount = float(instrument.span.amounts(x[index : index + 1])[0])
        there = evaluate_pipeline(track, replace(outcome.settings, **{resource: amount}))
        scale = instrument.scale
        assert instrument.delivered.y[index] * scale == pytest.approx(there.warm.rate, rel=1e-6)
        for tier in TIERS:
            ceiling = min(there.warm.ceilings[tier] / scale, ABOVE * instrument.top)
            assert instrument.ceilings[tier].y[index] == pytest.approx(ceiling, rel=1e-5)


@EVERY_TRACK
@ANY
def test_the_point_is_the_present_one_and_lies_on_the_curve(name: str, data: Any) -> None:
    outcome, instrument = shown(name, data)
    amount = getattr(outcome.settings, instrument.chooser.value)
    at = float(instrument.span.places(amount))
    rates = [outcome.warm.rate / instrument.scale]
    np.testing.assert_allclose(instrument.point.x, at)
    np.testing.assert_allclose(instrument.point.y, rates)
    on_curve = np.interp(at, instrument.delivered.x, instrument.delivered.y)
    assert rates[0] == pytest.approx(on_curve, rel=0.02, abs=1e-3 * instrument.top)
    assert float(instrument.span.amounts(np.array([at]))[0]) == pytest.approx(amount)


@EVERY_TRACK
@ANY
def test_who_binds_is_named_over_its_own_region_and_said(name: str, data: Any) -> None:
    outcome, instrument = shown(name, data)
    track, words = load_track(name), instrument.draw(outcome)
    assert [instrument.regions[0].left, instrument.regions[-1].right] == [0, 1]
    written = named(instrument)
    for region in instrument.regions:
        middle = (region.left + region.right) / 2
        amount = float(instrument.span.amounts(np.array([middle]))[0])
        there = evaluate_pipeline(
            track, replace(outcome.settings, **{instrument.chooser.value: amount})
        )
        if region.right - region.left > 1e-6:
            assert there.warm.binding == region.stage
            index = TIERS.index(region.stage)
            assert np.any(np.abs(instrument.areas.x[index] - region.left) < 1e-9)
            assert np.ptp(instrument.areas.y[index]) == instrument.top
    assert len(written) <= len(instrument.regions)
    wide = [region for region in instrument.regions if region.right - region.left > 0.5]
    assert len(written) >= len(wide)
    for change in instrument.found:
        said = format_setting(instrument.span.control, change.at)
        assert said in words
        assert said in [str(t) for label in instrument.texts.values() for t in label.text]


def named(instrument: Any) -> list[tuple[int, float, str]]:
    """Return the angle, the place and the text of each name in the figure."""
    return [
        (angle, float(at), str(text))
        for angle, label in instrument.names.items()
        for at, text in zip(label.x, label.text, strict=True)
        if text
    ]


@EVERY_TRACK
@ANY
def test_a_region_is_called_by_what_binds_where_its_name_stands(name: str, data: Any) -> None:
    """The experiment is run at the name's own place."""
    outcome, instrument = shown(name, data)
    track = load_track(name)
    called = {
        "link": f"{track.terms.link} binds",
        "nvme": f"{track.terms.cache} binds",
        "prepare": "preparation binds",
        "compute": f"{track.fed.label} {track.fed.verb('bind')}",
    }
    for angle, at, text in named(instrument):
        amount = float(instrument.span.amounts(np.array([at]))[0])
        there = evaluate_pipeline(
            track, replace(outcome.settings, **{instrument.chooser.value: amount})
        )
        whole = called[there.warm.binding]
        assert text in {whole, whole.rpartition(" ")[0]}
        # it has room: nobody else binds within its width on the narrowest screen
        width = 19 / 240 if angle else (7 * len(text) + 6) / 240
        region = next(item for item in instrument.regions if item.left < at < item.right)
        assert region.stage == there.warm.binding
        assert region.left <= at - width / 2 + 1e-9
        assert at + width / 2 <= region.right + 1e-9


@EVERY_TRACK
@ANY
def test_a_ceiling_that_is_nowhere_in_the_figure_is_told(name: str, data: Any) -> None:
    outcome, instrument = shown(name, data)
    words, terms = instrument.draw(outcome), load_track(name).terms
    for tier, stage in (("link", terms.link), ("nvme", terms.cache)):
        hidden = np.min(instrument.ceilings[tier].y) > instrument.top
        assert (f"The {stage}'s ceiling lies above the figure" in words) == hidden
        written = [str(text) for label in instrument.texts.values() for text in label.text]
        assert stage in written or np.min(instrument.ceilings[tier].y) > 0.9 * instrument.top


@EVERY_TRACK
@ANY
def test_the_table_has_every_position_of_the_slider_uncut(name: str, data: Any) -> None:
    outcome, instrument = shown(name, data)
    table = instrument.table(outcome)
    control = instrument.span.control
    assert [row[0] for row in table.rows] == pytest.approx(control.values)
    assert control.unit in table.columns[0]
    now = getattr(outcome.settings, instrument.chooser.value) / control.si
    (row,) = [row for row in table.rows if row[0] == pytest.approx(now)]
    assert row[1] * instrument.scale == pytest.approx(outcome.warm.rate)
    for cell, tier in zip(row[2:6], TIERS, strict=True):
        assert cell * instrument.scale == pytest.approx(outcome.warm.ceilings[tier])


@EVERY_TRACK
def test_the_axis_follows_what_is_moved_and_stays_where_it_is_picked(name: str) -> None:
    track, part = load_track(name), PARTS["pipeline"]
    instrument = PipelineSaturation(track)
    start = part.baseline(track).settings

    def seen() -> Any:
        (visible,) = [key for key, axis in instrument.axes.items() if axis.visible]
        assert visible == instrument.chooser.value
        return visible

    instrument.update(evaluate_pipeline(track, start))
    assert seen() == "link"
    for resource in reversed(resources(track)):
        control = track.pipeline.control(resource)
        value = next(v for v in control.values if v != control.default)
        start = replace(start, **{resource: control.to_si(value)})
        instrument.update(evaluate_pipeline(track, start))
        assert seen() == resource
    instrument.chooser.value = "cache"
    assert seen() == "cache"
    instrument.update(evaluate_pipeline(track, start))
    assert seen() == "cache"
    ends = {key: track.pipeline.control(key).values[-1] for key in ("link", "nvme")}
    si = {key: track.pipeline.control(key).to_si(value) for key, value in ends.items()}
    # a change of two at once isn't a move of one slider
    instrument.update(evaluate_pipeline(track, replace(start, **si)))
    assert seen() == "cache"


def test_an_axis_that_is_fixed_stays_and_offers_no_choice() -> None:
    track = load_track("cloud_titan")
    instrument = PipelineSaturation(track, "cache")
    start = PARTS["pipeline"].baseline(track).settings
    instrument.update(evaluate_pipeline(track, start))
    instrument.update(evaluate_pipeline(track, replace(start, link=2 * start.link)))
    assert instrument.axes["cache"].visible
    assert instrument.extras == ()


def test_along_its_own_axis_only_the_point_moves() -> None:
    track = load_track("cloud_titan")
    instrument = PipelineSaturation(track, "link")
    start = PARTS["pipeline"].baseline(track).settings
    instrument.update(evaluate_pipeline(track, start))
    changed = set()
    for mark in instrument.figure.marks:
        mark.observe(lambda change: changed.add(id(change.owner)))
    instrument.update(evaluate_pipeline(track, replace(start, link=2 * start.link)))
    assert changed == {id(instrument.point)}


@EVERY_TRACK
def test_each_slider_lies_on_its_axis_from_end_to_end(name: str) -> None:
    instrument = built(PipelineSaturation, name)
    for resource, axis in instrument.axes.items():
        control = load_track(name).pipeline.control(resource)
        assert (axis.scale.min, axis.scale.max) == (control.values[0], control.values[-1])
        assert control.label in axis.label
        assert control.unit in axis.label
        ticks = np.asarray(axis.tick_values)
        assert 2 <= len(ticks) <= 12
        assert np.all((ticks >= axis.scale.min) & (ticks <= axis.scale.max))
        # the other axis has its 0 there
        assert ticks[0] > axis.scale.min or len(f"{ticks[0]:,g}") == 1


@EVERY_TRACK
def test_the_share_on_the_right_and_the_rate_on_the_left_are_one_scale(name: str) -> None:
    instrument = built(PipelineSaturation, name)
    left, right = instrument.figure.axes[-2:]
    assert right.side == "right"
    assert right.scale.max / 100 == pytest.approx(left.scale.max / instrument.demand)


@EVERY_TRACK
def test_the_baseline_can_be_read(name: str) -> None:
    """The baseline lies inside the figure and away from its edges, so that changes are visible."""
    instrument = PipelineSaturation(load_track(name))
    instrument.update(PARTS["pipeline"].baseline(load_track(name)))
    assert 0.005 * instrument.top < instrument.point.y[0] < instrument.top
    assert 0 < instrument.point.x[0] < 1


def test_a_linear_and_a_logarithmic_range_have_a_place_for_each_amount() -> None:
    part = load_track("cloud_titan").pipeline
    cache, link = Range(part.control("cache")), Range(part.control("link"))
    assert (cache.is_log, link.is_log) == (False, True)
    assert cache.places(5e12) == pytest.approx(0.5)
    assert link.places(np.sqrt(2 * 100) * 125e6) == pytest.approx(0.5)
    for span in (cache, link):
        np.testing.assert_allclose(span.amounts(span.places(span.steps)), span.steps, atol=1)


def test_regions_and_points_have_their_corners_where_another_stage_takes_over() -> None:
    span = Range(load_track("cloud_titan").pipeline.control("cache"))
    changes = (
        Change(at=2.5e12, before="link", after="compute"),
        Change(at=7.5e12, before="compute", after="nvme"),
    )
    found = regions(span, changes, "link")
    assert [(item.stage, item.left, item.right) for item in found] == [
        ("link", 0, 0.25), ("compute", 0.25, 0.75), ("nvme", 0.75, 1),
    ]  # fmt: skip
    assert [item.stage for item in regions(span, (), "nvme")] == ["nvme"]
    x = points(span, changes)
    assert {0.25, 0.75} <= set(x)
    assert len(x) == len(points(span, ()))


def test_the_crisis_of_the_cloud_in_words() -> None:
    track = load_track("cloud_titan")
    outcome = PARTS["pipeline"].baseline(track)
    words = PipelineSaturation(track).draw(outcome)
    assert (
        f"With 5 Gb/s of download bandwidth {format_bandwidth(outcome.warm.rate)} arrive in a warm"
    )
    assert "50.3% of what the accelerators ask for" in words
    assert (
        "the download link up to 8.35 Gb/s and the CPU that prepares the samples from there on"
        in words
    )


@pytest.mark.parametrize("moving", ["cache", "link", "nvme"])
def test_the_picture_plays_against_what_moves_without_a_kernel(moving: Any) -> None:
    box = pipeline_saturation("mobile_nomad", moving, policy="never_evict")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    control = load_track("mobile_nomad").pipeline.control(moving)
    assert len(playback.frames) == len(control.values)
    assert set(playback.names) <= {"x", "y", "text", "value", "columns", "rows", "words"}


@EVERY_TRACK
def test_a_page_plays_the_choice_of_the_resource(name: str) -> None:
    box = pipeline_saturation(name, "against")
    (playback,) = [child for child in box.children if isinstance(child, Playback)]
    names = list(resources(load_track(name)))
    assert [value for _, value in playback.source.options] == names
    assert playback.source.layout.display != "none"
    axes = [
        (index, frame[index])
        for frame in playback.frames
        for index, trait in enumerate(playback.names)
        if trait == "visible" and frame[index]
    ]
    assert len({index for index, _ in axes}) == len(axes) == len(names)  # one axis for each
