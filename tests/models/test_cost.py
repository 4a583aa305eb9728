"""Money by hand, and why it is counted over the whole job."""

from typing import Any

import pytest

from storagelab.cost import capacity_cost, idle_cost, rent, request_cost, transfer_cost
from storagelab.units import HOUR, MONTH, TB


def test_prices_are_by_the_gigabyte_and_the_month() -> None:
    assert capacity_cost(TB, 0.023, MONTH) == pytest.approx(23)
    assert capacity_cost(TB, 0.023, MONTH / 2) == pytest.approx(11.5)
    assert rent(10, 110, MONTH) == pytest.approx(1100)
    assert rent(10, 110, 2 * MONTH) == pytest.approx(2200)
    assert transfer_cost(TB, 3, 0.02) == pytest.approx(60)
    assert request_cost(TB, 1e6, 3, 4e-7) == pytest.approx(1.2)
    assert request_cost(TB, 1e6, 0, 4e-7) == 0


def test_idle_accelerators_cost_what_they_cost_busy() -> None:
    assert idle_cost(0.25, 8, 2.5, HOUR) == pytest.approx(15)
    assert idle_cost(0.25, 8, 2.5) == pytest.approx(15 * 730.5)
    assert idle_cost(1, 8, 2.5) == 0


def test_charging_a_single_pass_makes_the_wrong_tier_the_cheapest() -> None:
    """10 TB for a month: read from the store by small requests and over a metered link, or copied
    once to local drives. One epoch says stay; ninety say copy."""
    size, month = 10 * TB, MONTH

    def stay(epochs: int) -> Any:
        return request_cost(size, 114_660, epochs, 4e-7) + transfer_cost(size, epochs, 0.01)

    def copy(epochs: int) -> Any:
        del epochs  # the copy is read for nothing from then on
        return stay(1) + capacity_cost(size, 0.08, month)

    assert stay(1) < copy(1)
    assert stay(90) > 10 * copy(90)
