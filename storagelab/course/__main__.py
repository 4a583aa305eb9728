"""``python -m storagelab.course``: the steps of making the course, one a command."""

from __future__ import annotations

import argparse
import sys

from storagelab.course.generate import GenerationError, load_keys, write_source
from storagelab.course.guide import write_guide
from storagelab.course.layout import find_layout
from storagelab.course.nbgrader_steps import StepError
from storagelab.course.release import LeakError, write_release
from storagelab.course.track_file import write_example
from storagelab.tracks import TRACKS


def main(arguments: list[str] | None = None) -> int:
    """Run one step for every track; return 1 and say why where it fails."""
    parser = argparse.ArgumentParser(prog="python -m storagelab.course", description=__doc__)
    parser.add_argument("step", choices=["notebooks", "release", "guide", "example"])
    step = parser.parse_args(arguments).step
    try:
        layout = find_layout()
        if step == "guide":
            for path in write_guide(layout, load_keys(layout), TRACKS):
                print(path.relative_to(layout.root))
            return 0
        if step == "example":
            print(write_example(layout).relative_to(layout.root))
            return 0
        for track in TRACKS:
            if step == "notebooks":
                paths = write_source(layout, track, layout.source)
            else:
                paths = write_release(layout, track, layout.release)
            for path in paths:
                print(path.relative_to(layout.root))
    except (GenerationError, StepError, LeakError, FileNotFoundError, ValueError) as error:
        print(f"{step}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
