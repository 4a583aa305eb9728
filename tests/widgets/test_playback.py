"""The frames of a playback are what the targets held, as JSON for a page."""

import json
from typing import Any

import bqplot
import ipywidgets
import numpy as np
import pytest

from storagelab.widgets.playback import plain, record


def walk(values: Any, make_target: Any, trait: Any) -> tuple[Any, Any]:
    """Record ``trait`` of a widget that takes each of ``values`` in turn."""
    target = make_target()
    slider = ipywidgets.SelectionSlider(options=list(range(len(values))), value=1)
    slider.observe(lambda change: setattr(target, trait, values[change["new"]]), "index")
    return slider, record(slider, [(target, trait)])


def line() -> Any:
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    return bqplot.Lines(x=[0.0], y=[0.0], scales=scales)


def label() -> Any:
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    return bqplot.Label(x=[0.0], y=[0.0], text=["a"], scales=scales)


@pytest.mark.parametrize(
    ("values", "make_target", "trait"),
    [
        ([np.array([1.0, 2.5]), np.array([3.0]), np.array([1e-9])], line, "y"),
        ([np.array([1, 2]), np.array([3, 4]), np.array([5, 6])], line, "y"),
        ([np.array(["a"]), np.array(["b", "c"]), np.array(["d"])], label, "text"),
        ([False, True, False], line, "visible"),
        ([2, 30, 4], lambda: bqplot.Scatter(scales={}), "default_size"),
        (["<p>a</p>", "<p>é & b</p>", ""], ipywidgets.HTML, "value"),
    ],
    ids=["floats", "integers", "texts", "switch", "whole number", "HTML"],
)
def test_frames_are_what_the_target_held_and_survive_json(
    values: Any, make_target: Any, trait: str
) -> None:
    slider, playback = walk(values, make_target, trait)
    frames = json.loads(json.dumps(playback.frames, allow_nan=False))
    plain = [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
    # the slider starts at the second value, so that the walk itself sets all others
    assert frames == [[value] for value in plain]
    assert [[type(value)] for (value,) in frames] == [[type(value)] for value in plain]
    assert slider.index == 1


def test_labels_by_their_ticks_are_played() -> None:
    assert plain({"0.5": "half", "1": "all"}) == {"0.5": "half", "1": "all"}


def test_numbers_keep_six_digits() -> None:
    _, playback = walk([np.array([x]) for x in (np.pi, 1 / 3, 2e9 / 3)], line, "y")
    assert playback.frames == [[[3.14159]], [[0.333333]], [[666667000.0]]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_json_lacks_is_refused_and_the_slider_put_back(bad: Any) -> None:
    target = line()
    slider = ipywidgets.SelectionSlider(options=[0, 1, 2], value=1)
    slider.observe(lambda change: setattr(target, "y", [1.0, bad if change["new"] else 0]), "index")
    with pytest.raises(ValueError, match="only finite numbers"):
        record(slider, [(target, "y")])
    assert slider.index == 1


def test_a_trait_that_is_no_value_is_refused() -> None:
    slider = ipywidgets.SelectionSlider(options=[0, 1])
    with pytest.raises(ValueError, match="only numbers and text"):
        record(slider, [(line(), "scales")])
