"""The throw-away server itself: gone at the end, even where its test is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from storagelab.course.layout import Layout
from tests.processes import lives

HOLD = """
import time
from tests.postgres.server import throwaway_postgres
with throwaway_postgres() as server:
    print(server.folder, flush=True)
    time.sleep(600)
"""


def answers(url: str) -> Any:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar_one() == 1
    finally:
        engine.dispose()


def test_it_comes_back_after_every_kind_of_end(server: Any) -> None:
    for end in (server.kill, server.abort, server.stop):
        assert answers(server.url)
        end()
        assert not server.running
        server.start()
    assert answers(server.create("another"))


def test_nothing_is_left_of_it_where_its_process_is_killed(server: Any, layout: Layout) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=layout.root, stdout=subprocess.PIPE, text=True
    )
    folder = Path(held.stdout.readline().strip())
    main = int((folder / "data/postmaster.pid").read_text(encoding="utf-8").split()[0])
    assert lives(main)
    held.send_signal(signal.SIGKILL)
    held.wait()
    held.stdout.close()
    end = time.monotonic() + 60
    while folder.exists() or lives(main):
        assert time.monotonic() < end, f"{folder} or its server is still there"
        time.sleep(0.1)
