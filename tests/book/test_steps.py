"""The steps behind Sphinx: which formulas and icons are found, and when a picture is drawn anew."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import identity
import lighten
import pytest
import stills
import yaml
from offline import NODE_MODULES
from sphinx.errors import ExtensionError

from storagelab import __version__
from storagelab.course.layout import Layout

SCRIPT = '<script type="application/vnd.jupyter.widget-{}+json">{}</script>'


def page_of(*names: str, value: int = 1) -> str:
    """Return a page with two widgets under some names, and a view of the second."""
    first, second = names
    state = {
        "state": {
            first: {"state": {"value": value}},
            second: {"state": {"children": [f"IPY_MODEL_{first}"]}},
        }
    }
    view = {"model_id": second}
    return (
        SCRIPT.format("state", json.dumps(state))
        + "<p>Words</p>"
        + SCRIPT.format("view", json.dumps(view))
    )


A, B, C, D = (letter * 32 for letter in "abcd")


def test_a_picture_is_drawn_anew_where_a_widget_changed_and_only_there() -> None:
    page = page_of(A, B)
    assert stills.digest(page_of(C, D)) == stills.digest(page), "names are others in every build"
    assert stills.digest(page.replace("Words", "Other words")) == stills.digest(page)
    assert stills.digest(page_of(A, B, value=2)) != stills.digest(page)


def test_each_picture_stands_before_its_view() -> None:
    view = SCRIPT.format("view", json.dumps({"model_id": A}))
    page = f"<head></head><body>{page_of(A, B)}{view}</body>"
    made = stills.Stills(["<div>one</div>", "<div>two</div>"], "p { color: red }")
    whole = stills.with_stills(page, made, "models/page.js")
    assert re.findall(r"<div>(\w+)</div><script[^>]*view", whole) == ["one", "two"]
    assert "p { color: red }\n" in whole[: whole.index("</head>")]


def test_the_state_is_no_part_of_the_page_that_is_seen_first() -> None:
    page = f"<head></head><body>{page_of(A, B)}</body>"
    whole = stills.with_stills(page, stills.Stills(["<div>one</div>"], ""), "models/page.js")
    assert "widget-state" not in whole
    assert '<meta name="storagelab-models" content="models/page.js">' in whole
    script = stills.models_of(page)
    assert script.startswith("window.storagelabModels = [{")
    (state,) = json.loads(script.removeprefix("window.storagelabModels = ").rstrip(";\n"))
    assert set(state["state"]) == {A, B}


INLINE = r'<span class="math notranslate nohighlight">\(a &lt; b\)</span>'
NUMBERED = (
    '<div class="math notranslate nohighlight" id="equation-law">\n<span class="eqno">(1)<a '
    'class="headerlink" href="#equation-law">#</a></span>\\[\nt = L + \\frac{b}{B}.\n\\]</div>'
)


def test_formulas_are_set_with_their_numbers_and_what_is_heard_of_them() -> None:
    if not NODE_MODULES.exists():
        pytest.fail("npm's packages aren't installed: run `make setup` and `make book`")
    page = f"<body><p>{INLINE}</p>{NUMBERED}</body>"
    formulas = lighten.formulas_of(page)
    assert formulas == [
        {"tex": "a < b", "display": False},
        {"tex": r"t = L + \frac{b}{B}.", "display": True},
    ]
    (made,) = lighten.set_formulas([formulas])["pages"]
    found = lighten.with_mathematics(page, made)
    assert r"\(" not in found
    assert r"\[" not in found
    assert found.count("<math") == found.count("<mjx-container ") == 2
    assert '<span class="eqno">(1)' in found
    assert "<mfrac>" in found
    # each shape that is used is on the page
    used = set(re.findall(r'xlink:href="#([^"]+)"', found))
    assert used <= set(re.findall(r'<path id="([^"]+)"', found))


def test_a_long_formula_can_be_scrolled_by_keys_in_its_own_box() -> None:
    def made(width: float, display: str = "") -> str:
        begin = f'<mjx-container class="MathJax"{display}><svg width="{width}ex"'
        html = [f"{begin}></svg></mjx-container>"]
        return lighten.with_mathematics(INLINE, {"html": html, "shapes": ""})

    for display in ("", ' display="true"'):
        assert 'tabindex="0"' in made(56.05, display)
        assert "tabindex" not in made(1.3, display)


def test_a_formula_that_cannot_be_set_stops_the_build() -> None:
    with pytest.raises(ExtensionError, match="can't be set"):
        lighten.set_formulas([[{"tex": r"\frac{a}", "display": True}]])


def test_no_raw_mathematics_and_no_font_of_icons_is_left(book: Path) -> None:
    for path in book.glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert lighten.formulas_of(page) == [], path.name
        assert "fontawesome" not in page, path.name
        assert re.search(r"<script[^>]*mathjax|window\.MathJax = ", page) is None, path.name
    for sheet in book.rglob("*.css"):
        assert "@font-face" not in sheet.read_text(encoding="utf-8"), sheet.name


def test_an_icon_that_is_not_known_stops_the_build() -> None:
    icons = lighten.Icons('a={bars:[448,512,["navicon"],"f0c9","M0 96"]}')
    assert "M0 96" in icons.mask("bars") == icons.mask("navicon")
    assert icons.mask("bars-o") == icons.mask("bars")
    with pytest.raises(ExtensionError, match="no icon called 'nothing'"):
        icons.mask("nothing")


# --- what the book says of itself


def head_of(page: Path) -> dict[str, str]:
    """Return the content of each named tag of a page's head."""
    text = page.read_text(encoding="utf-8")
    tags = re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)"', text)
    return dict(tags)


