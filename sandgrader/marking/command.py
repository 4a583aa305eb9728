"""``sandgrader mark``: opens the page for what a person has to mark."""

from __future__ import annotations

import contextlib
import getpass
import sys
import tempfile
import warnings
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import click
from jupyter_core.paths import jupyter_runtime_dir
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from sandgrader.course import Course, CourseError
from sandgrader.gradebook import GradebookError
from sandgrader.marking.desk import Desk, Task
from sandgrader.marking.pile import Share, read_percentage, read_share
from sandgrader.marking.server import HOST, bind, make_application, new_token, serve

PORT, PORTS = 8910, 20
"""The port that is asked for, and how many are tried: others on this machine may mark as well."""
WRONG_USE = 2


def _share(context: object, option: object, text: str) -> Share:
    try:
        return read_share(text)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


def _percentage(context: object, option: object, text: str | None) -> float | None:
    try:
        return None if text is None else read_percentage(text)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("assignments", nargs=-1)
@click.option("--course", type=click.Path(path_type=Path), default=Path(), show_default="here",
              help="The course's folder, with nbgrader_config.py.")  # fmt: skip
@click.option("--marker", default=getpass.getuser, show_default="your account's name",
              help="Who marks; kept with what is given.")  # fmt: skip
@click.option("--share", default="1/1", show_default=True, callback=_share,
              help="Your part of the pile: 2/5 is the second of five.")  # fmt: skip
@click.option("--second", metavar="PERCENT", callback=_percentage,
              help="Mark a sample again, such as 10%, without seeing what was given.")  # fmt: skip
@click.option("--port", type=click.IntRange(1024, 65535), help=f"From {PORT} on, the first free.")
@click.option(
    "--browser/--no-browser", default=True, help="Open the page, or only say where it is."
)
def command(
    assignments: tuple[str, ...],
    course: Path,
    marker: str,
    share: Share,
    second: float | None,
    port: int | None,
    browser: bool,
) -> None:
    """Mark what a person has to mark: tasks and written answers of ASSIGNMENTS, or of all.

    Opens a page on this machine, for you alone. What you give is in nbgrader's gradebook at once,
    and formgrader can be used beside it. Ctrl-C ends the page; run it again to go on.

    Exit codes: 0 ended by Ctrl-C; 2 wrong use, or a course or a gradebook that can't be used.
    """
    warnings.simplefilter("ignore", SAWarning)
    try:
        opened = Course(course)
        with contextlib.closing(opened):
            _mark(opened, Task(_named(marker), assignments, share, second), port, browser)
    except (CourseError, GradebookError, SQLAlchemyError) as problem:
        click.echo(str(problem), err=True)
        sys.exit(WRONG_USE)


def _named(marker: str) -> str:
    name = marker.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise click.BadParameter("A marker's name has 1 to 80 letters.", param_hint="--marker")
    return name


def _mark(course: Course, task: Task, port: int | None, browser: bool) -> None:
    desk, token = Desk(course, task), new_token()
    try:
        sockets = bind(range(port, port + 1) if port else range(PORT, PORT + PORTS))
    except OSError as problem:
        raise CourseError(
            f"No page can be opened at {HOST}:{port or PORT}: {problem.strerror}. Name another "
            "port with --port."
        ) from None
    address = f"http://{HOST}:{sockets[0].getsockname()[1]}/#{token}"
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as until_the_end:

        def say() -> None:
            click.echo(f"The page for {task.marker} is at\n  {address}\nCtrl-C ends it.")
            if browser:
                until_the_end.enter_context(_opened(address))

        serve(make_application(desk, token), sockets, say)
    click.echo("What was given is in the gradebook.")


@contextlib.contextmanager
def _opened(address: str) -> Iterator[None]:
    """Open the page by a file that only its owner reads, as Jupyter does.

    A browser's command line can be read by everybody on the machine, and the address has the token.
    """
    place = Path(jupyter_runtime_dir())
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".html", prefix="mark-", dir=place) as page:
        page.write(f'<meta http-equiv="refresh" content="0; url={address}">')
        page.flush()
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(Path(page.name).as_uri())
        yield
