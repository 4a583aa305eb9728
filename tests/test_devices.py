"""The device table: every row is sane and sourced, and a bad one is named by line and field."""

from typing import Any

import pytest

from storagelab.access import random_read_bandwidth
from storagelab.devices import (
    load_device,
    load_devices,
    load_flash,
    parse_devices,
    parse_flash,
)

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
    # neither chip's page takes longer than its sector, and one can suspend either
    assert load_device("spi_nor").pause == 5e-3 < stall["spi_nor"] == 120e-3
    assert load_device("spi_nor_quad").pause == stall["spi_nor_quad"]
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


def test_every_flash_device_says_how_it_takes_writes_and_nothing_else_does() -> None:
    flash = {"sata", "nvme", "ufs", "emmc", "nor"}
    kinds = {name: device.kind for name, device in load_devices().items()}
    assert {name for name, kind in kinds.items() if kind in flash} == set(load_flash())
    for name, item in load_flash().items():
        assert (item.cells == "nor") == (kinds[name] == "nor")
        assert item.source
        if item.cells == "nor":  # the typical times, below the longest that a read can wait
            assert item.page < item.sector
            assert item.page_time < item.sector_time
            assert load_device(name).write_bandwidth < item.page / item.page_time


def test_spare_room_is_what_is_under_the_room_that_is_sold() -> None:
    flash = load_flash()
    assert flash["nvme"].over_provisioning == pytest.approx(8 * 2**40 / 7.68e12 - 1, rel=1e-2)
    assert flash["sata_ssd"].over_provisioning == pytest.approx(2**40 / 1e12 - 1, rel=1e-2)
    for name in ("nvme_auto", "ufs_4", "ufs_3_1", "emmc"):
        assert flash[name].over_provisioning == pytest.approx(2**30 / 1e9 - 1, rel=1e-2)


FLASH_HEADER = "name,cells,over_provisioning,sector,sector_time,page,page_time,source"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("x,nand,0,0,0,0,0,s", "over_provisioning must be"),
        ("x,nor,0,0,1,256,1,s", "sector must be"),
        ("x,nor,0,4096,0,256,1,s", "sector_time must be"),
        ("x,nor,0,4096,1,0,1,s", "page must be"),
        ("x,nor,0,4096,1,256,nan,s", "page_time must be"),
        ("x,ram,0.1,0,0,0,0,s", "cells"),
        ("x,nand,much,0,0,0,0,s", "over_provisioning"),
    ],
)
def test_a_flash_row_that_contradicts_itself_is_refused(row: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^some.csv, line 2: .*{says}"):
        parse_flash(f"{FLASH_HEADER}\n{row}\n", "some.csv")


def test_a_shelf_is_twelve_of_its_disks() -> None:
    disk, shelf = load_device("hdd"), load_device("hdd_shelf")
    assert shelf.bandwidth == 12 * disk.bandwidth
    assert shelf.max_iops == 12 * disk.max_iops
    assert shelf.read_power == pytest.approx(12 * disk.read_power, rel=0.01)
    assert (shelf.latency, shelf.stream_bandwidth) == (disk.latency, disk.stream_bandwidth)


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
