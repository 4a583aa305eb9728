"""The device table: every row is sane and sourced, and a bad one is named by line and field."""

from typing import Any

import pytest

from storagelab.access import random_read_bandwidth
from storagelab.devices import load_device, load_devices, parse_devices

HEADER = (
    "name,label,kind,bandwidth,stream_bandwidth,latency,max_iops,read_ahead,open_time,"
    "write_bandwidth,pause,stall,read_power,evidence,source"
)
ROW = {
    "name": "disk",
    "label": "A disk",
    "kind": "hdd",
    "bandwidth": "270e6",
    "stream_bandwidth": "270e6",
    "latency": "12.7e-3",
    "max_iops": "170",
    "read_ahead": "yes",
    "open_time": "12.7e-3",
    "write_bandwidth": "250e6",
    "pause": "10e-3",
    "stall": "12.7e-3",
    "read_power": "9.4",
    "evidence": "typical",
    "source": "a data sheet",
}


def table(*rows: Any, header: str = HEADER) -> str:
    return "\n".join([header, *(",".join(row.values()) for row in rows)])


def test_a_good_row_is_read() -> None:
    (disk,) = parse_devices(table(ROW), "some.csv").values()
    assert (disk.name, disk.bandwidth, disk.max_iops) == ("disk", 270e6, 170.0)
    assert (disk.write_bandwidth, disk.pause, disk.stall) == (250e6, 10e-3, 12.7e-3)
    assert disk.read_power == 9.4


@pytest.mark.parametrize("device", load_devices().values(), ids=load_devices())
def test_every_device_says_what_it_is_and_where_its_numbers_are_from(device: Any) -> None:
    assert device.label
    assert len(device.source) > 20
    assert device.stream_bandwidth <= device.bandwidth
    # one 4 KiB read at a time is slower than the device at full depth, and than its stream
    assert 1 / device.latency <= device.max_iops
    alone = random_read_bandwidth(device.stream_bandwidth, device.latency, 4096)
    assert alone < device.bandwidth
    if device.kind not in ("nor", "fram"):  # whose latency is a few ticks of their bus
        assert 4096 / device.latency < device.bandwidth
    # no device writes faster than it reads, and a badly laid out write stalls no less
    assert device.write_bandwidth <= device.bandwidth
    assert device.pause <= device.stall


def test_flash_stalls_and_what_needs_no_erase_does_not() -> None:
    stall = {name: device.stall for name, device in load_devices().items()}
    assert stall["fram"] == 0
    assert 0 < stall["nvme"] < stall["ufs_4"] < stall["ufs_3_1"] < stall["emmc"]
    assert load_device("spi_nor").pause == stall["spi_nor"]  # it can't suspend
    assert stall["spi_nor_quad"] < stall["spi_nor"] / 1000


def test_a_byte_from_quad_flash_costs_less_energy_than_one_over_a_single_lane() -> None:
    joules = {
        name: device.read_power / device.stream_bandwidth for name, device in load_devices().items()
    }
    assert joules["spi_nor_quad"] < joules["spi_nor"] / 3
    assert joules["ufs_4"] < joules["ufs_3_1"]


def test_the_classes_of_device_are_in_the_order_that_everybody_knows() -> None:
    latency = {name: device.latency for name, device in load_devices().items()}
    assert latency["nvme"] < latency["sata_ssd"] < latency["gp3"] < latency["hdd"]
    assert latency["hdd"] < latency["object_store"]
    assert latency["spi_nor"] < latency["fram"] < latency["ufs_4"] < latency["ufs_3_1"]
    assert latency["ufs_3_1"] < latency["emmc"] < latency["gp3"]
    assert load_device("hdd").max_iops < load_device("object_store").max_iops


@pytest.mark.parametrize(
    "field", ["bandwidth", "stream_bandwidth", "latency", "max_iops", "write_bandwidth"]
)
@pytest.mark.parametrize("bad", ["", "fast", "nan", "inf", "-1", "0"])
def test_a_bad_number_is_named_by_file_line_and_field(field: str, bad: str) -> None:
    text = table(ROW, {**ROW, "name": "other", field: bad})
    with pytest.raises(ValueError, match=rf"^some\.csv, line 3: .*{field}"):
        parse_devices(text, "some.csv")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"open_time": "-1"}, "open_time must be"),
        ({"open_time": "inf"}, "open_time must be"),
        ({"open_time": "nan"}, "open_time must be"),
        ({"pause": "-1"}, "pause must be"),
        ({"stall": "nan"}, "stall must be"),
        ({"read_power": "-0.1"}, "read_power must be"),
        ({"read_power": "inf"}, "read_power must be"),
        ({"pause": "13e-3"}, "pause exceeds stall"),
        ({"read_ahead": "maybe"}, "read_ahead"),
        ({"evidence": "hearsay"}, "evidence"),
        ({"stream_bandwidth": "271e6"}, "stream_bandwidth exceeds bandwidth"),
        ({"latency": "1e-3"}, "latency is below 1/max_iops"),
        ({"source": "a,b"}, "a column without a name"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(change: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=f"^some.csv, line 2: .*{says}"):
        parse_devices(table({**ROW, **change}), "some.csv")


def test_a_missing_or_misspelt_column_is_named() -> None:
    missing = {name: text for name, text in ROW.items() if name != "latency"}
    with pytest.raises(ValueError, match=r"line 2: .*missing required field `latency`"):
        parse_devices(table(missing, header=",".join(missing)), "some.csv")
    with pytest.raises(ValueError, match=r"line 2: .*`latencey`"):
        parse_devices(table(ROW, header=HEADER.replace("latency", "latencey")), "some.csv")
    with pytest.raises(ValueError, match=r"line 2: .*source"):
        parse_devices(table(ROW).rpartition(",")[0], "some.csv")


def test_a_device_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"line 3: the name 'disk' is there twice"):
        parse_devices(table(ROW, ROW), "some.csv")


def test_an_unknown_device_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown device 'tape'; known are hdd, sata_ssd"):
        load_device("tape")


def test_a_generation_that_is_46_percent_more_efficient_leaves_the_one_before_32_less() -> None:
    """Samsung gives UFS 4.0's 6.0 MB/s per mA and how much more that is than UFS 3.1's."""
    new, old = load_device("ufs_4"), load_device("ufs_3_1")
    volts = 2.5
    per_milliampere = [
        device.bandwidth / (1e3 * device.read_power / volts) / 1e6 for device in (new, old)
    ]
    assert per_milliampere[0] == pytest.approx(6.0, rel=1e-3)
    assert per_milliampere[0] / per_milliampere[1] == pytest.approx(1.46, rel=2e-3)
    assert 1 - per_milliampere[1] / per_milliampere[0] == pytest.approx(0.32, abs=0.005)
    assert "32% fewer" in old.source


def test_the_limits_that_have_changed_say_since_when_and_how_sure_they_are() -> None:
    volume, store = load_device("gp3"), load_device("object_store")
    assert (volume.max_iops, volume.bandwidth) == (80_000, 2000 * 2**20)
    for words in ("since 2025", "16,000 before", "from memory"):
        assert words in volume.source
    for words in ("at least 5,500", "shared by the whole fleet", "about 20 ms measured"):
        assert words in store.source
