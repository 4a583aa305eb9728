"""Errors that a student reads: a sentence in the notebook, no traceback through the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from storagelab.labs.speaking import as_shown


class StudentError(ValueError):
    """Something for the student to put right; the message says what and how."""

    def _render_traceback_(self) -> list[str]:
        # IPython's hook: it prints these lines in the place of a traceback.
        return [as_shown(str(self))]


@contextmanager
def in_words() -> Iterator[None]:
    """Turn a ``ValueError`` raised inside into a :class:`StudentError` of the same words."""
    try:
        yield
    except StudentError:
        raise
    except ValueError as error:
        raise StudentError(str(error)) from None
