"""A due date travels with a release, and whoever is about to hand in late is told first."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbgrader.api import Base, Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from sqlalchemy import create_engine
from traitlets.config import Config

from storagelab.exchange import Release, Submit, assignment_list, due_dates
from storagelab.labs import deadline

NAME = "cloud_titan"
HOUR = timedelta(hours=1)


class Class:
    """An instructor's course, an exchange, and a student's home with what was fetched."""

    def __init__(self, root: Path) -> None:
        self.course, self.exchange, self.home = (
            root / name for name in ("course", "exchange", "home")
        )
        for folder in (self.course / "release" / NAME, self.exchange, self.home / NAME):
            folder.mkdir(parents=True)
        for folder in (self.course / "release" / NAME, self.home / NAME):
            nbformat.write(nbformat.v4.new_notebook(), folder / "1_access.ipynb")
        # with its tables there, nbgrader starts no program to make them
        engine = create_engine(f"sqlite:///{self.course / 'gradebook.db'}")
        Base.metadata.create_all(engine)
        engine.dispose()

    def release(self, due: datetime | None) -> None:
        """Release it with a due date in the gradebook, as formgrader's buttons do."""
        coursedir = CourseDirectory(root=str(self.course), course_id="storagelab")
        coursedir.assignment_id = NAME
        with Gradebook(coursedir.db_url, "storagelab") as book:
            book.update_or_create_assignment(NAME, duedate=due)
        self._start(Release, coursedir, force=True)

    def submit(self) -> None:
        coursedir = CourseDirectory(root=str(self.home), course_id="storagelab")
        coursedir.assignment_id = NAME
        self._start(Submit, coursedir, assignment_dir=str(self.home))

    def _start(self, kind: Any, coursedir: Any, **more: Any) -> None:
        config = Config()
        config.Exchange.root = str(self.exchange)
        config.Exchange.cache = str(self.home / "cache")
        authenticator = Authenticator(config=config)
        started = kind(coursedir=coursedir, authenticator=authenticator, config=config, **more)
        started.start()

    @property
    def released(self) -> Path:
        return self.exchange / "storagelab" / "outbound" / NAME

    @property
    def submissions(self) -> list[str]:
        return os.listdir(self.exchange / "storagelab" / "inbound")


@pytest.fixture
def room(tmp_path: Path) -> Class:
    return Class(tmp_path)


def in_gradebook(moment: datetime) -> datetime:
    """As nbgrader keeps it: in UTC, and without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def test_a_release_carries_the_gradebooks_date_or_none(room: Class) -> None:
    due = datetime(2027, 1, 15, 23, 59, tzinfo=UTC)
    room.release(in_gradebook(due))
    assert deadline.read_due(room.released) == due
    room.release(None)
    assert deadline.read_due(room.released) is None
    assert not (room.released / deadline.FILE_NAME).exists()


def test_in_time_nobody_is_held_up(room: Class) -> None:
    for due in (None, in_gradebook(datetime.now(UTC) + HOUR)):
        room.release(due)
        room.submit()
    assert len(room.submissions) == 2


def test_late_the_first_try_warns_and_the_second_hands_in(room: Class) -> None:
    room.release(in_gradebook(datetime.now(UTC) - 2 * HOUR - timedelta(seconds=30)))
    with pytest.raises(ExchangeError) as told:
        room.submit()
    assert room.submissions == []
    words = str(told.value)
    assert f"{NAME} was due " in words
    assert "(2 hours ago)" in words
    assert "submit again within 15 minutes" in words
    assert "takes the place of one that was on time" in words
    room.submit()
    assert len(room.submissions) == 1


def test_a_warning_holds_for_a_while_and_for_one_due_date(room: Class) -> None:
    room.release(in_gradebook(datetime.now(UTC) - 2 * HOUR))
    with pytest.raises(ExchangeError):
        room.submit()
    mark = room.home / f".{NAME}.late"
    long_ago = mark.stat().st_mtime - due_dates.WARNED - 1
    os.utime(mark, (long_ago, long_ago))
    with pytest.raises(ExchangeError):
        room.submit()
    room.release(in_gradebook(datetime.now(UTC) - HOUR))
    with pytest.raises(ExchangeError):
        room.submit()
    room.submit()


def test_a_date_that_is_moved_counts_for_those_who_have_fetched(room: Class) -> None:
    deadline.write_due(room.home / NAME, datetime.now(UTC) - HOUR)
    room.release(in_gradebook(datetime.now(UTC) + HOUR))
    room.submit()
    assert len(room.submissions) == 1


def test_where_the_exchange_is_no_folder_the_own_copy_counts(tmp_path: Path) -> None:
    class Far:
        """An exchange that is asked over the network."""

        src_path = str(tmp_path / NAME)
        coursedir = SimpleNamespace(course_id="storagelab")
        handed_in = 0

        def copy_files(self) -> None:
            self.handed_in += 1

        def fail(self, words: str) -> None:
            raise ExchangeError(words)

    Path(Far.src_path).mkdir()
    deadline.write_due(Path(Far.src_path), datetime.now(UTC) - HOUR)
    far = due_dates.submitting(Far)()
    with pytest.raises(ExchangeError):
        far.copy_files()
    far.copy_files()
    assert far.handed_in == 1


def test_the_assignment_list_is_told_words_and_no_traceback() -> None:
    def submit(course_id: str, assignment_id: str) -> dict[str, Any]:
        words = due_dates.warning(assignment_id, datetime.now(UTC) - HOUR)
        return {"success": False, "value": f"Traceback:\n  x\nnbgrader.ExchangeError: {words}\n"}

    manager = SimpleNamespace(submit_assignment=submit)
    settings = {"assignment_list_manager": manager}
    app = SimpleNamespace(web_app=SimpleNamespace(settings=settings))
    assignment_list._load_jupyter_server_extension(app)
    words = manager.submit_assignment("storagelab", NAME)["value"]
    assert words.startswith(f"{NAME} was due ")
    assert max(map(len, words.splitlines())) <= 72
    assert assignment_list.said_in("Traceback: something else") == "Traceback: something else"
    json.dumps(words)


def test_without_an_assignment_list_the_extension_does_nothing() -> None:
    app = SimpleNamespace(web_app=SimpleNamespace(settings={}))
    assignment_list._load_jupyter_server_extension(app)
