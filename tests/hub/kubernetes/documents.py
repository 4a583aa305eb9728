"""The files of hub/kubernetes/ as data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
KUBERNETES = ROOT / "hub/kubernetes"
MANIFESTS = sorted((KUBERNETES / "manifests").glob("*.yaml"))
VALUES = sorted((KUBERNETES / "values").glob("*.yaml"))


def read_manifests() -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return every object by kind, namespace and name."""
    found = {}
    for path in MANIFESTS:
        for item in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if item["kind"] == "Kustomization":
                continue
            about = item["metadata"]
            key = (item["kind"], about.get("namespace", ""), about["name"])
            assert key not in found, f"{key} is there twice"
            found[key] = item
    return found


def read_values(name: str) -> dict[str, Any]:
    """Return a chart's values."""
    return yaml.safe_load((KUBERNETES / "values" / f"{name}.yaml").read_text(encoding="utf-8"))


def walk(item: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give every key path with what lies there."""
    yield path, item
    if isinstance(item, dict | list):
        for key, value in item.items() if isinstance(item, dict) else enumerate(item):
            yield from walk(value, (*path, key))


def pod_of(item: dict[str, Any]) -> dict[str, Any] | None:
    """Return the template of the pods that an object makes."""
    spec = item.get("spec", {})
    if item["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec.get("template")
