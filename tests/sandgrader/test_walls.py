"""What a student's code can't do to the machine, to other students and to the limits."""

from __future__ import annotations

import ast
import base64
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from rich.console import Console

from sandgrader import control_groups, sandbox, system_calls
from sandgrader.control_groups import ControlGroups
from sandgrader.leftovers import HeldFolder
from sandgrader.run import Result, Run, Summary
from sandgrader.sandbox import (
    CellTimeoutError,
    Deadline,
    DiedError,
    Environment,
    Limits,
    NoTimeLeftError,
    WarmProcess,
)
from sandgrader.summary import print_summary
from sandgrader.worker import Graded
from tests.sandgrader.conftest import KIND, WHY_PLAIN
from tests.sandgrader.test_sandbox import SMALL, gone, said

AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can be made somebody else")
MACHINE = pytest.mark.skipif(
    not system_calls.machine_is_known(), reason="there is no filter for this architecture"
)


@pytest.fixture(scope="module", params=["bubblewrap", "plain"])
def closed(request: pytest.FixtureRequest) -> Iterator[WarmProcess]:
    """A warm process that needs a folder which only the grader's own user may read."""
    if request.param == "bubblewrap" and KIND != "bubblewrap":
        pytest.skip(f"bubblewrap can't be used here: {WHY_PLAIN}")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "data.txt").write_text("42")
        process = WarmProcess(request.param, Environment(readable=(folder,)))
        yield process
        process.close()


# --- the machine

WRITABLE = """
import os

def can_be_written(path):
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True

found = []
for top in ("/proc", "/sys"):
    for root, folders, names in os.walk(top):
        if root == "/proc":
            folders[:] = [name for name in folders if not name.isdigit()
                          and name not in ("self", "thread-self")]
        found += [path for name in names
                  if can_be_written(path := os.path.join(root, name))]
print(found)
"""
"""Opens without writing: nothing is changed where it succeeds."""


def written(process: WarmProcess) -> list[str]:
    """Return what a student can open to write, but for what every user may, without a sandbox."""
    with process.fork("ann", "work", Limits()) as interpreter:
        found: list[str] = ast.literal_eval(said(interpreter, WRITABLE))
    of_all = process.kind == "plain"
    return [path for path in found if not (of_all and os.stat(path).st_mode & 0o002)]


def test_nothing_of_the_kernel_can_be_written(warm: WarmProcess) -> None:
    assert written(warm) == []


def test_nor_where_the_environment_is_roots_alone(closed: WarmProcess) -> None:
    assert written(closed) == []


@AS_ROOT
def test_what_is_left_is_said(closed: WarmProcess) -> None:
    (lack,) = closed.lacks
    assert "since an ordinary user can't read" in lack
    assert ("runs as root" in lack) == (closed.kind == "bubblewrap")
    assert ("may read every file" in lack) == (closed.kind == "plain")


@AS_ROOT
def test_an_environment_that_all_may_read_lacks_nothing(warm: WarmProcess) -> None:
    all_may = all(folder.stat().st_mode & 0o001 for folder in Path(sys.base_prefix).parents)
    if warm.kind == "plain" and not all_may:
        assert f"can't read {sys.base_prefix}" in "".join(warm.lacks)
    else:
        assert warm.lacks == []


