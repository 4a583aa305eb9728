"""The report as one page that needs no other file and no other host.

Its tables are all there without a script. The page's own, which sorts them, is the only one that
may run: the page says its digest.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import date
from importlib import resources

import jinja2
from markupsafe import Markup

from sandgrader.printable import printable
from sandgrader.report.figures import Figure, Report


def render(report: Report) -> str:
    """Return the page as HTML."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined,
                                     finalize=_shown,
                                     trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    environment.filters["picture"] = _picture
    script = _beside("page.js")
    return environment.from_string(_beside("page.html")).render(
        report=report,
        style=Markup(_beside("page.css")),
        script=Markup(script),
        digest=Markup(
            f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
        ),
        day=date.today().isoformat(),
    )


def _beside(name: str) -> str:
    """Return a file of this package."""
    return (resources.files("sandgrader.report") / name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    """Return what stands in the page for a value of the template's."""
    return printable(value, keep="\n\t") if type(value) is str else value


def _picture(figure: Figure) -> Markup:
    """Return a figure's SVG, which this package has drawn and escaped."""
    return Markup(figure.picture)
