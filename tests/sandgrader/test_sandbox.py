from __future__ import annotations

import contextlib
import os
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

import sandgrader
from sandgrader.sandbox import (
    CellTimeoutError,
    DiedError,
    Environment,
    Interpreter,
    Limits,
    SandboxError,
    WarmProcess,
)

PACKAGE = str(Path(sandgrader.__file__).parent)
SMALL = Limits(cell_time=10.0, memory=600 * 2**20, disk=16 * 2**20, processes=24)


READ_OTHERS = """
import contextlib, os
read = []
for pid in filter(str.isdigit, os.listdir('/proc')):
    if pid == os.readlink('/proc/self'):
        continue
    for name in ('cwd', 'root/submission', 'map_files'):
        with contextlib.suppress(OSError):
            read.append((pid, name, os.listdir(f'/proc/{pid}/{name}')))
    for name in ('mem', 'environ'):
        with contextlib.suppress(OSError):
            read.append((pid, name, open(f'/proc/{pid}/{name}', 'rb').read(1)))
print(read)
"""


def said(interpreter: Interpreter, source: str) -> str:
    """Return what a cell prints, or the name of what it raises."""
    outputs, _ = interpreter.run(textwrap.dedent(source))
    return "".join(item.get("text") or item.get("ename") or "" for item in outputs).strip()


