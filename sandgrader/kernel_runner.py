"""nbgrader's own executor, in a sandbox: a notebook's cells run in a kernel, one after another.

The kernel is started in the same sandbox and talks over sockets of its file system: nothing of the
network is needed. What a cell leaves is passed on as soon as it has run, so that it is there if the
next one ends everything.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

LARGEST = 8 * 2**20
"""Bytes of a cell's outputs that are passed on; of more, what decides a grade is kept, cut."""
_SHORT = 1000
CUT = "... more output than is kept: the rest is left out ...\n"


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
            tell({"cell": index, "outputs": _kept(cell.outputs), "count": cell.execution_count})
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


def _kept(outputs: list[Any]) -> list[Any]:
    """Return outputs that can be passed on: what decides a grade stays in any case, if cut."""
    left, kept, is_cut = LARGEST, [], False
    for output in outputs:
        size = len(json.dumps(output))
        if size <= left:
            left -= size
            kept.append(output)
            continue
        is_cut = True
        match output["output_type"]:
            case "error":
                words = {name: str(output[name])[-_SHORT:] for name in ("ename", "evalue")}
                kept.append({"output_type": "error", "traceback": [CUT], **words})
            case "stream":
                kept.append({**output, "text": output["text"][:_SHORT] + CUT})
            case "execute_result":
                plain = str(output["data"].get("text/plain", ""))[:_SHORT]
                kept.append({**output, "data": {"text/plain": plain}, "metadata": {}})
    if is_cut:
        kept.append({"output_type": "stream", "name": "stdout", "text": CUT})
    return kept
