"""A JupyterHub on loopback that is put together as the charts put it together in a cluster.

The hub, its proxy, every user's server and ngshare are real processes; ngshare is a service that
the hub doesn't start and finds at an address, with the environment that its chart gives it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

ROOT = Path(__file__).parents[3]
PATIENCE = 180
"""Seconds until a server that doesn't answer is given up."""

CONFIG = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.ConfigurableHTTPProxy.command = [{node!r}, {chp!r}]
c.ConfigurableHTTPProxy.pid_file = {pid_file!r}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/homes/{{username}}"
c.Spawner.cmd = [{server!r}]
c.Spawner.args = {arguments!r}
c.Spawner.http_timeout = 120
c.Spawner.environment = {{"NGSHARE_URL": "http://127.0.0.1:{ngshare}/services/ngshare"}}
c.JupyterHub.services = [
    {{
        "name": "ngshare",
        "url": "http://127.0.0.1:{ngshare}",
        "api_token": {ngshare_token!r},
        "oauth_no_confirm": True,
    }},
    {{"name": "grader", "api_token": {grader_token!r}}},
    {{"name": "test", "api_token": {test_token!r}}},
]
c.JupyterHub.load_roles = [
    {{"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:servers"]}},
]
"""


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def find_proxy() -> tuple[str, str]:
    """Return Node.js and configurable-http-proxy's script. Raises ``FileNotFoundError``."""
    node = shutil.which(
        "node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    script = ROOT / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
    if not node or not script.exists():
        raise FileNotFoundError("configurable-http-proxy: `npm ci` brings it")
    return node, str(script)


@dataclass
class LocalHub:
    """A running hub and its exchange."""

    folder: Path
    hub_api: str
    ngshare: str
    tokens: dict[str, str]
    """Of the hub's services."""

    def serve(self, *names: str) -> None:
        """Start a server for each user, as a person does who logs in."""
        for name in names:
            (self.folder / "homes" / name).mkdir(parents=True, exist_ok=True)
            self._ask("POST", f"/users/{name}")
            self._ask("POST", f"/users/{name}/server")
        for name in names:
            _wait(lambda name=name: self._ask("GET", f"/users/{name}").json()["server"])

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment that the user's server runs in, tokens included."""
        if name in self.tokens:  # a service, which has no server: as grade.yaml sets it
            names = ("JUPYTERHUB_USER", "JUPYTERHUB_API_TOKEN", "NGSHARE_URL", "HOME")
            values = (name, self.tokens[name], self.ngshare, str(self.folder))
            return dict(zip(names, values, strict=True))
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                around = process.environ()
                home = around.get("HOME") == str(self.folder / "homes" / name)
                if home and around.get("JUPYTERHUB_USER") == name:
                    return around
        raise LookupError(f"{name} has no server")

    def ask_ngshare(self, name: str, path: str) -> requests.Response:
        """Ask the exchange as a user would by hand."""
        token = self.environment(name)["JUPYTERHUB_API_TOKEN"]
        headers = {"Authorization": f"token {token}"}
        return requests.get(f"{self.ngshare}{path}", headers=headers, timeout=30)

    def _ask(self, method: str, path: str) -> requests.Response:
        headers = {"Authorization": f"token {self.tokens['test']}"}
        answer = requests.request(method, self.hub_api + path, headers=headers, timeout=150)
        answer.raise_for_status()
        return answer


@contextmanager
def local_hub(hub: Path, student: Path, ngshare: Path, folder: Path) -> Iterator[LocalHub]:
    """Run a hub from the environment ``hub``, servers from ``student``, the exchange from its own.

    The three are virtual environments; everything that is written goes to ``folder``.
    """
    node, chp = find_proxy()
    public, inner, proxy, exchange = free_ports(4)
    tokens = {name: secrets.token_hex(16) for name in ("ngshare", "grader", "test")}
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "jupyterhub_config.py"
    config.write_text(
        CONFIG.format(
            public=public,
            hub=inner,
            proxy=proxy,
            node=node,
            chp=chp,
            pid_file=str(folder / "proxy.pid"),
            folder=folder,
            server=str(student / "bin/jupyterhub-singleuser"),
            arguments=["--allow-root"] if os.geteuid() == 0 else [],
            ngshare=exchange,
            **{f"{name}_token": token for name, token in tokens.items()},
        ),
        encoding="utf-8",
    )
    bare = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("JUPYTER", "NBGRADER", "STORAGELAB", "PYTHON"))
    }
    # as helmchart/ngshare/templates/deployment.yaml of ngshare 0.6.0 sets it
    service = {
        "JUPYTERHUB_SERVICE_NAME": "ngshare",
        "JUPYTERHUB_API_TOKEN": tokens["ngshare"],
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{inner}/hub/api",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": "/services/ngshare/",
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{exchange}/",
        "JUPYTERHUB_CLIENT_ID": "service-ngshare",
    }
    (folder / "ngshare").mkdir(exist_ok=True)
    programs = {
        "hub": ([str(hub / "bin/jupyterhub"), "-f", str(config)], bare),
        "ngshare": (
            [
                str(ngshare / "bin/python"),
                *("-m", "ngshare", "--admins=grader,head"),
                f"--database=sqlite:///{folder}/ngshare/ngshare.db",
                f"--storage={folder}/ngshare/files/",
            ],
            {**bare, **service},
        ),
    }
    with contextlib.ExitStack() as stack:
        running = []
        for name, (command, environment) in programs.items():
            log = stack.enter_context((folder / f"{name}.log").open("w", encoding="utf-8"))
            running.append(
                subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        try:
            found = LocalHub(
                folder,
                f"http://127.0.0.1:{inner}/hub/api",
                f"http://127.0.0.1:{exchange}/services/ngshare",
                tokens,
            )
            for address in (found.hub_api, f"http://127.0.0.1:{exchange}/healthz"):
                _wait(lambda address=address: _answers(address, running))
            yield found
        finally:
            for process in running:
                _end(process.pid)


def _answers(address: str, servers: list[subprocess.Popen]) -> bool:
    ended = [server.args for server in servers if server.poll() is not None]
    assert not ended, f"ended at once: {ended}"
    try:
        return requests.get(address, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _wait(happens: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, "a server doesn't answer"
        time.sleep(0.2)


def _end(pid: int) -> None:
    """End a process and whatever it started, first by asking."""
    with contextlib.suppress(psutil.NoSuchProcess):
        main = psutil.Process(pid)
        everybody = [main, *main.children(recursive=True)]
        main.terminate()
        _, alive = psutil.wait_procs(everybody, timeout=20)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=10)
