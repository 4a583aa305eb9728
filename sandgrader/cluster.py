"""The workers of a Dask scheduler that is there already, on whatever machines.

Who may speak to a scheduler or a worker may have it run anything, as the user that it runs as. So
one that asks nobody for a certificate is used only where an instructor says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sandgrader import worker
from sandgrader.run import StoppedError
from sandgrader.workers import KilledError, Task

CONNECTING = 20.0
"""Seconds that a scheduler gets to answer."""
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


class _DaskTask:
    def __init__(self, future: Any) -> None:
        self.future = future
        self.key: str = future.key

    def result(self) -> Any:
        from distributed import KilledWorker

        try:
            return self.future.result()
        except KilledWorker as problem:
            raise KilledError(str(problem)) from None

    def release(self) -> None:
        self.future.release()


class DaskWorkers:
    """The workers of a Dask scheduler that somebody else has started."""

    here = False

    def __init__(self, client: Any) -> None:
        self._client = client
        self.size = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Task:
        """Have a function called by a worker."""
        return _DaskTask(self._client.submit(function, *arguments, pure=False))

    def first_done(self, tasks: Collection[Task]) -> Task:
        """Wait until one of some tasks is done, and return it."""
        from distributed import wait

        futures = {task.future: task for task in tasks if isinstance(task, _DaskTask)}
        done = wait([*futures], return_when="FIRST_COMPLETED").done
        return futures[next(iter(done))]


@contextmanager
def dask_workers(scheduler: str, *, allow_open: bool = False) -> Iterator[DaskWorkers]:
    """Give the workers of the scheduler at that address.

    One that doesn't ask for certificates is used where ``allow_open`` says so.

    Raises :class:`ClusterError` where it would be used but mustn't, and ``StoppedError`` where none
    answers.
    """
    import dask

    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    with _there_already(scheduler, allow_open) as client:
        yield DaskWorkers(client)


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
