"""The closing figure: every track and the student have a point of their own on each curve."""

from typing import Any

import bqplot
import numpy as np
import pytest

from storagelab.parts import PARTS
from storagelab.parts.normalized_curves import YOU, read_point, save_point
from storagelab.tracks import TRACKS, load_track
from storagelab.widgets.normalized_curves import normalized_curves


def points() -> tuple[Any, Any]:
    reads, saves = {}, {}
    for name in TRACKS:
        track = load_track(name)
        reads[track.persona.name] = read_point(PARTS["access"].baseline(track))
        saves[track.persona.name] = save_point(PARTS["checkpoint"].baseline(track))
    return reads, saves


def figures(box: Any) -> list[Any]:
    return [child for child in box.children if isinstance(child, bqplot.Figure)]


def dots(figure: Any) -> list[Any]:
    return [mark for mark in figure.marks if isinstance(mark, bqplot.Scatter)]


def test_every_track_has_a_point_in_both_figures_and_they_differ_in_shape() -> None:
    reads, saves = points()
    for figure, shown in zip(figures(normalized_curves(reads, saves)), (reads, saves), strict=True):
        marks = dots(figure)
        assert len(marks) == len(shown) == len(TRACKS)
        assert len({mark.marker for mark in marks}) == len(marks)
        for mark, axis_scale in ((mark, mark.scales["x"]) for mark in marks):
            assert axis_scale.min <= mark.x[0] <= axis_scale.max


def test_points_lie_on_the_drawn_curve() -> None:
    reads, saves = points()
    for figure in figures(normalized_curves(reads, saves)):
        (line,) = [mark for mark in figure.marks if isinstance(mark, bqplot.Lines)]
        for mark in dots(figure):
            drawn = np.interp(np.log(mark.x[0]), np.log(line.x), line.y)
            assert mark.y[0] == pytest.approx(drawn, rel=0.02, abs=0.5)


def test_the_student_is_the_diamond_and_is_in_the_words() -> None:
    reads, saves = points()
    track = load_track("mobile_nomad")
    reads[YOU] = read_point(PARTS["access"].baseline(track))
    box = normalized_curves(reads, saves)
    first, second = figures(box)
    assert [mark.marker for mark in dots(first)].count("diamond") == 1
    assert [mark.marker for mark in dots(second)].count("diamond") == 0
    words = " ".join(child.value for child in box.children if hasattr(child, "value"))
    assert "You at 16 KiB" in words
    assert "nan" not in words
