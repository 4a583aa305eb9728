"""The recording shell's outputs are those of a real kernel, cell by cell."""

from __future__ import annotations

import re
from typing import Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from sandgrader.execution import clean_outputs
from sandgrader.recorder import is_python
from sandgrader.sandbox import CellTimeoutError, Limits, WarmProcess

CELLS = [
    "print('a'); print('b')",
    "import sys; print('out'); print('err', file=sys.stderr); print('out again')",
    "1 + 1",
    "1 + 1;",
    "None",
    "x = [0.1, float('nan')]; x",
    "_ * 2",
    "1 / 0",
    "def broken(:\n    pass",
    "raise ValueError('no')",
    "a_name_that_is_nowhere",
    "import warnings; warnings.warn('careful')",
    "from IPython.display import display, HTML, Markdown; display(HTML('<b>x</b>'), Markdown('y'))",
    "h = display('first', display_id=True); h.update('second')",
    "from IPython.display import clear_output; print('gone'); clear_output(); print('here')",
    "print('gone'); clear_output(wait=True); print('here')",
    "print('stays'); clear_output(wait=True)",
    "import asyncio; await asyncio.sleep(0); print('awaited')",
    "%timeit -n1 -r1 pass",
    "%%capture held\nprint('held')",
    "held.stdout",
    "!echo from the shell",
    "sys.exit(3)",
    "print('after exit')",
    "assert 1 == 2, 'not equal'",
    "class E(Exception):\n    def _render_traceback_(self): return ['in words']\nraise E('x')",
    "import numpy as np; np.arange(3)",
    "np.float64(0.5)",
    "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
    "sys.stdout.write('raw'); sys.stdout.flush()",
    "sys.displayhook(2.0)",
    "input('your name? ')",
    "get_ipython().run_line_magic('who', '')",
    "raise KeyboardInterrupt",
    "  indented = 1\n  print(indented)",
    "",
    "# a comment",
    "print('é', '😀', 'ü')",
    "float('nan')",
    "In[-1]",
    "Out",
    # what only a kernel has: its magics, its hooks, its loop, what its children print
    "%autosave 60",
    "kept = 3",
    "%store kept",
    "%store -r kept",
    "Out[7]",
    "[type(_), In[3], _i3]",
    "import faulthandler; faulthandler.enable(); faulthandler.is_enabled()",
    "%matplotlib inline",
    "%matplotlib widget",
    "%config InteractiveShell.ast_node_interactivity",
    "%load_ext autoreload",
    "%autoreload 2",
    "%%time\n1 + 1",
    "%gui",
    "kept?",
    "len??",
    "%precision 2\n1 / 3",
    "%xmode Plain",
    "1 / 0",
    "%xmode Context",
    "%env KEPT=4",
    "%%writefile made.py\nmade = 5",
    "%run made.py",
    "made",
    "%%bash\necho from bash",
    "asyncio.get_running_loop().is_running()",
    "started = asyncio.create_task(asyncio.sleep(0, 'slept')); 0",
    "await started",
    "started.result()",
    "asyncio.run(None)",
    "print('first'); import subprocess; done = subprocess.run(['echo', 'a child'])",
    "print('to the first', file=sys.__stdout__, flush=True)",
    "import os; os.system('echo a shell')",
    "get_ipython().__class__.__name__, 'IPKernelApp' in get_ipython().config",
    "sys.stdout.isatty(), sys.stdout.encoding",
    "sys.stdin.readline()",
    "import getpass; getpass.getpass()",
    "from IPython.utils.capture import capture_output\nwith capture_output() as c: print('c')",
    "c.stdout",
    "display({'text/plain': 'raw', 'application/json': {'a': [1]}}, raw=True)",
    # what isn't JSON yet: pictures come as bytes
    "from PIL import Image; picture = Image.new('RGB', (8, 4), 'red'); picture",
    "display(picture)",
    "import datetime, IPython.display as shows",
    "shows.Image(picture._repr_png_(), width=9)",
    "display({'text/plain': 'day', 'application/json': datetime.date(2026, 1, 2)}, raw=True)",
    "display({'text/plain': 'x'}, metadata={'size': (1, np.int64(2))}, raw=True)",
    "display({'text/plain': 'x', 'application/json': 1j}, raw=True)",
    "'numpy' in sys.modules",
    "'scipy' in sys.modules",
]  # fmt: skip


def simplified(outputs: list[NotebookNode], grades_only: bool = False) -> list[Any]:
    """Return what a grade or a reader depends on: no colours, addresses, paths or times."""
    said: list[Any] = []
    for output in outputs:
        match output.output_type:
            case "stream":
                text = re.sub(r"/\S+/ipykernel_\d+/\S+|<ipython-\S+>|/tmp/\S+", "FILE", output.text)
                # a microsecond has a micro sign or a mu
                text = re.sub(r"[\d.]+(e[+-]\d+)? (ns|us|[\u00b5\u03bc]s|ms|s)", "TIME", text)
                text = re.sub(r"FILE[:\d]*", "FILE", text)
                said.append((output.name, text))
            case "error":
                said.append((output.ename, re.sub(r"\(\S+, line", "(FILE, line", output.evalue)))
            case kind:
                data = {
                    name: re.sub(r"at 0x\w+", "at 0x", str(value))
                    for name, value in output.data.items()
                }
                said.append((kind, data, output.metadata, output.get("execution_count")))
    return said


