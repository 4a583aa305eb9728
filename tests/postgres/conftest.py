"""A server for a test, where one can be run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.postgres.server import NoPostgresError, throwaway_postgres


@pytest.fixture
def server() -> Iterator[Any]:
    """A server of the test's own, since it may be killed."""
    try:
        with throwaway_postgres() as running:
            yield running
    except NoPostgresError as lack:
        pytest.skip(str(lack))
