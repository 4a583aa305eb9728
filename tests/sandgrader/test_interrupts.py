"""Ctrl-C counts wherever it comes."""

from __future__ import annotations

import os
import signal

import pytest

from sandgrader import interrupts


class Swallowing:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_comes_while_something_is_cleared_away_is_not_lost() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.remembered():
        interrupts.check()
        del [Swallowing()][0]  # Python forgets what a finalizer raises
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
    assert signal.getsignal(signal.SIGINT) is before
    with interrupts.remembered():
        interrupts.check()  # it was the other run's


def test_elsewhere_it_is_raised_as_ever() -> None:
    with interrupts.remembered(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
