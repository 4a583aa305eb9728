"""``sandgrader grade`` as an instructor calls it: in this process, or in one of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from click.testing import CliRunner
from distributed import Client, LocalCluster
from distributed.security import Security

from sandgrader.command import command


def grade_here(course: Path, *arguments: str, code: int = 0) -> str:
    """Grade in this process, whose imports are done; return what is printed."""
    asked = [*arguments, "--course", str(course)]
    done = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout if "--json" in arguments else done.output


@contextmanager
def cluster(number: int) -> Iterator[Any]:
    """Give a client of a Dask cluster that commands of this process may use, by its address.

    Its keys are in Dask's configuration meanwhile, as those of a machine room's would be.
    """
    security = Security.temporary()
    of_client = security.get_tls_config_for_role("client")
    keys = {
        "distributed.comm.tls.ca-file": of_client["ca_file"],
        "distributed.comm.tls.client.cert": of_client["cert"],
        "distributed.comm.tls.client.key": of_client["key"],
    }
    with (
        LocalCluster(
            n_workers=number,
            threads_per_worker=1,
            memory_limit=0,
            protocol="tls://",
            security=security,
            dashboard_address=None,
            silence_logs="CRITICAL",
        ) as made,
        Client(made) as client,
        dask.config.set(keys),
    ):
        yield client


def start(course: Path, *arguments: str, apart: bool = False) -> subprocess.Popen[str]:
    """Start the grader in a process of its own, ``apart`` in a group of its own; return at once."""
    line = [sys.executable, "-m", "sandgrader", "grade", "--course", str(course), *arguments]
    return subprocess.Popen(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=apart,
    )


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for a condition while a grader runs; it may end before."""
    end = time.monotonic() + 240
    while not condition() and process.poll() is None:
        assert time.monotonic() < end, "the grader gets nowhere"
        time.sleep(0.02)
