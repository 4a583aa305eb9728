"""The package's extras: what each is for, and which of its packages aren't installed."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires, version

import click

EXTRAS = {
    "lab": "a student's notebooks in JupyterLab, with the instruments",
    "grade": "grades and reports on any nbgrader course; the command sandgrader too",
    "course": "all that making and grading this course takes, in a checkout",
    "hub": "the same, with a JupyterHub and gradebooks on PostgreSQL",
    "book": "what the book is built with, in a checkout",
}
"""What each is for. The one for tests is for contributors, whose ``make`` installs it."""

_PACKAGE = "storagelab"
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[(?P<extras>[\w,-]+)\])?")


class MissingExtraError(click.ClickException):
    """Something needs an extra that isn't installed; the message has the one command."""

    exit_code = 2


def missing(extra: str) -> list[str]:
    """Return the packages of an extra that aren't installed, as the package's metadata names them.

    Where the package runs without being installed, nothing is known to be missing.
    """
    try:
        lines = requires(_PACKAGE) or []
    except PackageNotFoundError:
        return []
    found = []
    for line in lines:
        needs, _, marker = line.partition(";")
        if not re.search(rf"extra == ['\"]{extra}['\"]", marker):
            continue
        named = _REQUIREMENT.match(needs.strip())
        assert named is not None, line
        if named["name"] == _PACKAGE:
            for other in named["extras"].split(","):
                found += missing(other)
        elif not _is_installed(named["name"]):
            found.append(named["name"])
    return list(dict.fromkeys(found))


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def require(extra: str, what: str) -> None:
    """Raise :class:`MissingExtraError` for ``what`` where a package of the extra is missing."""
    if lacking := missing(extra):
        some = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if lacking[3:] else "")
        raise MissingExtraError(
            f"{what} needs the extra {extra!r}. Not installed here: {some}.\n"
            f"pip install '{_PACKAGE}[{extra}]'"
        )
