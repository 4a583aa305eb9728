"""The ledger: what a student predicted, saw, tried and decided, in one file beside the notebook.

``ledger.json`` is append-only, written atomically, and shared by the three notebooks of a track.
Every entry carries the digest of the one before, so that an entry changed, taken out or put in
by hand is noticed; that is evidence against a slip of the hand, not against a forger who runs
this code. The file is the student's: it is read as untrusted input.

Format, version 2 (JSON)::

    {"format": "storagelab-ledger", "version": 2, "track": "cloud_titan", "entries": [
      {"sequence": 1, "time": "2026-11-23T16:20:58+00:00", "part": "", "kind": "open",
       "said": {...}, "model": {}, "previous": "", "digest": "<sha256>"}]}

``kind`` is ``open`` (the first entry and of no part; ``said``: the variant of the track that the
student was given, for which course and term, from where, and in a hub by which name), ``lock``
(``said``: prediction, confidence, reason), ``reveal``, ``run`` or ``decision`` (``said``: the
settings in the student's units); ``model`` holds what the model said then, in SI units.

Version 1 had no ``open`` entry: a ledger without one is of variant 0, the book's. Its entries are
the same, and no digest holds the version, so that the first entry that is appended makes such a
file one of version 2 and leaves every older entry and its digest as it is.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import tempfile
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

FILE_NAME = "ledger.json"
FORMAT = "storagelab-ledger"
VERSION = 2
_OLDEST = 1
"""The oldest version that is read, and goes on as the present one."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LARGEST = 4 * 2**20  # bytes; a term's worth of entries is a few kilobytes

LONGEST_PAUSE = timedelta(minutes=30)
"""Between two entries of a part, twice what all of it is planned for: then somebody was away."""

Kind = Literal["open", "lock", "reveal", "run", "decision"]
NO_PART = ""
"""The part of an opening, which is of all three."""


class LedgerError(ValueError):
    """The ledger can't be used; the message says why and what to do, in a sentence."""


class LedgerFullError(LedgerError):
    """As many entries of this kind as there may be are in the ledger already."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of evidence."""

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    time: str
    part: str
    kind: Kind
    said: dict[str, bool | int | float | str]
    model: dict[str, float | str]
    previous: str
    digest: str

    @property
    def written(self) -> datetime | None:
        """When it was written, in UTC by the student's clock, or None where that is no time."""
        try:
            time = datetime.fromisoformat(self.time)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None

    def sealed(self, track: str) -> str:
        """Return the digest that this entry has to carry in a ledger of ``track``."""
        content = {**msgspec.structs.asdict(self), "track": track}
        del content["digest"]
        return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


class Opening(msgspec.Struct, frozen=True):
    """Which numbers a ledger was begun with."""

    variant: int
    """Of the track; 0 is the book's."""
    course: str
    term: str
    origin: str
    """``hub``: from the hub's name; ``drawn``: by chance; ``set``: by an environment variable."""
    user: str = ""
    """The hub's name; empty elsewhere."""

    @property
    def said(self) -> dict[str, int | str]:
        """What an entry keeps of it."""
        kept: dict[str, int | str] = {
            "variant": self.variant,
            "course": self.course,
            "term": self.term,
            "origin": self.origin,
        }
        return {**kept, "user": self.user} if self.user else kept


class _Head(msgspec.Struct, frozen=True):
    format: str
    version: int


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    track: str
    entries: list[Entry]


class _Loose(msgspec.Struct, frozen=True):
    """A ledger of which only the first entry is looked at."""

    entries: list[msgspec.Raw]


_READ_HEAD = msgspec.json.Decoder(_Head)
_READ_FILE = msgspec.json.Decoder(_File)


@lru_cache(maxsize=2)
def _decode(content: bytes, track: str) -> tuple[Entry, ...]:
    """Return a file's entries: nearly every cell of a notebook asks for the same ones."""
    aside = (
        f"Your notebook is not affected. Rename {FILE_NAME} (keep it: your instructor can read "
        "it), restore the copy that you have, or start a new one by locking your prediction again."
    )
    content = _without_mark(content)
    try:
        head = _READ_HEAD.decode(content)
    except msgspec.DecodeError:
        raise LedgerError(
            f"{FILE_NAME} is damaged: it is cut off or was edited by hand. {aside}"
        ) from None
    if head.format != FORMAT:
        raise LedgerError(f"{FILE_NAME} isn't a storagelab ledger. {aside}")
    if not _OLDEST <= head.version <= VERSION:
        age = "a newer" if head.version > VERSION else "an older"
        raise LedgerError(
            f"{FILE_NAME} was written by {age} storagelab (format {head.version}; this one reads "
            f"{_OLDEST} to {VERSION}). Use the storagelab that your course gives you: nothing in "
            "the file was changed."
        )
    try:
        file = _READ_FILE.decode(content)
    except msgspec.DecodeError as error:
        raise LedgerError(f"{FILE_NAME} was edited by hand ({error}). {aside}") from None
    if file.track != track:
        raise LedgerError(
            f"{FILE_NAME} belongs to the track {file.track!r}, and this is {track!r}. {aside}"
        )
    previous = ""
    for position, entry in enumerate(file.entries, start=1):
        linked = entry.sequence == position and entry.previous == previous
        if not linked or entry.digest != entry.sealed(track):
            raise LedgerError(
                f"{FILE_NAME} was edited by hand: entry {position} isn't what was written. {aside}"
            )
        previous = entry.digest
        if entry.kind == "lock":
            _check_lock(entry, aside)
        if entry.kind == "open":
            _check_opening(entry, aside)
    return tuple(file.entries)