@pytest.fixture(scope="module")
def by_kernel(tmp_path_factory: pytest.TempPathFactory) -> list[NotebookNode]:
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    folder = tmp_path_factory.mktemp("kernel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder))
        # a kernel that a test starts doesn't capture what its children print
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        NotebookClient(
            notebook,
            timeout=60,
            allow_errors=True,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        ).execute()
    return list(notebook.cells)


@pytest.fixture(scope="module")
def by_recorder(warm: WarmProcess) -> list[tuple[list[NotebookNode], int | None]]:
    with warm.fork("somebody", "something", Limits()) as interpreter:
        answers = [interpreter.run(source) if source else ([], None) for source in CELLS]
    return [(clean_outputs(outputs), count) for outputs, count in answers]


# what is asked of whom, and what a kernel numbers otherwise
KNOWN = {"input('your name? ')", "In[-1]", "Out", "_ * 2"}


@pytest.mark.parametrize("number", range(len(CELLS)), ids=CELLS)
def test_outputs_are_a_kernels(
    number: int, by_kernel: list[NotebookNode], by_recorder: list[Any]
) -> None:
    if CELLS[number] in KNOWN:
        pytest.skip("its outputs are told apart by what is tested below")
    outputs, count = by_recorder[number]
    assert simplified(outputs) == simplified(by_kernel[number].outputs)
    if CELLS[number]:
        assert count == by_kernel[number].execution_count


def test_input_has_nobody_to_ask(by_kernel: list[NotebookNode], by_recorder: list[Any]) -> None:
    number = CELLS.index("input('your name? ')")
    for outputs in (by_recorder[number][0], by_kernel[number].outputs):
        assert outputs[-1].output_type == "error"


def test_endless_output_is_cut(warm: WarmProcess) -> None:
    with warm.fork("somebody", "something", Limits(cell_time=120)) as interpreter:
        outputs, _ = interpreter.run("for i in range(10**5): print('x' * 100)")
        assert len(outputs[0]["text"]) < 3_000_000
        assert "left out" in outputs[0]["text"]
        outputs, _ = interpreter.run("'y' * 10**7")
        assert "left out" in outputs[0]["data"]["text/plain"]
        outputs, _ = interpreter.run("1 + 1")
        assert outputs[0]["data"]["text/plain"] == "2"


def texts(interpreter: Any, source: str) -> list[str]:
    """Return what a cell prints, shows or raises, as text."""
    outputs = clean_outputs(interpreter.run(source)[0])
    return [
        item.text
        if item.output_type == "stream"
        else item.ename
        if item.output_type == "error"
        else item.data["text/plain"]
        for item in outputs
    ]


def test_an_act_costs_the_cell_that_it_is_in_and_never_the_next(warm: WarmProcess) -> None:
    acts = [
        "raise ValueError('w' * 20_000_000)",
        "display({'application/json': {'a': ['x' * 100] * 400_000}}, raw=True)",
        "deep = 0\nfor _ in range(490): deep = [deep]\n"
        "display({'application/json': deep}, raw=True)",
        "class Words(Exception):\n    def __str__(self): raise SystemExit\nraise Words",
        "class Odd(Exception): pass\nOdd.__name__ = 'n' * 10**7\nraise Odd('x')",
        "import sys, os\nsys.__stdout__.close(); sys.stdout.close(); os.close(1)",
        "print('\\ud800')",
        "import asyncio\nasyncio.get_running_loop().stop()",
        "asyncio.get_running_loop().call_soon(lambda: 1 / 0)",
        "async def fail(): raise KeyboardInterrupt\nasyncio.create_task(fail())",
        "raise asyncio.CancelledError",
        "asyncio.current_task().cancel()",
        "import subprocess\nsubprocess.run(['head', '-c', '9000000', '/dev/zero'])",
        "get_ipython().ask_exit()",
        "exit()",
        "import threading\nfails = threading.Thread(target=lambda: 1 / 0)\n"
        "fails.start()\nfails.join()",
        "import sys\nsys.setrecursionlimit(60)\ndef down(): down()\ndown()",
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))",
    ]
    with warm.fork("somebody", "something", Limits(cell_time=60)) as interpreter:
        for act in acts:
            interpreter.run(act)
            assert texts(interpreter, "print('next'); 1 + 1") in (
                ["next\n", "2"],
                ["2"],  # its standard output is closed
            ), act


