"""A student's Markdown and outputs as HTML that can do nothing in the page of whoever reads it.

No script, no frame, no form, no style of its own, nothing fetched from elsewhere: an instructor
opens a feedback page with rights that a student doesn't have.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

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
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml", "image/bmp")
"""Kinds of pictures that a page shows; none of them can run anything there."""
_PICTURE = re.compile(
    rf"data:({'|'.join(map(re.escape, PICTURES))});base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE
)
_FRAME = re.compile(r"""frames\[\d+\]\s*=\s*["'](data:image/[^"']+)["']""")
"""How a script of Matplotlib's keeps the pictures of an animation."""
LARGEST_PICTURES = 20_000_000
"""Characters of the pictures in one output or one cell."""
ATTACHED = "attachment:"
_CODE_CLASS = re.compile(r"highlight|[a-z][a-z0-9]{0,2}")
"""What Pygments calls its spans: none of the page's own classes."""


def _allowed(tag: str, name: str, value: str) -> bool:
    if name in ("title", "colspan", "rowspan"):
        return True
    if tag == "a":
        return name == "href" and value.startswith(("https://", "http://", "mailto:", "#"))
    if tag == "img":
        return name == "alt" or (name == "src" and value.startswith(_Pictures.MARK))
    if tag in ("span", "div", "pre", "code"):
        return name == "class" and all(map(_CODE_CLASS.fullmatch, value.split()))
    return False


class _Pictures:
    """Pictures of some HTML, with a short token in the place of each until the rest is clean."""

    MARK = "#picture-"

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._left = LARGEST_PICTURES

    def token(self, address: str) -> str | None:
        """Return what stands for a picture; none for what is no picture, or too much of it."""
        if not _PICTURE.fullmatch(address) or len(address) > self._left:
            return None
        self._left -= len(address)
        token = f"{self.MARK}{secrets.token_hex(16)}"
        self._known[token] = "".join(address.split())
        return token

    def put_back(self, html: str) -> str:
        for token, address in self._known.items():
            html = html.replace(token, address)
        return html


def clean_html(html: str, find: Callable[[str], str | None] = lambda name: None) -> str:
    """Return ``html`` with only what can do no harm left in it, and its pictures.

    ``find`` returns the picture that is attached under a name, as a ``data:`` address.
    """
    pictures = _Pictures()

    soup = BeautifulSoup(_with_drawings(html, pictures), "html.parser")
    for picture in soup("img"):
        source = str(picture.get("src", ""))
        if source.startswith(_Pictures.MARK):
            continue
        if source.startswith(ATTACHED):
            source = find(source.removeprefix(ATTACHED)) or ""
        picture["src"] = pictures.token(source) or ""
    for script in soup("script"):
        frames = _FRAME.findall(script.get_text().replace("\\\n", ""))
        token = pictures.token(frames[-1]) if frames else None
        if token:  # what moved is shown as it ended
            script.insert_before(soup.new_tag("img", src=token, alt=_LAST_FRAME))
    for element in soup(DROPPED):
        element.decompose()
    kept: str = bleach.clean(_cut(str(soup)), tags=TAGS, attributes=_allowed, strip=True)
    return pictures.put_back(kept)


_DRAWN = "A drawing. It has no description."
_LAST_FRAME = "The last picture of an animation. It has no description."


def _with_drawings(html: str, pictures: _Pictures) -> str:
    """Return HTML with each drawing that stands in it as a picture: there it can run nothing."""
    pieces, place, low = [], 0, html.lower()
    while (begin := low.find("<svg", place)) >= 0 and (end := low.find("</svg>", begin)) >= 0:
        end += len("</svg>")
        token = pictures.token(_drawing_address(html[begin:end]))
        pieces += [html[place:begin], f'<img src="{token}" alt="{_DRAWN}">' if token else ""]
        place = end
    return "".join([*pieces, html[place:]])


def _drawing_address(svg: str) -> str:
    """Return a drawing within HTML as the address of a picture; nothing where it is none."""
    if "xmlns=" not in svg.partition(">")[0]:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    try:
        ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        return ""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


class _Renderer(IPythonRenderer):
    """Markdown's HTML, with a token in the place of each formula until the rest is clean."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self._attachments = attachments
        self.formulas: dict[str, str] = {}

    def attached(self, name: str) -> str | None:
        """Return the address of the picture that is attached under a name, if there is one."""
        forms = self._attachments.get(name) or self._attachments.get(unquote(name))
        for form, content in forms.items() if isinstance(forms, Mapping) else ():
            address = f"data:{form.replace('/jpg', '/jpeg')};base64,{_joined(content)}"
            if _PICTURE.fullmatch(address):
                return address
        return None

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
        if not url.startswith((ATTACHED, "data:")):
            return escape(text)  # nothing is fetched from elsewhere
        return f'<img src="{escape(url)}" alt="{escape(text)}">'


def from_markdown(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Return Markdown as harmless HTML, its formulas as MathML.

    What can't be read as Markdown is shown as it was typed.
    """
    renderer = _Renderer(attachments or {})
    try:
        html = clean_html(MarkdownWithMath(renderer=renderer).render(source), renderer.attached)
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
        html = clean_html(_joined(data["text/html"]))
        if "<img" in html or BeautifulSoup(html, "html.parser").get_text(strip=True):
            return html
    if "text/markdown" in data:
        return from_markdown(_cut(_joined(data["text/markdown"])))
    for form in PICTURES:
        if form in data:
            return _picture(form, _joined(data[form]), output)
    if "text/latex" in data:
        return from_markdown(_cut(_joined(data["text/latex"])))
    if any(form.startswith("application/vnd.") for form in data):
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
    """Return a text's beginning and its end: what counts may stand behind much that doesn't."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]}\n… (cut) …\n{text[-LONGEST // 2 :]}"


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
