"""Numbers on the screen: examples, and that a text read back is the number it was made of."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.units import (
    DAY,
    GB,
    GBIT_PER_SECOND,
    GIB,
    HOUR,
    KIB,
    MIB,
    MINUTE,
    MONTH,
    TB,
    YEAR,
    bandwidth_unit,
    format_bandwidth,
    format_binary,
    format_bytes,
    format_count,
    format_hours,
    format_money,
    format_odds,
    format_power,
    format_rare,
    format_share,
    format_size,
    format_time,
    significant,
    time_unit,
)

SCALES = {
    "PB": 1e15, "TB": 1e12, "GB": 1e9, "MB": 1e6, "kB": 1e3, "B": 1.0,
    "GiB": 2.0**30, "MiB": 2.0**20, "KiB": 2.0**10,
    "years": 31557600.0, "d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6,
    "billion": 1e9, "million": 1e6, "": 1.0,
}  # fmt: skip
VALUES = st.floats(1e-3, 9e17)


def read_back(text: str) -> Any:
    """Return the number that a formatted text says."""
    number, unit = re.fullmatch(r"\$?([\d.,]+) ?(.*)", text.removesuffix("/s")).groups()
    return float(number.replace(",", "")) * SCALES[unit]


def test_gb_is_decimal_and_gib_is_binary() -> None:
    assert (GB, TB, GIB, MIB, KIB) == (10**9, 10**12, 1024**3, 1024**2, 1024)
    assert GBIT_PER_SECOND * 8 == GB
    assert (MINUTE, HOUR, DAY) == (60, 3600, 86400)
    assert pytest.approx(MONTH * 12) == 365.25 * DAY == YEAR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (format_bytes(350e9), "350 GB"),
        (format_bytes(358.4e12), "358 TB"),
        (format_bytes(999.6), "1 kB"),
        (format_bytes(999.94e6), "1 GB"),
        (format_bytes(512), "512 B"),
        (format_bytes(0), "0 B"),
        (format_binary(2**24), "16 MiB"),
        (format_binary(128 * 1024), "128 KiB"),
        (format_bandwidth(1.638e9), "1.64 GB/s"),
        (format_time(0), "0 s"),
        (format_time(3.5), "3.5 s"),
        (format_time(69e-6), "69 µs"),
        (format_time(12.7e-3), "12.7 ms"),
        (format_time(90 * 60), "90 min"),
        (format_time(6.1 * 3600), "6.1 h"),
        (format_time(47 * 3600), "47 h"),
        (format_time(30 * 86400), "30 d"),
        (format_time(729 * 86400), "729 d"),
        (format_time(3 * 365.25 * 86400), "3 years"),
        (format_time(7.61 * 365.25 * 86400), "7.61 years"),
        (format_hours(744.4 * 3600), "744 h"),
        (format_count(5500), "5,500"),
        (format_count(87.2e6), "87.2 million"),
        (format_count(2e9), "2 billion"),
        (format_share(0.018), "1.8%"),
        (format_share(0.38), "38%"),
        (format_share(1), "100%"),
        (format_odds(1e-8), "1 in 100 million"),
        (format_odds(1e-4), "1 in 10,000"),
        (format_odds(0.3), "1 in 3.33"),
        (format_odds(0), "none"),
        (format_rare(1e-8), "1 part in 100 million"),
        (format_rare(8.3e-5), "1 part in 12,000"),
        (format_rare(1e-4), "0.01%"),
        (format_rare(0.018), "1.8%"),
        (format_rare(0), "0%"),
        (format_money(1230.4), "$1,230"),
        (format_money(2.35e6), "$2.35 million"),
        (format_money(0.5), "$0.50"),
        (format_power(1.75), "1.75 W"),
        (format_power(0.99951), "1 W"),
        (format_power(12e-3), "12 mW"),
        (format_power(1e-3), "1 mW"),
        (format_power(640e-6), "640 µW"),
        (format_power(0.0), "0 W"),
        (significant(0.00012345), "0.000123"),
        (significant(-12.34), "-12.3"),
    ],
)
def test_a_number_is_dressed_as_people_write_it(text: Any, expected: str) -> None:
    assert text == expected


@given(VALUES)
@pytest.mark.parametrize("dress", [format_bytes, format_binary, format_bandwidth, format_count])
def test_a_size_or_count_reads_back_to_three_digits(dress: Any, value: float) -> None:
    assert read_back(dress(value)) == pytest.approx(value, rel=0.0051)


@given(st.floats(1e-6, 1e10))
def test_a_time_reads_back_to_three_digits(seconds: float) -> None:
    assert read_back(format_time(seconds)) == pytest.approx(seconds, rel=0.0051)


@given(st.floats(0, 1))
def test_a_share_reads_back_to_two_digits(share: float) -> None:
    text = format_share(share)
    assert text.endswith("%")
    assert float(text[:-1]) / 100 == pytest.approx(share, rel=0.051)


@given(st.floats(10, 1e9))
def test_money_reads_back(dollars: float) -> None:
    assert read_back(format_money(dollars)) == pytest.approx(dollars, rel=0.0051, abs=0.51)


@given(st.floats(1e-6, 1e4))
def test_a_power_reads_back_to_three_digits(watts: float) -> None:
    number, unit = format_power(watts).split(" ")
    assert float(number.replace(",", "")) * {"W": 1, "mW": 1e-3, "µW": 1e-6}[unit] == pytest.approx(
        watts, rel=0.0051
    )


@given(st.floats(1, 1e17))
def test_an_axis_of_bandwidths_has_numbers_that_can_be_read(rate: float) -> None:
    scale, unit = bandwidth_unit(rate)
    assert SCALES[unit.removesuffix("/s")] == scale
    assert 1 <= rate / scale < 1000


@given(st.floats(1e-6, 1e9))
def test_an_axis_of_times_has_the_unit_that_its_end_is_told_in(seconds: float) -> None:
    scale, unit = time_unit(seconds)
    assert SCALES[unit] == scale
    told = format_time(seconds).split(" ")[1]
    assert told in {unit, time_unit(1.001 * seconds)[1]}  # what rounds up is told as the next


@given(VALUES)
@pytest.mark.parametrize(
    "dress",
    [
        format_bytes,
        format_binary,
        format_bandwidth,
        format_count,
        format_time,
        significant,
        format_power,
    ],
)
def test_no_number_is_shown_with_an_exponent(dress: Any, value: float) -> None:
    assert not re.search(r"\de[+-]?\d", dress(value))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (16384, "16 KiB"),
        (2048, "2 KiB"),
        (3840, "3.84 kB"),
        (114660, "115 kB"),
        (96e3, "96 kB"),
        (2e12, "2 TB"),
        (64e6, "64 MB"),
        (0, "0 B"),
    ],
)
def test_a_piece_is_in_binary_units_where_its_size_is_binary(size: float, text: str) -> None:
    assert format_size(size) == text
