"""The report as one page that needs no other file, no script and no other host."""

from __future__ import annotations

from datetime import date
from importlib import resources

import jinja2
from markupsafe import Markup

from sandgrader.printable import printable
from sandgrader.report.figures import Figure, Report


def render(report: Report) -> str:
    """Return the page as HTML."""
    here = resources.files("sandgrader.report")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined,
                                     finalize=_shown,
                                     trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    environment.filters["picture"] = _picture
    template = environment.from_string((here / "page.html").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        style=Markup((here / "page.css").read_text(encoding="utf-8")),
        day=date.today().isoformat(),
    )


def _shown(value: object) -> object:
    """Return what stands in the page for a value of the template's."""
    return printable(value, keep="\n\t") if type(value) is str else value


def _picture(figure: Figure) -> Markup:
    """Return a figure's SVG, which this package has drawn and escaped."""
    return Markup(figure.picture)
