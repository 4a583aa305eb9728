"""No port is opened for grading, and no scheduler is used that asks nobody for a certificate."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import dask
import psutil
import pytest

from sandgrader.cluster import ClusterError, dask_workers
from sandgrader.run import StoppedError
from sandgrader.workers import KilledError, Nursery, local_workers
from tests.sandgrader.command import cluster, grade_here
from tests.sandgrader.quickstart import NAME

pytestmark = pytest.mark.full


# --- workers of this machine


def test_workers_of_this_machine_open_no_port() -> None:
    # what was opened before is of this process, and whoever is forked of it has it too
    before = {item.laddr for item in psutil.Process().net_connections("inet")}
    with Nursery() as nursery, local_workers(nursery, 2) as workers:
        tasks = [workers.submit(os.getpid) for _ in range(4)]
        processes = {workers.first_done([task]).result() for task in tasks}
        found = [psutil.Process(number) for number in processes]
        born = [*found, *(item.parent() for item in found)]
        opened = {link.laddr for item in born for link in item.net_connections("inet")}
        assert opened <= before
        assert os.getpid() not in processes


def test_what_a_worker_raises_is_said() -> None:
    with Nursery() as nursery, local_workers(nursery, 1) as workers:
        with pytest.raises(RuntimeError, match="ValueError: invalid literal"):
            workers.submit(int, "x").result()
        assert workers.submit(int, "7").result() == 7


def test_a_task_that_takes_its_workers_down_is_given_up_and_the_next_is_done() -> None:
    with Nursery() as nursery, local_workers(nursery, 1) as workers:
        with pytest.raises(KilledError, match="3 of them"):
            workers.submit(os._exit, 1).result()
        assert workers.submit(int, "7").result() == 7


def test_workers_end_with_the_grader_in_the_middle_of_what_they_do() -> None:
    with Nursery() as nursery:
        with local_workers(nursery, 1) as workers:
            process = psutil.Process(workers.submit(os.getpid).result())
            workers.submit(time.sleep, 1000)
        process.wait(60)


# --- a Dask scheduler's


@pytest.fixture(scope="module")
def own() -> Any:
    """A client of a cluster with keys, as a machine room has one."""
    with cluster(1) as client:
        yield client


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "ws://127.0.0.1:9"])
def test_a_scheduler_that_asks_for_no_keys_is_refused(address: str) -> None:
    with (
        pytest.raises(ClusterError, match=r"--tls-ca-file.*--open-scheduler"),
        dask_workers(address),
    ):
        pass


def test_a_scheduler_that_wants_keys_is_not_asked_without(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        dask.config.set({"distributed.comm.tls.ca-file": None}),
        pytest.raises(ClusterError, match="DASK_DISTRIBUTED__COMM__TLS__CA_FILE"),
        dask_workers("tls://127.0.0.1:9"),
    ):
        pass


def test_an_open_scheduler_is_used_where_one_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandgrader.cluster.CONNECTING", 0.2)
    with (
        pytest.raises(StoppedError, match="No Dask scheduler answers"),
        dask_workers("tcp://127.0.0.1:9", allow_open=True),
    ):
        pass


def test_the_command_says_what_a_scheduler_needs(fresh: Path) -> None:
    said = grade_here(fresh, NAME, "--scheduler", "tcp://127.0.0.1:9", code=2)
    assert "--open-scheduler" in said


def test_files_of_keys_do_for_a_scheduler_of_ones_own(own: Any, tmp_path: Path) -> None:
    """As an instructor names them: in Dask's configuration."""
    names = {}
    for name in ("ca_file", "cert", "key"):
        path = tmp_path / name
        path.touch(0o600)
        path.write_text(own.security.get_tls_config_for_role("client")[name])
        place = "ca-file" if name == "ca_file" else f"client.{name}"
        names[f"distributed.comm.tls.{place}"] = str(path)
    address = own.scheduler_info()["address"]
    with dask.config.set(names), dask_workers(address) as workers:
        assert workers.submit(os.getpid).result() != os.getpid()
        tasks = [workers.submit(int, word) for word in ("1", "2")]
        assert workers.first_done(tasks) in tasks
