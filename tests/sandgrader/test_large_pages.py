from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LARGE = """
import pathlib
from sandgrader import large_pages

def large():
    said = pathlib.Path("/proc/self/smaps_rollup").read_text()
    (line,) = [line for line in said.splitlines() if line.startswith("AnonHugePages")]
    return int(line.split()[1])

content = [bytes([number]) * 4000 for number in range(256)] + [list(range(10**6))]
before = large()
large_pages.collapse()
assert content[7] == bytes([7]) * 4000 and content[-1][-1] == 10**6 - 1
print(large() - before)
"""


def _kernel() -> tuple[int, ...]:
    return tuple(
        int("".join(filter(str.isdigit, part))) for part in os.uname().release.split(".")[:2]
    )


@pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").is_dir() or _kernel() < (6, 1),
    reason="this kernel has no large pages, or gives them by its own lights",
)
def test_what_forks_share_is_put_into_large_pages_and_stays_as_it_was() -> None:
    done = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 2048  # kB, one page
