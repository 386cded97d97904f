"""Galvanostatic records with a nucleation planted at a known time and potential."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

ROW = 2.57e-3  # s, 256 averaged samples of 10 us and one for the transfer


@dataclass(frozen=True)
class Planted:
    """A smooth greater-of-two: a falling branch and a recovering one; time in units of t_nuc.

    The numbers follow lithium on gold: depth, curvature and lopsidedness of the minimum at
    0.2, 0.78 and 3.82 mA/cm2, with the late fall by depletion at the last.
    """

    time: float
    end: float
    falling: tuple[float, float, float, float]
    recovering: tuple[float, float, float, float]
    rounding: float

    def potential(self, t):
        """E(t) in volts."""
        u = np.asarray(t) / self.time
        a, b, c, d = self.falling
        level, depth, recovery, depletion = self.recovering
        down = a - b * u + c * np.exp(-u / d)
        up = level - depth * np.exp(-(u - 1) / recovery) - depletion * (u - 1)
        return self.rounding * np.logaddexp(down / self.rounding, up / self.rounding)

    def minimum(self):
        """Time and potential where the analytic slope vanishes."""

        def slope(t):
            h = 1e-5 * self.time
            return float(self.potential(t + h) - self.potential(t - h))

        t = brentq(slope, 0.8 * self.time, 1.2 * self.time, xtol=1e-12)
        return t, float(self.potential(t))

    def record(self, noise, seed):
        """Rows, noisy potential and current of one experiment of -15 nA."""
        t = ROW * np.arange(round(self.end / ROW))
        e = self.potential(t) + noise * np.random.default_rng(seed).standard_normal(t.size)
        return t, e, np.full(t.size, -15e-9)


SLOW = Planted(17.0, 60.0, (0.276, 0.346, 2.9, 0.04), (-0.0097, 0.0557, 0.25, -0.0027), 0.0145)
MIDDLE = Planted(4.0, 15.0, (0.199, 0.347, 3.6, 0.032), (-0.0548, 0.0874, 0.45, -0.004), 0.0130)
FAST = Planted(0.79, 3.0, (0.085, 0.392, 9.0, 0.02), (-0.187, 0.1044, 0.52, 0.0681), 0.0140)
