"""A workbench in a real kernel: what a slider's move costs, and what opening a lab costs.

Moves come in as a browser sends them, and every message to the browser is packed and sent. Where
nobody looks, as in autograding, opening a lab has to cost next to nothing.

A lab is open when its cell is done: the controls and the first picture are shown. What lies below
is made once the browser has got that; how long it keeps the kernel is told beside it, so that
nothing is promised by putting it off.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_client.manager import KernelManager

from benchmarks.measuring import Result, at_most
from storagelab.parts import PARTS
from storagelab.tracks import TRACKS

MOVES, RUNS = 120, 3
LIMIT = 5e-3
OPENINGS = 10
OPENING_LIMIT, ALL_LIMIT = 1.3, 1.5
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"

MOVING = """
import json, time
from storagelab.tracks import load_track
from storagelab.widgets import Workbench

bench = Workbench(load_track({track!r}), {part!r})
# as a browser does
bench.message_batcher.set_state({{"ready": True, "first_batch_received": True}})
sliders = [row.slider for row in bench.controls.values()]
times = []
for move in range(-10, {moves}):  # the first ones fill caches
    slider = sliders[move % len(sliders)]
    index = (slider.index + 1) % len(slider.options)
    start = time.thread_time()  # the kernel's own, whatever else the machine does
    slider.set_state({{"index": index}})
    if move >= 0:
        times.append(time.thread_time() - start)
print(json.dumps(times))
"""

BARE = """
import time
start = time.perf_counter()
import numpy
after_numpy = time.perf_counter()
import bqplot
from IPython.display import display
x, y = bqplot.LinearScale(), bqplot.LinearScale()
line = bqplot.Lines(x=[0, 1], y=[0, 1], scales={"x": x, "y": y})
axes = [bqplot.Axis(scale=x), bqplot.Axis(scale=y, orientation="vertical")]
display(bqplot.Figure(marks=[line], axes=axes))
end = time.perf_counter()
print(end - start, end - after_numpy)
"""

LOCK = """
from storagelab.labs.session import open_part
from storagelab.parts import PARTS
from storagelab.tracks import load_track
part = open_part({track!r}, {part!r}, folder={folder!r})
part.lock(PARTS[{part!r}].of(load_track({track!r})).question.options[0].id, 0.5)
"""

OPENING = """
import time
start = time.perf_counter()
from storagelab.labs.session import open_part
part = open_part({track!r}, {part!r}, folder={folder!r})
opened = time.perf_counter()
part.workbench()
end = time.perf_counter()
from ipywidgets.widgets import widget as registry
from storagelab.widgets.message_batcher import MessageBatcher
(batcher,) = (item for item in registry._instances.values() if isinstance(item, MessageBatcher))
again = time.perf_counter()
batcher.set_state({{"ready": True, "first_batch_received": True}})  # as a browser does
every = time.perf_counter() - again
print(end - start, end - opened, end - start + every)
"""


UNSEEN_LIMIT = 50e-3
UNSEEN = """
import os, sys, time
os.environ["NBGRADER_EXECUTION"] = "autograde"
from storagelab.labs.session import open_part
part = open_part({track!r}, {part!r}, folder={folder!r})
start = time.perf_counter()
part.workbench()
seconds = time.perf_counter() - start
assert "bqplot" not in sys.modules
print(seconds)
"""


OPENED = (
    ("open", 0, 0, OPENING_LIMIT),
    ("workbench cell of", 1, 1, OPENING_LIMIT),
    ("open to the last picture", 2, 0, ALL_LIMIT),
)
"""What is compared: its name, which of our times, which of bqplot's, and the most."""


@contextmanager
def kernel() -> Iterator[Any]:
    """Start a kernel, give its client, and stop it."""
    manager = KernelManager(kernel_name="python3")
    # an installed package has its bytecode beside it, as bqplot's is
    cached = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    manager.start_kernel(
        extra_arguments=["--IPKernelApp.capture_fd_output=False"],
        env=cached,
    )
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client: Any, code: str) -> str:
    """Run ``code`` and return the last line that it prints; ``RuntimeError`` if it fails."""
    lines: list[str] = []

    def listen(message: Any) -> None:
        if message["msg_type"] == "stream":
            lines.extend(message["content"]["text"].splitlines())

    reply = client.execute_interactive(code, output_hook=listen, timeout=120)
    if reply["content"]["status"] != "ok":
        raise RuntimeError("\n".join(reply["content"]["traceback"]))
    return lines[-1]


def move_times(track: str, part: str) -> list[float]:
    """Return the seconds that each move of a workbench keeps the kernel busy."""
    with kernel() as client:
        times: list[float] = json.loads(
            printed(client, MOVING.format(track=track, part=part, moves=MOVES))
        )
    return times


def quietest(track: str, part: str) -> tuple[list[float], float]:
    """Return the moves' seconds and their 95th percentile, in the quietest of some runs.

    What else the machine does takes the processor's caches away, and a kernel's own time grows.
    """
    runs = [sorted(move_times(track, part)) for _ in range(RUNS)]
    return min(((times, times[int(0.95 * len(times))]) for times in runs), key=lambda run: run[1])


def opening_times(track: str, part: str) -> tuple[list[float], list[float]]:
    """Return the seconds of opening a part, and of importing bqplot and showing one figure.

    Each from nothing, and from where a notebook's first cell has been run: NumPy is loaded, and
    with ours the part is open. Ours a third time: from nothing to the last picture.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = {"track": track, "part": part, "folder": folder}
        with kernel() as client:
            printed(client, LOCK.format(**names))
        with kernel() as client:
            ours = printed(client, OPENING.format(**names))
        with kernel() as client:
            bare = printed(client, BARE)
    return [float(part) for part in ours.split()], [float(part) for part in bare.split()]


def unseen_time(track: str, part: str) -> float:
    """Return the seconds of opening a part in a graded run."""
    with tempfile.TemporaryDirectory() as folder:
        names = {"track": track, "part": part, "folder": folder}
        with kernel() as client:
            printed(client, LOCK.format(**names))
        with kernel() as client:
            return float(printed(client, UNSEEN.format(**names)))


def results() -> list[Result]:
    """Return the 95th percentile of the moves and the ratio of the openings, of every workbench."""
    found = []
    for part in PARTS:
        taken = statistics.median(unseen_time("cloud_titan", part) for _ in range(OPENINGS))
        found.append(
            Result(
                f"workbench where nobody looks, {part}, ms",
                taken,
                None,
                1e3 * taken,
                f"at most {1e3 * UNSEEN_LIMIT:g}",
                taken <= UNSEEN_LIMIT,
            )
        )
    for track in TRACKS:
        for part in PARTS:
            times, high = quietest(track, part)
            found.append(
                Result(
                    f"slider move in a kernel, p95, {track}, {part}, ms",
                    statistics.median(times),
                    None,
                    1e3 * high,
                    f"at most {1e3 * LIMIT:g}",
                    high <= LIMIT,
                )
            )
    for track in TRACKS:
        for part in PARTS:
            opening_times(track, part)  # fills the caches of the disk and of bytecode
            pairs = [opening_times(track, part) for _ in range(OPENINGS)]
            for what, mine, reference, limit in OPENED:
                both = [(ours[mine], bare[reference]) for ours, bare in pairs]
                ratio = statistics.median(ours / bare for ours, bare in both)
                opened, shown = (statistics.median(column) for column in zip(*both, strict=True))
                name = f"{what} {track}, {part} / import bqplot and show a figure"
                found.append(at_most(name, opened, shown, ratio, limit))
    return found
