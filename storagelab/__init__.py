"""The storage that starves a fleet of machine-learning machines: models, labs, instruments.

``import storagelab`` is light: a module of models loads when it is first used, as in
``storagelab.checkpoint.young_interval(300, 86400)``, and a lab's widgets when a workbench opens.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storagelab import (
        access,
        checkpoint,
        cost,
        energy,
        formats,
        pipeline,
        queueing,
        sensors,
        units,
    )

__all__ = [
    "access",
    "checkpoint",
    "cost",
    "energy",
    "formats",
    "pipeline",
    "queueing",
    "sensors",
    "units",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"storagelab.{name}")
    raise AttributeError(f"module 'storagelab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
