"""Files in the submission that take the place of modules, or that something reads at its start."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

from tests.sandgrader.hostile.case import cheat, right
from tests.sandgrader.hostile.patched import BEND, YES

FAKE_LABS = """
class Part:
    folder = "."
    def __getattr__(self, name):
        return lambda *args, **options: None
def open_part(*args, **options):
    return Part()
"""


def _write(files: dict[str, str]) -> Callable[[Path], None]:
    def place(folder: Path) -> None:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"), encoding="utf-8")

    return place


def _with_the_real(name: str, code: str) -> str:
    """Return a module that does ``code`` and then steps aside for the real ``name``."""
    return textwrap.dedent(
        f"""
        import os, sys
        here = os.path.dirname(os.path.abspath(__file__))
        away = [p for p in sys.path if os.path.abspath(p or os.getcwd()) == here]
        sys.path[:] = [p for p in sys.path if p not in away]
        sys.modules.pop({name!r}, None)
        import {name} as real
        sys.modules[{name!r}] = real
        globals().update(vars(real))
        """
    ) + textwrap.dedent(code)


PACK = [
    cheat(
        "ship_storagelab_package",
        "ships a folder `storagelab/` whose `checking` finds everything right",
        place=_write(
            {
                "storagelab/__init__.py": "",
                "storagelab/labs/__init__.py": FAKE_LABS,
                "storagelab/labs/checking.py": f"{YES}\nyes = Yes()\n"
                "def __getattr__(name):\n    return getattr(yes, name)\n",
                "storagelab/parts.py": "from types import SimpleNamespace\n"
                "PARTS = dict.fromkeys(('access', 'pipeline', 'checkpoint'), SimpleNamespace())\n"
                "def si_values(settings):\n    return {}\n",
                "storagelab/tracks.py": "def load_track(name):\n    return None\n",
                "storagelab/access.py": f"def request_size_for(*args):\n    return {6.3e6}\n",
            }
        ),
    ),
    cheat(
        "ship_storagelab_module",
        "ships a file `storagelab.py` that loads the real package and bends it",
        place=_write({"storagelab.py": _with_the_real("storagelab", BEND)}),
    ),
    cheat(
        "ship_numpy",
        "ships a file `numpy.py` that bends the package as soon as something imports NumPy",
        place=_write({"numpy.py": _with_the_real("numpy", BEND)}),
    ),
    cheat(
        "ship_kernel_launcher",
        "ships `ipykernel_launcher.py`, which Python starts in the place of the kernel's own",
        place=_write(
            {
                "ipykernel_launcher.py": BEND
                + "import sys\nfrom ipykernel import kernelapp\n"
                + "if __name__ == '__main__':\n    kernelapp.launch_new_instance()\n",
            }
        ),
    ),
    cheat(
        "ship_ipython",
        "ships a file `IPython.py` and a folder `ipykernel/` that bend the package",
        place=_write(
            {
                "IPython.py": _with_the_real("IPython", BEND),
                "ipykernel.py": _with_the_real("ipykernel", BEND),
            }
        ),
    ),
    cheat(
        "ship_start_files",
        "ships everything that is run at a start somewhere: sitecustomize, usercustomize, .pth, "
        "ipython_config.py, startup files, conftest.py, nbgrader_config.py",
        place=_write(
            {
                "sitecustomize.py": BEND,
                "usercustomize.py": BEND,
                "conftest.py": BEND,
                "cheat.pth": f"import builtins; exec({BEND!r})\n",
                "ipython_config.py": "c = get_config()\n"
                f"c.InteractiveShellApp.exec_lines = [{BEND!r}]\n",
                ".ipython/profile_default/startup/00.py": BEND,
                "profile_default/startup/00.py": BEND,
                "nbgrader_config.py": "c = get_config()\nc.Execute.timeout = 1\n",
                "jupyter_nbconvert_config.py": "c = get_config()\nc.ExecutePreprocessor.timeout"
                " = 1\n",
                "pyvenv.cfg": "home = .\n",
            }
        ),
    ),
    cheat(
        "ship_environment",
        "sets PYTHONPATH, PYTHONSTARTUP and the package's variables for whatever starts next",
        """
import os
os.environ.update(PYTHONPATH=os.getcwd(), PYTHONSTARTUP=os.path.abspath("start.py"),
                  PYTHONHOME="/nowhere", STORAGELAB_TRACKS=os.getcwd(), LD_PRELOAD="./cheat.so",
                  PATH=os.getcwd())
""",
        place=_write({"start.py": BEND, "cheat.so": "no library"}),
    ),
    right(
        "ship_random_by_accident",
        "calls a helper file of their own `random.py`, knowing no better",
        place=_write({"random.py": "favourite = 7\n", "statistics.py": "mean = None\n"}),
    ),
]
