"""``storagelab lab``: a student's own copy of a track's notebooks, opened in JupyterLab.

The students' notebooks, ``release/``, travel in the package. A copy is made where there is none,
and what lies in a folder already is never touched.
"""

from __future__ import annotations

import os
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from storagelab.extras import require
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS

FIRST = f"{next(iter(PARTS.values())).stem}.ipynb"
"""The notebook that opens."""
NOT_OPENED = 2
"""Exit code: nothing was opened, and nothing was overwritten."""


@click.command()
@click.argument("track", default=TRACKS[0])
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- JUPYTERLAB'S OPTIONS]")
@click.option(
    "--folder", type=click.Path(path_type=Path),
    help="Where the copy is, or will be: a folder of the track's name in this one.",
)  # fmt: skip
@click.option("--no-open", is_flag=True, help="Make the copy, and don't start JupyterLab.")
@click.option(
    "--release", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where to copy from: a course's release/, in the place of what the package has.",
)  # fmt: skip
@click.pass_context
def command(
    context: click.Context,
    track: str,
    folder: Path | None,
    options: tuple[str, ...],
    no_open: bool,
    release: Path | None,
) -> None:
    """Open a copy of a track's notebooks in JupyterLab.

    TRACK is cloud_titan where none is named. A notebook that is there already stays as it is:
    delete one to get it anew. What follows -- is for JupyterLab: storagelab lab cloud_titan --
    --port 8899.

    Exit code: 2 if there is nothing to open.
    """
    if not no_open:
        require("lab", "`storagelab lab`")
    if track.startswith("-"):  # no track is named, and click ends its options at the dashes
        track, options = TRACKS[0], (track, *options)
    if folder is None:
        # called again from inside the copy, it is the same copy
        here = Path.cwd().name == track and Path(FIRST).exists()
        folder = Path() if here else Path(track)
    folder = folder.absolute()
    try:
        contents = read_release(track, release)
        made = copy_missing(contents, folder)
    except LookupError as problem:
        click.echo(problem.args[0], err=True)
        context.exit(NOT_OPENED)
    except OSError as problem:
        click.echo(
            f"The notebooks can't be copied: {problem.filename or folder}: {problem.strerror}.",
            err=True,
        )
        context.exit(NOT_OPENED)
    click.echo(_said(folder, made, len(contents)))
    if no_open:
        return
    from jupyterlab.labapp import LabApp

    os.chdir(folder)
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    LabApp.launch_instance([FIRST, *as_root, *options])


def _said(folder: Path, made: list[str], all_there_are: int) -> str:
    if not made:
        return f"Your copy is in {folder}. Nothing in it was changed."
    if len(made) == all_there_are:
        return f"Your copy is in {folder}: {', '.join(made)}."
    return f"Your copy is in {folder}. {', '.join(made)} is new; the rest wasn't changed."


def read_release(track: str, release: Path | None = None) -> dict[str, bytes]:
    """Return the students' notebooks of a track by name.

    They are those in ``release``, else the package's, else those of the checkout that the package
    is in. Raises ``LookupError`` with a sentence where there are none.
    """
    for folder in [release] if release else _releases():
        if (folder / track / FIRST).is_file():
            names = sorted(item.name for item in (folder / track).iterdir())
            notebooks = [name for name in names if name.endswith(".ipynb")]
            return {name: (folder / track / name).read_bytes() for name in notebooks}
        if folder.is_dir():
            known = sorted(item.name for item in folder.iterdir() if (item / FIRST).is_file())
            raise LookupError(f"There are no notebooks of {track!r}; there are {', '.join(known)}.")
    raise LookupError(
        "This installation has no notebooks. In a JupyterHub, fetch them with the Assignment List; "
        "elsewhere name a folder that has them with --release."
    )


def _releases() -> list[Traversable]:
    """Return where a release may lie: in the package, or in the checkout around it."""
    package = resources.files("storagelab")
    checkout = Path(str(package)).parent
    in_checkout = (checkout / "nbgrader_config.py").is_file()
    return [package / "release", *([checkout / "release"] if in_checkout else [])]


def copy_missing(contents: dict[str, bytes], folder: Path) -> list[str]:
    """Write what isn't in ``folder`` yet and return its names; nothing there is touched.

    Raises ``OSError`` where the folder can't be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, content in contents.items():
        path = folder / name
        if os.path.lexists(path):
            continue
        # whole or not at all: a copy that was interrupted would be taken for the student's work
        part = folder / f".{name}.new"
        part.write_bytes(content)
        part.replace(path)
        made.append(name)
    return made
