"""How Chromium is started."""

from __future__ import annotations

from typing import Any

import psutil

LIST = "--disable-features="


def test_what_playwright_switches_off_stays_off(browser: Any) -> None:
    """Of several lists Chromium heeds the last, which is ours."""
    found = []
    for process in psutil.Process().children(recursive=True):
        line = process.cmdline()
        if any(word.startswith(LIST) for word in line) and "--type=" not in " ".join(line):
            found.append([word.removeprefix(LIST) for word in line if word.startswith(LIST)])
    assert browser.is_connected()
    assert found
    for *theirs, ours in found:
        assert {name for names in theirs for name in names.split(",")} <= {*ours.split(",")}
