"""Ends of the interpreter. What was right before it died counts; what comes after it doesn't."""

from __future__ import annotations

from tests.sandgrader.hostile.case import Case, lost, right

DEAD = lost("decide", "the interpreter died in this answer's cell, before the answer")


def dies(name: str, story: str, code: str, not_by_stock: str = "") -> Case:
    """Return who has everything right and ends the interpreter in the last answer's cell."""
    return right(name, story, code, loses=DEAD, not_by_stock=not_by_stock)


KILLS = "it kills by process id, and stock nbgrader runs beside others"

PACK = [
    right(
        "exit_in_law",
        "calls `sys.exit` in the tested function",
        law="import sys\n\nsys.exit(0)",
        loses=lost("law", "the function never returns"),
    ),
    dies("exit_in_cell", "calls `sys.exit` before the answer", "import sys\n\nsys.exit(0)"),
    right(
        "exit_at_the_end",
        "ends the notebook with `exit()`, to be tidy",
        "exit()",
        at="reflection",
    ),
    dies("exit_hard", "calls `os._exit`", "import os\n\nos._exit(0)"),
    right(
        "exit_hard_in_law",
        "calls `os._exit(0)` in the tested function, so that no test can fail",
        law="import os\n\nos._exit(0)",
        loses=lost("law", "the function never returns"),
    ),
    dies("abort", "calls `os.abort`", "import os\n\nos.abort()"),
    dies("crash", "reads from the address 0", "import ctypes\n\nctypes.string_at(0)"),
    dies(
        "kill_itself",
        "kills the own process",
        "import os, signal\n\nos.kill(os.getpid(), signal.SIGKILL)",
    ),
    dies(
        "kill_parent",
        "kills the process that started the interpreter, and then the own one",
        "import os, signal\n\n"
        "if os.getppid() > 0:\n    os.kill(os.getppid(), signal.SIGKILL)\n"
        "os.kill(os.getpid(), signal.SIGKILL)",
        KILLS,
    ),
    right(
        "kill_everything",
        "kills every process that it may, and its own process group",
        "import os, signal\n\ntry:\n    os.kill(-1, signal.SIGKILL)\n"
        "except OSError:\n    pass\nos.killpg(0, signal.SIGKILL)",
        loses=DEAD | lost("law", "it kills what would have answered for its function"),
        not_by_stock=KILLS,
    ),
    dies(
        "kill_by_name",
        "kills every process whose command line mentions a grader, and then itself",
        "import glob, os, signal\n\nfor name in glob.glob('/proc/[0-9]*/cmdline'):\n"
        "    try:\n        words = open(name, 'rb').read()\n"
        "        if b'python' in words or b'nbgrader' in words:\n"
        "            os.kill(int(name.split('/')[2]), signal.SIGKILL)\n"
        "    except OSError:\n        pass\nos._exit(1)",
        KILLS,
    ),
    dies(
        "alarm",
        "sets an alarm that ends the process, and waits for it",
        "import signal, time\n\nsignal.signal(signal.SIGALRM, signal.SIG_DFL)\nsignal.alarm(1)\n"
        "time.sleep(60)",
    ),
    right(
        "base_exception",
        "raises an exception that no `except Exception` catches",
        law="class Quiet(BaseException):\n    pass\nraise Quiet('not an Exception')",
        loses=lost("law", "the function never returns"),
    ),
    dies(
        "close_everything",
        "closes every open file, the interpreter's own channels among them, and leaves",
        "import os\n\nos.closerange(0, 4096)\nos._exit(1)",
    ),
    dies(
        "deep_c_recursion",
        "lifts the recursion limit and recurses until the stack is gone",
        "import sys\n\nsys.setrecursionlimit(10**9)\nclass Deep:\n    def __repr__(self):\n"
        "        return repr(self)\nrepr(Deep())",
    ),
    right(
        "deep_recursion_in_law",
        "recurses without an end in the tested function",
        law="return request_size(share, latency, bandwidth)",
        loses=lost("law", "a RecursionError"),
    ),
]
