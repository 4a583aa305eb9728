"""``storagelab research``: stable pseudonyms, and nothing of a person but what was done."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from storagelab.report.research import Pseudonyms, command, read_key


def export(*arguments: Any, code: int = 0) -> Any:
    done = CliRunner().invoke(command, [str(item) for item in arguments])
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return done.output


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def made(truth: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("research")
    said = export("--course", truth.course, "--key", folder / "key", "--out", folder / "data")
    assert f"on {len(truth.students)} students" in said
    return folder


def test_no_name_no_text_and_no_moment_is_in_it(truth: Any, made: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (made / "data").iterdir())
    for told in (*truth.students, *truth.names, *(answer.reason for answer in truth.answers)):
        assert not told or told not in text, told
    assert "2026-" not in text
    assert (made / "key").read_text(encoding="ascii").strip() not in text


def test_everything_else_is_there_under_stable_pseudonyms(truth: Any, made: Path) -> None:
    pseudonyms = Pseudonyms(read_key(made / "key"))
    scores = rows(made / "data" / "scores.csv")
    assert len(scores) >= len(truth.points) > 1000
    points = {(row["student"], row["assignment"], row["notebook"], row["cell"]): row["points"]
              for row in scores}  # fmt: skip
    for (student, *where), given in truth.points.items():
        assert float(points[(pseudonyms.of(student), *where)]) == pytest.approx(given)
    entries = rows(made / "data" / "entries.csv")
    locks = {(row["student"], row["assignment"], row["part"]): json.loads(row["said"])
             for row in entries if row["kind"] == "lock"}  # fmt: skip
    for answer in truth.answers:
        said = locks.get((pseudonyms.of(answer.student), answer.track, answer.part))
        if said is not None:
            assert said == {"prediction": answer.prediction, "confidence": answer.confidence}
    assert len(locks) > len(truth.students)
    assert {row["seconds"] for row in entries if row["sequence"] == "1"} == {"0"}
    # a year later, with the same key
    again = made / "again"
    export("--course", truth.course, "--key", made / "key", "--out", again)
    assert rows(again / "scores.csv") == scores
    said = export("--key", made / "key", "--who", truth.students[0])
    assert said.split() == [truth.students[0], pseudonyms.of(truth.students[0])]
    assert Pseudonyms(b"another").of(truth.students[0]) not in {row["student"] for row in scores}


def test_a_key_is_kept_from_others_and_from_the_data(
    truth: Any, made: Path, tmp_path: Path
) -> None:
    assert (made / "key").stat().st_mode & 0o777 == 0o600
    course = ("--course", truth.course)
    said = export(*course, "--key", tmp_path / "d" / "key", "--out", tmp_path / "d", code=1)
    assert "No such file" in said or "would travel" in said
    for content, mode, words in (("aa", 0o600, "is no key"), ("a" * 64, 0o644, "chmod 600")):
        key = tmp_path / f"key{mode}"
        key.write_text(content, encoding="ascii")
        key.chmod(mode)
        assert words in export(*course, "--key", key, "--out", tmp_path / "out", code=1)
    assert "There is no key" in export("--key", tmp_path / "none", "--who", "ada", code=1)
    assert not (tmp_path / "none").exists()
