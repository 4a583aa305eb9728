"""The hub comes up or says what it lacks, shows nothing of the checkout, and leaves nothing."""

from __future__ import annotations

import os
import pwd
import re
import signal
import socket
from pathlib import Path
from typing import Any

import psutil
import pytest

from hub import sandbox
from hub.__main__ import HubError, check_machine, free_ports
from hub.people import EVERYBODY, HOMES, MATERIAL, UIDS
from sandgrader.bubblewrap import parents
from storagelab.course.layout import Layout

from .conftest import ask_each, needs_root, running_hub


def test_who_is_not_root_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(HubError, match="sudo make hub"):
        check_machine(8000)


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_a_port_in_use_is_said_with_another_one(as_root: None) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        with pytest.raises(HubError, match=f"Port {port} is in use.*PORT={port + 1}"):
            check_machine(port)


def test_an_id_that_somebody_has_is_not_taken(
    as_root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = pwd.getpwuid

    def somebody(uid: Any) -> Any:
        return known(0) if uid == UIDS["ben"] else known(uid)

    monkeypatch.setattr(pwd, "getpwuid", somebody)
    with pytest.raises(HubError, match=f"ids {UIDS['ben']}"):
        check_machine(free_ports(1)[0])


def test_ports_are_different() -> None:
    assert len(set(free_ports(20))) == 20


def test_nothing_of_the_instructors_is_shown_inside(layout: Layout, tmp_path: Path) -> None:
    seen = sandbox.mounts(layout.root, tmp_path)
    for hidden in ("notebooks", "source", "demo", "release", "tests", "build", ".git"):
        folder = layout.root / hidden
        into = [mount.target for mount in seen if folder.is_relative_to(mount.source)]
        assert into == ([MATERIAL / "source"] if hidden == "source" else []), hidden
    writable = {mount.source for mount in seen if mount.writable}
    assert writable == {tmp_path / name for name in ("home", "exchange", "hub")}


def test_the_way_to_a_mount_is_open_but_not_to_the_material(layout: Layout, tmp_path: Path) -> None:
    words = sandbox.command(layout.root, tmp_path, 3, ["true"])
    modes = {words[i + 1]: words[i - 1] for i, word in enumerate(words) if word == "--dir"}
    assert modes.pop(str(MATERIAL)) == "700"
    assert set(modes.values()) == {"755"}
    assert {str(layout.root), str(HOMES.parent)} <= set(modes)


def test_parents_come_before_what_is_in_them() -> None:
    found = parents([Path("/b/c/d"), Path("/a")])
    assert found == [Path("/b"), Path("/b/c")]


def test_without_bubblewrap_it_says_what_to_install(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="apt-get install bubblewrap"):
        sandbox.command(layout.root, tmp_path, 3, ["true"])


def test_the_pages_pictures_are_there_and_small(layout: Layout) -> None:
    page = (layout.root / "docs" / "hub.md").read_text(encoding="utf-8")
    named = re.findall(r"!\[[^\]]{20,}\]\(hub/([\w-]+\.png)\)", page)
    assert len(named) > 10
    pictures = {path.name: path.stat().st_size for path in (layout.root / "docs/hub").iterdir()}
    assert sorted(named) == sorted(pictures)
    assert max(pictures.values()) < 200_000


@needs_root
def test_killed_outright_nothing_is_left_and_the_class_goes_on(
    hub_root: Path, tmp_path: Path
) -> None:
    accounts = Path("/etc/passwd").read_bytes()
    state = tmp_path / "state"
    with running_hub(hub_root, state) as hub:
        first = {name: hub.password_of(name) for name in EVERYBODY}
        assert len(set(first.values())) == len(EVERYBODY)
        assert all(f"{name}  " in hub.said and first[name] in hub.said for name in EVERYBODY)
        secrets = state / "hub" / "passwords.txt"
        assert secrets.stat().st_mode & 0o777 == 0o600
        assert state.stat().st_mode & 0o777 == 0o700
        for name in EVERYBODY:
            home = hub.home(name).stat()
            assert (home.st_uid, home.st_mode & 0o777) == (UIDS[name], 0o700)
        course = hub.home("instructor") / "storagelab"
        assert (course / "source").stat().st_mode & 0o777 == 0o700
        assert (course / "source" / "cloud_titan" / "1_access.ipynb").is_file()
        running = hub.processes()
        commands = [" ".join(line) for line in ask_each(running, psutil.Process.cmdline)]
        assert any("configurable-http-proxy" in command for command in commands)
        listening = {
            line.laddr.ip
            for lines in ask_each(running, lambda process: process.net_connections("tcp"))
            for line in lines
            if line.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
        hub.process.send_signal(signal.SIGKILL)
        assert psutil.wait_procs(running, timeout=30)[1] == []
    assert Path("/etc/passwd").read_bytes() == accounts
    assert {path.name for path in state.iterdir()} == {"home", "exchange", "hub"}
    (course / "mine.txt").write_text("kept", encoding="utf-8")
    with running_hub(hub_root, state) as hub:
        assert {name: hub.password_of(name) for name in EVERYBODY} == first
        assert (course / "mine.txt").read_text(encoding="utf-8") == "kept"
        hub.process.send_signal(signal.SIGINT)
        assert hub.process.wait(timeout=60) == 0
    assert not re.search("^(Traceback|\\[E )", hub.log, re.MULTILINE)
