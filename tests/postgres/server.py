"""A PostgreSQL server of a test's own: started, killed and started again at will.

``with throwaway_postgres() as server`` gives a server with one empty database on a socket in a
folder of its own. It listens on no port, so servers never get in each other's way.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

ACCOUNT = "postgres"
"""Who runs the server where a test runs as root, which PostgreSQL refuses."""
DATABASE = "gradebook"
SETTINGS = {
    "listen_addresses": "",
    # processes are killed here, no machine loses its power: what is written stays written
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "log_min_messages": "warning",
}


class NoPostgresError(Exception):
    """No PostgreSQL server can be run here; the message says what is missing."""


def find_programs() -> Path:
    """Return the folder of the newest PostgreSQL server's programs.

    Raises :class:`NoPostgresError` where there is none, or nobody who may run it.
    """
    homes = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    named = shutil.which("initdb")
    found = homes[-1] if homes else named and Path(named).resolve().parent
    if not found or not (found / "postgres").exists():
        raise NoPostgresError("PostgreSQL's server isn't installed: .ci/postgres installs it")
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(ACCOUNT)
        except KeyError:
            raise NoPostgresError(f"root may not run PostgreSQL: no account {ACCOUNT}") from None
    return found


@dataclass
class Server:
    """A server whose data lies in ``folder``; it may be running or not."""

    folder: Path
    programs: Path

    @property
    def url(self) -> str:
        """The database's address, as SQLAlchemy takes it."""
        return self.address()

    def address(self, database: str = DATABASE) -> str:
        """Return the address of any of the server's databases."""
        return f"postgresql+psycopg2://{ACCOUNT}@/{database}?host={quote(str(self.folder))}"

    @property
    def log(self) -> str:
        """What the server has said, for a test's message."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def running(self) -> bool:
        """Whether its main process is alive."""
        return self._main() is not None

    def start(self) -> None:
        """Start it and wait until it answers; a crash's traces are cleared up by PostgreSQL."""
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        self._control("start", "-l", str(self.folder / "log"), "-o", f"-k {self.folder} {options}")

    def stop(self) -> None:
        """Stop it in good order, connections or not; do nothing where it isn't running."""
        if self.running:
            self._control("stop", "-m", "fast")

    def abort(self) -> None:
        """Make it quit at once without writing anything more (``-m immediate``)."""
        self._control("stop", "-m", "immediate")

    def kill(self) -> None:
        """``kill -9`` of the main process and of every process that it started."""
        main = self._main()
        if main is None:
            raise ProcessLookupError("the server isn't running")
        victims = [main, *main.children(recursive=True)]
        main.suspend()  # so that it starts nothing in the meantime
        for victim in reversed(victims):
            try:
                victim.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        _, alive = psutil.wait_procs(victims, timeout=30)
        assert not alive, alive

    def create(self, database: str) -> str:
        """Make another empty database and return its address."""
        self._run("createdb", "-h", str(self.folder), "-U", ACCOUNT, database)
        return self.address(database)

    def _main(self) -> psutil.Process | None:
        lock = self.folder / "data" / "postmaster.pid"
        try:
            process = psutil.Process(int(lock.read_text(encoding="utf-8").split()[0]))
            # a lock that was left behind may name anybody's process by now
            alive = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
            return None
        return process if alive else None

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", action, "-w", "-s", "-D", str(self.folder / "data"), *options)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            user=ACCOUNT if os.geteuid() == 0 else None,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments)}\n{done.stderr}\n{self.log}")


_GUARD = 'read -r _; "$1/pg_ctl" stop -s -m immediate -D "$2/data"; rm -rf "$2"'


@contextmanager
def _guard(server: Server) -> Iterator[None]:
    """Have the server ended and removed if this process ends in the meantime, however it does.

    The guard waits for the end of a pipe that this process alone holds.
    """
    guard = subprocess.Popen(
        ["sh", "-c", _GUARD, "guard", str(server.programs), str(server.folder)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=ACCOUNT if os.geteuid() == 0 else None,
        start_new_session=True,  # what ends the test's process group passes it by
    )
    try:
        yield
    finally:
        guard.kill()
        guard.wait()


@contextmanager
def throwaway_postgres() -> Iterator[Server]:
    """Start a server with one empty database; stop it and remove everything at the end.

    Raises :class:`NoPostgresError` where none can be run.
    """
    programs = find_programs()
    # by a short path: a socket's has to fit into 107 bytes
    with tempfile.TemporaryDirectory(prefix="storagelab-pg-", dir="/tmp") as name:
        server = Server(Path(name), programs)
        if os.geteuid() == 0:
            shutil.chown(server.folder, ACCOUNT)
        server._run(
            "initdb", "-D", f"{name}/data", "-U", ACCOUNT, "-A", "trust", "-E", "UTF8",
            "--locale=C", "--no-sync",
        )  # fmt: skip
        with _guard(server):
            try:
                server.start()
                server.create(DATABASE)
                yield server
            finally:
                server.stop()
