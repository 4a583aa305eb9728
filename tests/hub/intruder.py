"""What a student tries from a notebook in the hub, in a kernel of the student's own.

The source of this file is typed into a cell: it uses nothing but Python and what a server's
environment has. It prints a JSON object: by attempt, what came of it.
"""

from collections.abc import Callable
from typing import Any


def attempts(
    address: str,
    homes: Any,
    others: Any,
    instructor: Any,
    course: Any,
    exchange: Any,
    assignment: Any,
) -> None:
    """Try to read what belongs to others; return by attempt what came of it."""
    import glob
    import json
    import os
    import pathlib
    import pwd
    import socket
    import urllib.error
    import urllib.request

    own = pathlib.Path.home()
    inbound = f"{exchange}/{course}/inbound"
    hub = os.environ["JUPYTERHUB_API_URL"]

    def read(path: Any) -> Callable[..., Any]:
        return lambda: (os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)) and 1

    def write(path: Any) -> Callable[..., Any]:
        return lambda: open(path, "a").close() or 1  # type: ignore[func-returns-value]

    def ask(path: Any, method: str = "GET", where: Any = hub) -> Callable[..., Any]:
        token = os.environ["JUPYTERHUB_API_TOKEN"]
        request = urllib.request.Request(
            f"{where}{path}", method=method, headers={"Authorization": f"token {token}"}
        )
        return lambda: urllib.request.urlopen(request, timeout=20).status

    def environment_of_another() -> Any:
        found = []
        for folder in glob.glob("/proc/[0-9]*"):
            if os.stat(folder).st_uid != os.getuid():
                found.append(folder)
        # nobody else's process may be looked into; that there are some shows the attempt is one
        assert len(found) > 3, found
        return sum(bool(open(f"{folder}/environ", "rb").read(1)) for folder in found)

    def submissions_by_name() -> Any:
        found = glob.glob(f"{inbound}/*") + glob.glob(f"{inbound}/*/*")
        if not found:
            raise PermissionError("nothing can be listed")
        return found

    def kernels_of_others() -> Any:
        uids = {pwd.getpwnam(name).pw_uid for name in [*others, instructor]}
        table = pathlib.Path("/proc/net/tcp").read_text().splitlines()
        rows = [line.split() for line in table[1:]]
        ports = [int(row[1][-4:], 16) for row in rows if row[3] == "0A" and int(row[7]) in uids]
        assert len(ports) > 6, "nobody has a kernel"
        # ZeroMQ's greeting without a key, and what a subscriber says of itself
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
        ready = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB"
        for port in ports:
            answer = b""
            with socket.create_connection(("127.0.0.1", port), timeout=5) as talk:
                talk.settimeout(2)
                try:
                    talk.sendall(greeting + ready)
                    while more := talk.recv(64):
                        answer += more
                except OSError:
                    pass
            if b"PUB" in answer:
                return port
        raise PermissionError("all of them want a key")

    tried = {
        # what one may: the same code says so
        "own home": read(own),
        "own work": read(own / assignment / "1_access.ipynb"),
        "the release": read(f"{exchange}/{course}/outbound/{assignment}/1_access.ipynb"),
        "own account in the hub": ask("/user"),
        # what one may not
        "the list of submissions": read(inbound),
        "submissions by a pattern": submissions_by_name,
        "the list of feedback": read(f"{exchange}/{course}/feedback"),
        "the instructor's home": read(f"{homes}/{instructor}"),
        "the source": read(f"{homes}/{instructor}/{course}/source/{assignment}/1_access.ipynb"),
        "the gradebook": read(f"{homes}/{instructor}/{course}/gradebook.db"),
        "the gradebook, to write": write(f"{homes}/{instructor}/{course}/gradebook.db"),
        "the course's material": read("/srv/material"),
        "the hub's files": read("/srv/hub"),
        "the passwords": read("/srv/hub/passwords.txt"),
        "the shadow file": read("/etc/shadow"),
        "the release, to write": write(f"{exchange}/{course}/outbound/{assignment}/1_access.ipynb"),
        "the course in the exchange, to move": lambda: os.rename(
            f"{exchange}/{course}", f"{exchange}/moved"
        ),
        "others' kernels": kernels_of_others,
        "others' processes": environment_of_another,
        "the class's list": ask(f"/groups/nbgrader-{course}/users", "DELETE"),
        "the instructor in the hub": ask(f"/users/{instructor}"),
        "formgrader of one's own": ask(
            f"/user/{own.name}/formgrader/api/assignments", where=address
        ),
        "the instructor's formgrader": ask(
            f"/user/{instructor}/formgrader/api/assignments", where=address
        ),
    }
    for other in others:
        tried[f"{other}'s home"] = read(f"{homes}/{other}")
        tried[f"{other}'s work"] = read(f"{homes}/{other}/{assignment}/1_access.ipynb")
        tried[f"{other}'s ledger"] = read(f"{homes}/{other}/{assignment}/ledger.json")
        tried[f"{other}'s feedback"] = read(f"{homes}/{other}/{assignment}/feedback")
        tried[f"{other}'s server"] = ask(f"/users/{other}/server", "POST")
    came = {}
    for name, attempt in tried.items():
        try:
            came[name] = f"done: {attempt()}"
        except urllib.error.HTTPError as refusal:
            came[name] = f"refused: {refusal.code}"
        except PermissionError as refusal:
            came[name] = f"refused: {refusal}"
        except (OSError, AssertionError) as problem:
            came[name] = f"broken: {problem!r}"
    print(json.dumps(came))
