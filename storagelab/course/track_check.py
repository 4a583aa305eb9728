"""``storagelab track check``: whether a track's file teaches its lesson, for whoever writes one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click

from storagelab.course.generate import GenerationError, load_keys
from storagelab.course.layout import find_layout
from storagelab.course.lessons import failures
from storagelab.course.lessons.lesson import Failure, Lesson
from storagelab.course.story import strays
from storagelab.parts import PARTS
from storagelab.track_files import shipped
from storagelab.tracks import Track, parse_track
from storagelab.units import significant

TEACHES, FAILS, UNREADABLE = 0, 1, 2
"""Exit codes."""


def read_track(path: Path) -> Track:
    """Return the track in a file; ``ValueError`` with the file's name where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: {error}") from None
    track = parse_track(text, path.name)
    if track.name != path.stem:
        raise ValueError(
            f"{path.name}: name is {track.name!r}, which isn't the file's - at `$.name`"
        )
    return track


def book_of(track: Track, path: Path, beside: Path | None) -> Track | None:
    """Return the track whose story ``track`` has to tell; None where it tells one of its own.

    That in the file ``beside``, or else the package's own of the same name.
    """
    if beside is not None:
        return parse_track(beside.read_text(encoding="utf-8"), beside.name)
    own = shipped().get(track.name)
    if own is None or Path(str(own)).resolve() == path.resolve():
        return None
    return parse_track(own.read_text(encoding="utf-8"), own.name)


def check(
    track: Track, keys: ModuleType, book: Track | None
) -> Iterator[tuple[str, list[Failure]]]:
    """Yield a heading of each part, with what the answer is, and what the part fails."""
    for part in PARTS.values():
        lesson = Lesson(track, part, keys)
        found = list(failures(lesson))
        if book is not None and lesson_has_answer(lesson):
            other = Lesson(book, part, keys)
            found += [item for searches in (False, True)
                      for item in strays(lesson, other, searches)]  # fmt: skip
        yield heading(lesson), found


def lesson_has_answer(lesson: Lesson) -> bool:
    """Return whether one of the options is right, and its words can be filled."""
    try:
        for option in lesson.content.question.options:
            lesson.words(option.words)
        return bool(lesson.key)
    except (KeyError, ValueError, IndexError):
        return False


def heading(lesson: Lesson) -> str:
    """Return which option the key points to, and the words of each, filled with numbers."""
    lines = [f"Part {lesson.part.number}, {lesson.content.title}"]
    if not lesson_has_answer(lesson):
        return lines[0]
    key = lesson.key
    asked = lesson.part.asked(lesson.track)
    said = f"The key points to {key['prediction']!r}"
    if lesson.part.changed_case:
        said += f", and after the change to {key['conclusion']!r}"
    lines.append(f"{said}; {asked.name} is {significant(key['number'], 4)}.")
    for option in lesson.content.question.options:
        does = "confirmed" if option.id == key["prediction"] else "refuted"
        lines.append(f"{option.id} is {does}: {lesson.words(option.words)}")
    return "\n".join(
        textwrap.fill(line, 100, initial_indent="  " * (at > 0), subsequent_indent="    ")
        for at, line in enumerate(lines)
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Write a track of one's own."""


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--beside",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file whose story this one still has to tell, such as it was before a change.",
)
@click.pass_context
def check_command(context: click.Context, file: Path, beside: Path | None) -> None:
    """Say whether the track in FILE teaches its lesson, and what to change where it doesn't.

    Asks what the course's own tests ask of every track: a crisis, a way out, several decisions with
    all points, no shortcut, no answer given away. Shows which option the key points to, with the
    words of each option filled with the model's numbers: read whether they are true. A file with
    the name of one of the package's tracks has to tell the same story as that one, too. What may
    stay as it is, no track of the package has.

    Exit code: 0 if nothing fails, 1 if something does, 2 if the file can't be read as a track or
    this is no checkout of the course.
    """
    try:
        keys = load_keys(find_layout())
        track = read_track(file)
        book = book_of(track, file, beside)
    except (GenerationError, FileNotFoundError, ValueError) as error:
        click.echo(str(error), err=True)
        context.exit(UNREADABLE)
    failed = 0
    for said, found in check(track, keys, book):
        click.echo(said)
        failed += sum(not failure.advice for failure in found)
        for failure in found:
            does = "MAY STAY" if failure.advice else "FAILS"
            told = f"{does}: {failure.criterion}: {failure.says} {failure.change}"
            click.echo(textwrap.fill(told, 100, initial_indent="  ", subsequent_indent="    "))
        click.echo()
    click.echo(
        f"{failed} of what a track has to teach fail." if failed else "It teaches its lesson."
    )
    context.exit(FAILS if failed else TEACHES)
