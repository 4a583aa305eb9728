"""The one transcendental equation of the course: Lambert's W from its branch point on.

Both the best checkpoint interval and the write amplification of flash under random writes are
roots of ``u + ln(1 - u) = -t``.
"""

from __future__ import annotations

import numpy as np

from storagelab.checks import Floats


def _reversion(terms: int) -> Floats:
    """Return u's coefficients in powers of s = sqrt(2t), from 0 up.

    Differentiating ``u + ln(1 - u) = -s²/2`` gives ``(u²)' = 2s(1 - u)``, which fixes one
    coefficient after the other.
    """
    u = [0.0, 1.0]
    for power in range(3, terms + 1):
        square = -2 * u[power - 2] / power
        mixed = sum(u[i] * u[power - i] for i in range(2, power - 1))
        u.append((square - mixed) / 2)
    return np.array(u)


_SERIES = _reversion(22)
_SERIES_BELOW = 0.6
"""The s up to which the series is used; it converges up to sqrt(4π), and 22 terms are a float's
precision here. Beyond, W has lost no digits to its branch point."""


def one_plus_w0(delay: Floats) -> Floats:
    """Return ``1 + W0(-e^(-1 - t))`` for each t of ``delay``, 0 or more, to some 1e-15."""
    root = np.asarray(np.sqrt(2 * delay), dtype=np.float64)
    near = root < _SERIES_BELOW
    if np.all(near):
        return _by_series(root)
    if not np.any(near):
        return _by_halley(root)
    found: Floats = np.empty_like(root)
    found[near] = _by_series(root[near])
    found[~near] = _by_halley(root[~near])
    return found


def _by_series(root: Floats, terms: int = len(_SERIES)) -> Floats:
    # numpy.polynomial takes as long to load as all models here
    value = np.polyval(_SERIES[terms - 1 :: -1], root)
    return np.asarray(value, dtype=np.float64)


def _by_halley(root: Floats) -> Floats:
    """Solve ``ln v - v + 1 + t = 0`` for v = 1 - u below 1, by Halley's method."""
    t = np.minimum(root**2 / 2, 700.0)  # from there on v is nothing beside 1
    tiny = np.exp(-1 - t)
    v = np.where(t < 2, 1 - _by_series(np.minimum(root, 2.0), terms=10), tiny * (1 + tiny))
    for _ in range(3):  # each cubes the error, which is a hundredth to begin with
        residual = np.log(v) - v + 1 + t
        v = v - v * residual / (1 - v + residual / (2 * (1 - v)))
    return 1 - v