def _without_mark(content: bytes) -> bytes:
    """Return a file's content as UTF-8: editors of Windows write a mark before it, or UTF-16."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace").encode()
    return content


def _check_lock(entry: Entry, aside: str) -> None:
    kinds = {"prediction": str, "confidence": float, "reason": str}
    if any(not isinstance(entry.said.get(name), kind) for name, kind in kinds.items()):
        raise LedgerError(
            f"{FILE_NAME} was edited by hand: entry {entry.sequence} is no lock. {aside}"
        )


def _check_opening(entry: Entry, aside: str) -> None:
    kinds = {"variant": int, "course": str, "term": str, "origin": str}
    usable = all(type(entry.said.get(name)) is kind for name, kind in kinds.items())
    if not usable or entry.sequence != 1 or int(entry.said["variant"]) < 0:
        raise LedgerError(
            f"{FILE_NAME} was edited by hand: entry {entry.sequence} is no opening. {aside}"
        )


def opening_of(entries: list[Entry]) -> Opening | None:
    """Return what a ledger was begun with; none in one of format 1, which is of variant 0."""
    if not entries or entries[0].kind != "open":
        return None
    said = entries[0].said
    return Opening(
        variant=int(said["variant"]),
        course=str(said["course"]),
        term=str(said["term"]),
        origin=str(said["origin"]),
        user=str(said.get("user", "")),
    )


def read_opening(folder: Path, track: str) -> Opening | None:
    """Return what the ledger in ``folder`` was begun with; none where that can't be told.

    Its first entry has a digest of its own, which holds whatever became of the entries behind it:
    who spoils those loses evidence, and not the numbers that the work was done with.
    """
    try:
        return opening_of(read_ledger(folder, track))
    except (ValueError, RecursionError, MemoryError):
        pass
    try:
        content = _without_mark(_read(folder))
        first = msgspec.json.decode(
            msgspec.json.decode(content, type=_Loose).entries[0], type=Entry
        )
        if first.kind != "open" or first.digest != first.sealed(track):
            return None
        _check_opening(first, "")
    except (OSError, ValueError, IndexError, RecursionError, MemoryError):
        return None
    return opening_of([first])


def read_ledger(folder: Path, track: str) -> list[Entry]:
    """Return the entries of the ledger in ``folder``, oldest first; none where there is no file.

    Raises :class:`LedgerError` where the file is damaged, edited, of another version or of
    another track.
    """
    try:
        return [*_decode(_read(folder), track)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LedgerError(f"{FILE_NAME} can't be read: {error.strerror}.") from None


def _read(folder: Path) -> bytes:
    """Return the file's content; ``OSError`` where it can't be read."""
    path = folder / FILE_NAME
    if path.stat().st_size > _LARGEST:
        raise LedgerError(f"{FILE_NAME} is too large to be a ledger. Rename it.")
    return path.read_bytes()


def append_entry(
    folder: Path,
    track: str,
    part: str,
    kind: Kind,
    said: dict[str, Any],
    model: dict[str, float | str],
    most: int | None = None,
) -> Entry:
    """Write one entry behind those that are there and return it.

    Safe against another notebook that writes at the same moment, and against being killed: the
    file is either as it was or has the whole entry.

    Raises :class:`LedgerFullError` where ``part`` has ``most`` entries of this kind already (an
    opening is the first entry: it comes before any other or not at all), and
    :class:`LedgerError` where the ledger can't be read or written. The file is then unchanged.
    """
    from filelock import FileLock, Timeout  # reading a ledger should not pay for this import

    try:
        with FileLock(folder / f".{FILE_NAME}.lock", timeout=10):
            entries = read_ledger(folder, track)
            count = len(entries if kind == "open" else entries_of(entries, part, kind))
            if most is not None and count >= most:
                raise LedgerFullError(
                    f"the ledger holds {count} of {most} entries of kind {kind!r}"
                )
            entry = Entry(
                sequence=len(entries) + 1,
                time=datetime.now(UTC).isoformat(timespec="seconds"),
                part=part,
                kind=kind,
                said=said,
                model=model,
                previous=entries[-1].digest if entries else "",
                digest="",
            )
            entry = msgspec.structs.replace(entry, digest=entry.sealed(track))
            _replace_file(folder, _File(FORMAT, VERSION, track, [*entries, entry]))
    except Timeout:
        raise LedgerError(
            f"{FILE_NAME} is in use by another notebook for more than 10 s. Run the cell again."
        ) from None
    except OSError as error:
        raise LedgerError(
            f"{FILE_NAME} can't be written: {error.strerror or error}. Nothing was changed; make "
            "room or ask for the folder's permissions, and run the cell again."
        ) from None
    return entry


def _replace_file(folder: Path, file: _File) -> None:
    content = msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{FILE_NAME}.", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)  # mkstemp's 0600 would keep the instructor from reading it
        Path(name).replace(folder / FILE_NAME)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def entries_of(entries: list[Entry], part: str, kind: Kind) -> list[Entry]:
    """Return the entries of one part and kind, oldest first."""
    return [entry for entry in entries if entry.part == part and entry.kind == kind]


def written_times(entries: list[Entry], part: str) -> list[datetime]:
    """Return when the entries of a part were written, as far as that can be read."""
    times = (entry.written for entry in entries if entry.part == part)
    return [time for time in times if time is not None]


def minutes_spent(entries: list[Entry], part: str) -> float:
    """Return the minutes between the entries of a part, longer pauses left out.

    So are steps back of the clock. What was read before the first entry, and written after the
    last, leaves no trace.
    """
    gaps = (after - before for before, after in pairwise(written_times(entries, part)))
    spent = (gap for gap in gaps if timedelta() <= gap <= LONGEST_PAUSE)
    return sum(spent, timedelta()).total_seconds() / 60
