"""What a kernel does for a notebook: magics, a running loop, displays, ends, other kernels."""

from __future__ import annotations

import json

from tests.sandgrader.corpus.case import (
    RIGHT,
    Case,
    answer,
    check,
    code,
    one,
    stub,
    text,
    types,
    written,
)


def _kernel(*argv: str, language: str = "python", **more: object) -> str:
    spec = {"argv": argv, "display_name": "A course's own", "language": language, **more}
    return json.dumps(spec)


_OWN_KERNELS = {"JUPYTER_PATH": "{course}/share"}

CASES = [
    Case(
        "magics_on_top",
        "`%load_ext autoreload`, `%autoreload 2`, `%config`, `%matplotlib inline` on top, in a "
        "cell with what the notebook goes on with",
        one(
            code(
                """
                %load_ext autoreload
                %autoreload 2
                %config InlineBackend.figure_format = "retina"
                %precision 3
                factor = 3
                %matplotlib inline
                """
            ),
            answer("triple", "def triple(x):\n    return factor * x"),
            check("value", "assert triple(2) == 6"),
        ),
        {"doubles": types(triple="def triple(x):\n    return 2 * x")},
    ),
    Case(
        "autosave",
        "`%autosave`, which only a front end can do anything about, `%store`, the fault handler",
        one(
            code("%autosave 60\nready = True"),
            answer("x", "x = ready\n%store x"),
            code("import faulthandler\n\nfaulthandler.enable()\ngoes_on = True"),
            check("value", "assert x is True"),
            check("after", "assert goes_on", 1),
        ),
    ),
    Case(
        "time_magics",
        "`%time`, `%%time`, `%timeit` with its result: names stay those of the notebook",
        one(
            answer("timed", "squares = [i * i for i in range(1000)]", "%%time\n{}"),
            answer("line", "%time total = sum(squares)"),
            answer("measured", "spent = %timeit -n 3 -r 2 -o -q sum(range(100))"),
            check("names", "assert len(squares) == 1000 and total == 332833500"),
            check("result", "%%time\nassert spent.loops == 3 and spent.best >= 0", 1),
        ),
    ),
    Case(
        "capture_magic",
        "`%%capture`: what a cell prints, as a value of the notebook",
        one(
            answer("printed", "print('one')\nprint('two')", "%%capture caught\n{}"),
            check("lines", "assert caught.stdout.split() == ['one', 'two']"),
        ),
        {"one_line": types(printed="%%capture caught\nprint('one')")},
    ),
    Case(
        "writefile_and_import",
        "`%%writefile` of a module that the next cell imports, as in courses on packages",
        one(
            stub("module", "%%writefile shapes.py\ndef area(a, b):\n    return a * b"),
            code("import importlib\n\nimport shapes\n\nimportlib.reload(shapes)"),
            check("imported", "assert shapes.area(2, 3) == 6"),
            check("written", "assert 'def area' in open('shapes.py').read()", 1),
        ),
        {
            "adds": types(module="%%writefile shapes.py\ndef area(a, b):\n    return a + b"),
            "by_hand": types(
                module="open('shapes.py', 'w').write('def area(a, b):\\n    return a * b\\n')"
            ),
        },
    ),
    Case(
        "run_a_script",
        "`%run` of a script of the assignment: its names are the notebook's from then on",
        one(
            code("%run setup.py"),
            answer("celsius", "def celsius(k):\n    return k - ZERO"),
            check("value", "assert celsius(274.15) == 1"),
        ),
        {"rounded": types(celsius="def celsius(k):\n    return k - 273")},
        files={"source/ps1/setup.py": "ZERO = 273.15\n"},
    ),
    Case(
        "shell",
        "commands of the shell: `!echo`, its lines as a value, `%%bash`, a pipe",
        one(
            answer("lines", "names = !printf 'b\\na\\n' | sort"),
            answer("file", "echo 3 > count.txt", "%%bash\n{}"),
            check("sorted", "assert list(names) == ['a', 'b']"),
            check("written", "assert int(open('count.txt').read()) == 3", 1),
            code("!cat count.txt"),
        ),
        {"unsorted": types(lines="names = !printf 'b\\na\\n'")},
        outputs=True,
    ),
    Case(
        "environment_magic",
        "`%env`, `os.environ` and `%cd`: the notebook's surroundings",
        one(
            code("%env COURSE_UNIT=metre\nimport os"),
            answer("unit", "unit = os.environ['COURSE_UNIT']"),
            answer(
                "inside", "%mkdir -p work\n%cd -q work\nopen('a.txt', 'w').write('a')\n%cd -q .."
            ),
            check("named", "assert unit == 'metre'"),
            check(
                "there", "assert os.path.exists('work/a.txt') and not os.path.exists('a.txt')", 1
            ),
        ),
    ),
    Case(
        "own_magic",
        "a magic that the course defines, and one that a helper module brings along",
        one(
            code(
                """
                from IPython.core.magic import register_cell_magic

                @register_cell_magic
                def keep(line, cell):
                    globals()[line.strip()] = cell.strip()
                """
            ),
            answer("sentence", "the quick brown fox", "%%keep sentence\n{}"),
            check("kept", "assert 'quick brown' in sentence"),
        ),
        {"other": types(sentence="%%keep sentence\na fox")},
    ),
    Case(
        "await_in_cells",
        "`await` at the outermost level, in answers and in tests; students' coroutines",
        one(
            code("import asyncio"),
            answer(
                "fetch",
                """
                async def fetch(n):
                    await asyncio.sleep(0)
                    return n * 10
                """,
            ),
            answer("both", "both = await asyncio.gather(fetch(1), fetch(2))"),
            check("values", "assert both == [10, 20]"),
            check("awaited", "assert await fetch(7) == 70", 1),
        ),
        {"no_coroutine": types(fetch="def fetch(n):\n    return n * 10")},
    ),
    Case(
        "a_loop_that_runs_on",
        "tasks begun in one cell and awaited in another: the kernel's loop runs between them",
        one(
            code("import asyncio"),
            answer(
                "start",
                """
                done = []

                async def work(name):
                    done.append(name)

                task = asyncio.create_task(work("a"))
                """,
            ),
            answer("loop", "loop = asyncio.get_running_loop()\nloop.call_soon(done.append, 'b')"),
            check("ran", "await task\nassert 'a' in done"),
            check("running", "assert loop.is_running() and 'b' in done", 1),
        ),
        {"never": types(start="done = []\ntask = asyncio.sleep(0)", loop="loop = None")},
    ),
    Case(
        "history_and_results",
        "`_`, `Out[…]`, `In[…]`: what a cell showed is used in the next",
        one(
            answer("shown", "6 * 7"),
            answer("again", "result = _ + 1"),
            check("value", "assert result == 43"),
            check("kept", "assert 42 in Out.values()", 1),
        ),
        {"typed": types(again="result = 43")},
        outputs=True,
    ),
    Case(
        "asks_for_input",
        "`input()` left in an answer: graded without anybody at the keyboard, it fails",
        one(
            answer("digits", "def digits(n):\n    return len(str(n))"),
            check("value", "assert digits(123) == 3"),
            answer("more", "more = 1"),
            check("after", "assert more == 1", 1),
        ),
        {
            "asks_at_the_end": types(
                digits="def digits(n):\n    return len(str(n))\n\nprint(digits(int(input('n? '))))"
            ),
            "asks_first": types(
                digits="n = int(input('n? '))\n\ndef digits(n):\n    return len(str(n))"
            ),
        },
    ),
    Case(
        "cell_takes_too_long",
        "a cell that doesn't come to an end within `Execute.timeout`; the next ones run",
        one(
            answer("wait", "waited = True"),
            check("first", "assert waited"),
            answer("other", "other = 2"),
            check("second", "assert other == 2", 1),
        ),
        {"loops": types(wait="waited = True\nwhile True:\n    pass")},
        slow=True,
        config="c.Execute.timeout = 3",
    ),
    Case(
        "test_takes_too_long",
        "a test that a student's function keeps from coming to an end",
        one(
            answer("steps", "def steps(n):\n    return 0 if n == 1 else 1 + steps(n // 2)"),
            check("value", "assert steps(8) == 3"),
            check("after", "assert steps(2) == 1", 1),
        ),
        {
            "odd_loops": types(
                steps="""
                def steps(n):
                    count = 0
                    while n != 1:
                        count, n = count + 1, n - 2 if n % 2 else n
                    return count
                """
            )
        },
        slow=True,
        config="c.ExecutePreprocessor.timeout = 3",
    ),
    Case(
        "no_time_limit",
        "`timeout = -1`, which means none, and `None`, which means the same",
        one(answer("x", "import time\ntime.sleep(1.2)\nx = 1"), check("value", "assert x == 1")),
        config="c.ExecutePreprocessor.timeout = -1",
    ),
    Case(
        "time_limit_by_cell",
        "`Execute.timeout_func`: a limit for some cells and none for the others",
        one(
            answer("x", "x = 1  # quick"),
            check("x_test", "assert x == 1"),
            answer("y", "y = 2"),
            check("y_test", "assert y == 2", 1),
        ),
        {
            "waits": types(
                x="import time  # quick\nx = 1\ntime.sleep(60)\nx = 2",
                y="time.sleep(3)\ny = 2",
            )
        },
        slow=True,
        config="c.Execute.timeout_func = lambda cell: 2 if 'quick' in cell.source else None",
    ),
    Case(
        "errors_in_given_cells",
        "a cell that shows an error on purpose, with and without the tag that allows it",
        one(
            text("# What a mistake looks like"),
            code("1 / 0"),
            code("int('x')", tags=["raises-exception"]),
            answer("x", "x = 1"),
            check("value", "assert x == 1"),
        ),
        {"raises": types(x="x = 1\nraise RuntimeError('afterwards')")},
        outputs=True,
    ),
    Case(
        "cells_that_are_no_python",
        "a syntax error, a wrong indentation, a tab, an unclosed bracket: each costs its own cell",
        one(
            answer("a", "a = 1"),
            check("a_test", "assert a == 1", 1),
            answer("b", "b = 2"),
            check("b_test", "assert b == 2", 1),
            answer("c", "c = 3"),
            check("c_test", "assert c == 3", 1),
        ),
        {"typos": types(a="a = (1", b="if True:\nb = 2", c="  c = 3\n# and a blank more")},
        outputs=True,
    ),
    Case(
        "kernel_is_left",
        "`exit()` and `sys.exit()` in answers",
        one(
            answer("a", "a = 1"),
            check("a_test", "assert a == 1", 1),
            answer("b", "b = 2"),
            check("b_test", "assert b == 2", 1),
        ),
        {"sys_exit": types(a="a = 1\nimport sys\nsys.exit(0)"), "exits": types(a="a = 1\nexit()")},
    ),
    Case(
        "kernel_dies",
        "an answer that ends the kernel: nbgrader gives up on the student",
        one(
            answer("a", "a = 1"),
            check("a_test", "assert a == 1", 1),
            answer("b", "b = 2"),
            check("b_test", "assert b == 2", 1),
        ),
        {"dies": types(b="import os\nos._exit(1)")},
        differs={
            "dies/one/a_test": [1.0, None, None, False],
            "dies/one/b_test": [0.0, None, None, False],
            "dies: files": ["one.ipynb 444"],
        },
        why="what was right before a kernel died counts",
        said="died",
    ),
    Case(
        "very_much_output",
        "a loop that prints without need: nbgrader keeps a thousand lines of it",
        one(
            answer("talk", "for i in range(10):\n    print(i)\nlast = i"),
            check("value", "assert last >= 9"),
            written("why", "Ten lines."),
        ),
        {
            "talks": types(talk="for i in range(60_000):\n    print(i)\nlast = i"),
            "one_line": types(talk="print('x' * 2_000_000)\nlast = 9"),
        },
        outputs=True,
    ),
    Case(
        "cleared_output",
        "`clear_output`, a display that is updated, a progress line: what is left is the last",
        one(
            answer(
                "progress",
                """
                from IPython.display import clear_output, display

                handle = display("0 %", display_id=True)
                for percent in (50, 100):
                    handle.update(f"{percent} %")
                print("forgotten")
                clear_output(wait=True)
                print("left")
                """,
            ),
            check("done", "assert percent == 100"),
        ),
        outputs=True,
    ),
    Case(
        "display_magics",
        "`%%html`, `%%latex`, `%%javascript`: cells of another language than the notebook's",
        one(
            answer("x", "x = 1"),
            stub("page", "%%html\n<p>Hello</p>"),
            stub("formula", "%%latex\n$x^2$"),
            code("%%javascript\nelement.append('x')"),
            check("value", "assert x == 1"),
        ),
        outputs=True,
    ),
    Case(
        "widgets",
        "a slider and `interact`, with their values in tests",
        one(
            code("import ipywidgets"),
            answer("slider", "slider = ipywidgets.IntSlider(value=3, max=9)\nslider"),
            answer(
                "follows",
                """
                seen = []
                slider.observe(lambda change: seen.append(change["new"]), "value")
                """,
            ),
            check("value", "assert slider.value == 3", 1),
            check("moved", "slider.value = 7\nassert seen == [7]"),
        ),
        {"of_four": types(slider="slider = ipywidgets.IntSlider(value=4, max=5)\nslider")},
        outputs=True,
    ),
    Case(
        "own_kernelspec",
        "a kernel of the course's own, with an environment variable that notebooks read",
        one(
            answer("where", "import os\n\nplanet = os.environ['COURSE_PLANET']"),
            check("value", "assert planet == 'Mars'"),
        ),
        {"guesses": types(where="planet = 'Earth'")},
        kernel="course-kernel",
        files={
            "share/kernels/course-kernel/kernel.json": _kernel(
                "{python}",
                "-m",
                "ipykernel_launcher",
                "-f",
                "{connection_file}",
                env={"COURSE_PLANET": "Mars"},
            )
        },
        environment=_OWN_KERNELS,
    ),
    Case(
        "kernel_from_the_configuration",
        "`ExecutePreprocessor.kernel_name`, where notebooks name a kernel that the grader lacks",
        one(answer("x", "x = 1"), check("value", "assert x == 1")),
        {"two": types(x="x = 2")},
        kernel="conda-env-lab-py",
        config="c.ExecutePreprocessor.kernel_name = 'python3'",
    ),
    Case(
        "missing_kernel",
        "notebooks name a kernel that isn't installed",
        one(answer("x", "x = 1"), check("value", "assert x == 1")),
        kernel="conda-env-lab-py",
        refused="conda-env-lab-py",
        why="nbgrader grades nobody: there is no such kernel",
    ),
    Case(
        "another_language",
        "notebooks in R where no kernel for it is installed",
        one(stub("x", "x <- 1"), check("value", "stopifnot(x == 1)")),
        kernel="ir",
        language="R",
        refused=r"\bir\b|\bR\b",
        why="nbgrader grades nobody: there is no such kernel",
    ),
    Case(
        "no_execution",
        "`Execute.enabled = False` (`--no-execute`): only persons grade, cells aren't run",
        one(
            answer("x", "x = 1"),
            written("why", "Because."),
        ),
        config="c.Execute.enabled = False\nc.ClearOutput.enabled = False",
        others={"ada": RIGHT},
        usual=False,
    ),
    Case(
        "knows_that_it_is_graded",
        "`NBGRADER_EXECUTION`: a cell that is passed over while grading",
        one(
            code(
                """
                import os

                if os.environ.get("NBGRADER_EXECUTION") is None:
                    raise SystemExit("only for students")
                graded = os.environ["NBGRADER_EXECUTION"]
                """
            ),
            answer("x", "x = graded"),
            check("value", "assert x == 'autograde'"),
        ),
    ),
]
