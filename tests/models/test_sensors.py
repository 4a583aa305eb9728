"""Sensors' streams against the bytes that Python's own packers make."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storagelab.sensors import audio_rate, buffer_time, lidar_packet_size
from storagelab.units import HOUR


@given(st.integers(1, 48_000), st.sampled_from([8, 16, 24, 32]), st.integers(1, 8))
def test_a_second_of_audio_is_its_samples_packed(rate: int, bits: int, channels: int) -> None:
    sample = struct.pack("<i", 1)[: bits // 8]
    assert audio_rate(rate, bits, channels) == len(sample) * channels * rate


@pytest.mark.parametrize(
    ("rate", "bits", "channels", "milliseconds"),
    [(16e3, 16, 1, 2048), (48e3, 16, 1, 683), (48e3, 16, 2, 341), (48e3, 24, 2, 228)],
)
def test_64_kilobytes_of_audio_are_two_seconds_or_a_quarter_of_one(
    rate: float, bits: int, channels: int, milliseconds: int
) -> None:
    """64 KiB, figures worked out apart from this package."""
    held = buffer_time(64 * 1024, audio_rate(rate, bits, channels))
    assert 1e3 * held == pytest.approx(milliseconds, abs=0.5)


def test_a_lidars_packet_is_its_columns_packed() -> None:
    """64 beams of 12 bytes behind 16 of header, 4 of status, 16 columns in a packet."""
    column = struct.pack("<QHHI", 1, 2, 3, 4) + 64 * struct.pack("<IHHHH", *range(5)) + bytes(4)
    size = lidar_packet_size(16, 64, 12, 16, 4)
    assert size == len(16 * column) == 12_608
    # 1,024 columns a turn, 20 turns a second: 1,280 packets
    rate = size * 1024 * 20 / 16
    assert rate == pytest.approx(16.14e6, rel=1e-3)
    assert rate * HOUR == pytest.approx(58e9, rel=2e-3)


def test_a_packet_ends_with_its_footer_once() -> None:
    """A Velodyne's 12 blocks of 32 beams, then a time stamp and two bytes of its maker's."""
    block = struct.pack("<HH", 0xEEFF, 1) + 32 * struct.pack("<HB", 1, 2)
    packet = 12 * block + struct.pack("<IBB", 1, 0x37, 0x22)
    assert lidar_packet_size(12, 32, 3, 4, 0, 6) == len(packet) == 1206
    assert lidar_packet_size(12, 32, 3, 4, 0) == len(packet) - 6
