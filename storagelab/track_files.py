"""Where the files of tracks lie: the package's own, and those of a folder of one's own.

Light, so that whoever needs a track's name alone loads neither its records nor a part's models.
"""

from __future__ import annotations

import os
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

EXTRA_TRACKS = "STORAGELAB_TRACKS"
"""The environment variable that names a folder with track files of one's own."""


def shipped() -> dict[str, Traversable]:
    """Return the files of the package's own tracks by the track's name."""
    return _in(resources.files("storagelab") / "data" / "tracks")


def own_folder() -> Path | None:
    """Return the folder with track files of one's own, if there is one.

    Raises ``ValueError`` where the variable names no folder by its whole path.
    """
    own = os.environ.get(EXTRA_TRACKS)
    if not own:
        return None
    # a kernel starts elsewhere than a shell: a relative folder would be there for one of them
    if not Path(own).is_absolute() or not Path(own).is_dir():
        raise ValueError(
            f"{EXTRA_TRACKS} must name an existing folder by its whole path; it says {own!r}"
        )
    return Path(own)


def files() -> dict[str, Traversable]:
    """Return every track file by the track's name: the package's, then those of one's own folder.

    A file of one's own never takes the place of one of the package's: it needs another name.
    """
    package, folder = shipped(), own_folder()
    own = _in(folder) if folder else {}
    return {**package, **{name: file for name, file in own.items() if name not in package}}


def _in(folder: Traversable) -> dict[str, Traversable]:
    return {
        item.name.removesuffix(".toml"): item
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".toml")
    }


def file_text(name: str) -> str:
    """Return the text of a track's file; ``KeyError`` for a track that there isn't."""
    return files()[name].read_text(encoding="utf-8")


def variants_file(name: str) -> Traversable:
    """Return where the variants of the track called ``name`` are kept, whether or not they are.

    In ``variants/`` of one's own folder, where the track is one's own, and in the package's data
    otherwise.
    """
    folder = own_folder()
    if folder is not None and name not in shipped():
        return folder / "variants" / f"{name}.json"
    return resources.files("storagelab") / "data" / "variants" / f"{name}.json"
