"""Other programs that grade the same course at the same time.

nbgrader takes no lock and commits after every cell. What two programs grade at once has the scores
of the one and the files of the other, or none. Another ``sandgrader`` is kept out by a lock;
``nbgrader autograde`` is looked for among this machine's processes, and what it does unseen (on
another machine, from formgrader's button) is found by looking at what is there afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import psutil

from sandgrader.scores import Scores

Stamp = tuple[tuple[str, int, int, int], ...] | None


def running_autograders(root: Path) -> list[int]:
    """Return the processes that run ``nbgrader autograde`` in the course in ``root``."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if not _is_autograde(words):
            continue
        try:
            here = Path(process.cwd())
        except (psutil.Error, OSError):  # it has ended, or is another user's
            continue
        if here == root or str(root) in words or f"--course-dir={root}" in words:
            found.append(process.pid)
    return found


def _is_autograde(words: list[str]) -> bool:
    names = [os.path.basename(word) for word in words]
    if "nbgrader-autograde" in names:
        return True
    return any(
        name in ("nbgrader", "nbgrader.py") and "autograde" in names[at + 1 : at + 2]
        for at, name in enumerate(names)
    )


def stamp(folder: Path) -> Stamp:
    """Return what changes with any notebook in a graded folder; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.name, entry.inode(), state.st_mtime_ns, state.st_size)
                for entry in entries
                if entry.name.endswith(".ipynb")
                for state in [entry.stat(follow_symlinks=False)]
            ]
    except OSError:
        return None
    return tuple(sorted(found))


def disturbed(written: Mapping[str, tuple[Scores, Stamp, Path]], now: Scores) -> list[str]:
    """Return the students of whom the gradebook or the folder isn't what was written.

    ``written`` is by student. What a person gave in formgrader meanwhile is no disturbance.
    """
    return sorted(
        student
        for student, (scores, left, folder) in written.items()
        if stamp(folder) != left
        or any(key not in now or now[key].auto != score.auto for key, score in scores.items())
    )
