"""What a student's code tries in the grader's sandbox, in the instructor's account in the hub.

The source of :func:`attempts` runs twice: by the instructor, who may do all of it, and in a cell
that is graded. The rest runs as the hub's first process and prints what came of both.
"""

from __future__ import annotations

import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def attempts(course: Any, port: Any) -> None:
    """Try to get at what is the instructor's; print by attempt what came of it."""
    import json
    import os
    import socket
    from pathlib import Path

    def in_proc(name: Any, wanted: Any) -> Any:
        """Find a file of some process in which something stands."""
        refused = None
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                if wanted in Path("/proc", process, name).read_bytes():
                    return
            except OSError as refusal:
                refused = refusal
        raise refused or FileNotFoundError

    tried = {
        "the gradebook": lambda: Path(course, "gradebook.db").read_text(),
        "the gradebook, to write": lambda: Path(course, "gradebook.db").write_text("mine"),
        "the homes": lambda: os.listdir(Path(course).parent),
        "the exchange": lambda: os.listdir("/srv/nbgrader/exchange"),
        "a port of the hub": lambda: socket.create_connection(("127.0.0.1", port), 5).close(),
        "another process's line": lambda: in_proc("cmdline", b"sleep\x001000"),
        "another process's variables": lambda: in_proc("environ", b"hunter2"),
        "another process's files": lambda: in_proc("cwd/secret", b"grades"),
        "a variable": lambda: os.environ["GRADEBOOK_PASSWORD"],
        "the other proc": lambda: os.listdir("/run/sandgrader/proc"),
    }
    came = {}
    for name, attempt in tried.items():
        try:
            attempt()
            came[name] = "done"
        except (OSError, KeyError) as refusal:
            came[name] = type(refusal).__name__
    print(json.dumps(came))


def main(user: int, whole_proc: bool) -> None:
    """Make a course, become the instructor, and try all of it with and without the sandbox."""
    from hub.inside import mount_whole_proc
    from hub.people import EXCHANGE, HOMES

    if whole_proc:
        mount_whole_proc()
    course = HOMES / "instructor"
    course.mkdir(mode=0o700)
    EXCHANGE.chmod(0o755)
    os.chown(course, user, user)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.chdir(tempfile.mkdtemp())
    Path("secret").write_text("grades")
    os.environ["GRADEBOOK_PASSWORD"] = "hunter2"
    Path(course, "gradebook.db").write_text("grades")
    neighbour = subprocess.Popen(["sleep", "1000"])
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            asked = (str(course), listener.getsockname()[1])
            call = f"attempts{asked!r}"
            source = f"from __future__ import annotations\n{inspect.getsource(attempts)}\n{call}"
            said = try_in_sandbox(source)
            alone = subprocess.run(
                [sys.executable, "-c", source], check=True, capture_output=True, text=True
            )
        said["outside"] = json.loads(alone.stdout)
        print(json.dumps(said))
    finally:
        neighbour.send_signal(signal.SIGKILL)


def try_in_sandbox(source: str) -> dict[str, Any]:
    """Run a cell as the grader would, and return what it printed and what the grader says of it."""
    from sandgrader.sandbox import Environment, Limits, WarmProcess, best_kind

    kind, why = best_kind()
    warm = WarmProcess(kind, Environment())
    try:
        with warm.fork("ann", "work", Limits()) as interpreter:
            (output,), _ = interpreter.run(source)
            (parts,), _ = interpreter.run("print(open('/proc/mounts').read())")
            return {
                "kind": kind,
                "why": why,
                "lacks": warm.lacks,
                "inside": json.loads(output["text"]),
                "written": "rw" in parts["text"].rpartition(" /proc proc ")[2].split()[0],
            }
    finally:
        warm.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "whole")
