"""Bring up the hub, say how to log in, and stop it on Ctrl-C or SIGTERM."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import click

from hub import sandbox
from hub.people import EVERYBODY, INSTRUCTOR, PASSWORDS, UIDS

ROOT = Path(__file__).resolve().parents[1]
STARTING = 180.0
"""Seconds that the hub gets to answer."""
STOPPING = 45.0
"""Seconds that it gets to stop its servers and end."""
_OWN_PORTS = range(20_000, 32_000)


class HubError(Exception):
    """Why there is no hub, in a sentence that says what to do."""


class StopRequest(BaseException):
    """Somebody asked for the end: Ctrl-C, or SIGTERM."""


def check_machine(port: int) -> None:
    """Raise :class:`HubError` where this machine or this user can't run the hub."""
    if os.geteuid() != 0:
        raise HubError(
            "The hub gives every student an account and a home of their own, which takes root: "
            "run sudo make hub. Nothing outside build/hub is changed."
        )
    taken = [name for name, uid in UIDS.items() if _is_somebody(uid)]
    if taken:
        uids = ", ".join(str(UIDS[name]) for name in taken)
        raise HubError(
            f"This machine already has accounts with the ids {uids}. "
            "Set FIRST_UID in hub/people.py to another number."
        )
    if not is_free(port):
        raise HubError(f"Port {port} is in use. Take another one: make hub PORT={port + 1}")
    if not (ROOT / "node_modules/configurable-http-proxy").is_dir():
        raise HubError("configurable-http-proxy is missing: make hub fetches it.")


def _is_somebody(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nobody listens on.

    They are none of those that the system hands out by itself, to kernels for one: a port of these
    might be gone before the hub takes it.
    """
    ports: list[int] = []
    candidates = random.sample(_OWN_PORTS, len(_OWN_PORTS))
    while len(ports) < count:
        port = candidates.pop()
        if is_free(port):
            ports.append(port)
    return ports


def is_free(port: int) -> bool:
    """Return whether somebody could listen on a port of 127.0.0.1."""
    with socket.socket() as probe:
        # as the proxy does: what is left of closed connections is no matter
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def lay_out(state: Path) -> None:
    """Make the state folder, which only root can look into from outside."""
    for folder in (state, *(state / name for name in ("hub", "home", "exchange"))):
        folder.mkdir(parents=True, exist_ok=True)
        # inside, the homes' and the exchange's own modes say who gets where
        folder.chmod(0o755 if folder.name == "home" else 0o700)


class Running:
    """The sandbox with the hub in it."""

    def __init__(self, state: Path, port: int) -> None:
        lay_out(state)
        self.address = f"http://127.0.0.1:{port}"
        self.log = state / "hub" / "jupyterhub.log"
        hub_port, proxy_port = free_ports(2)
        # the proxy is up first, and would log every question as a failure
        self._answers = (f"http://127.0.0.1:{hub_port}/hub/api/", f"{self.address}/hub/api/")
        environment = {
            "HUB_PORTS": f"{port} {hub_port} {proxy_port}",
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "HOME": "/root",
        }
        for name in ("STORAGELAB_TRACKS", "TZ"):
            if name in os.environ:
                environment[name] = os.environ[name]
        info, told = os.pipe()
        try:
            command = sandbox.command(ROOT, state, told, [sys.executable, "-m", "hub.inside"])
        except FileNotFoundError as problem:
            raise HubError(str(problem)) from None
        # a session of its own: Ctrl-C is for this process, which ends the others in order
        self.sandbox = subprocess.Popen(
            command, env=environment, pass_fds=[told], start_new_session=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(told)
        with os.fdopen(info) as answer:
            text = answer.read()
        if not text:
            self.sandbox.wait()
            raise HubError(
                "bubblewrap couldn't make the hub's sandbox: see what it says above. It takes root "
                "that may make namespaces (in a container: the capability SYS_ADMIN)."
            )
        self.first: int = json.loads(text)["child-pid"]

    def wait_until_up(self) -> None:
        """Wait until the hub answers; :class:`HubError` where it ends or never does."""
        deadline, waits_for = time.monotonic() + STARTING, list(self._answers)
        while time.monotonic() < deadline:
            if self.sandbox.poll() is not None:
                raise HubError(f"The hub ended. {self._last_words()}")
            try:
                with urllib.request.urlopen(waits_for[0], timeout=5):
                    waits_for.pop(0)
                if not waits_for:
                    return
            except (OSError, http.client.HTTPException):  # HTTP's own errors are OSErrors
                time.sleep(0.3)
        raise HubError(f"The hub doesn't answer. {self._last_words()}")

    def _last_words(self) -> str:
        if not self.log.exists():
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *lines[-15:]])

    def wait(self) -> None:
        """Wait for the hub's end; :class:`HubError` where nobody asked for it."""
        self.sandbox.wait()
        raise HubError(f"The hub ended. {self._last_words()}")

    def stop(self) -> None:
        """End the hub, its servers and the sandbox; nothing of them is left running."""
        deadline = time.monotonic() + STOPPING
        while self.sandbox.poll() is None:
            late = time.monotonic() > deadline
            try:
                os.kill(self.first, signal.SIGKILL if late else signal.SIGTERM)
            except ProcessLookupError:
                self.sandbox.wait()
            try:
                self.sandbox.wait(timeout=1)
            except subprocess.TimeoutExpired:
                continue


def welcome(address: str, state: Path) -> str:
    """Return how to log in, in a few lines."""
    text = (state / "hub" / PASSWORDS).read_text(encoding="utf-8")
    passwords = dict(line.split() for line in text.splitlines())
    wide = max(map(len, EVERYBODY))
    rows = [f"  {name:<{wide}}  {passwords[name]}" for name in EVERYBODY]
    return "\n".join(
        [
            f"JupyterHub is at {address}",
            "",
            f"  {'name':<{wide}}  password",
            *rows,
            "",
            f"formgrader  {address}/user/{INSTRUCTOR}/formgrader   (log in as {INSTRUCTOR})",
            f"JupyterLab  {address}/user/NAME/lab",
            "guide       docs/hub.md",
            f"state       {state}   (homes, exchange, passwords, the hub's log)",
            "",
            "Ctrl-C stops everything; the state stays. Use a private window for each person.",
        ]
    )


@click.command(help=__doc__)
@click.option("--port", default=8000, show_default=True, help="Where browsers find the hub.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "build" / "hub",
    help="Where homes, exchange and passwords are kept.  [default: build/hub]",
)
def main(port: int, state: Path) -> None:
    """Run the hub until somebody stops it."""

    def stop(number: int, frame: object) -> None:
        raise StopRequest

    state = state.resolve()
    try:
        check_machine(port)
        click.echo("Starting JupyterHub ...")
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        running = Running(state, port)
        try:
            running.wait_until_up()
            click.echo(welcome(running.address, state))
            running.wait()
        except StopRequest:
            click.echo("\nStopping ...")
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            running.stop()
    except HubError as problem:
        raise click.ClickException(str(problem)) from None
    click.echo("Stopped: nothing is left running.")


if __name__ == "__main__":
    main()
