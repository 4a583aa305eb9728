"""Dask's scheduler and worker without the pages that they serve beside their work.

Dask starts a web server in each of them, also where its dashboard is off. It asks for no keys, and
shows the names of what is run to every account of the machine.
"""

from __future__ import annotations

from typing import Any

from distributed import Scheduler, Worker


class QuietScheduler(Scheduler):
    """A scheduler that listens for its workers and its client alone."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Serve no pages."""


class QuietWorker(Worker):
    """A worker that listens for its scheduler and its client alone."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Serve no pages."""
