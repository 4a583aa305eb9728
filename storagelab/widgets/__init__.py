"""Instruments and workbenches: bqplot figures and ipywidgets. They hold no physics.

Each name loads when it is first used, so that a lab pays for the instruments of its own part alone.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storagelab.widgets.book import show_moving
    from storagelab.widgets.fleets import cold_start, fan_out, kv_cache_spill, restore_storm
    from storagelab.widgets.gallery import (
        checkpoint_storm,
        data_flow_gauge,
        data_flow_sankey,
        deadline_tail,
        destinations,
        fleet_goodput,
        io_waterfall,
        iops_throughput,
        math_peek,
        pipeline_saturation,
        shuffle_map,
        ten_runs,
        young_daly,
    )
    from storagelab.widgets.recorded.page import show_workbench
    from storagelab.widgets.workbench import Workbench

__all__ = [
    "Workbench",
    "checkpoint_storm",
    "cold_start",
    "data_flow_gauge",
    "data_flow_sankey",
    "deadline_tail",
    "destinations",
    "fan_out",
    "fleet_goodput",
    "io_waterfall",
    "iops_throughput",
    "kv_cache_spill",
    "math_peek",
    "pipeline_saturation",
    "restore_storm",
    "show_moving",
    "show_workbench",
    "shuffle_map",
    "ten_runs",
    "young_daly",
]

_PLACES = {
    "Workbench": "workbench",
    "show_moving": "book",
    "show_workbench": "recorded.page",
    **dict.fromkeys(("cold_start", "fan_out", "kv_cache_spill", "restore_storm"), "fleets"),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'storagelab.widgets' has no attribute {name!r}")
    return resolve_name(f"storagelab.widgets.{_PLACES.get(name, 'gallery')}:{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
