"""``python -m benchmarks.far``: a class on workers that share nothing with the grader but a wire.

Each worker of a Dask scheduler has a network of its own, as on another machine, and a file system
without the course. A third of them is killed when a third of the class is graded, and not replaced.
Nothing may be lost, doubled or scored otherwise than on this machine's own workers. Linux alone,
and as root: who else may make networks?
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distributed.security import Security

from benchmarks.big_class import TRACK, make_class, run, scores, ungraded

ROOT = Path(__file__).parents[1]
PORT = 8786
_NAME = "sandgrader"
_NETWORK = "10.213"
"""Addresses begin with it; the third number is the worker's."""


class Far:
    """A scheduler here, and workers that see nothing of this machine but it."""

    def __init__(self, folder: Path, hidden: Path, number: int) -> None:
        """Start them, ``hidden`` being the folder that they mustn't see."""
        self._folder, self._hidden = folder, hidden
        self._processes: list[subprocess.Popen[bytes]] = []
        self._networks: list[str] = []
        self._files = self._write_keys()
        self.workers: list[subprocess.Popen[bytes]] = []
        try:
            self._start("scheduler", "--port", str(PORT), "--no-dashboard")
            for place in range(1, number + 1):
                self._connect(place)
                self.workers.append(self._start_worker(place))
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> str:
        """The scheduler's."""
        return f"tls://127.0.0.1:{PORT}"

    @property
    def variables(self) -> dict[str, str]:
        """What tells Dask in a grader's environment where the keys are."""
        start = "DASK_DISTRIBUTED__COMM__TLS__"
        return {
            f"{start}CA_FILE": self._files["ca"],
            f"{start}CLIENT__CERT": self._files["cert"],
            f"{start}CLIENT__KEY": self._files["key"],
        }

    def _write_keys(self) -> dict[str, str]:
        said = Security.temporary().get_tls_config_for_role("client")
        files = {}
        for name, key in (("ca", "ca_file"), ("cert", "cert"), ("key", "key")):
            path = self._folder / f"{name}.pem"
            path.touch(0o600)
            path.write_text(said[key])
            files[name] = str(path)
        return files

    def _line(self, kind: str, *options: str) -> list[str]:
        keys = [word for name, path in self._files.items()
                for word in (f"--tls-{name}{'-file' if name == 'ca' else ''}", path)]  # fmt: skip
        return [sys.executable, "-m", "dask", kind, *options, *keys]

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        return self._popen(self._line(*words))

    def _popen(self, line: Sequence[str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(line, stdout=quiet, stderr=quiet, cwd=self._folder)
        self._processes.append(process)
        return process

    def _connect(self, place: int) -> None:
        """Make a network with one worker in it, and a wire to it."""
        name, ours, theirs = f"{_NAME}-{place}", f"sg{place}a", f"sg{place}b"
        _ip("netns", "add", name)
        self._networks.append(name)
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        _ip("address", "add", f"{_NETWORK}.{place}.1/30", "dev", ours)
        _ip("link", "set", ours, "up")
        _ip("-n", name, "address", "add", f"{_NETWORK}.{place}.2/30", "dev", theirs)
        _ip("-n", name, "link", "set", theirs, "up")
        _ip("-n", name, "link", "set", "lo", "up")

    def _start_worker(self, place: int) -> subprocess.Popen[bytes]:
        line = self._line(
            "worker", f"tls://{_NETWORK}.{place}.1:{PORT}", "--host", f"{_NETWORK}.{place}.2",
            "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0",
        )  # fmt: skip
        # which begins with mounts of its own
        enter = ["ip", "netns", "exec", f"{_NAME}-{place}", "sh", "-c"]
        return self._popen(
            [*enter, 'mount -t tmpfs none "$0" && exec "$@"', str(self._hidden), *line]
        )

    def close(self) -> None:
        """End them, and take their networks away."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        for name in self._networks:
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def why_not() -> str:
    """Return why this can't be run here; nothing where it can."""
    if os.getuid() != 0:
        return "only root makes networks"
    return "" if shutil.which("ip") else "there is no program ip"


@contextmanager
def far(hidden: Path, number: int) -> Iterator[Far]:
    """Give workers that don't see a folder, which end with the block."""
    # a name of the grader's own kind it would clear away
    with tempfile.TemporaryDirectory(prefix="far-workers-") as folder:
        made = Far(Path(folder), hidden, number)
        try:
            yield made
        finally:
            made.close()


def grade_with_deaths(
    course: Path, assignment: str, done: Callable[[], int], size: int, number: int
) -> dict[str, Any]:
    """Grade a class on far workers, of which a third dies; return the summary.

    ``done`` says how many submissions are graded. Raises ``SystemExit`` where the grader fails.
    """
    with far(course, number) as made:
        line = [sys.executable, "-m", "sandgrader", "grade", assignment, "--json"]
        grader = subprocess.Popen(
            [*line, "--scheduler", made.address],
            cwd=course,
            env={**os.environ, **made.variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        while done() < size // 3 and grader.poll() is None:
            time.sleep(0.05)
        for worker in made.workers[: max(1, number // 3)]:
            worker.kill()
        said, _ = grader.communicate()
        if grader.returncode:
            raise SystemExit(f"the grader ended with {grader.returncode}: {said[-2000:]}")
        (summary,) = json.loads(said)
        return dict(summary)


def by_original(found: Mapping[Any, Any]) -> dict[tuple[str, ...], set[Any]]:
    """Return the scores that copies of the same work have, by whose work it was, and cell."""
    same: dict[tuple[str, ...], set[Any]] = {}
    for (student, *cell), score in found.items():
        same.setdefault((student.rpartition("_")[0], *cell), set()).add(score)
    return same


def main() -> int:
    """Grade a class so, and return 1 where anything was lost, doubled or scored otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=1000, help="submissions")
    parser.add_argument("--workers", type=int, default=6, help="of which a third is killed")
    arguments = parser.parse_args()
    if why := why_not():
        print(f"This can't be run here: {why}.")
        return 2
    build = ROOT / "build" / "far"
    course = make_class(build / "class", arguments.size)
    few = make_class(build / "few", 12)
    run(ungraded(few, build / "here"), "storagelab", "grade", TRACK)
    expected = by_original(scores(build / "here"))

    def done() -> int:
        return len([*course.glob(f"autograded/*/{TRACK}")])

    started = time.perf_counter()
    summary = grade_with_deaths(course, TRACK, done, arguments.size, arguments.workers)
    seconds = time.perf_counter() - started
    found = by_original(scores(course))
    lost = arguments.size - summary["graded"]
    twice = len(summary["results"]) - len({item["student"] for item in summary["results"]})
    otherwise = {key for key in expected if found.get(key) != expected[key]}
    killed = max(1, arguments.workers // 3)
    print(
        f"{summary['graded']} of {arguments.size} graded in {seconds / 60:.1f} minutes by "
        f"{arguments.workers} workers, {killed} of them killed: {lost} lost, {twice} doubled, "
        f"{len(otherwise)} cells scored otherwise than here."
    )
    return int(bool(lost or twice or otherwise or done() != arguments.size))


if __name__ == "__main__":
    raise SystemExit(main())
