"""``python -m storagelab.course``: the steps of making the course, one a command."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from storagelab.course.drift import differences
from storagelab.course.generate import GenerationError, load_keys, write_source
from storagelab.course.guide import write_guide
from storagelab.course.layout import Layout, find_layout
from storagelab.course.nbgrader_steps import StepError
from storagelab.course.release import LeakError, write_release
from storagelab.course.track_file import write_example
from storagelab.course.variants import write_variants
from storagelab.track_files import shipped
from storagelab.tracks import TRACKS

VERSIONS = ("source", "release")
TROUBLE = (GenerationError, StepError, LeakError, FileNotFoundError, ValueError)
"""What a step raises, with a sentence for the instructor."""


def generate(layout: Layout) -> list[Path]:
    """Generate both versions of every track under ``build/course/`` and return their paths.

    Nothing that is committed is changed. Tracks are generated side by side: most of the time goes
    into their kernels. A track of one's own that can't be made is said so, and stops no other.
    """
    source, release = (layout.generated / version for version in VERSIONS)

    def one(track: str) -> list[Path] | str:
        try:
            made = write_source(layout, track, source)
            return [*made, *write_release(layout.nbgrader_config, source, track, release)]
        except TROUBLE as error:
            if track in shipped():
                raise
            for folder in (source, release):
                shutil.rmtree(folder / track, ignore_errors=True)
            return f"the track {track} is not made: {error}"

    for folder in (source, release):
        folder.mkdir(parents=True, exist_ok=True)
        for stray in {path.name for path in folder.iterdir()} - set(TRACKS):
            shutil.rmtree(folder / stray)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = list(pool.map(one, TRACKS))
    for each in found:
        if isinstance(each, str):
            print(each, file=sys.stderr)
    return [path for paths in found if not isinstance(paths, str) for path in paths]


def take_over(layout: Layout) -> list[str]:
    """Put what was generated in the place of what is committed, and return what differed.

    Only the tracks' own folders are replaced: other assignments beside them stay as they are.
    Raises ``FileNotFoundError`` where nothing was generated.
    """
    told = []
    for version in VERSIONS:
        made, committed = layout.generated / version, layout.root / version
        if not made.is_dir():
            raise FileNotFoundError("nothing has been generated: run `make notebooks`")
        for track in sorted(made.iterdir()):
            target = committed / track.name
            found = differences(track, target)
            if found:
                told += [f"{version}/{line}" for line in found]
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(track, target)
    return told


def main(arguments: list[str] | None = None) -> int:
    """Run one step for every track; return 1 and say why where it fails."""
    parser = argparse.ArgumentParser(prog="python -m storagelab.course", description=__doc__)
    parser.add_argument("step", choices=["generate", "take-over", "guide", "example", "variants"])
    parser.add_argument(
        "tracks", nargs="*", help="whose variants are found; the package's own, if none is named"
    )
    said = parser.parse_args(arguments)
    step = said.step
    try:
        layout = find_layout()
        if step == "take-over":
            lines = take_over(layout) or ["source/ and release/ are up to date"]
        elif step == "variants":
            lines = write_variants(layout, said.tracks or tuple(shipped()))
        else:
            makers: dict[str, Callable[[], list[Path]]] = {
                "generate": lambda: generate(layout),
                "guide": lambda: write_guide(layout, load_keys(layout), TRACKS),
                "example": lambda: [write_example(layout)],
            }
            lines = [str(path.relative_to(layout.root)) for path in makers[step]()]
        print("\n".join(lines))
    except TROUBLE as error:
        print(f"{step}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
