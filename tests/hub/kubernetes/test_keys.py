"""The key that the page makes opens Dask's scheduler, by the manifests' own commands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.hub.conftest import wait_for
from tests.hub.kubernetes.documents import ROOT, pod_of, read_manifests

pytestmark = pytest.mark.full

OBJECTS = read_manifests()
GRADER = """
import sys
from sandgrader.cluster import dask_workers
with dask_workers(sys.argv[1]) as workers:
    print(workers.submit(max, 3, 7).result())
"""


def container(kind: str, namespace: str, name: str) -> Any:
    pod = pod_of(OBJECTS[kind, namespace, name])
    assert pod is not None
    return pod["spec"]["containers"][0]


@pytest.fixture(scope="module")
def keys(find_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the Secret, made by the command on the page."""
    folder, page = tmp_path_factory.mktemp("tls"), (ROOT / "docs/deploy.md").read_text("utf-8")
    found = re.search(r"^openssl (req (?:.*\\\n)*.*)$", page, re.M)
    assert found
    words = found[1].replace("\\\n", " ").split()
    subprocess.run([find_program("openssl"), *words], cwd=folder, check=True, capture_output=True)
    return folder


@contextmanager
def running(name: str, keys: Path, *others: str) -> Iterator[Any]:
    """Start what a Deployment starts, with the keys where they are here."""
    words = container("Deployment", "storagelab-grading", name)["command"]
    own = [word.replace("=/tls/", f"={keys}/") for word in words if "://" not in word]
    with (keys / f"{name}.log").open("wb") as log:
        line = [sys.executable, "-m", *own, *others]
        process = subprocess.Popen(line, stdout=log, stderr=log, cwd=keys)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def scheduler(keys: Path) -> Iterator[str]:
    """The address of a scheduler with a worker."""
    told = keys / "scheduler.json"
    with ExitStack() as stack:
        here = ("--host=127.0.0.1", "--port=0", f"--scheduler-file={told}")
        stack.enter_context(running("dask-scheduler", keys, *here))
        wait_for(lambda: told.exists() and told.read_text("utf-8").endswith("}"), "the scheduler")
        address: str = json.loads(told.read_text(encoding="utf-8"))["address"]
        stack.enter_context(
            running("dask-worker", keys, address, f"--local-directory={keys / 'scratch'}")
        )
        yield address


def asked(address: str, keys: Path, named: bool) -> subprocess.CompletedProcess[str]:
    """Ask the scheduler for something, with the variables of the grader's job or without."""
    variables = container("CronJob", "storagelab", "grade")["env"]
    own = {
        item["name"]: item["value"].replace("/tls/", f"{keys}/")
        for item in variables
        if item["name"].startswith("DASK_")
    }
    return subprocess.run(
        [sys.executable, "-c", GRADER, address],
        env={**os.environ, **(own if named else {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_grader_reaches_a_worker_with_the_key_and_not_without(
    scheduler: str, keys: Path
) -> None:
    assert scheduler.startswith("tls://")
    done = asked(scheduler, keys, named=True)
    assert done.stdout == "7\n", done.stderr
    refused = asked(scheduler, keys, named=False)
    assert refused.returncode != 0
    assert "wants certificates" in refused.stderr


def test_the_job_names_the_schedulers_address_and_what_the_page_makes(keys: Path) -> None:
    words = container("CronJob", "storagelab", "grade")["command"]
    assert "--scheduler=tls://dask-scheduler.storagelab-grading:8786" in words
    assert not any("open-scheduler" in word for word in words)
    assert {path.name for path in keys.glob("*.pem")} == {"key.pem", "cert.pem"}
