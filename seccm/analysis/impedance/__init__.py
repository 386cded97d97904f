"""Impedance: spectra from sampled sines, tests of them, and equivalent circuits."""

from seccm.analysis.impedance.circuit import Circuit, CircuitError, Parameter
from seccm.analysis.impedance.fit import Fit, fitted
from seccm.analysis.impedance.kramers_kronig import Verdict, lin_kk
from seccm.analysis.impedance.spectrum import Spectrum

__all__ = [
    "Circuit",
    "CircuitError",
    "Fit",
    "Parameter",
    "Spectrum",
    "Verdict",
    "fitted",
    "lin_kk",
]
