"""A student's Markdown and outputs as HTML that can do nothing in the page of whoever reads it.

No script, no frame, no form, no style of its own, nothing fetched from elsewhere: an instructor
opens a feedback page with rights that a student doesn't have.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from html import escape
from typing import Any

import bleach  # type: ignore[import-untyped]
from bs4 import BeautifulSoup
from docutils.utils.math.latex2mathml import tex2mathml  # type: ignore[import-untyped]
from nbconvert.filters.ansi import ansi2html, strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

LONGEST = 50_000
"""Characters of one output that a page shows."""
TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl",
    "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p",
    "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "u", "ul",
})  # fmt: skip
"""Elements that may stay."""
DROPPED = [
    "applet", "base", "button", "embed", "form", "frame", "frameset", "head", "iframe", "input",
    "link", "math", "meta", "noembed", "noframes", "noscript", "object", "plaintext", "script",
    "select", "style", "svg", "template", "textarea", "title", "xmp",
]  # fmt: skip
"""Elements that go with all that is in them."""
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]+")
_CODE_CLASS = re.compile(r"highlight|[a-z][a-z0-9]{0,2}")
"""What Pygments calls its spans: none of the page's own classes."""


def _allowed(tag: str, name: str, value: str) -> bool:
    if name in ("title", "colspan", "rowspan"):
        return True
    if tag == "a":
        return name == "href" and value.startswith(("https://", "http://", "mailto:", "#"))
    if tag == "img":
        return name == "alt" or (name == "src" and bool(_PICTURE.fullmatch(value)))
    if tag in ("span", "div", "pre", "code"):
        return name == "class" and all(map(_CODE_CLASS.fullmatch, value.split()))
    return False


def clean_html(html: str) -> str:
    """Return ``html`` with only what can do no harm left in it."""
    soup = BeautifulSoup(html, "html.parser")
    for element in soup(DROPPED):
        element.decompose()
    kept: str = bleach.clean(str(soup), tags=TAGS, attributes=_allowed, strip=True)
    return kept


class _Renderer(IPythonRenderer):
    """Markdown's HTML, with a token in the place of each formula until the rest is clean."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=False, attachments=dict(attachments), exclude_anchor_links=True)
        self.formulas: dict[str, str] = {}

    def _kept(self, tex: str, as_block: bool) -> str:
        token = f"formula{secrets.token_hex(16)}"
        try:
            shown = BeautifulSoup(str(tex2mathml(tex, as_block=as_block)), "html.parser")
            for element in shown(True):
                if element.name == "a" or any(name.startswith("on") for name in element.attrs):
                    raise ValueError(element.name)
                if element.name != "math" and not element.name.startswith("m"):
                    raise ValueError(element.name)
            self.formulas[token] = str(shown)
        except Exception:  # a formula that docutils can't read, or not only a formula
            self.formulas[token] = f"<code>{escape(tex)}</code>"
        return token

    def block_math(self, body: str) -> str:
        return self._kept(body, as_block=True)

    def inline_math(self, body: str) -> str:
        return self._kept(body, as_block=False)

    def latex_environment(self, name: str, body: str) -> str:
        return self._kept(rf"\begin{{{name}}}{body}\end{{{name}}}", as_block=True)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        try:
            return super().image(text, url, title)
        except Exception:  # an attachment that isn't there, or is no picture
            return escape(text)


def from_markdown(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Return Markdown as harmless HTML, its formulas as MathML.

    What can't be read as Markdown is shown as it was typed.
    """
    renderer = _Renderer(attachments or {})
    try:
        html = clean_html(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # nested so deeply that nobody can read it
        return f"<pre>{escape(source[:LONGEST])}</pre>"
    for token, formula in renderer.formulas.items():
        html = html.replace(token, formula)
    return html


def from_output(output: Mapping[str, Any]) -> str:
    """Return a cell's output as harmless HTML: the best of its forms that a still page can show."""
    kind = output.get("output_type")
    if kind == "stream":
        return _text(str(output.get("text", "")))
    if kind == "error":
        lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        return _text("\n".join(map(str, lines)))
    data = output.get("data", {})
    if "text/html" in data:
        return clean_html(_cut(_joined(data["text/html"])))
    if "text/markdown" in data:
        return from_markdown(_cut(_joined(data["text/markdown"])))
    for form in ("image/png", "image/jpeg", "image/svg+xml"):
        if form in data:
            return _picture(form, _joined(data[form]), output)
    if "text/latex" in data:
        return from_markdown(_cut(_joined(data["text/latex"])))
    if "application/vnd.jupyter.widget-view+json" in data:
        return '<p class="fb-withheld">An interactive figure: it moves in a running notebook.</p>'
    if "text/plain" in data:
        return _text(_joined(data["text/plain"]))
    return '<p class="fb-withheld">An output that a page can\'t show.</p>'


def words_of(output: Mapping[str, Any]) -> str:
    """Return everything in an output that can be read as text, without colours."""
    parts = [output.get("text", ""), output.get("ename", ""), output.get("evalue", "")]
    parts += output.get("traceback", [])
    parts += [_joined(value) for value in output.get("data", {}).values()]
    return str(strip_ansi("\n".join(map(_joined, parts))))  # type: ignore[no-untyped-call]


def _joined(value: object) -> str:
    """Return a notebook's text, which may be a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… (cut)"


def _text(text: str) -> str:
    return f"<pre>{ansi2html(_cut(text))}</pre>"  # type: ignore[no-untyped-call]


def _picture(form: str, content: str, output: Mapping[str, Any]) -> str:
    """Return an image with words for those who can't see it."""
    if form == "image/svg+xml":
        content = base64.b64encode(content.encode()).decode()
    source = f"data:{form};base64,{content.strip()}"
    if not _PICTURE.fullmatch(source):
        return '<p class="fb-withheld">A picture that can\'t be read.</p>'
    about = output.get("metadata", {})
    plain = _joined(output.get("data", {}).get("text/plain", ""))
    said = [about.get(form), about]
    words = next((item["alt"] for item in said if isinstance(item, dict) and "alt" in item), "")
    if not words:
        words = "" if plain.startswith("<") else plain
    words = words or "A picture that this cell made. It has no description."
    return f'<img src="{escape(source)}" alt="{escape(str(words))}">'
