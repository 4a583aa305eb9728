"""nbgrader's own executor, in a sandbox: a notebook's cells run in a kernel, one after another.

The kernel is started in the same sandbox and talks over sockets of its file system: nothing of the
network is needed. What a cell leaves is passed on as soon as it has run, so that it is there if the
next one ends everything.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

LARGEST = 8 * 2**20
"""Bytes of a cell's outputs that are passed on; of more, what decides a grade is kept, cut."""


def execute(
    order: Any, tell: Callable[[dict[str, Any]], None], begins: Callable[[int], None]
) -> None:
    """Run the code cells of ``order`` in a kernel, and tell of each what came out.

    ``order`` has ``cells`` (sources), ``kernel`` (a kernelspec) and ``settings`` (nbgrader's
    configuration of its executor). ``begins`` is told each cell's number before it runs. Raises
    whatever the executor or the kernel's start raises.
    """
    # a student's files may have the names of modules that are still to be imported
    sys.path[:] = [item for item in sys.path if item]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which the kernel inherits
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbformat.v4 import new_code_cell, new_notebook
    from nbgrader.preprocessors.execute import Execute
    from traitlets.config import Config

    from sandgrader.outputs import Room

    kernel = order["kernel"]

    class OneKernel(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            said = ("argv", "env", "language", "interrupt_mode")
            return KernelSpec(
                display_name=kernel["name"], resource_dir="", **{key: kernel[key] for key in said}
            )

    class OneManager(AsyncKernelManager):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.kernel_spec_manager = OneKernel()
            self.transport = "ipc"

    class Telling(Execute):  # type: ignore[misc]
        def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
            begins(index)
            done = super().preprocess_cell(cell, resources, index)
            kept = Room(LARGEST).fit(cell.outputs)
            tell({"cell": index, "outputs": kept, "count": cell.execution_count})
            return done

    runtime = tempfile.mkdtemp(prefix="k")  # the path of a socket has to be short
    os.environ["JUPYTER_RUNTIME_DIR"] = runtime
    notebook = new_notebook(cells=[new_code_cell(source) for source in order["cells"]])
    notebook.metadata["kernelspec"] = {"name": kernel["name"], "language": kernel["language"]}
    executor = Telling(config=Config(order["settings"]), kernel_manager_class=OneManager)
    try:
        executor.preprocess(notebook, {"metadata": {"path": os.getcwd()}})
    finally:
        shutil.rmtree(runtime, ignore_errors=True)
