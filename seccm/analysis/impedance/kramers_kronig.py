"""The linear Kramers-Kronig test: could any linear cell that does not change give this spectrum?

A resistor, an inductor, a capacitor and a chain of RC elements with fixed time constants obey the
Kramers-Kronig relations. If they cannot describe a spectrum, the cell changed while it was measured
or did not answer linearly.

Sources: B. A. Boukamp, J. Electrochem. Soc. 142 (1995) 1885. The number of
elements is fixed: with four frequencies in a decade or more, what is left cannot be fitted away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seccm.analysis.impedance.spectrum import ComplexArray, Spectrum

ACCEPTED, WITHOUT_NOISE = 0.003, 0.005
"""Rms of the relative residuals up to which a spectrum is accepted: instruments are not better; and
where nothing is known of its noise."""
NOISE = 2.0
"""Rms of the residuals over the noise up to which a spectrum is accepted though it scatters."""
_PER_DECADE, _FEWEST_PER_DECADE = 7, 5
"""RC elements in a decade: with fewer than 5, the chain itself misses an arc."""
_OTHERS = 3
"""Resistor, inductor and capacitor beside them."""
FEWEST = 5
"""Frequencies below which nothing can be said."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the test says of a spectrum."""

    residuals: ComplexArray
    """(Z - Z_KK) / |Z|, shape (frequencies,)."""
    residual: float
    """Their rms, of the real and the imaginary part each."""
    over_noise: float
    """Rms of (Z - Z_KK) / sigma; infinite where no noise is known."""
    elements: int
    """RC elements of the chain."""

    @property
    def accepted(self) -> bool:
        """Whether a linear cell that does not change can have this spectrum."""
        limit = ACCEPTED if math.isfinite(self.over_noise) else WITHOUT_NOISE
        return self.residual < limit or self.over_noise < NOISE


def lin_kk(spectrum: Spectrum) -> Verdict | None:
    """Test a spectrum; None where it has too few frequencies."""
    data = spectrum.usable
    if len(data) < FEWEST:
        return None
    span = math.log10(data.f[-1] / data.f[0])
    # Two numbers for each frequency; a third of them has to be left over.
    count = min(math.ceil(_PER_DECADE * span), int(1.5 * len(data)) - _OTHERS)
    if count < _FEWEST_PER_DECADE * span:
        return None
    model = _chain(data, count)
    residuals = (data.Z - model) / np.abs(data.Z)
    free = max(1, 2 * len(data) - count - _OTHERS)
    over = math.inf
    if np.all(data.sigma > 0.0):
        over = math.sqrt(float((np.abs((data.Z - model) / data.sigma) ** 2).sum()) / free)
    return Verdict(
        residuals,
        float(np.sqrt(np.mean(np.abs(residuals) ** 2) / 2.0)),
        over,
        count,
    )


def _chain(data: Spectrum, count: int) -> ComplexArray:
    """Return the impedance of the best chain of `count` RC elements, inductor and capacitor."""
    omega = data.omega
    times = np.geomspace(1.0 / omega[-1], 1.0 / omega[0], count)
    columns = [
        *(1.0 / (1.0 + 1j * omega * time) for time in times),
        np.ones(len(omega), np.complex128),
        1j * omega / omega[-1],
        omega[0] / (1j * omega),
    ]
    size = np.abs(data.Z)
    matrix = np.array(columns).T / size[:, None]
    seen = data.Z / size
    answer = np.linalg.lstsq(
        np.concatenate((matrix.real, matrix.imag)),
        np.concatenate((seen.real, seen.imag)),
        rcond=1e-12,
    )[0]
    return np.asarray((matrix @ answer) * size, dtype=np.complex128)
