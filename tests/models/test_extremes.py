"""Any magnitude at all: a law gives a number that can be true, or says what it can't take."""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storagelab import checkpoint, queueing
from storagelab.checks import LEAST, MOST, DomainWarning
from tests.models.test_inputs import GOOD, call

MAGNITUDES = st.sampled_from([0.0, LEAST, 1e-30, 1e-9, 1.0, 3.0, 1e9, 1e30, MOST]) | st.floats(
    0, MOST
)


@cache
def arguments_of(function: Callable[..., Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return arguments of a law, each a good one or of any magnitude.

    Made once for each law: Hypothesis looks a new strategy over before it draws from it, which
    takes longer than the law.
    """
    return st.fixed_dictionaries(
        {name: st.just(fine) | MAGNITUDES for name, fine in GOOD[function].items()}
    )


def result_or_reason(function: Any, arguments: Any) -> Any:
    """Return the result and no reason, or None and why the arguments are refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an overflow is no answer, and neither is its warning
        warnings.simplefilter("ignore", DomainWarning)
        try:
            return call(function, arguments), ""
        except ValueError as refused:
            return None, str(refused)


@pytest.mark.parametrize("function", GOOD, ids=lambda item: item.__name__)
@settings(max_examples=150)
@given(data=st.data())
def test_a_result_is_finite_and_never_negative_or_the_arguments_are_refused(
    function: Any, data: st.DataObject
) -> None:
    result, reason = result_or_reason(function, data.draw(arguments_of(function)))
    if result is None:
        assert "must " in reason or "never ends" in reason or "too large to count" in reason
    else:
        assert np.isfinite(result)
        assert result >= 0


@pytest.mark.parametrize("function", GOOD, ids=lambda item: item.__name__)
def test_integers_of_any_width_are_the_floats_that_they_stand_for(function: Any) -> None:
    """Small integer types would overflow if a law computed in them."""
    arguments = GOOD[function]
    for name, fine in arguments.items():
        if float(fine).is_integer() and 0 < fine < 2**15:
            expected = call(function, arguments)
            for convert in (int, np.int16, np.uint64):
                assert call(function, {**arguments, name: convert(fine)}) == expected
            rows = np.array([[fine], [fine]], dtype=np.int16)
            np.testing.assert_array_equal(
                call(function, {**arguments, name: rows}), [[expected]] * 2
            )


@pytest.mark.parametrize("function", GOOD, ids=lambda item: item.__name__)
def test_no_numbers_in_no_numbers_out(function: Any) -> None:
    nothing = {name: np.empty((0, 2)) for name in GOOD[function]}
    assert np.shape(call(function, nothing)) == (0, 2)


def test_dumps_ten_times_as_long_as_the_mtbf_have_a_right_answer() -> None:
    """M = 60 s, d = 600 s: worked out with 50 digits, by the renewal argument."""
    from mpmath import exp, lambertw, mp, mpf

    with mp.workdps(50):
        best = 60 * (1 + lambertw(-exp(-1 - mpf(600) / 60)).real)
        wall = 60 * (exp((best + 600) / 60) - 1) * 3600 / best
    interval = checkpoint.optimal_interval(600, 60)
    assert interval == pytest.approx(float(best), rel=1e-12)
    assert checkpoint.expected_wall_time(3600, interval, 600, 60, 0) == pytest.approx(float(wall))
    assert checkpoint.daly_interval(600, 60) == 60
    with pytest.warns(DomainWarning, match="dump_time is above half of mtbf"):
        checkpoint.young_interval(600, 60)


def test_closed_networks_of_any_magnitude_stay_finite() -> None:
    for think in (0.0, LEAST, 1.0, MOST):
        for demand in (LEAST, 1.0, MOST):
            network = queueing.mva(think, demand, 5)
            assert np.isfinite(network.throughput).all()
            assert (network.throughput > 0).all()
