"""Kubernetes' own schemas, and what no schema sees: names that agree, and what is closed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from tests.hub.kubernetes.documents import (
    KUBERNETES,
    MANIFESTS,
    ROOT,
    VALUES,
    pod_of,
    read_manifests,
    read_values,
    walk,
)

OBJECTS = read_manifests()
PODS = {key: pod for key, item in OBJECTS.items() if (pod := pod_of(item))}
every_object = pytest.mark.parametrize("key", OBJECTS, ids="/".join)
every_pod = pytest.mark.parametrize("key", PODS, ids="/".join)

OLDEST = "1.33"
"""The oldest Kubernetes that runs pods with accounts of their own by default."""


def containers(pod: Any) -> list[Any]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


@pytest.mark.parametrize("path", [*MANIFESTS, *VALUES], ids=lambda path: path.name)
def test_the_files_are_tidy_yaml(path: Any, find_program: Callable[[str], str]) -> None:
    rules = (
        "{extends: default, rules: {line-length: {max: 105}, document-start: disable,"
        " comments-indentation: disable, braces: {max-spaces-inside: 0}}}"
    )
    done = subprocess.run(
        [find_program("yamllint"), "-s", "-d", rules, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@every_object
@pytest.mark.parametrize("version", [OLDEST, "newest"])
def test_kubernetes_takes_every_object(key: str, version: str) -> None:
    schemas = pytest.importorskip("kubernetes_validate")
    wanted = schemas.latest_version() if version == "newest" else version
    schemas.validate(OBJECTS[key], wanted, strict=True)


def test_a_wrong_object_is_refused() -> None:
    schemas = pytest.importorskip("kubernetes_validate")
    wrong = yaml.safe_load(
        yaml.safe_dump(OBJECTS["Deployment", "storagelab-grading", "dask-worker"])
    )
    wrong["spec"]["template"]["spec"]["hostUser"] = False
    with pytest.raises(schemas.ValidationError):
        schemas.validate(wrong, OLDEST, strict=True)


def test_kustomize_takes_every_file() -> None:
    listed = yaml.safe_load((KUBERNETES / "manifests/kustomization.yaml").read_text("utf-8"))
    others = {path.name for path in MANIFESTS} - {"kustomization.yaml"}
    assert set(listed["resources"]) == others
    own = {item["image"] for pod in PODS.values() for item in containers(pod)}
    assert {image["name"] for image in listed["images"]} == own - {"postgres:17"}


@every_object
def test_every_object_is_in_a_namespace_that_is_made(key: Any) -> None:
    kind, namespace, name = key
    spaces = {item for made, _, item in OBJECTS if made == "Namespace"}
    assert (name if kind == "Namespace" else namespace) in spaces


@every_pod
def test_every_pod_gives_away_as_little_as_it_can(key: str) -> None:
    pod = PODS[key]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    for item in containers(PODS[key]):
        assert item["securityContext"]["allowPrivilegeEscalation"] is False
        assert item["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert "memory" in item["resources"]["limits"]
        assert {"cpu", "memory"} <= item["resources"]["requests"].keys()


@every_pod
def test_only_workers_are_open_enough_for_bubblewrap_and_they_have_nothing(key: str) -> None:
    pod, kind = PODS[key]["spec"], key[2]
    profiles = [pod["securityContext"]["seccompProfile"]["type"]]
    mounts = [item["securityContext"].get("procMount") for item in containers(PODS[key])]
    if kind != "dask-worker":
        assert profiles == ["RuntimeDefault"]
        assert mounts == [None] * len(mounts)
        return
    assert key[1] == "storagelab-grading"
    assert (profiles, mounts) == (["Unconfined"], ["Unmasked"])
    assert pod["hostUsers"] is False
    own = [volume for volume in pod["volumes"] if "emptyDir" not in volume]
    assert [volume["secret"]["secretName"] for volume in own] == ["storagelab-dask"]
    assert not any(item.get("env") or item.get("envFrom") for item in containers(PODS[key]))


def test_the_namespace_of_the_workers_holds_nothing_worth_taking() -> None:
    there = {kind for kind, namespace, _ in OBJECTS if namespace == "storagelab-grading"}
    assert there == {"Service", "Deployment", "NetworkPolicy"}
    enforced = {
        name: item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for (kind, _, name), item in OBJECTS.items()
        if kind == "Namespace"
    }
    assert enforced == {"storagelab": "baseline", "storagelab-grading": "privileged"}


@every_pod
def test_every_volume_and_claim_is_there(key: str) -> None:
    pod = PODS[key]["spec"]
    volumes = {volume["name"] for volume in pod.get("volumes", [])}
    volumes |= {
        claim["metadata"]["name"] for claim in OBJECTS[key]["spec"].get("volumeClaimTemplates", [])
    }
    for item in containers(PODS[key]):
        assert {mount["name"] for mount in item.get("volumeMounts", [])} <= volumes
    for volume in pod.get("volumes", []):
        if claim := volume.get("persistentVolumeClaim"):
            assert ("PersistentVolumeClaim", key[1], claim["claimName"]) in OBJECTS
        if settings := volume.get("configMap"):
            assert ("ConfigMap", key[1], settings["name"]) in OBJECTS


@pytest.mark.parametrize("key", [key for key in OBJECTS if key[0] == "Service"], ids="/".join)
def test_every_service_finds_its_pods_and_their_port(key: Any) -> None:
    service = OBJECTS[key]["spec"]
    found = [
        pod
        for (_, namespace, _), pod in PODS.items()
        if namespace == key[1] and service["selector"].items() <= pod["metadata"]["labels"].items()
    ]
    assert len(found) == 1
    ports = {port["name"] for item in containers(found[0]) for port in item["ports"]}
    assert {port["targetPort"] for port in service["ports"]} <= ports


OF_CHARTS = {
    ("app.kubernetes.io/component", "hub"),
    ("app.kubernetes.io/component", "proxy"),
    ("app.kubernetes.io/component", "singleuser-server"),
    ("app.kubernetes.io/name", "ngshare"),
}
"""Labels of the charts' pods: test_charts.py looks whether they are there."""


