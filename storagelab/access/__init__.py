"""Access: what one read or write after another costs, on each kind of device."""

from storagelab.access.disk import (
    mean_seek_time,
    positioning_time,
    reordered_iops,
    rotation_time,
)
from storagelab.access.flash import (
    append_time,
    erase_time,
    erase_time_with_suspends,
    garbage_collection_amplification,
    in_place_update_time,
    lifetime,
    longest_stall,
    partial_write_amplification,
    program_time,
    serial_read_time,
    serial_request_size,
)
from storagelab.access.object_store import get_rate, ranged_read_time
from storagelab.access.read_ahead import pages_touched, read_ahead_bandwidth, useful_fraction
from storagelab.access.requests import (
    half_bandwidth_request_size,
    iops_at_queue_depth,
    knee_request_size,
    order_factor,
    queued_bandwidth,
    random_read_bandwidth,
    read_time,
    request_size_for,
    roofline_bandwidth,
)
from storagelab.access.shuffle import (
    buffer_fill_time,
    buffer_memory,
    neighbour_separation,
    shuffle_displacement,
    stream_displacement,
)
from storagelab.access.volumes import (
    baseline_rate,
    burst_duration,
    refill_time,
    transfer_time,
)

__all__ = [
    "append_time",
    "baseline_rate",
    "buffer_fill_time",
    "buffer_memory",
    "burst_duration",
    "erase_time",
    "erase_time_with_suspends",
    "garbage_collection_amplification",
    "get_rate",
    "half_bandwidth_request_size",
    "in_place_update_time",
    "iops_at_queue_depth",
    "knee_request_size",
    "lifetime",
    "longest_stall",
    "mean_seek_time",
    "neighbour_separation",
    "order_factor",
    "pages_touched",
    "partial_write_amplification",
    "positioning_time",
    "program_time",
    "queued_bandwidth",
    "random_read_bandwidth",
    "ranged_read_time",
    "read_ahead_bandwidth",
    "read_time",
    "refill_time",
    "reordered_iops",
    "request_size_for",
    "roofline_bandwidth",
    "rotation_time",
    "serial_read_time",
    "serial_request_size",
    "shuffle_displacement",
    "stream_displacement",
    "transfer_time",
    "useful_fraction",
]
