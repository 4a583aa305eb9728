"""Lambert's W near its branch point and far from it, against SciPy and mpmath."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import exp, lambertw, mp, mpf

from storagelab.lambert import _reversion, one_plus_w0


def test_the_series_has_the_coefficients_that_lead_to_stirlings_formula() -> None:
    """u + ln(1 - u) = -s²/2: those of Lambert's series, to every digit that a float has."""
    known = [0, 1, -1 / 3, 1 / 36, 1 / 270, 1 / 4320, -1 / 17010]
    assert _reversion(7) == pytest.approx(known, rel=1e-14)
    assert _reversion(22).shape == (22,)


@pytest.mark.parametrize("terms", [6, 22])
def test_the_series_solves_its_equation_as_far_as_it_goes(terms: int) -> None:
    s = 0.2
    u = float(np.polynomial.polynomial.polyval(s, _reversion(terms)))
    assert u + np.log1p(-u) == pytest.approx(-(s**2) / 2, abs=max(s**terms, 1e-16))


@pytest.mark.parametrize("delay", [1e-16, 1e-3, 0.1799, 0.1801, 1.0, 30.0, 800.0])
def test_w_is_right_on_both_sides_of_the_seam(delay: float) -> None:
    with mp.workdps(60):
        exact = 1 + lambertw(-exp(-1 - mpf(delay))).real
        found = mpf(float(one_plus_w0(np.array(delay))))
        assert abs(found - exact) <= 4e-15 * exact


def test_at_the_branch_point_it_is_the_root_of_twice_the_delay() -> None:
    assert one_plus_w0(np.array(0.0)) == 0
    assert one_plus_w0(np.array(1e-300)) == pytest.approx(np.sqrt(2e-300))


@given(st.lists(st.floats(0, 50), min_size=1, max_size=20))
def test_many_at_once_are_as_good_as_one_by_one(delays: list[float]) -> None:
    at_once = one_plus_w0(np.array(delays))
    assert at_once.tolist() == [float(one_plus_w0(np.array(delay))) for delay in delays]


@given(st.floats(0, 100), st.floats(0, 100))
def test_longer_delays_give_larger_values_between_0_and_1(one: float, other: float) -> None:
    small, large = (float(one_plus_w0(np.array(item))) for item in sorted((one, other)))
    assert 0 <= small <= large <= 1
