"""Innocent work that takes the interpreter for a kernel.

Its magics, its event loop, what its children print, answers of unusual kinds, and outputs that are
far too long.
"""

from __future__ import annotations

import base64

import nbformat

from tests.sandgrader.hostile.case import Case, Notebooks, Work, cell_of, insert_after, right

FORMULA = "share / (1 - share) * latency * bandwidth"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256))).decode()


def _uses_numbered_results(notebooks: Notebooks) -> None:
    """Use ``Out`` and ``In`` by the number that a kernel gives a cell, tests counted."""
    notebook = notebooks["access"]
    insert_after(notebook, "conclude-test", "6 * 7", "mine")
    ran = [cell.id for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    number = ran.index("mine") + 1
    decide = cell_of(notebook, "decide")
    used = f"assert Out[{number}] == 42 and In[{number}] == '6 * 7'"
    decide.source = f"{used}\n\n{decide.source}"


def _starts_tasks(work: Work) -> None:
    work.before(
        "conclude",
        "import asyncio\n\nasync def slow(x):\n    await asyncio.sleep(0.01)\n    return x\n\n"
        "assert asyncio.get_running_loop().is_running()\njob = asyncio.create_task(slow(4))",
    )
    work.before("decide", "assert await job == 4\nasyncio.get_running_loop().stop()")


def _exact(work: Work) -> None:
    work.after(
        "conclude",
        "from fractions import Fraction\n\n"
        f"{work.sheet.number} = Fraction({work.sheet.number}) + Fraction(1, 3**20_000)",
    )


def _far_too_much(notebooks: Notebooks) -> None:
    notebook = notebooks["access"]
    cells = {
        "words": "raise ValueError('no ' * 7_000_000)",
        "json": "display({'application/json': {'a': ['x' * 100] * 400_000}}, raw=True)",
        "deep": "deep = 0\nfor _ in range(490):\n    deep = [deep]\n"
        "display({'application/json': deep}, raw=True)",
        "frames": "import base64\nframe = base64.b64encode(bytes(10**6)).decode()\n"
        "for _ in range(60):\n    display({'image/png': frame}, raw=True)",
    }
    for name, source in cells.items():
        insert_after(notebook, "lock", source, f"mine-{name}")


def _pastes(notebooks: Notebooks) -> None:
    pasted = nbformat.v4.new_markdown_cell("My sketch: ![it](attachment:a%20b.png)", id="mine-1")
    pasted["attachments"] = nbformat.from_dict({"a b.png": {"image/png": PNG}})
    lost = nbformat.v4.new_markdown_cell("![lost](attachment:lost.png)", id="mine-2")
    for notebook in notebooks.values():
        notebook.cells[:0] = [pasted, lost]


PACK = [
    right(
        "kernel_magics",
        "saves by itself, stores a variable, reloads modules and sets how results are shown",
        "%autosave 60\n%config InteractiveShell.ast_node_interactivity = 'last_expr'\n"
        "%load_ext autoreload\n%autoreload 2\n%gui\nkept = 3\n%store kept\ndel kept\n"
        "%store -r kept\nassert kept == 3",
        at="conclude",
    ),
    Case(
        "kernel_numbered_results",
        "uses an earlier result as `Out[n]`",
        spoil=_uses_numbered_results,
    ),
    Case("kernel_tasks", "starts a task in one cell and awaits it in another", _starts_tasks),
    right(
        "kernel_faulthandler",
        "switches the fault handler on",
        "import faulthandler\n\nfaulthandler.enable()\nassert faulthandler.is_enabled()",
        at="conclude",
    ),
    right(
        "kernel_children",
        "has child processes print to its own standard output and standard error",
        "import subprocess, sys\n\n"
        "subprocess.run(['echo', 'built'], stdout=sys.stdout, stderr=sys.stderr, check=True)\n"
        "subprocess.run(['ls', 'nowhere'], stderr=sys.stderr)\nsubprocess.run(['echo', 'done'])\n"
        "print('direct', file=sys.__stdout__)",
        at="conclude",
        law="import subprocess, sys\n\n"
        f"subprocess.run(['echo', 'asked'], stdout=sys.stdout, check=True)\nreturn {FORMULA}",
    ),
    right(
        "kernel_open_test",
        "uses in an answer what the open test above has imported",
        "assert checking.number_in({'x': 1.0}, 'x', 'hours') == 1.0",
    ),
    right(
        "kernel_pool",
        "tries a pool of threads once and computes the law in it",
        after=(
            "law",
            "from concurrent.futures import ThreadPoolExecutor\n\npool = ThreadPoolExecutor(2)\n"
            "assert list(pool.map(abs, [-1, -2])) == [1, 2]\n\n"
            "def request_size(share, latency, bandwidth):\n"
            f"    return pool.submit(lambda: {FORMULA}).result()",
        ),
    ),
    right(
        "kernel_processes",
        "tries a pool of processes once and computes the law in it",
        after=(
            "law",
            "import multiprocessing\n\ndef compute(asked):\n"
            "    share, latency, bandwidth = asked\n"
            f"    return {FORMULA}\n\npool = multiprocessing.get_context('fork').Pool(2)\n"
            "assert pool.map(abs, [-1, -2]) == [1, 2]\n\n"
            "def request_size(*asked):\n    return pool.map(compute, [asked])[0]",
        ),
    ),
    right(
        "kernel_class",
        "makes the law a class",
        after=(
            "law",
            "class request_size(float):\n    def __new__(cls, share, latency, bandwidth):\n"
            f"        return super().__new__(cls, {FORMULA})",
        ),
    ),
    Case("kernel_exact", "concludes with an exact fraction of ten thousand digits", _exact),
    Case(
        "kernel_far_too_much",
        "fails with 20 MB of words, displays 40 MB of JSON, and 80 MB of pictures",
        spoil=_far_too_much,
    ),
    right(
        "kernel_updates",
        "updates a display from a later cell and clears what it has shown",
        "from IPython.display import clear_output\n\nshown = display('first', display_id=True)\n"
        "for number in range(50):\n    clear_output(wait=True)\n    print(number)",
        at="conclude",
        after=("decide", "shown.update('last')"),
    ),
    Case("kernel_pastes", "pastes pictures, and deletes one of them", spoil=_pastes),
]
