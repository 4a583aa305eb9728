"""Files: what lies beside notebooks, and what notebooks leave for one another."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from tests.sandgrader.corpus.case import (
    Case,
    Notebooks,
    Work,
    answer,
    change_one,
    check,
    code,
    one,
    own_cell,
    text,
    types,
    written,
)


def _link(course: Path) -> None:
    """Let two courses share a file."""
    source = course / "source" / "ps1"
    source.mkdir(parents=True, exist_ok=True)
    (source / "rain.csv").symlink_to(Path("..", "..", "shared", "rain.csv"))
    (source / "more").mkdir()
    (source / "more" / "words.txt").symlink_to(course / "shared" / "words.txt")


def _large(course: Path) -> None:
    path = course / "source" / "ps1" / "data.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"1234567890" * 6_000_000)


def _rename(old: str, new: str) -> Work:
    """Return who hands a notebook in under another name."""

    def change(notebooks: Notebooks) -> None:
        notebooks[new] = notebooks.pop(old)

    return Work(change=change, without=(f"{old}.ipynb",))


_PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def _paste(cells: list[NotebookNode]) -> None:
    for number in (0, 1):
        cells[number].source += f"\n![](attachment:picture-{number}.png)"
        cells[number]["attachments"] = {f"picture-{number}.png": {"image/png": _PICTURE}}


RAIN = "day,mm\n1,3.5\n2,0.0\n3,7.25\n"

CASES = [
    Case(
        "data_files",
        "data in a folder beside the notebook, read by answers and by tests",
        one(
            answer(
                "read",
                """
                import csv

                with open("data/rain.csv") as stream:
                    rain = [float(row["mm"]) for row in csv.DictReader(stream)]
                """,
            ),
            check("values", "assert rain == [3.5, 0.0, 7.25]"),
            check(
                "fresh",
                "assert len(open('data/rain.csv').read().split()) == 4",
                1,
            ),
        ),
        {
            "changes_the_data": Work(files={"data/rain.csv": "day,mm\n1,99\n"}),
            "adds_data": Work(files={"data/own.csv": "a,b\n", "notes.txt": "read this"}),
        },
        files={"source/ps1/data/rain.csv": RAIN},
    ),
    Case(
        "helper_modules",
        "modules and packages beside the notebook that answers and tests import",
        one(
            code("import helpers\nfrom units.length import to_feet"),
            answer("height", "def height(m):\n    return helpers.rounded(to_feet(m))"),
            check("value", "from units import checks\n\nchecks.close(height(10), 32.8)"),
        ),
        {
            "own_helper": Work(files={"helpers.py": "def rounded(x):\n    return 32.8\n"}),
            "unrounded": types(height="def height(m):\n    return to_feet(m) + 1"),
        },
        files={
            "source/ps1/helpers.py": "def rounded(x):\n    return round(x, 1)\n",
            "source/ps1/units/__init__.py": "",
            "source/ps1/units/length.py": "def to_feet(m):\n    return m / 0.3048\n",
            "source/ps1/units/checks.py": "def close(a, b):\n    assert abs(a - b) < 1e-6\n",
        },
    ),
    Case(
        "file_of_ones_own",
        "`Autograde.exclude_overwriting`: students write a module and hand it in",
        one(
            code("import answers"),
            check("value", "assert answers.double(4) == 8"),
        ),
        {
            "writes": Work(files={"answers.py": "def double(x):\n    return 2 * x\n"}),
            "writes_wrongly": Work(files={"answers.py": "def double(x):\n    return x\n"}),
            "forgets": Work(without=("answers.py",)),
        },
        config="c.Autograde.exclude_overwriting = {'ps1': ['answers.py']}",
        options=("--imperfect-reference",),
        files={"source/ps1/answers.py": "def double(x):\n    raise NotImplementedError\n"},
    ),
    Case(
        "linked_data",
        "links in `source/` to files that courses share: nbgrader copies what they point to",
        one(
            answer("rain", "rain = open('rain.csv').read().count('\\n')"),
            answer("more", "more = open('more/words.txt').read().split()"),
            check("lines", "assert rain == 4"),
            check("words", "assert more == ['sun', 'wind']", 1),
        ),
        files={"shared/rain.csv": RAIN, "shared/words.txt": "sun wind\n"},
        prepare=_link,
    ),
    Case(
        "chained_notebooks",
        "two notebooks: the first writes files that the second reads",
        {
            "1_prepare": [
                answer(
                    "save",
                    """
                    import json

                    with open("clean.json", "w") as stream:
                        json.dump([1, 2, 3], stream)
                    """,
                ),
                check("saved", "import os\n\nassert os.path.exists('clean.json')"),
            ],
            "2_use": [
                answer("load", "import json\n\nvalues = json.load(open('clean.json'))"),
                check("sum", "assert sum(values) == 6"),
            ],
        },
        {
            "second_only": types(save="pass"),
            "other_numbers": types(save="open('clean.json', 'w').write('[4, 5]')"),
        },
    ),
    Case(
        "files_written_by_tests",
        "a test that lays a file out for a student's function, and one that reads what it wrote",
        one(
            answer(
                "lines",
                """
                def lines(path):
                    with open(path) as stream:
                        return len(stream.readlines())
                """,
            ),
            answer("save", "def save(path, words):\n    open(path, 'w').write(' '.join(words))"),
            check("reads", "open('t.txt', 'w').write('a\\nb\\nc\\n');\nassert lines('t.txt') == 3"),
            check("writes", "save('w.txt', ['x', 'y'])\nassert open('w.txt').read() == 'x y'", 1),
        ),
        {"counts_words": types(lines="def lines(path):\n    return len(open(path).read())")},
    ),
    Case(
        "reads_itself",
        "a notebook that reads its own file, or another one of the assignment",
        {
            "a_first": [answer("x", "x = 1"), check("x_test", "assert x == 1", 1)],
            "b_second": [
                answer(
                    "cells",
                    """
                    import json

                    with open("a_first.ipynb") as stream:
                        first = json.load(stream)
                    with open("b_second.ipynb") as stream:
                        cells = len(json.load(stream)["cells"])
                    """,
                ),
                check("both", "assert cells >= 2 and first['nbformat'] == 4"),
            ],
        },
    ),
    Case(
        "runs_a_notebook",
        "`%run` of another notebook of the assignment, for its functions",
        {
            "helpers": [
                answer("double", "def double(x):\n    return 2 * x"),
                check("double_test", "assert double(2) == 4", 1),
            ],
            "main": [
                code("%run helpers.ipynb"),
                answer("four", "def four(x):\n    return double(double(x))"),
                check("four_test", "assert four(3) == 12"),
            ],
        },
        {"thrice": types(four="def four(x):\n    return 3 * x")},
    ),
    Case(
        "notebook_names",
        "notebooks and an assignment with blanks, section numbers, accents and other scripts",
        {
            "1.2 Sections": [answer("a", "a = 1"), check("a_test", "assert a == 1", 1)],
            "Übung 2 (Zähler) – a": [answer("b", "b = 2"), check("b_test", "assert b == 2", 1)],
            "課題3": [answer("c", "c = 3"), check("c_test", "assert c == 3", 1)],
        },
        {"two": types(a="a = 2")},
        assignment="Week 1.2 (loops)",
    ),
    Case(
        "words_of_all_languages",
        "texts, names and outputs that are no ASCII",
        one(
            text("# Größe, naïveté, 数, 🙂"),
            answer("size", "größe = 'Ångström'\nπ = 3.14\nprint('🙂', größe)"),
            check("text", "assert größe[0] == 'Å' and round(π) == 3"),
            written("opinion", "Schöne Aufgabe. 好"),
        ),
        {"ascii": types(size="größe = 'Angstrom'\nπ = 3")},
        files={"source/ps1/données.txt": "été\n"},
        outputs=True,
    ),
    Case(
        "one_of_two_missing",
        "a student who hands one of two notebooks in: the other has no points",
        {
            "a": [answer("x", "x = 1"), check("x_test", "assert x == 1"), written("why", "So.")],
            "b": [answer("y", "y = 1"), check("y_test", "assert y == 1"), written("how", "So.")],
        },
        {"half": Work(without=("b.ipynb",))},
    ),
    Case(
        "renamed_notebook",
        "a notebook under another name, as a browser saves it, beside one that has the right name",
        {
            "a": [answer("x", "x = 1"), check("x_test", "assert x == 1")],
            "b": [answer("y", "y = 1"), check("y_test", "assert y == 1")],
        },
        {"saves_a_copy": _rename("b", "b (1)")},
    ),
    Case(
        "more_notebooks_than_asked_for",
        "notebooks of a student's own, checkpoints, and other files beside the assignment's",
        one(answer("x", "x = 1"), check("value", "assert x == 1")),
        {
            "more": Work(
                files={
                    "scratch.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4,'
                    ' "nbformat_minor": 5}',
                    ".ipynb_checkpoints/one-checkpoint.ipynb": "{}",
                    "report.pdf": b"%PDF-1.4\n\x00\xff",
                    "folder/of/mine/x.py": "x = 2\n",
                }
            )
        },
    ),
    Case(
        "ignored_files",
        "`CourseDirectory.ignore`: files that nbgrader passes over",
        one(
            answer("x", "import os\n\nx = os.path.exists('draft.bak')"),
            check("value", "assert x is False"),
        ),
        {"leaves_one": Work(files={"mine.bak": "x", "mine.txt": "x"})},
        config="c.CourseDirectory.ignore = ['*.bak', '.ipynb_checkpoints', '__pycache__']",
        files={"source/ps1/draft.bak": "x"},
    ),
    Case(
        "many_files",
        "a folder of two thousand files that a student leaves beside the notebook",
        one(answer("x", "x = 1"), check("value", "assert x == 1")),
        {"keeps_all": Work(files={f".env/lib/{i:04}.py": "" for i in range(2100)})},
        slow=True,
        differs={"keeps_all: files": [2000, "e008b55d919810cc"]},
        why="of a submission's files the first 2,000 are kept, and the summary says so",
        said="2000 files",
    ),
    Case(
        "large_files",
        "60 MB of data beside the notebook, and 30 MB that an answer writes",
        one(
            answer(
                "size",
                """
                import os

                size = os.path.getsize("data.bin")
                with open("copy.bin", "wb") as stream:
                    stream.write(b"x" * 30_000_000)
                """,
            ),
            check("sizes", "assert size == 60_000_000 == 2 * os.path.getsize('copy.bin')"),
        ),
        prepare=_large,
        slow=True,
    ),
    Case(
        "path_is_extended",
        "`sys.path` extended by a folder of the assignment",
        one(
            code("import sys\n\nsys.path.insert(0, 'lib')\nimport tools"),
            answer("x", "x = tools.seven()"),
            check("value", "import more_tools\n\nassert x == 7 == more_tools.seven()"),
        ),
        files={
            "source/ps1/lib/tools.py": "def seven():\n    return 7\n",
            "source/ps1/lib/more_tools.py": "from tools import seven\n",
        },
    ),
    Case(
        "pictures_in_the_text",
        "pictures that are pasted into cells and that lie beside the notebook",
        one(
            text("![a dot](dot.svg)"),
            written("sketch", "My sketch."),
            answer("x", "x = 1"),
            check("value", "assert x == 1"),
        ),
        {"pastes": change_one(_paste)},
        files={"source/ps1/dot.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
    ),
    Case(
        "own_cells",
        "cells that students put between the given ones, for notes and for trying out",
        one(
            answer("x", "x = 1"),
            check("x_test", "assert x == 1", 1),
            answer("y", "y = 2"),
            check("y_test", "assert y == 2", 1),
        ),
        {
            "tries": change_one(lambda cells: cells.insert(1, own_cell("x + 1\nprint(x)"))),
            "overrides": change_one(lambda cells: cells.insert(1, own_cell("x = 5"))),
            "fails": change_one(lambda cells: cells.insert(3, own_cell("undefined_name"))),
        },
        outputs=True,
    ),
]
