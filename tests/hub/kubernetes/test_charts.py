"""The values against the charts themselves: their schema, their key paths, what Helm makes of them.

The charts aren't in this repository and no package registry has them. ``STORAGELAB_CHARTS`` names a
folder with them unpacked, each by its name (``helm pull --untar``). Helm is the program ``helm`` or
the package helm-python-sdk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hub.kubernetes.documents import KUBERNETES, read_manifests, read_values, walk
from tests.hub.kubernetes.test_manifests import OF_CHARTS

CHARTS = os.environ.get("STORAGELAB_CHARTS")
pytestmark = pytest.mark.skipif(not CHARTS, reason="STORAGELAB_CHARTS names no folder with charts")
NAMES = ("jupyterhub", "ngshare")
FREE = {
    "hub.config",
    "hub.services",
    "singleuser.extraEnv",
    "singleuser.extraPodConfig",
    "singleuser.networkPolicy.egress",
    "hub.resources",
    "proxy.chp.resources",
    "deployment.resources",
    "deployment.strategy",
    "ngshare.admins",
    "pvc.accessModes",
}
"""Where the charts take what one likes: their schemas or templates say no more."""


def chart(name: str) -> Path:
    return Path(str(CHARTS)) / name


def render(name: str) -> list[Any]:
    values = KUBERNETES / "values" / f"{name}.yaml"
    release = "hub" if name == "jupyterhub" else name
    options = ["--namespace", "storagelab", "--values", str(values)]
    if name == "ngshare":
        options += ["--set", "ngshare.hub_api_token=given"]
    if helm := shutil.which("helm"):
        done = subprocess.run(
            [helm, "template", release, str(chart(name)), *options],
            capture_output=True,
            text=True,
            check=True,
        )
        texts = [done.stdout]
    else:
        helm_python = pytest.importorskip("helm_python")
        given = read_values(name)
        if name == "ngshare":
            given["ngshare"]["hub_api_token"] = "given"
        with helm_python.Chart.load(str(chart(name))) as loaded:
            made = loaded.render(given, name=release, namespace="storagelab")
        texts = [text for path, text in made.items() if path.endswith(".yaml")]
    return [item for text in texts for item in yaml.safe_load_all(text) if item]


@pytest.fixture(scope="module", params=NAMES)
def rendered(request: pytest.FixtureRequest) -> Any:
    return render(request.param)


def key_paths(values: Any) -> Iterator[tuple[Any, ...]]:
    """Every path of keys, down to where a chart takes what one likes."""
    for path, _ in walk(values):
        words = [key for key in path if isinstance(key, str)]
        dotted = [".".join(words[: length + 1]) for length in range(len(words))]
        if path and not any(head in FREE for head in dotted[:-1]) and len(words) == len(path):
            yield tuple(words)


def merge(default: Any, given: Any) -> Any:
    """Put ``given`` over ``default``, table by table."""
    if not (isinstance(default, dict) and isinstance(given, dict)):
        return given
    both = {key: merge(default.get(key), value) for key, value in given.items()}
    return {**default, **both}


@pytest.mark.parametrize("name", NAMES)
def test_every_key_path_is_one_of_the_charts_own(name: str) -> None:
    defaults = yaml.safe_load((chart(name) / "values.yaml").read_text(encoding="utf-8"))
    for path in key_paths(read_values(name)):
        place = defaults
        for key in path:
            assert isinstance(place, dict), f"{'.'.join(path)}: nothing is under {place!r}"
            assert key in place, f"{'.'.join(path)} isn't in the chart {name}"
            place = place[key]


def test_the_values_fit_the_hubs_own_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = (chart("jupyterhub") / "values.schema.yaml").read_text(encoding="utf-8")
    validator = jsonschema.Draft7Validator(yaml.safe_load(text))
    defaults = yaml.safe_load((chart("jupyterhub") / "values.yaml").read_text(encoding="utf-8"))
    ours = merge(defaults, read_values("jupyterhub"))  # as Helm does before it looks
    assert not list(validator.iter_errors(ours))
    ours["singleuser"]["memmory"] = ours["singleuser"]["memory"]
    assert list(validator.iter_errors(ours))


def test_kubernetes_takes_what_helm_makes(rendered: Any) -> None:
    schemas = pytest.importorskip("kubernetes_validate")
    objects = rendered
    kinds = {item["kind"] for item in objects}
    assert {"Deployment", "Service", "Secret"} <= kinds
    for item in objects:
        schemas.validate(item, "1.33", strict=True)


def labels_of_pods(objects: Any) -> Iterator[tuple[Any, Any]]:
    for item in objects:
        if item["kind"] == "Deployment":
            yield item["metadata"]["name"], item["spec"]["template"]["metadata"]["labels"]


def test_the_policies_labels_are_on_the_charts_pods() -> None:
    found = {
        label
        for name in NAMES
        for _, labels in labels_of_pods(render(name))
        for label in labels.items()
    }
    # the hub itself makes the servers: test_values.py looks at their labels
    assert OF_CHARTS - found == {("app.kubernetes.io/component", "singleuser-server")}


def test_the_exchange_is_where_everybody_looks_for_it() -> None:
    services = [item for item in render("ngshare") if item["kind"] == "Service"]
    assert [(item["metadata"]["name"], item["spec"]["ports"][0]["port"]) for item in services] == [
        ("ngshare", 8080)
    ]
    policy = read_manifests()["NetworkPolicy", "storagelab", "ngshare"]["spec"]["ingress"]
    assert policy[0]["ports"] == [{"port": 8080, "protocol": "TCP"}]


def test_a_server_may_speak_to_hub_proxy_and_exchange_alone() -> None:
    (policy,) = (
        item["spec"]
        for item in render("jupyterhub")
        if item["kind"] == "NetworkPolicy" and item["metadata"]["name"] == "singleuser"
    )
    to = [
        (target, rule.get("ports"))
        for rule in policy["egress"]
        for target in rule.get("to", [{"anywhere": True}])
    ]
    assert not [target for target, _ in to if "ipBlock" in target or "anywhere" in target]
    components = {
        target["podSelector"]["matchLabels"].get("component", "ngshare")
        for target, _ in to
        if "podSelector" in target
    }
    assert components == {"hub", "proxy", "autohttps", "ngshare"}
    names = [ports for target, ports in to if "namespaceSelector" in target]
    assert {port["port"] for ports in names for port in ports} == {53}


def test_no_secret_of_ours_is_in_what_helm_makes() -> None:
    hub = next(
        item
        for item in render("jupyterhub")
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "hub"
    )
    volumes = hub["spec"]["template"]["spec"]["volumes"]
    names = {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}
    assert names == {"hub", "storagelab-hub"}
