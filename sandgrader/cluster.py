"""Workers: processes of this machine, or those of a Dask scheduler that is there already.

Who may speak to a scheduler or a worker may have it run anything, as the user that it runs as. So
each run makes keys of its own, which stay in the memory of its processes, and nobody connects
without them: neither another account of the machine nor a student's code that finds the ports.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sandgrader import worker
from sandgrader.run import StoppedError

CONNECTING = 20.0
"""Seconds that a scheduler gets to answer."""
_HERE = "127.0.0.1"
_SAFE = ("tls://", "wss://")

OPEN_WARNING = (
    "OPEN SCHEDULER: whoever reaches it, or one of its workers, can read the submissions and run "
    "code as their users. Keep every other account and machine from it, or give it certificates."
)


class ClusterError(ValueError):
    """The scheduler isn't one to be used; the message says why and what to do."""


def is_open(scheduler: str) -> bool:
    """Return whether a scheduler at that address asks nobody for a certificate."""
    return not scheduler.startswith(_SAFE)


@contextmanager
def cluster(workers: int, scheduler: str | None, *, allow_open: bool = False) -> Iterator[Any]:
    """Give a Dask client: of the scheduler at that address, or of ``workers`` processes here.

    A scheduler that doesn't ask for certificates is used where ``allow_open`` says so.

    Raises :class:`ClusterError` where it would be used but mustn't, and ``StoppedError`` where none
    answers.
    """
    import dask

    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    if scheduler is None:
        with _own(workers) as client:
            yield client
    else:
        with _there_already(scheduler, allow_open) as client:
            yield client


@contextmanager
def _own(workers: int) -> Iterator[Any]:
    from distributed import Client, Nanny, SpecCluster
    from distributed.security import Security

    from sandgrader.dask_nodes import QuietScheduler, QuietWorker

    security = Security.temporary()
    listening = {"host": _HERE, "protocol": "tls://", "security": security}
    of_scheduler = {**listening, "port": 0, "dashboard": False}
    of_worker = {
        **listening,
        "nthreads": 1,
        "memory_limit": 0,
        "dashboard": False,
        "silence_logs": "CRITICAL",
        "worker_class": QuietWorker,
        "preload": worker.__name__,
    }
    worker_like = {"cls": Nanny, "options": of_worker}
    with worker.born_without_interrupts():
        local = SpecCluster(
            scheduler={"cls": QuietScheduler, "options": of_scheduler},
            workers=dict.fromkeys(range(workers), worker_like),
            worker=worker_like,
            security=security,
            silence_logs="CRITICAL",
        )
    with local, Client(local) as client:
        yield client


@contextmanager
def _there_already(scheduler: str, allow_open: bool) -> Iterator[Any]:
    from distributed import Client
    from distributed.security import Security

    security = Security()
    if is_open(scheduler):
        if not allow_open:
            raise ClusterError(
                f"The scheduler at {scheduler} asks for no certificate: whoever reaches it can "
                "read the submissions and run code as its workers' users. Start it and its workers "
                "with --tls-ca-file, --tls-cert and --tls-key, and name it with tls:// in front. "
                "Where nobody else can reach it, say --open-scheduler."
            )
    elif not all(security.get_tls_config_for_role("client")[key] for key in ("ca_file", "cert")):
        raise ClusterError(
            f"The scheduler at {scheduler} wants certificates. Name the files in Dask's "
            "configuration (distributed.comm.tls: ca-file, client.cert and client.key), or in the "
            "variables DASK_DISTRIBUTED__COMM__TLS__CA_FILE, DASK_DISTRIBUTED__COMM__TLS__CLIENT__"
            "CERT and DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY."
        )
    try:
        client = Client(scheduler, timeout=CONNECTING, security=security)
    except (OSError, ValueError) as problem:
        raise StoppedError(f"No Dask scheduler answers at {scheduler}: {problem}") from None
    try:
        yield client
    finally:
        with suppress(Exception):
            client.run(worker.close)
        client.close()
