"""The room that the hub runs in: a mount and a process namespace made by bubblewrap.

Accounts, homes and the hub's processes exist inside it alone, so that nothing of this machine is
changed, and everything but the state folder is gone when it ends, however it ends. The network is
this machine's own: a browser outside reaches the hub on loopback.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hub.people import EXCHANGE, HOMES, MATERIAL, STATE

# of /etc, what logging in, linking, drawing text and finding 127.0.0.1 take; nothing private
_ETC = [
    "alternatives", "bash.bashrc", "debian_version", "fonts", "hosts", "ld.so.cache",
    "ld.so.conf", "ld.so.conf.d", "localtime", "login.defs", "mime.types", "nsswitch.conf",
    "os-release", "pam.d", "profile", "security", "skel", "ssl/certs", "timezone",
]  # fmt: skip
# what root needs inside to be root over other accounts, and nothing that reaches the kernel
_CAPABILITIES = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID",
]  # fmt: skip
_EVERYBODY = 0o755
_OPEN_TO_ALL = 0o1777


@dataclass(frozen=True)
class Mount:
    """A folder of this machine and where it is seen inside."""

    source: Path
    target: Path
    writable: bool = False

    def arguments(self) -> list[str]:
        """Return bubblewrap's words for it."""
        return ["--bind" if self.writable else "--ro-bind", str(self.source), str(self.target)]


def system_mounts() -> list[str]:
    """Return bubblewrap's words for an operating system without anything of this machine's own."""
    words = ["--proc", "/proc", "--dev", "/dev"]
    for folder in ("/etc", "/run", "/var"):
        words += ["--perms", f"{_EVERYBODY:o}", "--tmpfs", folder]
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        words += ["--perms", f"{_OPEN_TO_ALL:o}", "--tmpfs", folder]
    words += ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            words += ["--ro-bind", str(path), str(path)]
    words += ["--perms", f"{_EVERYBODY:o}", "--dir", "/etc/ssl"]
    for name in _ETC:
        path = Path("/etc", name)
        if path.exists():
            # a link may lead to what isn't there inside
            words += ["--ro-bind", str(path.resolve()), str(path)]
    return words


def python_homes() -> list[Path]:
    """Return the folders that this Python needs: the environment's and the one it was made from."""
    executable = Path(sys.executable).resolve()
    homes = [Path(sys.prefix), Path(sys.base_prefix), executable.parent.parent]
    return [home for home in dict.fromkeys(homes) if not home.is_relative_to("/usr")]


def mounts(root: Path, state: Path) -> list[Mount]:
    """Return what of the checkout ``root`` and of the state folder is seen inside, and where.

    Students get to see the package and the hub's own files. The course's sources are for root.
    """
    shown = [*python_homes(), root / "storagelab", root / "hub", root / "node_modules"]
    shown.append(root / "nbgrader_config.py")
    extra = os.environ.get("STORAGELAB_TRACKS")
    if extra:
        shown.append(Path(extra).resolve())
    return [
        *(Mount(path, path) for path in shown),
        Mount(root / "source", MATERIAL / "source"),
        Mount(state / "home", HOMES, writable=True),
        Mount(state / "exchange", EXCHANGE, writable=True),
        Mount(state / "hub", STATE, writable=True),
    ]


def parents(paths: Iterable[Path]) -> list[Path]:
    """Return every folder on the way to ``paths``, the outermost first, without ``/``."""
    found = {parent for path in paths for parent in path.parents}
    return sorted(found - {Path("/")}, key=lambda path: (len(path.parts), str(path)))


def command(root: Path, state: Path, info: int, inside: list[str]) -> list[str]:
    """Return the command that runs ``inside`` in the sandbox, as process 1 of it.

    ``info`` is a descriptor that bubblewrap writes that process's id to, as JSON. Raises
    ``FileNotFoundError`` where bubblewrap isn't installed.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        raise FileNotFoundError("bubblewrap is needed: apt-get install bubblewrap")
    words = [bubblewrap, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1"]
    words += ["--hostname", "storagelab-hub", "--die-with-parent", "--info-fd", str(info)]
    words += ["--cap-drop", "ALL"]
    for capability in _CAPABILITIES:
        words += ["--cap-add", capability]
    words += system_mounts()
    seen = mounts(root, state)
    for folder in parents(mount.target for mount in seen):
        # unless told, bubblewrap makes these for root alone
        mode = 0o700 if folder == MATERIAL else _EVERYBODY
        words += ["--perms", f"{mode:o}", "--dir", str(folder)]
    for mount in seen:
        words += mount.arguments()
    words += ["--remount-ro", "/", "--chdir", "/"]
    return [*words, *inside]
