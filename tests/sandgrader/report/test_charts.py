"""Figures as inline SVG."""

from __future__ import annotations

from sandgrader.report import charts


def test_a_picture_takes_its_words_as_text() -> None:
    svg = charts.draw({"mark": "point", "data": {"values": []}, "height": 40}, 'a "b" <c> & d')
    assert 'aria-label="a &quot;b&quot; &lt;c&gt; &amp; d"' in svg
