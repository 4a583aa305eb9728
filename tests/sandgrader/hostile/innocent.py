"""Odd but honest work: it deserves all its points."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

from tests.sandgrader.hostile.case import STEMS, Case, Notebooks, Work, cell_of, insert_after, right


def _extra_cells(notebooks: Notebooks) -> None:
    notebook = notebooks["access"]
    insert_after(notebook, "lock", "scratch = [i**2 for i in range(10)]\nscratch", "mine-1")
    insert_after(notebook, "conclude", "1 / 0  # what happens?", "mine-2")
    insert_after(notebook, "law-test", "request_size(0.5, 2, 3)", "mine-3")
    note = nbformat.v4.new_markdown_cell("# My notes\n$x^2$ ![](picture.png)", id="mine-4")
    notebook.cells.insert(0, note)
    notebook.cells.append(nbformat.v4.new_raw_cell("raw", id="mine-5"))


def _extra_files(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "measured.csv").write_text("size,time\n7e6,0.0011\n", encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "my notes.ipynb").write_text("{}", encoding="utf-8")
    (folder / ".ipynb_checkpoints").mkdir()
    name = f"{STEMS['access']}.ipynb"
    (folder / ".ipynb_checkpoints" / name).write_bytes((folder / name).read_bytes())


def _uses_own_file(work: Work) -> None:
    work.before(
        "conclude",
        "import csv\n\nwith open('data/measured.csv') as file:\n"
        "    rows = list(csv.DictReader(file))\n"
        "assert rows[0]['size'] == '7e6'\nwith open('mine.txt', 'w') as file:\n"
        "    file.write('kept for the next cell')",
    )
    work.before("decide", "assert open('mine.txt').read() == 'kept for the next cell'")


def _own_module(folder: Path) -> None:
    (folder / "my_helpers.py").write_text(
        "def bytes_for(share, latency, bandwidth):\n"
        "    return share / (1 - share) * latency * bandwidth\n",
        encoding="utf-8",
    )


def _other_kernel(notebooks: Notebooks) -> None:
    for notebook in notebooks.values():
        notebook.metadata["kernelspec"] = {
            "display_name": "Python [conda env:storage]",
            "language": "python",
            "name": "conda-env-storage-py",
        }
        notebook.metadata["language_info"] = {"name": "python", "version": "3.8.1"}


def _no_metadata(notebooks: Notebooks) -> None:
    for notebook in notebooks.values():
        notebook.metadata = nbformat.from_dict({})


def _windows(notebooks: Notebooks) -> None:
    for notebook in notebooks.values():
        for cell in notebook.cells:
            cell.source = cell.source.replace("\n", "\r\n")


def _windows_files(folder: Path) -> None:
    for path in folder.glob("*.ipynb"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def _lines(folder: Path) -> None:
    """Save cells as lists of lines, in one line of ASCII, as some tools do."""
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = cell["source"].splitlines(keepends=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")


def _collapsed(notebooks: Notebooks) -> None:
    for cell in notebooks["access"].cells:
        cell.metadata["collapsed"] = True
        cell.metadata["jupyter"] = {"source_hidden": True}
        cell.metadata["execution"] = {"iopub.execute_input": "2026-11-23T16:20:58.000Z"}
        cell.metadata["tags"] = ["slow"]
    cell_of(notebooks["access"], "law").metadata["tags"] = ["raises-exception"]


def _as_reads(work: Work) -> None:
    """Write the answers as a programmer would: computed, annotated, with other names beside."""
    key, sheet = work.sheet.key, work.sheet
    work.access["conclude"] = (
        "from collections import OrderedDict\n\nimport numpy as np\n\n"
        "options: list[str] = ['compute', 'iops']\n"
        f"conclusion: str = ''.join(['{key['conclusion']}'])\n"
        f"{sheet.number} = np.float64({key['number']!r})\n"
        "law = cases = expected = outcome = least = key = share = example = None\n"
        "checking = 'checked'"
    )
    work.access["decide"] = (
        f"decision = OrderedDict({key['decision']!r})\npart.decide(decision)\ndecision"
    )


FORMULA = "return share / (1 - share) * latency * bandwidth"

PACK = [
    Case("innocent_extra_cells", "adds cells of their own, one of which fails", spoil=_extra_cells),
    Case(
        "innocent_extra_files",
        "hands in files of their own and reads them in a cell",
        _uses_own_file,
        place=_extra_files,
    ),
    right(
        "innocent_module",
        "imports a module of their own that travels beside the notebook",
        law="from my_helpers import bytes_for\n\nreturn bytes_for(share, latency, bandwidth)",
        place=_own_module,
    ),
    Case(
        "innocent_kernel", "works with a kernel that the instructor hasn't got", spoil=_other_kernel
    ),
    Case(
        "innocent_no_metadata",
        "hands in notebooks without any metadata of their own",
        spoil=_no_metadata,
    ),
    Case(
        "innocent_windows",
        "has Windows' line ends in every cell and in the files",
        spoil=_windows,
        place=_windows_files,
    ),
    Case("innocent_lines", "saves cells as lists of lines, on one line of ASCII", place=_lines),
    Case("innocent_folded", "folds cells, hides sources, tags everything", spoil=_collapsed),
    Case("innocent zoë o'neil", "has an id with a space, an apostrophe and an accent"),
    Case("$(touch pwned); innocent &", "has an id that a shell would run"),
    Case("-innocent_dash", "has an id that looks like an option"),
    right(
        "innocent_prints",
        "prints thirty thousand lines beside right answers",
        "for number in range(30_000):\n    print('reading sample', number)",
        at="conclude",
        law=f"print('asked for', share)\n{FORMULA}",
    ),
    right(
        "innocent_warns",
        "has a right law that warns and logs on standard error",
        law="import logging, sys, warnings\n\nwarnings.warn('rough numbers')\n"
        f"logging.warning('asked')\nprint('asked', file=sys.stderr)\n{FORMULA}",
    ),
    Case(
        "innocent_style", "computes and annotates answers, and uses the tests' own names", _as_reads
    ),
    right(
        "innocent_lambda",
        "writes the law as a lambda",
        after=("law", "request_size = lambda s, l, b: s / (1 - s) * l * b"),
    ),
    right(
        "innocent_partial",
        "makes the law of another function with functools.partial",
        after=(
            "law",
            "import functools\n\ndef general(extra, share, latency, bandwidth):\n"
            "    return extra + share / (1 - share) * latency * bandwidth\n\n"
            "request_size = functools.partial(general, 0.0)",
        ),
    ),
    right(
        "innocent_callable",
        "makes the law an object with `__call__`",
        after=(
            "law",
            "class Reading:\n    def __call__(self, share, latency, bandwidth):\n"
            f"        {FORMULA}\n\nrequest_size = Reading()",
        ),
    ),
    right(
        "innocent_cached",
        "caches the law's results and counts its calls",
        after=(
            "law",
            "import functools\n\ncalls = 0\n\n@functools.lru_cache\n"
            "def request_size(share, latency, bandwidth):\n    global calls\n    calls += 1\n"
            f"    {FORMULA}",
        ),
    ),
    right(
        "innocent_numpy_scalar",
        "returns a NumPy number",
        law="import numpy as np\n\nreturn np.float64(share) / (1 - share) * latency * bandwidth",
    ),
    right(
        "innocent_numpy_0d",
        "returns a NumPy array of no dimension",
        law="import numpy as np\n\nreturn np.array(share / (1 - share) * latency * bandwidth)",
    ),
    right(
        "innocent_fraction",
        "computes with fractions and returns one",
        law="from fractions import Fraction\n\n"
        "share, latency, bandwidth = map(Fraction, (share, latency, bandwidth))\n"
        "return share / (1 - share) * latency * bandwidth",
    ),
    right(
        "innocent_decimal",
        "computes with decimals and returns one",
        law="from decimal import Decimal\n\n"
        "share, latency, bandwidth = map(Decimal, (share, latency, bandwidth))\n"
        "return share / (1 - share) * latency * bandwidth",
    ),
    right(
        "innocent_helpers",
        "splits the law into helpers, one in a class, and one that recurses",
        after=(
            "law",
            "class Device:\n    def __init__(self, latency): self.latency = latency\n\n"
            "def halves(size, depth=5):\n"
            "    return size if depth == 0 else 2 * halves(size / 2, depth - 1)\n\n"
            "def request_size(share, latency, bandwidth):\n"
            "    return Device(latency).latency * halves(share / (1 - share)) * bandwidth",
        ),
    ),
    right(
        "innocent_threads",
        "computes the law in a pool of threads",
        law="from concurrent.futures import ThreadPoolExecutor\n\n"
        "with ThreadPoolExecutor(2) as pool:\n"
        "    return pool.submit(lambda: share / (1 - share) * latency * bandwidth).result()",
    ),
    right(
        "innocent_children",
        "asks a child process for a number",
        "import subprocess, sys\n\n"
        "said = subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True,\n"
        "                      text=True, check=True).stdout\nassert said.strip() == '42'",
        at="conclude",
    ),
    right(
        "innocent_magics",
        "uses IPython's magics and shell lines",
        "%pwd\nnames = !ls\n!echo $names[0]\n%time sum(range(10))\nnames",
        at="conclude",
    ),
    right(
        "innocent_cell_magic",
        "times a cell with `%%time`",
        "%%time\nslow = sum(range(1000))",
        at="conclude",
    ),
    right(
        "innocent_await",
        "awaits something at the top of a cell",
        "import asyncio\n\nawait asyncio.sleep(0.01)",
        at="conclude",
    ),
    right(
        "innocent_display",
        "displays, plots nothing, and ends cells with values",
        "from IPython.display import Markdown, clear_output, display\n\ndisplay(Markdown('*so*'))\n"
        "clear_output(wait=True)\nget_ipython().run_line_magic('pwd', '')\n_ = 5\n_",
        at="conclude",
    ),
    right(
        "innocent_large_data",
        "holds 200 MB of numbers and a list that contains itself",
        "import numpy as np\n\nsamples = np.zeros(25_000_000)\nround_and_round = []\n"
        "round_and_round.append(round_and_round)\nnested = []\nfor _ in range(20_000):\n"
        "    nested = [nested]",
        at="lock",
    ),
    right(
        "innocent_estimate",
        "measures with random numbers, and says so",
        "import random\n\nnoise = sum(random.random() for _ in range(10_000)) / 5_000",
        at="conclude",
        after=("conclude", "times_faster = times_faster * (1 + 0.01 * (noise - 1))"),
    ),
    right(
        "innocent_slow",
        "takes a second to get there",
        "import time\n\ntime.sleep(1)",
        at="law",
    ),
    right(
        "innocent_changes_folder",
        "changes the working folder and never goes back",
        "import os\n\nos.makedirs('elsewhere', exist_ok=True)\nos.chdir('elsewhere')",
        at="conclude",
    ),
    right(
        "innocent_quiet",
        "puts standard output somewhere else and forgets it there",
        "import io, sys\n\nsys.stdout = io.StringIO()",
        at="conclude",
    ),
    right(
        "innocent_names",
        "uses names of built-in functions for variables",
        "list = [1, 2]\nsum = 3\nid = 'mine'\ninput = 5\ntype_ = str",
        at="conclude",
    ),
]
