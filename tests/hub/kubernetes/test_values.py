"""The charts' values: what a student's server may do, and names that have to agree."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.hub.kubernetes.documents import KUBERNETES, ROOT, read_manifests, read_values

HUB, EXCHANGE = read_values("jupyterhub"), read_values("ngshare")
OBJECTS = read_manifests()


def spawner_settings() -> dict[str, Any]:
    """KubeSpawner's settings as the chart sets them from these values, volumes included."""
    user = HUB["singleuser"]
    return {
        "image": f"{user['image']['name']}:{user['image']['tag']}",
        "mem_limit": user["memory"]["limit"],
        "mem_guarantee": user["memory"]["guarantee"],
        "cpu_limit": user["cpu"]["limit"],
        "cpu_guarantee": user["cpu"]["guarantee"],
        "environment": dict(user["extraEnv"]),
        "extra_pod_config": user["extraPodConfig"],
        "allow_privilege_escalation": user["allowPrivilegeEscalation"],
        "uid": 1000,
        "fs_gid": 100,
        "volumes": {"home": {"name": "home", "persistentVolumeClaim": {"claimName": "claim"}}},
        "volume_mounts": {"home": {"name": "home", "mountPath": "/home/jovyan"}},
        "extra_labels": {"hub.jupyter.org/network-access-hub": "true"},
        **HUB["hub"]["config"]["KubeSpawner"],
    }


