"""The kernels that notebooks name, and what a sandbox needs to start them.

A notebook in this environment's own Python needs none of it: the recorder runs it. Every other one,
in another language or another environment, is run by its own kernel, or refused in words.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel


class NoKernelError(LookupError):
    """A notebook's kernel isn't installed; the message names it and its language."""


@dataclass(frozen=True)
class Kernel:
    """An installed kernel."""

    name: str
    language: str
    arguments: tuple[str, ...]
    """Its command, as a kernelspec has it."""
    variables: Mapping[str, str] = field(default_factory=dict)
    interrupt_mode: str = "signal"
    folders: tuple[str, ...] = ()
    """What a sandbox has to show for it, besides the system."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it, for who starts it."""
        return {
            "name": self.name,
            "argv": list(self.arguments),
            "env": dict(self.variables),
            "language": self.language,
            "interrupt_mode": self.interrupt_mode,
        }


OWN = Kernel(
    "python3",
    "python",
    (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
)
"""This environment's own."""


def find_kernel(said: Mapping[str, Any]) -> Kernel | None:
    """Return the kernel of a notebook's metadata; none where it is this environment's own Python.

    Raises :class:`NoKernelError` where it isn't installed.
    """
    name = str(said.get("name") or OWN.name)
    if name == "python":  # as jupyter_client means it
        name = OWN.name
    try:
        spec = KernelSpecManager().get_kernel_spec(name)
    except NoSuchKernel:
        language = str(said.get("language") or "unknown")
        raise NoKernelError(f"the kernel {name!r} (language: {language})") from None
    if spec.language == "python" and not spec.env and _is_own(spec.argv):
        return None
    program = shutil.which(spec.argv[0]) or spec.argv[0]
    folders = {
        spec.resource_dir,
        *_environment_of(Path(program)),
        *(item for value in spec.env.values() for item in value.split(os.pathsep)),
    }
    return Kernel(
        name,
        spec.language,
        (program, *spec.argv[1:]),
        dict(spec.env),
        spec.interrupt_mode,
        tuple(sorted(item for item in folders if _is_of_use(item))),
    )


def _is_own(arguments: list[str]) -> bool:
    """Return whether a command starts this environment's Python, with ipykernel alone."""
    program = shutil.which(arguments[0]) or arguments[0]
    named = Path(arguments[0]).name
    is_this = Path(program).parent == Path(sys.executable).parent or (
        os.sep not in arguments[0] and named in ("python", "python3")
    )
    return is_this and "ipykernel_launcher" in arguments


def _environment_of(program: Path) -> set[str]:
    """Return the folders of the environment that a program belongs to."""
    found = set()
    for path in (program, program.resolve()):
        prefix = path.parent.parent
        # a program in somebody's home is no reason to show all of it
        is_environment = any((prefix / item).exists() for item in ("pyvenv.cfg", "conda-meta"))
        has_libraries = path.parent.name == "bin" and (prefix / "lib").is_dir()
        found.add(str(prefix if is_environment or has_libraries else path.parent))
    configured = program.parent.parent / "pyvenv.cfg"
    if configured.is_file():
        for line in configured.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                found.add(str(Path(value.strip()).resolve().parent))
    return found


def _is_of_use(path: str) -> bool:
    """Return whether a folder has to be shown: the system's own are in any case."""
    there = Path(path)
    if not there.is_absolute() or not there.exists() or there == Path("/"):
        return False
    return not any(there.is_relative_to(item) for item in ("/usr", "/bin", "/lib", "/lib64"))
