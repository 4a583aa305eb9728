"""Energy by hand, in the units of the data sheets."""

import pytest

from storagelab.access import serial_read_time
from storagelab.energy import (
    average_power,
    current_at_bandwidth,
    read_energy,
    read_power,
    two_tier_power,
)


def test_a_frame_of_audio_costs_a_quarter_of_a_milliwatts_budget() -> None:
    """960 B over SPI at 66 MHz, 8 mA at 3 V, every 10 ms: 28% of 1 mW."""
    time = serial_read_time(960, 0, 66e6, 1)
    energy = read_energy(time, 8e-3, 3.0)
    assert energy == pytest.approx(2.8e-6, rel=0.01)
    assert average_power(energy, 10e-3) == pytest.approx(0.28e-3, rel=0.01)
    assert average_power(energy, 10e-3, 30e-6) == pytest.approx(0.31e-3, rel=0.01)
    assert read_power(8e-3, 3.0) == pytest.approx(24e-3)


def test_a_phones_flash_at_full_rate_draws_700_milliamperes() -> None:
    assert current_at_bandwidth(4.2e9, 6.0e6 / 1e-3) == pytest.approx(0.7)


def test_two_tiers_draw_what_each_draws_of_its_own_bytes_and_leak_besides() -> None:
    """By hand: of 96 kB, 24 kB from SRAM at 10 pJ and 72 kB from flash at 900 pJ, each 10 ms."""
    near, far = 24e3 * 10e-12, 72e3 * 900e-12
    power = two_tier_power(96e3, 0.25, 10e-12, 900e-12, 10e-3, 2e-6)
    assert power == pytest.approx((near + far) / 10e-3 + 2e-6)
    assert power == pytest.approx(6.506e-3, rel=1e-3)
    assert two_tier_power(96e3, 1, 10e-12, 900e-12, 10e-3) == pytest.approx(96e-6)
    assert two_tier_power(96e3, 0, 10e-12, 900e-12, 10e-3) == pytest.approx(8.64e-3)
