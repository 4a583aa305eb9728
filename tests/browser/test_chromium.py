"""How Chromium is started."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page

from .conftest import Traffic

LIST = "--disable-features="


def test_what_playwright_switches_off_stays_off(browser: Any) -> None:
    """Of several lists Chromium heeds the last, which is ours."""
    found = []
    for process in psutil.Process().children(recursive=True):
        line: list[str] = []
        with suppress(psutil.NoSuchProcess):  # a page's, which has ended
            line = process.cmdline()
        if any(word.startswith(LIST) for word in line) and "--type=" not in " ".join(line):
            found.append([word.removeprefix(LIST) for word in line if word.startswith(LIST)])
    assert browser.is_connected()
    assert found
    for *theirs, ours in found:
        assert {name for names in theirs for name in names.split(",")} <= {*ours.split(",")}


@pytest.mark.parametrize("host", ["example.org", "localhost", "192.0.2.1", "[2001:db8::1]"])
def test_no_other_host_is_reached_and_each_that_is_asked_is_noted(
    page: Page, traffic: Traffic, host: str
) -> None:
    failed: list[str | None] = []
    page.on("requestfailed", lambda request: failed.append(request.failure))
    page.evaluate("(host) => fetch(`http://${host}/`).catch(() => null)", host)
    page.evaluate(
        "(host) => new Promise((done) => { new WebSocket(`ws://${host}/`).onclose = done; })", host
    )
    assert traffic.blocked == [f"http://{host}/", f"ws://{host}/"]
    # the name isn't even looked up, nor is the number tried
    assert failed == ["net::ERR_NAME_NOT_RESOLVED"]
