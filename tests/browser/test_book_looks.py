"""The book's figures can be read: on a telephone and a desktop, in the light and in the dark."""

from __future__ import annotations

import pytest

from .conftest import wait_until_settled

PARTS = ("part1_access", "part2_pipeline", "part3_checkpoint")
TRACKS = ("track_cloud_titan", "track_edge_guardian", "track_mobile_nomad", "track_tiny_pioneer")
TABLES = ("tracks", *TRACKS, *PARTS, "instructor", "track_file")

TEXTS = """() => [...document.querySelectorAll('.bqplot')].flatMap((figure) => {
  const outer = figure.closest('.storagelab-workbench').getBoundingClientRect();
  const inner = figure.getBoundingClientRect();
  return [...figure.querySelectorAll('svg text')]
    .filter((text) => text.textContent.trim() && text.getBoundingClientRect().width > 0)
    .map((text) => {
      const box = text.getBoundingClientRect();
      const left = Math.max(inner.left, outer.left), right = Math.min(inner.right, outer.right);
      return {
        words: text.textContent,
        clipped: box.left < left - 1 || box.right > right + 1
          || box.top < inner.top - 1 || box.bottom > inner.bottom + 1,
        fill: getComputedStyle(text.querySelector('tspan') || text).fill,
      };
    });
})"""


def luminance(color: str) -> float:
    """Return the relative luminance of a CSS ``rgb()``, as WCAG 2 defines it."""
    channels = [float(part) / 255 for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", [*PARTS, *TRACKS])
def test_every_label_of_a_figure_is_whole_and_can_be_told_from_the_ground(
    book_server, page, traffic, name, width, theme
):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    page.goto(f"{book_server}/{name}.html")
    wait_until_settled(page)
    assert page.locator("html").get_attribute("data-theme") == theme
    texts = page.evaluate(TEXTS)
    assert len(texts) > 8
    assert [text["words"] for text in texts if text["clipped"]] == []
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    axes = [text for text in texts if text["fill"] != "none"]
    # large or bold words in a figure need 3:1; ordinary text would need 4.5:1
    assert [text["words"] for text in axes if contrast(text["fill"], ground) < 3] == []
    traffic.assert_clean()


@pytest.mark.parametrize("name", [*PARTS, *TRACKS, "index", "search"])
def test_no_page_knows_a_kernel_elsewhere(book_folder, name):
    text = (book_folder / f"{name}.html").read_text(encoding="utf-8").lower()
    assert "thebe" not in text
    assert "binder" not in text


def test_the_slider_is_wide_enough_for_a_finger(book_server, page):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{book_server}/part1_access.html")
    wait_until_settled(page)
    assert page.locator(".noUi-target").first.bounding_box()["width"] > 200


COLORS = """(selector) => [...document.querySelectorAll(selector)]
  .filter((item) => item.getClientRects().length && item.textContent.trim())
  .map((item) => {
    let ground = item;
    const painted = (one) => getComputedStyle(one).backgroundColor;
    const clear = (color) => color === 'rgba(0, 0, 0, 0)' || color === 'transparent';
    while (ground.parentElement && clear(painted(ground))) ground = ground.parentElement;
    const style = getComputedStyle(item);
    return {
      words: item.textContent.trim().slice(0, 40),
      color: item instanceof SVGElement ? style.fill : style.color,
      ground: clear(painted(ground)) ? painted(document.body) : painted(ground),
    };
  })"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", TABLES)
def test_tables_and_drawings_can_be_told_from_the_ground(book_server, page, traffic, name, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(f"{book_server}/{name}.html", wait_until="load")
    page.wait_for_timeout(500)
    page.evaluate("() => document.querySelectorAll('details').forEach((item) => item.open = true)")
    selector = (
        ".storagelab-table th, .storagelab-table td, .storagelab-table code, .storagelab-table a, "
        ".storagelab-hierarchy text, figcaption"
    )
    texts = page.evaluate(COLORS, selector)
    assert len(texts) > 8
    faint = [item for item in texts if contrast(item["color"], item["ground"]) < 4.5]
    assert faint == []
    traffic.assert_clean()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", TRACKS)
def test_the_hierarchy_is_whole_and_large_enough_to_read(book_server, page, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{book_server}/{name}.html", wait_until="load")
    drawing = page.locator("svg.storagelab-hierarchy")
    box = drawing.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    texts = drawing.locator("text")
    assert texts.count() > 10
    for index in range(texts.count()):
        inner = texts.nth(index).bounding_box()
        assert inner["height"] >= 12
        assert inner["x"] >= box["x"]
        assert inner["x"] + inner["width"] <= box["x"] + box["width"]


@pytest.mark.parametrize("name", TABLES)
def test_on_a_telephone_each_cell_says_its_columns_head(book_server, page, name):
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{book_server}/{name}.html", wait_until="load")
    page.wait_for_timeout(500)
    page.evaluate("() => document.querySelectorAll('details').forEach((item) => item.open = true)")
    cells = page.evaluate(
        """() => [...document.querySelectorAll('.storagelab-table td')].map((cell) => ({
          head: getComputedStyle(cell, '::before').content,
          right: cell.getBoundingClientRect().right,
          over: cell.scrollWidth - cell.clientWidth,
        }))"""
    )
    assert len(cells) > 3
    assert [cell for cell in cells if cell["head"] in ("none", '""')] == []
    assert [cell for cell in cells if cell["right"] > 361 or cell["over"] > 1] == []