@pytest.fixture
def pod_for(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The pod that the hub would ask Kubernetes for, by the groups that somebody is in."""
    kubespawner = pytest.importorskip("kubespawner")
    from jupyterhub.objects import Hub, Server
    from traitlets.config import Config

    # nothing is asked of a cluster: the pod is only made up
    monkeypatch.setattr(kubespawner.spawner, "load_config", lambda **_: None)

    def make(*groups: Any) -> Any:
        user = SimpleNamespace(
            name="ada",
            id=1,
            url="/user/ada/",
            server=Server(),
            groups=[SimpleNamespace(name=group) for group in groups],
        )

        async def ask() -> Any:
            spawner = kubespawner.KubeSpawner(
                hub=Hub(),
                user=user,
                config=Config(KubeSpawner=spawner_settings()),
                api_token="token",
                oauth_client_id="client",
                _mock=True,
            )
            await spawner.apply_group_overrides()
            return (await spawner.get_pod_manifest()).to_dict()

        # in a thread of its own: a browser test may have left its loop running in this one
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, ask()).result()

    return make


def environment(pod: Any) -> dict[Any, Any]:
    return {item["name"]: item for item in pod["spec"]["containers"][0]["env"]}


def test_a_student_has_no_way_to_the_gradebook(pod_for: Callable[..., Any]) -> None:
    pod = pod_for("students")
    assert not {"PGPASSWORD", "STORAGELAB_GRADEBOOK"} & environment(pod).keys()
    assert {volume["name"] for volume in pod["spec"]["volumes"]} == {"home"}
    assert "storagelab.gradebook" not in pod["metadata"]["labels"]
    assert pod["spec"]["containers"][0]["image"] == spawner_settings()["image"]


def test_an_instructor_has_the_course_and_the_gradebook(pod_for: Callable[..., Any]) -> None:
    pod = pod_for("instructors")
    around = environment(pod)
    reference = around["PGPASSWORD"]["value_from"] or around["PGPASSWORD"]["valueFrom"]
    reference = reference.get("secret_key_ref") or reference["secretKeyRef"]
    assert reference["name"] == "storagelab-gradebook"
    assert {volume["name"] for volume in pod["spec"]["volumes"]} == {"home", "course"}
    selector = OBJECTS["NetworkPolicy", "storagelab", "gradebook-clients"]["spec"]["podSelector"]
    assert selector["matchLabels"].items() <= pod["metadata"]["labels"].items()
    override = HUB["hub"]["config"]["KubeSpawner"]["group_overrides"]["instructors"]
    assert pod["spec"]["containers"][0]["image"] == override["spawner_override"]["image"]


@pytest.mark.parametrize("group", ["students", "instructors"])
def test_every_server_is_closed_and_can_write_its_home(
    pod_for: Callable[..., Any], group: str
) -> None:
    pod = pod_for(group)
    assert pod["spec"]["automount_service_account_token"] is False
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "singleuser-server"
    whole, one = pod["spec"]["security_context"], pod["spec"]["containers"][0]["security_context"]
    assert whole["fsGroup"] == 100
    assert whole["runAsNonRoot"] is True
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert one["allowPrivilegeEscalation"] is False
    assert one["capabilities"] == {"drop": ["ALL"]}
    limits = pod["spec"]["containers"][0]["resources"]["limits"]
    assert limits.keys() == {"cpu", "memory"}


def test_a_student_reaches_the_hub_and_the_exchange_and_looks_up_names() -> None:
    policy = HUB["singleuser"]["networkPolicy"]
    opened = {name for name, is_open in policy["egressAllowRules"].items() if is_open}
    assert policy["enabled"]
    assert opened == {"dnsPortsKubeSystemNamespace"}
    (rule,) = policy["egress"]
    (to,) = rule["to"]
    assert to == {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "ngshare"}}}


def test_idle_servers_are_ended() -> None:
    assert HUB["cull"]["enabled"]
    assert 0 < HUB["cull"]["timeout"] <= 3600 < HUB["cull"]["maxAge"]


def test_the_database_of_both_addresses_is_made() -> None:
    script = OBJECTS["ConfigMap", "storagelab", "postgres-databases"]["data"]["databases.sh"]
    override = HUB["hub"]["config"]["KubeSpawner"]["group_overrides"]["instructors"]
    addresses = [
        HUB["hub"]["db"]["url"],
        override["spawner_override"]["environment"]["STORAGELAB_GRADEBOOK"],
    ]
    for address, name in zip(addresses, ("hub", "gradebook"), strict=True):
        assert address == f"postgresql+psycopg2://{name}@postgres:5432/{name}"
        assert f"CREATE ROLE {name} LOGIN" in script
        assert f"CREATE DATABASE {name} OWNER {name};" in script
    grade = OBJECTS["CronJob", "storagelab", "grade"]["spec"]["jobTemplate"]["spec"]["template"]
    given = {item["name"]: item.get("value") for item in grade["spec"]["containers"][0]["env"]}
    assert given["STORAGELAB_GRADEBOOK"] == addresses[1]
    assert given["NGSHARE_URL"] == HUB["singleuser"]["extraEnv"]["NGSHARE_URL"]
    assert given["JUPYTERHUB_USER"] in EXCHANGE["ngshare"]["admins"]
    assert given["JUPYTERHUB_USER"] in HUB["hub"]["services"]


def test_the_script_of_the_databases_makes_them(server: Any) -> None:
    """As the image of PostgreSQL runs it, with psql, on a real server."""
    script = OBJECTS["ConfigMap", "storagelab", "postgres-databases"]["data"]["databases.sh"]
    # the fixture's server has a database of that name already
    script = script.replace("DATABASE gradebook", "DATABASE grades").replace(
        "DATABASE hub, gradebook,", "DATABASE hub, grades,"
    )
    around = {
        **os.environ,
        "PGHOST": str(server.folder),
        "PATH": f"{server.programs}{os.pathsep}{os.environ['PATH']}",
        "HUB_PASSWORD": 'it\'s "odd"; --',
        "GRADEBOOK_PASSWORD": "other",
    }
    subprocess.run(["sh"], input=script, text=True, env=around, check=True, capture_output=True)
    engine = create_engine(server.url)
    with engine.connect() as connection:
        owners = dict(
            tuple(row)
            for row in connection.execute(
                text("SELECT datname, pg_get_userbyid(datdba) FROM pg_database")
            )
        )
        may = connection.execute(
            text("SELECT has_database_privilege('gradebook', 'hub', 'CONNECT')")
        ).scalar_one()
    engine.dispose()
    assert owners["hub"] == "hub"
    assert owners["grades"] == "gradebook"
    assert not may


def test_the_charts_versions_are_those_of_the_page_and_the_image() -> None:
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    for name, version in (("jupyterhub", "4.4.0"), ("ngshare", "0.6.0")):
        text = (KUBERNETES / "values" / f"{name}.yaml").read_text(encoding="utf-8")
        assert f"--version {version}" in text
        assert f"--version {version}" in page
    script = (KUBERNETES / "image/install.sh").read_text(encoding="utf-8")
    assert "JUPYTERHUB:-5.5.0" in script
    assert "JupyterHub 5.5.0" in page
    assert "ngshare==0.6.0" in script