@AS_ROOT
def test_students_code_is_not_roots(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as interpreter:
        for process in psutil.Process(interpreter.reaper).children(recursive=True):
            assert min(process.uids()) > 1000
            assert min(process.gids()) > 1000
        assert said(interpreter, "import os; print(os.getuid() > 0, os.getgroups())") in (
            "True []",
            "True [65534]",  # one that the namespace has no number for
        )


def test_there_are_no_rights_left(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as interpreter:
        status = said(interpreter, "print(open('/proc/self/status').read())")
        lines = dict(line.split(":\t", 1) for line in status.split("\n") if ":\t" in line)
        # to read is left where an environment is root's alone, which is said
        left = 4 if "may read every file" in "".join(warm.lacks) else 0
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(lines[name], 16) == left
        assert lines["NoNewPrivs"] == "1"
        assert lines["Seccomp"] == ("2" if system_calls.machine_is_known() else "0")


CALLS = {
    name: numbers[[*system_calls._ARCHITECTURES].index(os.uname().machine)]
    for name, numbers in {**system_calls._REFUSED, **system_calls._MISSING}.items()
    if system_calls.machine_is_known()
}


@MACHINE
def test_calls_that_nobody_needs_are_refused(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as interpreter:
        answered = said(
            interpreter,
            f"""
            import ctypes, errno
            libc = ctypes.CDLL(None, use_errno=True)
            answered = []
            for name, number in {CALLS!r}.items():
                result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
                if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
                    answered.append(name)
            print(answered)
            """,
        )
        assert answered == "[]"


@MACHINE
def test_no_namespace_of_ones_own(warm: WarmProcess) -> None:
    place = [*system_calls._ARCHITECTURES].index(os.uname().machine)
    with warm.fork("ann", "work", SMALL) as interpreter:
        answered = said(
            interpreter,
            f"""
            import ctypes, os
            new_user, ends = 0x10000000, 17
            result = ctypes.CDLL(None).syscall({system_calls._CLONE[place]}, new_user | ends, 0, 0, 0, 0)
            if result == 0:
                os._exit(0)
            print(result)
            """,  # noqa: E501
        )
        assert answered == "-1"


def test_localhost_has_a_name(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        found = said(
            interpreter,
            """
            import socket
            server = socket.create_server(("localhost", 0))
            socket.create_connection(("localhost", server.getsockname()[1]))
            print("there")
            """,
        )
        assert found == "there"


# --- other students


@MACHINE
def test_a_key_does_not_pass_to_the_next(warm: WarmProcess) -> None:
    """Nor would it where the calls aren't refused: each has a keyring of its own."""
    look = f"""
    import ctypes
    libc = ctypes.CDLL(None)
    session = -3
    made = libc.syscall({CALLS["add_key"]}, b"user", b"answer", b"42", 2, session)
    found = libc.syscall({CALLS["request_key"]}, b"user", b"answer", None, 0)
    print(made > 0, found > 0)
    """
    with warm.fork("ann", "work", SMALL) as ann:
        assert said(ann, look) == "False False"


def test_standard_error_is_not_shared(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as ann:
        # more than a pipe holds that nobody reads
        assert said(ann, "import os; print(os.write(2, b'answer 42' * 20_000) > 0)").endswith(
            "True"
        )
    with warm.fork("ben", "work", SMALL) as ben:
        look = """
        import os
        for stream in (1, 2):
            try:
                found = os.open(f'/proc/self/fd/{stream}', os.O_RDONLY | os.O_NONBLOCK)
                print(os.read(found, 100))
            except OSError:
                print(b'')
        """
        assert set(said(ben, look).split("\n")) == {"b''"}


def test_devices_are_no_place_for_files(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        for path in ("/dev/answer", "/dev/pts/answer", "/proc/answer", "/answer", "/etc/answer"):
            assert said(interpreter, f"open({path!r}, 'w')") in (
                "OSError",
                "PermissionError",
                "FileNotFoundError",
            )


# --- limits


@MACHINE
def test_who_takes_rights_from_itself_keeps_them(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL, snapshots=1) as interpreter:
        found = said(
            interpreter,
            """
            import resource
            before = resource.getrlimit(resource.RLIMIT_NPROC)
            for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_AS):
                resource.setrlimit(kind, (0, 0))
            print(before == resource.getrlimit(resource.RLIMIT_NPROC))
            print(resource.getrlimit(resource.RLIMIT_NOFILE))
            """,
        )
        assert found == "True\n(512, 512)"
        interpreter.run("def f(): return 42")
        taken = interpreter.take(["f"], 0)
        assert taken["snapshot"] is True
        order = {"call": 1, "function": 0, "args": [], "kwargs": {}}
        assert "error" not in interpreter.calls(0).answer(order, time.monotonic() + 60)


def test_all_folders_together_have_one_limit(sealed: WarmProcess) -> None:
    with sealed.fork("ann", "work", SMALL) as interpreter:
        found = said(
            interpreter,
            """
            written = 0
            for folder in ('.', '/tmp', '/dev/shm'):
                with open(folder + '/big', 'wb', buffering=0) as file:
                    try:
                        for _ in range(12):
                            written += file.write(bytes(2**20))
                    except OSError:
                        pass
            print(written)
            """,
        )
        assert 12 * 2**20 <= int(found) <= SMALL.disk


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="there are no files without a name")
@MACHINE
def test_there_are_no_files_without_a_name(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", SMALL) as interpreter:
        assert said(interpreter, "import os; os.memfd_create('big')") == "OSError"


@pytest.fixture
def groups() -> Iterator[ControlGroups]:
    groups = ControlGroups(16, 64 * 2**20)
    if not (groups.hold_memory and groups.hold_processes):
        groups.close()
        pytest.skip("no control groups can be made here")
    yield groups
    groups.close()


def test_the_kernel_limits_all_processes_together(groups: ControlGroups) -> None:
    code = "import sys; sys.stdin.readline(); x = b'x' * (200 * 2**20)"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        groups.put(process.pid)
        assert groups.memory_deaths() == 0
        process.communicate(b"\n")
        assert process.returncode == -signal.SIGKILL
    assert groups.memory_deaths() > 0


def test_what_is_in_a_group_ends_with_it(groups: ControlGroups) -> None:
    paths = [folder.path for folder in groups._folders.values()]
    assert len(paths) == 2
    with subprocess.Popen(["sleep", "600"]) as process:
        groups.put(process.pid)
        groups.close()
        process.kill()  # of no effect on what has ended
        assert process.wait(60) == -signal.SIGKILL
    assert not any(path.exists() for path in paths)


def test_one_group_of_the_second_version_has_both_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel would lay it out: here is a folder in its place, with the files that count."""

    class Folder(HeldFolder):
        def __init__(self, parent: Path) -> None:
            super().__init__(parent)
            for name in ("cgroup.procs", "pids.max", "memory.max"):
                (self.path / name).touch()
            (self.path / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")
            (self.path / "memory.current").write_text("123456\n")

    monkeypatch.setattr(control_groups, "HeldFolder", Folder)
    monkeypatch.setattr(control_groups, "_parents", lambda controller: iter([tmp_path]))
    monkeypatch.setattr(control_groups, "_end", shutil.rmtree)
    groups = ControlGroups(16, 64 * 2**20)
    groups.put(4711)
    (folder,) = tmp_path.iterdir()
    found = {name: (folder / name).read_text() for name in ("pids.max", "memory.max")}
    assert found == {"pids.max": "16", "memory.max": str(64 * 2**20)}
    assert (folder / "cgroup.procs").read_text() == "4711"
    assert groups.memory_deaths() > 0
    assert groups.memory_taken() == 123456
    groups.limit_memory(2**20)
    assert (folder / "memory.max").read_text() == str(2**20)
    groups.close()
    assert not [*tmp_path.iterdir()]


def test_memory_that_is_nobodys_ends_too(warm: WarmProcess) -> None:
    """Bytes that wait in sockets belong to no process."""
    probe = ControlGroups(16, 64 * 2**20)
    held = probe.hold_memory
    probe.close()
    if not held:
        pytest.skip("no control groups can be made here")
    small = Limits(cell_time=60, memory=400 * 2**20, disk=16 * 2**20)
    with warm.fork("ann", "work", small) as interpreter:
        hoard = """
        import os, socket, time
        for _ in range(40):
            if os.fork() == 0:
                kept = []
                try:
                    for _ in range(200):
                        ours, theirs = socket.socketpair()
                        kept += [ours, theirs]
                        for end in (ours, theirs):
                            end.setblocking(False)
                            try:
                                while True:
                                    end.send(bytes(2**16))
                            except OSError:
                                pass
                finally:
                    time.sleep(600)
        time.sleep(600)
        """
        with pytest.raises(DiedError, match="GiB of memory"):
            said(interpreter, hoard)


def test_a_function_of_before_still_answers_once_memory_was_full(
    warm: WarmProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes: what ended the interpreter isn't the function's fault."""
    # so that a look at what is taken comes before the answer, as on a machine with much to do
    monkeypatch.setattr(sandbox, "_POLL_INTERVAL", 0.001)
    with warm.fork("ann", "work", SMALL, snapshots=1) as interpreter:
        interpreter.run("def f(): return sum(range(10**6))")
        interpreter.take(["f"], 0)
        with pytest.raises(DiedError):
            said(
                interpreter,
                """
                import os
                for _ in range(8):
                    if os.fork() == 0:
                        hoard = []
                        while True:
                            hoard.append(b"y" * 2**22)
                while True:
                    os.wait()
                """,
            )
        order = {"call": 1, "function": 0, "args": [], "kwargs": {}}
        for _ in range(2):
            told = interpreter.calls(0).answer(order, time.monotonic() + 60)
            assert "error" not in told, told


def test_which_limit_cut_a_cell_off_is_said(warm: WarmProcess) -> None:
    limits = Limits(cell_time=0.5, notebook_time=600)
    with warm.fork("ann", "work", limits) as interpreter:
        found = []
        for _ in range(5):
            with pytest.raises(CellTimeoutError) as late:
                interpreter.run("while True: pass")
            found.append(str(late.value))
        assert set(found[:4]) == {"a cell was interrupted after 0.5 s, the limit for a cell"}
        assert "0.05 s, the limit for a cell after 4 that were interrupted" in found[4]
        assert said(interpreter, "print('next')") == "next"
    with warm.fork("ann", "work", Limits(cell_time=30, notebook_time=0.5)) as interpreter:
        with pytest.raises(CellTimeoutError) as late:
            interpreter.run("while True: pass")
        assert str(late.value).endswith("0.5 s, the limit for a notebook")


def test_when_the_time_of_a_submission_is_over_nothing_runs_any_more(warm: WarmProcess) -> None:
    deadline = Deadline.after(1.0)
    with warm.fork("ann", "work", Limits(), deadline=deadline) as interpreter:
        with pytest.raises(CellTimeoutError, match="1 s, the limit for a submission"):
            interpreter.run("while True: pass")
        with pytest.raises(NoTimeLeftError, match=r"not run.*1 s, the limit for a submission"):
            interpreter.run("x = 1")
    with (
        warm.fork("ann", "work", Limits(), deadline=deadline) as another,
        pytest.raises(NoTimeLeftError),
    ):
        another.run("x = 1")


def test_the_kernel_ends_what_goes_on_burning(warm: WarmProcess) -> None:
    """Also where nobody looks: each process has the submission's time of a processor."""
    with warm.fork("ann", "work", Limits(submission_time=1.0)) as interpreter:
        before = {*psutil.Process(interpreter.reaper).children(recursive=True)}
        interpreter.run("import os\nif os.fork() == 0:\n    while True: pass")
        (child,) = {*psutil.Process(interpreter.reaper).children(recursive=True)} - before
        assert gone(lambda: lives(child), 120)


def test_who_waits_for_tests_takes_no_more_memory_meanwhile(warm: WarmProcess) -> None:
    sleeper = """
    import os, signal
    if os.fork() == 0:
        hoard = []
        def fill(*_):
            for _ in range(100):
                hoard.append(os.urandom(2**20) * 4)
        signal.signal(signal.SIGUSR1, fill)
        while True:
            signal.pause()
    """
    with (
        warm.fork("ann", "work", Limits()) as resting,
        warm.fork("ann", "work", Limits()) as running,
    ):
        before = {*psutil.Process(resting.reaper).children(recursive=True)}
        said(resting, sleeper)
        (child,) = {*psutil.Process(resting.reaper).children(recursive=True)} - before
        assert gone(lambda: not handles(child, signal.SIGUSR1))
        assert 0 < resting.rest() < 2**30
        running.resting.append(resting)
        child.send_signal(signal.SIGUSR1)

        def goes_on() -> bool:
            said(running, "import time; time.sleep(0.5)")
            return lives(child)

        assert gone(goes_on, 60)
        with pytest.raises(DiedError, match="GiB of memory"):
            resting.run("x = 1")


def lives(process: psutil.Process) -> bool:
    """Return whether a process hasn't ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def handles(process: psutil.Process, number: int) -> bool:
    """Return whether a process has a handler for a signal."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (caught,) = [line.split()[1] for line in status.split("\n") if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> (number - 1) & 1)


@pytest.mark.parametrize("size", [0, 1, 28_000_000, 60_000_001])
def test_files_pass_whatever_their_size(warm: WarmProcess, size: int) -> None:
    content = os.urandom(1000) * (size // 1000) + b"x" * (size % 1000)
    files = {"a.bin": content, "small.txt": b"small", "folder/b.bin": b"another"}
    with warm.fork("ann", "work", Limits()) as interpreter:
        encoded = {name: base64.b64encode(one).decode() for name, one in files.items()}
        interpreter.write(encoded)
        look = "import os\nprint(os.path.getsize('a.bin'))\nos.rename('a.bin', 'c.bin')"
        assert said(interpreter, look) == str(size)
        taken = interpreter.take([], 0)["files"]
        assert base64.b64decode(taken["c.bin"]) == content
        assert {*taken} == {"c.bin"}, "what was written to it isn't news"


def test_a_file_that_is_never_sent_is_left_out(warm: WarmProcess) -> None:
    with warm.fork("ann", "work", Limits()) as interpreter:
        sizes: dict[Any, Any] = {
            "nowhere": 5, "x": "5", "y": -1, "z": 10**18, "empty": 0, "n": None,
        }  # fmt: skip
        assert interpreter._read(sizes) == {"nowhere": "", "empty": ""}
        assert interpreter._read("nothing") == {}


# --- the weakest sandbox is the summary's


def test_the_summary_has_the_weakest_sandbox() -> None:
    run = Run(
        SimpleNamespace(),  # type: ignore[arg-type]
        SimpleNamespace(),  # type: ignore[arg-type]
        SimpleNamespace(),
        lambda _: None,
    )
    summary = Summary("work")
    for kind, lacks in (("bubblewrap", []), ("plain", ["no sandbox: gone"]), ("bubblewrap", [])):
        graded = Graded("ann", kind=kind, lacks=lacks, failed="of no matter here")  # type: ignore[arg-type]
        item: Any = SimpleNamespace(student="ann")
        summary.add(run._receive(item, graded, summary))
    assert summary.sandbox == "plain"
    assert summary.lacks == {"no sandbox: gone": 1}


def test_a_note_is_said_once_however_often_it_is_so() -> None:
    said = io.StringIO()
    summary = Summary("work")
    late = "a cell was interrupted after 5 s, the limit for a cell"
    summary.add(Result("ann", "graded", notes={"sheet": [late, "it died", late, late]}))
    print_summary(summary, Console(file=said, width=100))
    assert f"ann, sheet: {late} (3 times)\n" in said.getvalue()
    assert "ann, sheet: it died\n" in said.getvalue()


# --- what killed runs leave


def test_what_a_killed_run_left_the_next_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = """
import time
from sandgrader.sandbox import Environment, WarmProcess
warm = WarmProcess("plain", Environment())
print(warm._folder.path, warm._process.pid, flush=True)
time.sleep(600)
"""
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environ) as run:
        assert run.stdout is not None
        try:
            folder, warm_process = run.stdout.readline().decode().split()
            WarmProcess("plain", Environment()).close()
            assert Path(folder).is_dir(), "a run that lives is left alone"
        finally:
            run.kill()
    assert Path(folder).is_dir()
    (tmp_path / "sandgrader-of-others").symlink_to(tmp_path)
    (tmp_path / "another").mkdir()
    WarmProcess("plain", Environment()).close()
    assert {path.name for path in tmp_path.iterdir()} == {"another", "sandgrader-of-others"}
    assert gone(lambda: psutil.pid_exists(int(warm_process)))


def test_groups_of_a_killed_run_are_ended_by_the_next(groups: ControlGroups) -> None:
    code = """
import os, subprocess
from sandgrader.control_groups import ControlGroups
groups = ControlGroups(16, 64 * 2**20)
sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
groups.put(sleeper.pid)
print(sleeper.pid, *(folder.path for folder in groups._folders.values()), flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    sleeper, *paths = done.stdout.split()
    assert len(paths) == 2
    ControlGroups(16, 64 * 2**20).close()
    assert not any(Path(path).exists() for path in paths)
    assert gone(lambda: psutil.pid_exists(int(sleeper)))
