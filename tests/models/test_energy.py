"""Energy by hand, in the units of the data sheets."""

import pytest

from storagelab.access import serial_read_time
from storagelab.energy import (
    average_power,
    break_even_period,
    current_at_bandwidth,
    read_energy,
    read_power,
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


def test_at_the_break_even_period_keeping_and_fetching_draw_the_same() -> None:
    """A kilobyte from serial flash takes 2.9 µJ; kept in SRAM of 0.028 µW a KiB it draws that in
    103 s. Used oftener than that, it is cheaper to keep."""
    energy, kept = 2.9e-6, 0.028e-6
    period = break_even_period(energy, kept)
    assert period == pytest.approx(103.6, rel=1e-3)
    assert average_power(energy, period) == pytest.approx(kept)
    assert average_power(energy, 2 * period) < kept < average_power(energy, period / 2)


def test_the_five_minute_rule_of_1987() -> None:
    """Gray and Putzolu: a page kept costs $5 of memory, an access a second $2,000 of disk: 400 s,
    which they call five minutes."""
    assert break_even_period(2000.0, 5.0) == pytest.approx(400)
