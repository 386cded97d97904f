"""An impedance spectrum: complex numbers with standard deviations, at rising frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray

ComplexArray = npt.NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Impedances, every array of shape (frequencies,)."""

    f: FloatArray
    """Hz, rising."""
    Z: ComplexArray
    """Ohm; the imaginary part of a capacitor is negative."""
    sigma: FloatArray
    """Ohm: standard deviation of the real part, and as much of the imaginary part."""

    def __len__(self) -> int:
        return len(self.f)

    @property
    def omega(self) -> FloatArray:
        """Angular frequencies, 1/s."""
        omega: FloatArray = 2.0 * np.pi * self.f
        return omega

    @property
    def usable(self) -> Spectrum:
        """The points that are finite and known to better than themselves."""
        return self.part(np.isfinite(self.Z) & (self.sigma < np.abs(self.Z)))

    def part(self, which: BoolArray) -> Spectrum:
        """Return some of the points, in the order of their frequencies."""
        return Spectrum(self.f[which], self.Z[which], self.sigma[which])


def joined(parts: Sequence[Spectrum]) -> Spectrum:
    """Return spectra at different frequencies as one."""
    f = np.concatenate([part.f for part in parts])
    order = np.argsort(f, kind="stable")
    Z = np.concatenate([part.Z for part in parts])
    sigma = np.concatenate([part.sigma for part in parts])
    return Spectrum(f[order], Z[order], sigma[order])


def averaged(spectra: Sequence[Spectrum]) -> Spectrum:
    """Return the mean of spectra at the same frequencies.

    The standard deviation is the larger of what their own give and what their scatter gives.
    """
    if len(spectra) == 1:
        return spectra[0]
    count = len(spectra)
    Z = np.array([one.Z for one in spectra])
    own = np.sqrt(np.mean([one.sigma**2 for one in spectra], axis=0) / count)
    # The real and the imaginary part have one standard deviation each.
    scatter = np.sqrt((np.abs(Z - Z.mean(axis=0)) ** 2).sum(axis=0) / (2.0 * (count - 1) * count))
    return Spectrum(spectra[0].f, Z.mean(axis=0), np.maximum(own, scatter))
