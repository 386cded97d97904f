"""How far an uneven surface and a wandering stage may tilt a plane through heights.

What a plane leaves over is not only noise from site to site. A surface is uneven on all lengths:
sites near each other are alike, and an unevenness as long as the map looks just like a tilt. A
stage wanders: sites that were visited one after the other are alike. Standard errors that take
the residuals as independent are too small then, by a factor of two to five on small maps.

Here the residuals are the sum of three random parts, each with a variance of its own: noise of each
site; an unevenness whose differences have a variance that grows with the distance; and a random
walk, with a variance that grows with the time between. The three variances are those of greatest
restricted likelihood (H. D. Patterson, R. Thompson, Biometrika 58, 545 (1971)), found by Fisher's
scoring. The linear variogram is that of a self-affine surface with a Hurst exponent of 1/2
(N. Cressie, Statistics for Spatial Data, Wiley 1993, sections 2.3 and 5.4).
"""

from __future__ import annotations

import numpy as np
import scipy  # its parts are loaded when used: reading a plan needs none of them

from seccm.arrays import FloatArray

MOST = 200
"""Sites that say how alike sites near each other are; of more, so many are drawn."""
_FREE = 8
"""Residuals more than parameters from which three variances are told apart."""
_ROUNDS = 30
_LEAST = 1e-9
"""Of the variance that is left over: how small that of a site alone may become."""


def errors(
    design: FloatArray, residual: FloatArray, places: FloatArray, t: FloatArray | None
) -> FloatArray:
    """Return the standard errors of the coefficients of a least-squares fit, shape (columns,).

    Args:
        design: of the fit, shape (n, columns); a constant is in it, or is a sum of columns. The
            error of a coefficient that such a constant is part of is none of the plane's height.
        residual: what the fit leaves over, shape (n,), m.
        places: x and y of the sites, shape (n, 2), m.
        t: when they were visited, s, shape (n,); None where that is not known.

    Returns:
        NaN where the sites are too few, or nothing is left over.
    """
    n, columns = design.shape
    drawn = np.arange(n)
    if n > MOST:
        # Any even choice would follow the rows of a grid.
        drawn = np.sort(np.random.default_rng(n).choice(n, MOST, replace=False))
    some, left = design[drawn], residual[drawn]
    rank = int(np.linalg.matrix_rank(some))
    variance = float(residual @ residual) / max(n - columns, 1)
    if drawn.size - rank < _FREE or variance <= 0.0:
        return np.full(columns, np.nan)
    spread = [places[drawn]] if t is None else [places[drawn], t[drawn, None]]
    alike = [_alike(one) for one in spread if np.ptp(one, axis=0).any()]
    if not alike:
        return np.full(columns, np.nan)
    own, *others = _variances(some, left / np.sqrt(variance), alike)
    inverse = np.linalg.pinv(some)
    # The noise of each site averages over all of them, the rest hardly over more than were drawn.
    alone = own * np.sum(np.linalg.pinv(design) ** 2, axis=1)
    shared = sum(
        share * np.einsum("ij,jk,ik->i", inverse, part, inverse)
        for share, part in zip(others, alike, strict=True)
    )
    found: FloatArray = np.sqrt(variance * np.maximum(alone + shared, 0.0))
    return found


def _alike(places: FloatArray) -> FloatArray:
    """Return the covariances of sites, but for a constant: less the farther they are apart."""
    apart = scipy.spatial.distance.squareform(scipy.spatial.distance.pdist(places))
    found: FloatArray = -apart / float(np.mean(apart))
    return found


def _variances(design: FloatArray, residual: FloatArray, alike: list[FloatArray]) -> FloatArray:
    """Return the variance of each site's own noise and of each part in which sites are alike."""
    q, _ = np.linalg.qr(design, mode="complete")
    free = q[:, int(np.linalg.matrix_rank(design)) :]
    parts = [np.eye(free.shape[1]), *(free.T @ part @ free for part in alike)]
    left = free.T @ residual
    found = np.concatenate([[0.5], np.full(len(alike), 0.5 / len(alike))])
    for _ in range(_ROUNDS):
        weight = np.linalg.inv(sum(f * part for f, part in zip(found, parts, strict=True)))
        weighed = [weight @ part for part in parts]
        told = weight @ left
        matrix = np.array([[float(np.sum(one * other.T)) for other in weighed] for one in weighed])
        wanted = np.array([float(told @ part @ told) for part in parts])
        new = scipy.optimize.nnls(matrix, wanted)[0]
        new[0] = max(float(new[0]), _LEAST)
        moved = float(np.max(np.abs(new - found)))
        found = new
        if moved < 1e-3 * float(np.sum(found)):
            break
    # What may be there although the most likely value is nothing: the mean of what is likely.
    inverse = np.linalg.pinv(matrix)
    middle, spread = inverse @ wanted, np.sqrt(2.0 * np.diag(inverse))
    below = scipy.special.erfcx(-middle / spread / np.sqrt(2.0))
    likely = middle + spread * np.sqrt(2.0 / np.pi) / below
    return np.concatenate([found[:1], likely[1:]])
