"""The answers that no model computes: ``notebooks/answers/<track>.toml``. For instructors.

A track's own file is installed wherever students work. What gives answers away lies in a checkout
instead, as the answer keys do, and only the tools that make notebooks and guides read it.
"""

from __future__ import annotations

from threading import Lock
from typing import Annotated, Any

import msgspec

from storagelab.course.layout import Layout
from storagelab.parts import AnyPart
from storagelab.schema import Text
from storagelab.variants import variant_count


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answers of one part of a track."""

    reason: Text
    """The reference's reason for its prediction."""
    solution: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """The lines of the body of the law's function."""
    scheme: Annotated[list[Text], msgspec.Meta(min_length=3, max_length=3)]
    """The mark scheme of the reflection: all points, half of them, none."""
    facts: Annotated[list[Text], msgspec.Meta(min_length=1)]
    """What an answer to the reflection has to contain."""


class TrackAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The answers of one track, part by part."""

    access: Answers
    pipeline: Answers
    checkpoint: Answers

    def of(self, part: AnyPart) -> Answers:
        """Return the answers of ``part``."""
        answers: Answers = getattr(self, part.name)
        return answers


# msgspec learns a type when it is first decoded, and crashes where two threads do that at once
_one_at_a_time = Lock()


def parse_answers(text: str, file: str) -> TrackAnswers:
    """Return the answers that ``text`` holds, in TOML; ``file`` is its name for the errors.

    Raises ``ValueError`` that names the file and the field where a field is missing, unknown,
    empty or of the wrong type.
    """
    try:
        with _one_at_a_time:
            return msgspec.toml.decode(text, type=TrackAnswers)
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None


def load_answers(layout: Layout, track_name: str) -> TrackAnswers:
    """Return the answers of the track called ``track_name``, from the checkout's ``notebooks/``.

    Raises ``ValueError`` that names the file where it is missing or no UTF-8, and the field too
    where one is wrong.
    """
    path = layout.answers / f"{track_name}.toml"
    file = path.relative_to(layout.root).as_posix()
    if not path.is_file():
        raise ValueError(
            f"{file} is missing: it holds the track's answers, as docs/example_answers.toml shows"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: {error}") from None
    return parse_answers(text, file)


def load_best(layout: Layout, track_name: str) -> dict[int, dict[str, dict[str, Any]]]:
    """Return the cheapest decision that meets every target, by variant and by part.

    As a student types it; the variants' search found it, and nobody looks for it again. Raises
    ``ValueError`` that names the file where it is missing or isn't of the track's variants.
    """
    count = variant_count(track_name)
    if not count:
        return {}
    path = layout.answers / "variants" / f"{track_name}.json"
    file = path.relative_to(layout.root).as_posix()
    if not path.is_file():
        raise ValueError(f"{file} is missing: it holds the best decisions of the track's variants")
    try:
        best = msgspec.json.decode(path.read_bytes(), type=dict[int, dict[str, dict[str, Any]]])
    except msgspec.DecodeError as error:
        raise ValueError(f"{file}: {error}") from None
    if list(best) != [*range(1, count + 1)]:
        raise ValueError(f"{file} isn't of the track's {count} variants: search for them again")
    return best