def test_every_policy_speaks_of_pods_that_there_are() -> None:
    own = {label for pod in PODS.values() for label in pod["metadata"]["labels"].items()}
    for (kind, _, name), item in OBJECTS.items():
        if kind == "NetworkPolicy":
            for path, value in walk(item["spec"]):
                if path and path[-1] == "matchLabels" and path[-2] == "podSelector":
                    assert set(value.items()) <= own | OF_CHARTS, f"{name}: {path}"


def reached(key: Any) -> set[Any]:
    """The addresses in a pod's own words: whom it speaks to."""
    text = yaml.safe_dump(PODS[key])
    return set(re.findall(r"(?:@|//)([a-z-]+)(?:\.[a-z-]+)?:(\d+)", text))


def test_who_has_an_address_may_use_it() -> None:
    policies = {
        "grade": ("ngshare", "postgres", "dask-scheduler"),
        "dask-worker": ("dask-scheduler",),
    }
    for key in PODS:
        assert {name for name, _ in reached(key)} == set(policies.get(key[2], ()))
    grade = OBJECTS["NetworkPolicy", "storagelab", "grade"]["spec"]["egress"]
    clients = OBJECTS["NetworkPolicy", "storagelab", "gradebook-clients"]["spec"]
    ports = {port["port"] for rule in (*grade, *clients["egress"]) for port in rule["ports"]}
    assert {int(port) for _, port in reached(("CronJob", "storagelab", "grade"))} <= ports
    labels = PODS["CronJob", "storagelab", "grade"]["metadata"]["labels"]
    assert clients["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize("path", [*MANIFESTS, *VALUES], ids=lambda path: path.name)
def test_a_secret_is_named_and_never_written(path: Any) -> None:
    for item in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        assert item.get("kind") != "Secret"
        for where, value in walk(item):
            name = str(where[-1]).lower() if where else ""
            if re.search(r"password|token|secret|_key$", name) and isinstance(value, str):
                # a Secret's name, or the switch that keeps tokens out
                assert name in {"existingsecret", "secretname", "auth_state_groups_key"}, where
            if isinstance(value, str) and "://" in value:
                assert not re.search(r"//[^/@]+:[^/@]*@", value), "a password in an address"
        for _, value in walk(item):
            if isinstance(value, dict) and re.search(
                r"PASSWORD|TOKEN", str(value.get("name", "")).upper().replace("-", "_")
            ):
                assert "value" not in value, value


def secrets_named() -> Any:
    """Every key of every Secret that anything refers to, by the Secret's name."""
    found: dict[Any, Any] = {}
    for data in (*OBJECTS.values(), read_values("jupyterhub")):
        for path, value in walk(data):
            if path and path[-1] == "secretKeyRef":
                found.setdefault(value["name"], set()).add(value["key"])
            if path and path[-1] == "secretName":
                found.setdefault(value, set()).update({"cert.pem", "key.pem"})
    return found


def test_the_page_makes_every_secret_with_every_key() -> None:
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    named = secrets_named()
    hub = read_values("jupyterhub")["hub"]
    named.setdefault(hub["existingSecret"], set()).update(
        {"hub.db.password", *(f"hub.services.{name}.apiToken" for name in hub["services"])}
    )
    assert set(named) == {
        "storagelab-hub", "storagelab-gradebook", "storagelab-postgres", "storagelab-dask",
    }  # fmt: skip
    for name, keys in named.items():
        made = re.search(rf"create secret generic {name}((?: \\\n)?.*?)(?<!\\)\n", page, re.S)
        assert made, name
        assert set(re.findall(r"--from-(?:literal|file)=([\w.]+)", made[1])) == keys


def test_the_graders_command_is_one_that_there_is() -> None:
    from sandgrader.command import command

    words = PODS["CronJob", "storagelab", "grade"]["spec"]["containers"][0]["command"]
    assert words[:2] == ["storagelab", "grade"]
    assert isinstance(command, click.Command)
    command.make_context("grade", list(words[2:]))  # an option that isn't known is an error
    assert CliRunner().invoke(command, ["--no-such-option"]).exit_code == 2


def test_dasks_commands_are_ones_that_there_are() -> None:
    from distributed.cli import dask_scheduler, dask_worker

    for name, command in (("scheduler", dask_scheduler.main), ("worker", dask_worker.main)):
        words = PODS["Deployment", "storagelab-grading", f"dask-{name}"]["spec"]["containers"][0]
        assert words["command"][:2] == ["dask", name]
        known = {option for parameter in command.params for option in parameter.opts}
        known |= {option for parameter in command.params for option in parameter.secondary_opts}
        given = {word.split("=")[0] for word in words["command"] if word.startswith("--")}
        assert given <= known
