"""What runs first inside the sandbox: makes the accounts and the course, then runs the hub.

The accounts are ordinary ones, made with ``useradd``; logging in goes through PAM. This process is
the sandbox's process 1: it reaps what others leave behind, and the sandbox ends with it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from hub.people import (
    COURSE,
    EVERYBODY,
    EXCHANGE,
    INSTRUCTOR,
    MATERIAL,
    PASSWORDS,
    STATE,
    UIDS,
    course_folder,
    home_of,
)
from sandgrader import namespaces
from sandgrader.bubblewrap import WHOLE_PROC

ROOT = Path(__file__).resolve().parents[1]
STOPPING = 30
"""Whole seconds that the hub gets to stop its servers."""

_PASSWD = """\
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
_GROUP = """\
root:x:0:
tty:x:5:
shadow:x:42:
utmp:x:43:
users:x:100:
nogroup:x:65534:
"""


class SetUpError(Exception):
    """What the hub needs and doesn't have, in a sentence."""


# --- for the sandboxes inside


def mount_whole_proc() -> None:
    """Mount what lets the instructor's grader have a sandbox, then give up the right to mount.

    See :data:`sandgrader.bubblewrap.WHOLE_PROC`. It shows what ``/proc`` shows, and is read-only.
    """
    try:
        namespaces.mount_proc(WHOLE_PROC, read_only=True)
        namespaces.drop_right_to_mount()
    except OSError as problem:
        raise SetUpError(f"The hub's sandbox can't be closed: {problem}") from None


# --- accounts


def read_passwords() -> dict[str, str]:
    """Return everybody's password; they are drawn once and kept in the state folder."""
    path = STATE / PASSWORDS
    known = {}
    if path.exists():
        known = dict(line.split() for line in path.read_text(encoding="utf-8").splitlines())
    passwords = {name: known.get(name) or secrets.token_urlsafe(9) for name in EVERYBODY}
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{name} {password}\n" for name, password in passwords.items())
    return passwords


def make_accounts(passwords: dict[str, str]) -> None:
    """Make an account with a home of its own, mode 0700, for everybody."""
    for name, text in (("passwd", _PASSWD), ("group", _GROUP)):
        Path("/etc", name).write_text(text, encoding="utf-8")
    for name in ("shadow", "gshadow"):
        Path("/etc", name).touch(mode=0o600)
    for name, uid in UIDS.items():
        run(
            "useradd", "--uid", str(uid), "--user-group", "--no-create-home",
            "--home-dir", str(home_of(name)), "--shell", "/bin/bash", name,
        )  # fmt: skip
        home = home_of(name)
        home.mkdir(exist_ok=True)
        os.chown(home, uid, uid)
        home.chmod(0o700)
    run("chpasswd", said="".join(f"{name}:{passwords[name]}\n" for name in EVERYBODY))


def run(*command: str, said: str | None = None) -> None:
    """Run one of the system's commands; ``SetUpError`` has what it says where it fails."""
    try:
        subprocess.run(command, input=said, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise SetUpError(f"{command[0]} is missing: apt-get install passwd") from None
    except subprocess.CalledProcessError as problem:
        raise SetUpError(f"{command[0]}: {problem.stderr.strip()}") from None


def write_profile() -> None:
    """Let login shells find the environment's commands: JupyterLab's terminals are such.

    Debian's ``/etc/profile`` sets PATH anew, and reads the files of this folder at its end.
    """
    folder = Path("/etc/profile.d")
    folder.mkdir(exist_ok=True)
    line = f'PATH="{Path(sys.executable).parent}:$PATH"\n'
    (folder / "storagelab.sh").write_text(line, encoding="utf-8")


# --- the course


def make_course() -> None:
    """Give the instructor a copy of the course, once; from then on it is the instructor's own."""
    # as nbgrader asks, and so that nobody can move a course of somebody else's away (docs/hub.md)
    EXCHANGE.chmod(0o3777)
    course, uid = course_folder(), UIDS[INSTRUCTOR]
    if course.exists():
        return
    new = course.with_name(f".{COURSE}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(MATERIAL / "source", new / "source", ignore=_generated)
    shutil.copyfile(ROOT / "nbgrader_config.py", new / "nbgrader_config.py")
    for path in [new, *new.rglob("*")]:
        os.chown(path, uid, uid)
        path.chmod(0o700 if path.is_dir() else 0o600)
    new.rename(course)


def _generated(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in (".ipynb_checkpoints", "ledger.json")]


def check_environment() -> None:
    """See whether another account can use this Python; ``SetUpError`` says what to do if not."""
    probe = subprocess.run(
        [sys.executable, "-c", "import storagelab, sandgrader, jupyterhub, nbgrader"],
        capture_output=True, text=True, check=False, cwd="/",
        user=UIDS[INSTRUCTOR], group=UIDS[INSTRUCTOR], extra_groups=[],
    )  # fmt: skip
    if probe.returncode:
        raise SetUpError(
            f"Other accounts can't use {sys.executable}: make its folder, storagelab/, sandgrader/ "
            f"and hub/ readable, with chmod -R go+rX.\n{probe.stderr.strip()}"
        )


# --- the hub


def run_hub() -> int:
    """Run JupyterHub until it ends or is told to; return its exit code."""
    log = (STATE / "jupyterhub.log").open("wb")
    hub = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "--config", str(ROOT / "hub/jupyterhub_config.py")],
        cwd=STATE, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip

    told: list[int] = []

    def stop(number: int, frame: object) -> None:
        if not told:
            told.append(number)
            hub.terminate()
            signal.alarm(STOPPING)

    signal.signal(signal.SIGALRM, lambda number, frame: hub.kill())
    signal.signal(signal.SIGTERM, stop)
    while True:  # everybody's orphans are process 1's children
        pid, status = os.wait()
        if pid == hub.pid:
            hub.returncode = os.waitstatus_to_exitcode(status)
            return 0 if told else hub.returncode or 1


def main() -> int:
    """Set up what is missing, run the hub, return its exit code."""
    os.umask(0o022)
    # a process 1 that has no handler never hears of a signal
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    try:
        mount_whole_proc()
        make_accounts(read_passwords())
        write_profile()
        check_environment()
        make_course()
    except SetUpError as problem:
        print(problem, file=sys.stderr)
        return 1
    return run_hub()


if __name__ == "__main__":
    sys.exit(main())
