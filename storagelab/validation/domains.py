"""Domains: for each model, when to trust it and when not."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Domain:
    """What a group of models may be trusted with."""

    topic: str
    models: tuple[str, ...]
    """The functions' names with their module, such as ``pipeline.cache_hit_rate``."""
    trust_when: str
    not_when: str


def load_domains() -> list[Domain]:
    """Return the rows of ``data/domains.csv``."""
    path = resources.files("storagelab") / "data" / "domains.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [
        Domain(row["topic"], tuple(row["models"].split()), row["trust_when"], row["not_when"])
        for row in rows
    ]