def test_what_children_print_is_the_cells(warm: WarmProcess) -> None:
    with warm.fork("somebody", "something", Limits()) as interpreter:
        said = texts(
            interpreter,
            "import os, subprocess, sys\nprint('one')\n"
            "subprocess.run(['echo', 'two'], stdout=sys.stdout)\n"
            "subprocess.run('echo three >&2', shell=True, stderr=sys.stderr)\nprint('four')",
        )
        assert said == ["one\ntwo\nthree\nfour\n"]
        child = "print('from a child', flush=True)"
        assert texts(
            interpreter,
            f"child = os.fork()\nif not child:\n    {child}\n    os._exit(0)\n"
            "os.waitpid(child, 0)\nprint('done')",
        ) == ["from a child\ndone\n"]
        assert texts(
            interpreter,
            "import multiprocessing\nown = multiprocessing.get_context('fork')\n"
            f"work = own.Process(target=lambda: {child})\nwork.start()\nwork.join()",
        ) == ["from a child\n"]
        assert texts(interpreter, "os.write(2, b'raw'); None") == ["raw"]
        assert texts(interpreter, "print('alone')") == ["alone\n"]


def test_tasks_go_on_between_cells(warm: WarmProcess) -> None:
    with warm.fork("somebody", "something", Limits()) as interpreter:
        interpreter.run(
            "import asyncio, time\nended = []\nasync def later():\n"
            "    for n in range(3): await asyncio.sleep(0.001)\n"
            "    ended.append(time.monotonic())\n"
            "task = asyncio.create_task(later())"
        )
        # a cell without an await can't have run it: it ended before or ends after
        for _ in range(1000):
            if texts(interpreter, "begun = time.monotonic(); ended") != ["[]"]:
                break
        assert texts(interpreter, "ended[0] < begun, task.done()") == ["(True, True)"]
        assert texts(interpreter, "await asyncio.gather(asyncio.sleep(0, 1), later())") == [
            "[1, None]"
        ]


def test_an_awaiting_cell_is_interrupted(warm: WarmProcess) -> None:
    with warm.fork("somebody", "something", Limits(cell_time=0.5)) as interpreter:
        for source in (
            "print('begun'); import asyncio; await asyncio.sleep(1000)",
            "print('begun'); await asyncio.sleep(0)\nwhile True: pass",
            "print('begun')\nasync def spin():\n    while True: pass\n"
            "await asyncio.gather(spin(), asyncio.sleep(1000))",
        ):
            with pytest.raises(CellTimeoutError) as late:
                interpreter.run(source)
            assert late.value.outputs[0]["text"] == "begun\n"
            assert texts(interpreter, "1 + 1") == ["2"]


def test_what_a_warm_process_has_imported_is_out_of_sight(warm: WarmProcess) -> None:
    with warm.fork("somebody", "something", Limits()) as interpreter:
        look = "import sys; [name for name in sys.modules if name.split('.')[0] == 'numpy']"
        assert "numpy.random" in warm.modules
        assert texts(interpreter, look) == ["[]"]
        assert not any(name.startswith("numpy") for name in interpreter.modules())
        assert texts(
            interpreter,
            "import importlib.util; importlib.util.find_spec('numpy').submodule_search_locations",
        ) != ["None"]
        assert texts(interpreter, look) == ["[]"]
        assert texts(
            interpreter,
            "from numpy import linalg\nimport numpy as np, numpy.random\n"
            "np is sys.modules['numpy'], linalg is np.linalg, np.random is numpy.random, "
            "np.__spec__.origin == np.__file__",
        ) == ["(True, True, True, True)"]
        assert "numpy.random" in interpreter.modules()
        assert texts(interpreter, "from importlib import reload; reload(np.version).__name__") == [
            "'numpy.version'"
        ]


def test_what_is_stored_stays_with_its_interpreter(warm: WarmProcess) -> None:
    with warm.fork("ann", "something", Limits()) as interpreter:
        assert texts(interpreter, "secret = 3\n%store secret") == ["Stored 'secret' (int)\n"]
        assert texts(interpreter, "del secret\n%store -r secret\nsecret") == ["3"]
    with warm.fork("ben", "something", Limits()) as interpreter:
        assert "NameError" in texts(interpreter, "%store -r secret\nsecret")


@pytest.mark.parametrize(
    "source",
    [
        "import math\n\n\ndef f(x):\n    return x % 2 != 1",
        "# is it right?\nprint(f'{1!r} ?')\nx = 7 % 4",
        "f(a=1)[0]\nx == 3",
    ],
)
def test_plain_python_is_taken_as_it_is(source: str) -> None:
    assert is_python(source)
    assert TransformerManager().transform_cell(source) == f"{source}\n"


@pytest.mark.parametrize(
    "source",
    [
        "%time 1\n2",
        "x = 1\n  %time 1",
        "files = !ls\n1",
        "x = \\\n  %who\n1",
        "x = 1\nx?",
        "x = 1\nx??  ",
        ">>> x = 1\n>>> y",
        "In [1]: x = 1\n   ...: y",
        "...: x\ny",
        "\n\nx = 1\ny",
        "  x = 1\n  y",
        "x = 1\r\ny",
        "/print 1\n2",
        "%%bash\nls",
        "who",
    ],
)
def test_what_may_be_a_magic_is_read_by_ipython(source: str) -> None:
    assert not is_python(source)
