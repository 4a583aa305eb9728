"""The room that the hub runs in: a mount and a process namespace made by bubblewrap.

Accounts, homes and the hub's processes exist inside it alone, so that nothing of this machine is
changed, and everything but the state folder is gone when it ends, however it ends. The network is
this machine's own: a browser outside reaches the hub on loopback.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from hub.people import EXCHANGE, HOMES, MATERIAL, STATE
from sandgrader.bubblewrap import PROGRAM, WHOLE_PROC, Mounts, parents, python_folders

# of /etc, what logging in, linking, drawing text and finding 127.0.0.1 take; nothing private
_ETC = [
    "alternatives", "bash.bashrc", "debian_version", "fonts", "hosts", "ld.so.cache",
    "ld.so.conf", "ld.so.conf.d", "localtime", "login.defs", "mime.types", "nsswitch.conf",
    "os-release", "pam.d", "profile", "security", "skel", "ssl/certs", "timezone",
]  # fmt: skip
# what root needs inside to be root over other accounts; the last one goes before anything else runs
_CAPABILITIES = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
    "CAP_SETUID", "CAP_SYS_ADMIN",
]  # fmt: skip
_EVERYBODY = 0o755
_OPEN_TO_ALL = 0o1777


def mount_system(inner: Mounts) -> None:
    """Mount an operating system without anything of this machine's own."""
    inner.kernel()
    inner.no_settings_of_the_kernel()
    for folder in ("/etc", "/run", "/var"):
        inner.in_memory(Path(folder), _EVERYBODY)
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        inner.in_memory(Path(folder), _OPEN_TO_ALL)
    inner.folder(WHOLE_PROC.parent, _EVERYBODY)
    inner.folder(WHOLE_PROC, _EVERYBODY)
    inner.folder(Path("/etc/ssl"), _EVERYBODY)
    inner.system()
    inner.settings(_ETC)


@dataclass(frozen=True)
class Mount:
    """A folder of this machine and where it is seen inside."""

    source: Path
    target: Path
    writable: bool = False


def mounts(root: Path, state: Path) -> list[Mount]:
    """Return what of the checkout ``root`` and of the state folder is seen inside, and where.

    Students get to see the packages and the hub's own files. The course's sources are for root.
    """
    packages = [root / name for name in ("storagelab", "sandgrader", "hub", "node_modules")]
    shown = [*python_folders(), *packages, root / "nbgrader_config.py"]
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


def command(root: Path, state: Path, info: int, inside: list[str]) -> list[str]:
    """Return the command that runs ``inside`` in the sandbox, as process 1 of it.

    ``info`` is a descriptor that bubblewrap writes that process's id to, as JSON. Raises
    ``FileNotFoundError`` where bubblewrap isn't installed.
    """
    bubblewrap = shutil.which(PROGRAM)
    if bubblewrap is None:
        raise FileNotFoundError("bubblewrap is needed: apt-get install bubblewrap")
    words = [bubblewrap, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1"]
    words += ["--hostname", "storagelab-hub", "--die-with-parent", "--info-fd", str(info)]
    words += ["--cap-drop", "ALL"]
    for capability in _CAPABILITIES:
        words += ["--cap-add", capability]
    inner, shown = Mounts(), mounts(root, state)
    mount_system(inner)
    for folder in parents(item.target for item in shown):
        # unless told, bubblewrap makes these for root alone
        inner.folder(folder, 0o700 if folder == MATERIAL else _EVERYBODY)
    for item in shown:
        if item.writable:
            inner.writable(item.source, item.target)
        else:
            inner.read_only(item.source, item.target)
    inner.close(Path("/"))
    return [*words, *inner.arguments, *inside]