def left_behind(mark: str) -> list[int]:
    """Return the processes whose command line has a mark."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if mark in " ".join(process.info["cmdline"] or []):
            found.append(process.pid)
    return found


# --- what cannot be reached


@pytest.mark.parametrize(
    "path",
    ["/root", "/home", "/var", "/srv", "/etc/passwd", "/etc/shadow", "/run", str(Path.cwd())],
)
def test_only_the_environment_is_there(sealed: WarmProcess, path: str) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        found = said(
            interpreter,
            f"""
            import os
            print([root for root, _, names in os.walk({path!r}) for name in names
                   if not any(part in root for part in (".venv", "lib/python"))
                   and not root.startswith(({sys.base_prefix!r}, {PACKAGE!r}))]
                  if os.path.isdir({path!r}) else os.path.exists({path!r}))
            """,
        )
        assert found in ("[]", "False")


def test_of_the_project_only_the_grader_is_there(sealed: WarmProcess) -> None:
    root = Path(__file__).parents[2]
    with sealed.fork("ann", "work", SMALL) as interpreter:
        for name in ("source", "notebooks", "demo", "nbgrader_config.py", "tests", "storagelab"):
            assert said(interpreter, f"import os; os.path.exists({str(root / name)!r})") == ""
            outputs, _ = interpreter.run(f"os.path.exists({str(root / name)!r})")
            assert outputs[0]["data"]["text/plain"] == "False"
        assert said(interpreter, "import sandgrader.wire; print('there')") == "there"


def test_there_is_no_network(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        assert said(
            interpreter, "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
        ) in (
            "ConnectionRefusedError",
            "OSError",
        )
        assert said(interpreter, "socket.create_connection(('192.0.2.1', 80), 1)") == "OSError"
        assert said(interpreter, "socket.getaddrinfo('example.org', 80)") == "gaierror"


@pytest.mark.parametrize("where", ["/usr/x", "/x", "/etc/x", "numpy.__file__"])
def test_nothing_outside_the_own_folder_can_be_written(sealed: WarmProcess, where: str) -> None:
    path = where if where.startswith("numpy") else repr(where)
    with sealed.fork("ann", "work", SMALL) as interpreter:
        refused = ("OSError", "PermissionError")
        assert said(interpreter, f"import numpy; open({path}, 'a')") in refused


def test_the_graders_environment_does_not_come_along(
    warm: WarmProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADEBOOK_PASSWORD", "hunter2")
    process = WarmProcess(warm.kind, Environment(variables={"COURSE": "x"}))
    try:
        with process.fork("ann", "work", SMALL) as interpreter:
            assert said(interpreter, "import os; print('hunter2' in str(os.environ))") == "False"
            assert said(interpreter, "print(os.environ['COURSE'])") == "x"
    finally:
        process.close()


def test_a_folder_can_be_lent_to_be_read(sealed: WarmProcess, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("42")
    process = WarmProcess("bubblewrap", Environment(readable=(str(tmp_path),)))
    try:
        with process.fork("ann", "work", SMALL) as interpreter:
            path = repr(str(tmp_path / "data.txt"))
            assert said(interpreter, f"print(open({path}).read())") == "42"
            assert said(interpreter, f"open({path}, 'w')") == "OSError"
    finally:
        process.close()


def test_one_student_sees_nothing_of_another(sealed: WarmProcess) -> None:
    with (
        sealed.fork("ann", "work", SMALL) as ann,
        sealed.fork("ben", "work", SMALL) as ben,
    ):
        said(ann, "open('answer.txt', 'w').write('42'); open('/tmp/t', 'w').write('42')")
        said(ann, "open('/dev/shm/s', 'w').write('42')")
        assert said(ben, "import os; print(os.getcwd(), os.listdir('/submission'))") == (
            "/submission/ben/work ['ben']"
        )
        assert said(ben, "print(os.path.exists('/tmp/t'), os.path.exists('/dev/shm/s'))") == (
            "False False"
        )
        assert said(ben, READ_OTHERS) == "[]"


def test_what_one_interpreter_changes_the_next_does_not_see(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as ann:
        said(ann, "import builtins, sys; builtins.abs = lambda x: 7; sys.modules['math'] = None")
    with warm.fork("ben", "work", SMALL) as ben:
        assert said(ben, "import math; print(abs(-1), math.pi > 3)") == "1 True"


def test_the_warm_process_cannot_be_read(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        assert said(interpreter, READ_OTHERS) == "[]"


# --- limits


def test_a_cell_that_takes_too_long_is_interrupted_and_the_next_runs(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", Limits(cell_time=0.5)) as interpreter:
        with pytest.raises(CellTimeoutError) as late:
            interpreter.run("print('before')\nwhile True:\n    pass")
        assert late.value.outputs[0]["text"] == "before\n"
        assert said(interpreter, "print('next')") == "next"


@pytest.mark.parametrize(
    "source",
    [
        "import time\nwhile True:\n    try: time.sleep(0.01)\n    except BaseException: pass",
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "sum(range(10**13))",
    ],
)
def test_a_cell_that_will_not_stop_is_ended(warm: WarmProcess, source: str) -> None:
    with (
        warm.fork("ann", "work", Limits(cell_time=0.5)) as interpreter,
        pytest.raises(DiedError, match="couldn't be interrupted"),
    ):
        interpreter.run(source)


def test_a_notebook_has_an_end(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", Limits(cell_time=30, notebook_time=1.0)) as interpreter:
        started = time.monotonic()
        for _ in range(2):
            with pytest.raises(CellTimeoutError):
                interpreter.run("while True: pass")
        assert time.monotonic() - started < 20


def test_memory_ends(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as interpreter:
        assert said(interpreter, "x = bytearray(20 * 2**30)") == "MemoryError"
        assert said(interpreter, "print('next')") == "next"


def test_memory_ends_for_all_processes_together(warm: WarmProcess) -> None:
    with (
        warm.fork("ann", "work", SMALL) as interpreter,
        pytest.raises(DiedError, match="GiB"),
    ):
        interpreter.run(
            "import os, time\n"
            "for _ in range(8):\n"
            "    if os.fork() == 0:\n"
            "        x = bytearray(os.urandom(1)) * (150 * 2**20)\n"
            "        time.sleep(60)\n"
            "        os._exit(0)\n"
            "time.sleep(60)"
        )


def test_the_disk_ends(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        found = said(
            interpreter, "f = open('big', 'wb')\nfor _ in range(500): f.write(bytes(2**20))"
        )
        assert found == "OSError"
        assert said(interpreter, "print('next')") == "next"


def test_too_many_small_files_end(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        source = "import os\nfor i in range(50_000): os.mknod(f'f{i}')"
        assert said(interpreter, source) == "OSError"


def test_a_fork_bomb_ends(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as interpreter:
        # bounded, in case nothing ends it: some hundred processes, each of which sleeps
        bomb = """
        import os, time
        for _ in range(300):
            try:
                if os.fork() == 0:
                    time.sleep(30)
                    os._exit(0)
            except BlockingIOError:
                print('no more')
                break
            time.sleep(0.005)
        """
        with contextlib.suppress(DiedError):  # by the grader's limit, where not by the kernel's
            assert said(interpreter, bomb) == "no more"
        assert len(psutil.Process(interpreter.reaper).children(recursive=True)) <= 24


def test_a_cell_that_forks_answers_once(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as interpreter:
        # what a child prints later belongs to whatever runs then, as in a kernel
        fork = """
        import contextlib, os
        child = os.fork()
        print(f'{child > 0}\\n', end='')  # at once: two processes write
        if child:
            with contextlib.suppress(ChildProcessError):  # it is gone already
                os.waitpid(child, 0)
        """
        assert set(said(interpreter, fork).split()) == {"True", "False"}
        assert said(interpreter, "print('next')") == "next"
        assert said(interpreter, "print('after it')") == "after it"


def test_nothing_is_left_running(warm: WarmProcess) -> None:
    mark = f"mark-{os.getpid()}-{warm.kind}"
    with warm.fork("ann", "work", SMALL) as interpreter:
        said(
            interpreter,
            f"""
            import subprocess, sys, threading, time
            line = [sys.executable, '-c', 'import time; time.sleep(600)', '{mark}']
            subprocess.Popen(line)
            subprocess.Popen(line, start_new_session=True)
            threading.Thread(target=time.sleep, args=(600,)).start()
            """,
        )
        assert left_behind(mark)
    assert gone(lambda: left_behind(mark))


def gone(look: Any, seconds: float = 10.0) -> bool:
    """Return whether something is gone after a while at most."""
    end = time.monotonic() + seconds
    while look() and time.monotonic() < end:
        time.sleep(0.05)
    return not look()


# --- deaths


@pytest.mark.parametrize(
    "source",
    [
        "import os; os._exit(0)",
        "import os; os.abort()",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
        "import os; os.closerange(0, 100)\nprint('x')",
    ],
)
def test_a_kernel_that_dies_is_told_and_harms_nobody(warm: WarmProcess, source: str) -> None:
    with (
        warm.fork("ann", "work", SMALL) as ann,
        warm.fork("ben", "work", SMALL) as ben,
    ):
        with contextlib.suppress(DiedError):  # some are noticed by the next cell
            ann.run(source)
        with pytest.raises(DiedError):
            ann.run("print('still here')")
        assert said(ben, "print('fine')") == "fine"


def test_killing_everything_in_sight_ends_only_the_own_world(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as ann, sealed.fork("ben", "work", SMALL) as ben:
        with pytest.raises(DiedError):
            ann.run(
                "import contextlib, os, signal\n"
                "with contextlib.suppress(OSError):\n"
                "    os.kill(-1, signal.SIGKILL)\n"
                "os.kill(1, signal.SIGKILL)\n"
                "os._exit(0)"
            )
        assert said(ben, "print('fine')") == "fine"
    assert sealed.alive


def test_functions_answer_as_they_were_when_they_were_taken(warm: WarmProcess) -> None:
    with (
        warm.fork("ann", "work", SMALL, snapshots=2) as student,
        warm.fork("ann", "work", SMALL, judge=True) as judge,
    ):
        student.run("count = 0\ndef f(x):\n    global count\n    count += 1\n    return x + count")
        first = student.take(["f"], 0)
        student.run("def f(x): return 'another'")
        second = student.take(["f"], 1)
        with pytest.raises(DiedError):
            student.run("import os; os._exit(1)")
        judge.bind(first["answers"], ["f"], {})
        outputs, _ = judge.run("f(10), f(10)", student.calls(0))
        assert outputs[0]["data"]["text/plain"] == "(11, 12)"
        judge.bind(second["answers"], ["f"], {})
        outputs, _ = judge.run("f(10)", student.calls(1))
        assert outputs[0]["data"]["text/plain"] == "'another'"


def test_what_a_function_raises_arrives_as_what_it_is(warm: WarmProcess) -> None:
    with (
        warm.fork("ann", "work", SMALL, snapshots=1) as student,
        warm.fork("ann", "work", SMALL, judge=True) as judge,
    ):
        student.run(
            "class StudentError(ValueError): pass\n"
            "def a(): raise ZeroDivisionError('zero')\n"
            "def b(): raise StudentError('forged')\n"
            "def c(): raise SystemExit\n"
            "def d(): return object()\n"
            "def e(): return {'x': (1, [2.5])}\n"
        )
        taken = student.take(list("abcde"), 0)
        judge.bind(taken["answers"], list("abcde"), {})
        calls = student.calls(0)
        found = []
        for name in "abcd":
            outputs, _ = judge.run(f"{name}() == 1", calls)
            found.append(outputs[0].get("ename"))
        assert found == ["ZeroDivisionError", "ValueError", "CallError", "TypeError"]
        outputs, _ = judge.run("e()", calls)
        assert outputs[0]["data"]["text/plain"] == "{'x': (1, [2.5])}"


def test_a_call_that_never_returns_costs_only_its_own_test(warm: WarmProcess) -> None:
    limits = Limits(cell_time=1.0)
    with (
        warm.fork("ann", "work", limits, snapshots=2) as student,
        warm.fork("ann", "work", limits, judge=True) as judge,
    ):
        student.run("def f():\n    while True: pass\ndef g(): return 1")
        for number in (0, 1):
            taken = student.take(["f", "g"], number)
            judge.bind(taken["answers"], ["f", "g"], {})
            if number == 0:
                with pytest.raises(CellTimeoutError):
                    judge.run("f()", student.calls(0))
        outputs, _ = judge.run("g()", student.calls(1))
        assert outputs[0]["data"]["text/plain"] == "1"


# --- the rest


def test_nobodys_seed_is_everybodys(warm: WarmProcess) -> None:
    source = (
        "import random, numpy as np\n"
        "new = np.random.default_rng\n"
        "print(random.random(), np.random.rand(), new().random(), new().random(), hash('x'))"
    )
    drawn = []
    for seed in ("a", "a", "b"):
        with warm.fork("ann", "work", SMALL, seed=seed) as interpreter:
            drawn.append(said(interpreter, source))
    assert drawn[0] == drawn[1]
    both = [line.split() for line in (drawn[0], drawn[2])]
    assert all(one != other for one, other in list(zip(*both, strict=True))[:4])
    assert both[0][2] != both[0][3], "two generators of one notebook are two"


def test_a_students_module_cannot_stand_in_for_a_tests(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL, judge=True) as judge:
        judge.write({"decimal.py": "eCA9IDE=", "helper.py": "eCA9IDE="})  # x = 1
        judge.write({"helper.py": "eCA9IDI="}, beside=True)  # x = 2
        assert said(judge, "import decimal; print(hasattr(decimal, 'x'))") == "False"
        assert said(judge, "import helper; print(helper.x)") == "2"


LOCKING = """
import os, threading, time
lock = threading.Lock()
def hold():
    while True:
        with lock:
            time.sleep(0.05)
threading.Thread(target=hold, daemon=True).start()
os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
"""
"""A library whose thread has a lock nearly always, and which prepares for a fork as it has to."""


def test_what_is_imported_may_have_threads_with_locks(sealed: WarmProcess, tmp_path: Path) -> None:
    (tmp_path / "locking.py").write_text(LOCKING)
    folder = str(tmp_path)
    shown = Environment(("locking",), readable=(folder,), variables={"PYTHONPATH": folder})
    process = WarmProcess("bubblewrap", shown)
    with contextlib.closing(process), process.fork("ann", "work", SMALL) as interpreter:
        assert said(interpreter, "import locking; print(locking.lock.locked())") == "False"


def test_a_sandbox_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="bwrap"):
        WarmProcess("bubblewrap", Environment())


def test_a_folder_that_is_not_there_is_named(sealed: WarmProcess) -> None:
    with pytest.raises(SandboxError, match="/nowhere/data"):
        WarmProcess("bubblewrap", Environment(readable=("/nowhere/data",)))
