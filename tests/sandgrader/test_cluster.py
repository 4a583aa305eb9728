"""Nobody speaks to the workers but who has the run's keys."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import psutil
import pytest
from distributed import Client
from distributed.security import Security

from sandgrader.cluster import ClusterError, cluster
from sandgrader.run import StoppedError
from tests.sandgrader.command import grade_on
from tests.sandgrader.quickstart import NAME

pytestmark = pytest.mark.full

Probe = Callable[[tuple[str, int]], bytes]
PATIENCE = 20.0
"""Seconds that a port gets to answer; one that takes keys alone closes the connection at once."""


@pytest.fixture(scope="module")
def own() -> Iterator[tuple[Any, list[tuple[str, int]]]]:
    """A client of workers in a process of their own, and every port that these listen at."""
    before = {*listening()}
    with cluster(1, None) as client:
        yield client, [address for address in listening() if address not in before]


def listening() -> list[tuple[str, int]]:
    """Return the addresses at which this process and those below it listen."""
    found = []
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with contextlib.suppress(psutil.Error):  # it may end meanwhile
            for item in process.net_connections("inet"):
                if item.status == psutil.CONN_LISTEN:
                    found.append((item.laddr.ip, item.laddr.port))
    return found


def plain(address: tuple[str, int]) -> bytes:
    """Ask for a page without encryption."""
    with socket.create_connection(address, PATIENCE) as connection:
        connection.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
        return connection.recv(100)


def encrypted(security: Security | None) -> Probe:
    """Return what speaks TLS, with the keys of another run or with none."""

    def probe(address: tuple[str, int]) -> bytes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if security is not None:
            context = security.get_connection_args("client")["ssl_context"]
            context.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection(address, PATIENCE) as connection,
            context.wrap_socket(connection) as tls,
        ):
            return tls.recv(100)

    return probe


@pytest.mark.parametrize(
    "probe",
    [plain, encrypted(None), encrypted(Security.temporary())],
    ids=["plain", "no certificate", "another run's"],
)
def test_no_port_speaks_to_who_has_no_keys(own: Any, probe: Probe) -> None:
    client, ports = own
    at_work = client.submit(time.sleep, 0.2, pure=False)
    assert len(ports) >= 3, "a scheduler, a nanny and a worker"
    for address in ports:
        assert address[0] == "127.0.0.1"
        said = b""
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            said = probe(address)
        # plain TCP may be told by an alert that this isn't TLS
        assert said == b"" or said.startswith(b"\x15\x03"), address
    assert at_work.result() is None


def test_who_has_the_keys_is_spoken_to(own: Any) -> None:
    client, ports = own
    probe = encrypted(client.security)
    assert all(probe(address) for address in ports)


def test_another_process_is_no_client(own: Any) -> None:
    client, _ = own
    address = client.scheduler_info()["address"]
    assert address.startswith("tls://")
    code = f"""
from distributed import Client
from distributed.security import Security
for address, security in (({address!r}, Security.temporary()),
                          ({address.replace("tls", "tcp")!r}, None)):
    try:
        Client(address, timeout=2, security=security)
    except OSError:
        print("refused")
"""
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused", "refused"]


def test_the_keys_are_in_no_file_and_no_variable(own: Any) -> None:
    client, _ = own
    key = client.security.tls_client_key
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            assert key[30:90] not in " ".join([*process.cmdline(), *process.environ().values()])
    assert "\n" in key, "it is the key itself, and no path"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "127.0.0.1:9", "ws://127.0.0.1:9"])
def test_a_scheduler_that_asks_for_no_keys_is_refused(address: str) -> None:
    with (
        pytest.raises(ClusterError, match=r"--tls-ca-file.*--open-scheduler"),
        cluster(1, address),
    ):
        pass


def test_a_scheduler_that_wants_keys_is_not_asked_without(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        dask.config.set({"distributed.comm.tls.ca-file": None}),
        pytest.raises(ClusterError, match="DASK_DISTRIBUTED__COMM__TLS__CA_FILE"),
        cluster(1, "tls://127.0.0.1:9"),
    ):
        pass


def test_an_open_scheduler_is_used_where_one_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandgrader.cluster.CONNECTING", 0.2)
    with (
        pytest.raises(StoppedError, match="No Dask scheduler answers"),
        cluster(1, "tcp://127.0.0.1:9", allow_open=True),
    ):
        pass


def test_the_command_says_what_a_scheduler_needs(fresh: Path) -> None:
    said = grade_on("tcp://127.0.0.1:9", fresh, NAME, code=2)
    assert "--open-scheduler" in said


def test_files_of_keys_do_for_a_scheduler_of_ones_own(own: Any, tmp_path: Path) -> None:
    """As an instructor names them: in Dask's configuration."""
    client, _ = own
    names = {}
    for name in ("ca_file", "cert", "key"):
        path = tmp_path / name
        path.touch(0o600)
        path.write_text(client.security.get_tls_config_for_role("client")[name])
        place = "ca-file" if name == "ca_file" else f"client.{name}"
        names[f"distributed.comm.tls.{place}"] = str(path)
    with dask.config.set(names), cluster(1, client.scheduler_info()["address"]) as another:
        assert isinstance(another, Client)
        assert another.submit(os.getpid).result() != os.getpid()
