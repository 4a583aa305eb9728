"""Every instrument on its own, for a lecture or a page that needs a single figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storagelab.widgets.gauge_strip import data_flow_gauge
from storagelab.widgets.instruments.checkpoint_storm import checkpoint_storm
from storagelab.widgets.instruments.deadline_tail import deadline_tail
from storagelab.widgets.instruments.destinations import destinations
from storagelab.widgets.instruments.fleet_goodput import fleet_goodput
from storagelab.widgets.instruments.io_waterfall import io_waterfall
from storagelab.widgets.instruments.iops_throughput import iops_throughput
from storagelab.widgets.instruments.math_peek import math_peek
from storagelab.widgets.instruments.sankey import data_flow_sankey
from storagelab.widgets.instruments.saturation import pipeline_saturation
from storagelab.widgets.instruments.shuffle_map import shuffle_map
from storagelab.widgets.instruments.ten_runs import ten_runs
from storagelab.widgets.instruments.young_daly import young_daly

__all__ = [
    "GALLERY",
    "checkpoint_storm",
    "data_flow_gauge",
    "data_flow_sankey",
    "deadline_tail",
    "destinations",
    "fleet_goodput",
    "io_waterfall",
    "iops_throughput",
    "math_peek",
    "pipeline_saturation",
    "shuffle_map",
    "ten_runs",
    "young_daly",
]

GALLERY: dict[str, Callable[..., Any]] = {
    build.__name__: build
    for build in (
        io_waterfall,
        iops_throughput,
        shuffle_map,
        deadline_tail,
        data_flow_sankey,
        data_flow_gauge,
        pipeline_saturation,
        ten_runs,
        checkpoint_storm,
        young_daly,
        destinations,
        fleet_goodput,
        math_peek,
    )
}
"""The builders by name, in the order of the course."""
