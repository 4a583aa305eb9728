"""Answers: a broken file names itself and the field, and nothing of one is where students look."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from storagelab.course.answers import Answers, TrackAnswers, load_answers, parse_answers
from storagelab.course.layout import Layout
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS
from tests.leaks import secrets_in, texts_of_answers

FILE = "notebooks/answers/some_track.toml"
FIELDS = ("reason", "solution", "scheme", "facts")
PART = {
    "reason": '"It was so."',
    "solution": '["half = x / 2", "return half"]',
    "scheme": '["all of it", "half of it", "nothing"]',
    "facts": '["One thing.", "Another."]',
}


def text_with(part: str = "access", **changed: str | None) -> str:
    """Return a file's text in which some fields of ``part`` are others, or are left out."""
    lines = []
    for name in PARTS:
        fields = {**PART, **changed} if name == part else PART
        lines += [f"[{name}]", *(f"{k} = {v}" for k, v in fields.items() if v is not None)]
    return "\n".join(lines)


def refused(text: str) -> str:
    """Return the error of a broken text: always a ValueError that begins with the file's name."""
    with pytest.raises(ValueError, match=f"^{FILE}: ") as caught:
        parse_answers(text, FILE)
    return str(caught.value)


# --- reading


def test_a_part_has_its_answers() -> None:
    answers = parse_answers(text_with("pipeline", reason='"Mine."'), FILE)
    assert answers.of(PARTS["pipeline"]) == Answers(
        reason="Mine.",
        solution=["half = x / 2", "return half"],
        scheme=["all of it", "half of it", "nothing"],
        facts=["One thing.", "Another."],
    )
    assert answers.of(PARTS["access"]).reason == "It was so."


def test_every_part_of_the_course_has_answers_and_no_other() -> None:
    assert {field.name for field in msgspec.structs.fields(TrackAnswers)} == set(PARTS)
    assert {field.name for field in msgspec.structs.fields(Answers)} == set(FIELDS)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(part: str, field: str) -> None:
    message = refused(text_with(part, **{field: None}))
    assert f"missing required field `{field}` - at `$.{part}`" in message


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("bad", ['""', "[]", "3", "true", "{}", '["", "b", "c"]', "[1, 2, 3]"])
def test_a_bad_value_is_named_by_its_path(part: str, field: str, bad: str) -> None:
    assert f"at `$.{part}.{field}" in refused(text_with(part, **{field: bad}))


@pytest.mark.parametrize("scheme", ['["all", "none"]', '["all", "half", "less", "none"]'])
def test_a_scheme_has_three_levels(scheme: str) -> None:
    assert re.search(r"length [<>]= 3 - at `\$\.access\.scheme`", refused(text_with(scheme=scheme)))


def test_a_misspelt_field_a_part_too_many_and_a_missing_one_are_named() -> None:
    assert "unknown field `fact` - at `$.access`" in refused(text_with(fact='["x"]'))
    assert "unknown field `name`" in refused(f'name = "x"\n{text_with()}')
    whole = text_with()
    assert "required field `checkpoint`" in refused(whole[: whole.index("[checkpoint]")])


@pytest.mark.parametrize("text", ["", "[access", "\x00", "just words", "[access]\n[access]"])
def test_what_is_no_toml_or_no_answers_is_refused(text: str) -> None:
    refused(text)


@pytest.fixture
def checkout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.answers.mkdir(parents=True)
    return layout


def test_a_file_that_is_missing_empty_or_no_text_is_named(checkout: Layout) -> None:
    said = r"^notebooks/answers/my_track\.toml"
    with pytest.raises(ValueError, match=f"{said} is missing: .*docs/example_answers.toml"):
        load_answers(checkout, "my_track")
    for broken in (b"", b"\xff\xfe\x00"):
        (checkout.answers / "my_track.toml").write_bytes(broken)
        with pytest.raises(ValueError, match=f"{said}: "):
            load_answers(checkout, "my_track")


def test_many_threads_may_read_at_once(checkout: Layout) -> None:
    for index in range(8):
        text = text_with(reason=f'"Number {index}."')
        (checkout.answers / f"track_{index}.toml").write_text(text, encoding="utf-8")
    names = [f"track_{index}" for index in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: load_answers(checkout, name), names))
    assert [item.access.reason for item in found] == [f"Number {index}." for index in range(8)]


def test_the_commented_example_is_a_file_of_answers(layout: Layout) -> None:
    name = "docs/example_answers.toml"
    parse_answers((layout.root / name).read_text(encoding="utf-8"), name)


# --- where they are, and where they aren't


@pytest.mark.parametrize("name", TRACKS)
def test_every_track_has_answers_that_end_in_a_return(layout: Layout, name: str) -> None:
    for part in PARTS.values():
        answers = load_answers(layout, name).of(part)
        assert answers.solution[-1].startswith("return ")
        assert len(set(answers.facts)) == len(answers.facts) >= 3


@pytest.fixture(scope="module")
def texts(layout: Layout) -> list[str]:
    found = texts_of_answers(layout)
    assert len(found) > 110
    return found


@pytest.mark.parametrize("folder", ["storagelab", "release", "build/book"])
def test_no_text_of_them_is_in_what_students_get(
    layout: Layout, texts: list[str], folder: str
) -> None:
    place = layout.root / folder
    if folder.startswith("build/") and not place.exists():
        pytest.skip(f"{folder} isn't made yet")
    assert place.is_dir()
    assert secrets_in(place, texts) == []


def test_the_instructors_version_has_every_text(layout: Layout, texts: list[str]) -> None:
    """So the search finds what is there: a notebook's spelling is no hiding place."""
    found = {line.split(": ", 1)[1] for line in secrets_in(layout.source, texts)}
    assert found == set(texts)


@pytest.mark.parametrize("place", ["data/tracks/cloud_titan.toml", "labs/session.py", "a/b.csv"])
def test_a_text_that_slips_into_the_package_is_found(
    layout: Layout, texts: list[str], tmp_path: Path, place: str
) -> None:
    copy = tmp_path / "storagelab"
    shutil.copytree(layout.root / "storagelab", copy, ignore=shutil.ignore_patterns("*.pyc"))
    (copy / place).parent.mkdir(exist_ok=True)
    with (copy / place).open("a", encoding="utf-8") as file:
        file.write("\nkept = " + re.sub(r'(["\\])', r"\\\1", texts[-1]) + "\n")
    assert secrets_in(copy, texts) == [f"{place}: {texts[-1]}"]
