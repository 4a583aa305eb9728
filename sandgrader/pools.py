"""Pools of threads and processes that a fork has inherited without their threads.

Only the thread that forks is there afterwards: whoever handed a pool a task would wait for ever.
So each pool begins anew, with what it was made of.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from typing import Any


def start_anew() -> None:
    """Make every pool of this process usable again, right after a fork."""
    threads: Any = sys.modules.get("concurrent.futures.thread")
    processes: Any = sys.modules.get("concurrent.futures.process")
    pools: Any = sys.modules.get("multiprocessing.pool")
    if not (
        (threads is not None and len(threads._threads_queues))
        or (processes is not None and len(processes._threads_wakeups))
        or pools is not None
    ):
        return  # nobody has used one
    for item in gc.get_objects():
        kind = type(item)
        # one that was closed stays so, and one that can't begin anew is as it would have been
        with contextlib.suppress(Exception):
            if threads is not None and issubclass(kind, threads.ThreadPoolExecutor):
                if not item._shutdown:
                    made_of = (item._thread_name_prefix, item._initializer, item._initargs)
                    threads.ThreadPoolExecutor.__init__(item, item._max_workers, *made_of)
            elif processes is not None and issubclass(kind, processes.ProcessPoolExecutor):
                if not item._shutdown_thread:
                    made_of = (item._mp_context, item._initializer, item._initargs)
                    processes.ProcessPoolExecutor.__init__(item, item._max_workers, *made_of)
            elif pools is not None and issubclass(kind, pools.Pool) and item._state == pools.RUN:
                made_of = (item._processes, item._initializer, item._initargs)
                if issubclass(kind, pools.ThreadPool):
                    pools.ThreadPool.__init__(item, *made_of)
                else:
                    more = (item._maxtasksperchild, item._ctx)
                    pools.Pool.__init__(item, *made_of, *more)