def test_every_page_says_what_it_is_about_in_words_of_its_own(
    book: Path, chapters: list[str]
) -> None:
    heads = {name: head_of(book / f"{name}.html") for name in chapters}
    described = {name: head["description"] for name, head in heads.items()}
    assert len(set(described.values())) == len(chapters)
    for name, words in described.items():
        assert 20 < len(words) <= identity.LONGEST + 2, name
        assert "\\" not in words, name
        assert heads[name]["og:description"] == words
        assert heads[name]["og:title"]


def test_addresses_are_absent_where_nobody_said_them(book: Path) -> None:
    page = (book / "index.html").read_text(encoding="utf-8")
    assert 'rel="canonical"' not in page
    assert "og:url" not in page
    assert 'rel="icon"' in page


class Settings:
    """As much of Sphinx's configuration as is set."""

    def __init__(self) -> None:
        self.myst_substitutions: dict[str, str] = {}
        self.html_theme_options: dict[str, object] = {}
        self.html_baseurl = ""
        self.version = self.release = ""


def test_addresses_are_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGELAB_BOOK_ADDRESS", "https://book.example/lab")
    monkeypatch.setenv("STORAGELAB_BOOK_REPOSITORY", "https://code.example/lab")
    settings: Any = Settings()
    identity.configure(SimpleNamespace(), settings)  # type: ignore[arg-type]
    assert settings.html_baseurl == "https://book.example/lab/"
    assert settings.html_theme_options["repository_url"] == "https://code.example/lab"
    assert settings.html_theme_options["use_source_button"] is True
    assert settings.release == __version__


def test_the_version_stands_once(layout: Layout, book: Path) -> None:
    project = tomllib.loads((layout.root / "pyproject.toml").read_text(encoding="utf-8"))
    citation = yaml.safe_load((layout.root / "CITATION.cff").read_text(encoding="utf-8"))
    assert project["project"]["version"] == citation["version"] == __version__
    page = (book / "colophon.html").read_text(encoding="utf-8")
    assert f"version {__version__} of storagelab" in page
    assert f"note   = {{Version {__version__}}}" in re.sub(r"<[^>]+>", "", page)


def test_words_for_the_search_page_have_no_mathematics_in_them() -> None:
    page = (
        '<article><section id="one"><h1>One<a class="headerlink">#</a></h1>'
        f'<p>Of <b>two</b> costs {INLINE} one grows.</p><section id="two"><p>More</p></section>'
        "</section><script>let x;</script></article>"
    )
    assert identity.words_of(page) == (
        '<main role="main"><section id="one">One Of two costs one grows. '
        '<section id="two">More </section></section></main>'
    )


def test_an_arrow_that_unfolds_a_chapter_has_its_name() -> None:
    page = '<a class="reference internal" href="tracks.html">Choose</a><details><summary><i></i>'
    assert '<summary aria-label="Chapters below: Choose">' in identity.named(page)
