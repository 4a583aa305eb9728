"""Record workbenches, as a program: ``python record.py FOLDER TRACK PART [TRACK PART ...]``.

The tracks are looked for when the package is imported, and the book's own process must not know
the example track, or all pages would. So whoever wants it recorded says ``--example`` and gets a
process in which it is known. Prints the names of the scripts as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def main() -> None:
    """Record what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+", help="a track and a part, and so on")
    parser.add_argument("--example", action="store_true", help="know the example track")
    asked = parser.parse_args()
    if asked.example:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        import example_track  # noqa: F401
    from storagelab.widgets.recorded.store import record_all

    pairs = list(zip(asked.names[::2], asked.names[1::2], strict=True))
    try:
        print(json.dumps([f"{table.name}.js" for table in record_all(asked.folder, pairs)]))
    except ValueError as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
