"""Where things lie in a checkout of the course."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders of the course under ``root``."""

    root: Path

    @property
    def notebooks(self) -> Path:
        """The hand-written notebooks, one a part."""
        return self.root / "notebooks"

    @property
    def answers(self) -> Path:
        """What no student may see of a track, a file each."""
        return self.notebooks / "answers"

    @property
    def source(self) -> Path:
        """Nbgrader's instructor version, as it is committed."""
        return self.root / "source"

    @property
    def release(self) -> Path:
        """Nbgrader's student version, as it is committed."""
        return self.root / "release"

    @property
    def generated(self) -> Path:
        """Both versions as they were last generated, in folders of the same two names."""
        return self.root / "build" / "course"

    @property
    def nbgrader_config(self) -> Path:
        """The instructor's configuration of nbgrader."""
        return self.root / "nbgrader_config.py"


def find_layout(start: Path | None = None) -> Layout:
    """Return the layout of the checkout around ``start`` (the working folder by default).

    Raises ``FileNotFoundError`` where there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").exists() and (folder / "notebooks").is_dir():
            return Layout(folder)
    raise FileNotFoundError(
        f"{start} isn't inside a checkout of the course: no nbgrader_config.py and notebooks/ there"
    )
