"""Fits of equivalent circuits: weighted complex non-linear least squares.

Sources: J. R. Macdonald, J. Schoonman, A. P. Lehnen, J. Electroanal. Chem. 131 (1982) 77;
B. A. Boukamp, Solid State Ionics 20 (1986) 31. What is made least is the sum over all frequencies
of |Z - Z_fit|^2 / sigma^2, real and imaginary parts together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when used

from seccm.analysis.impedance.circuit import Circuit, Parameter
from seccm.analysis.impedance.elements import Size
from seccm.analysis.impedance.spectrum import ComplexArray, Spectrum
from seccm.arrays import BoolArray, FloatArray
from seccm.results import Status, Value

FLOOR = 1e-4
"""Share of |Z| below which no standard deviation is believed: gains and phases are not better."""
_TRIED, _STARTS = 400, 8
"""Sets of parameters that are tried, and how many of the best ones are refined."""
_AGREE = 1e-3
"""Share of the sum of squares within which two starts have come to the same minimum."""
_BEYOND = math.log(1e5)
"""How far a parameter may run beyond the range in which its start is sought."""
_UNSURE = 0.5
"""Relative standard uncertainty beyond which a parameter is not identified."""
_UNSURE_EXPONENT = 0.2
_STEP = 1e-4
"""By which parameters are moved to see how a number follows them."""
_MISFIT, _MISFIT_CHI = 0.01, 3.0
"""Rms of the relative residuals, and of those over sigma, beyond which the circuit is wrong."""
EXPONENTS = 0.2, 1.0
"""Lowest and highest exponent of a constant phase element."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A circuit with the numbers that describe a spectrum best."""

    circuit: Circuit
    values: FloatArray
    """SI, shape (parameters,)."""
    errors: FloatArray
    """Standard uncertainties; larger by the misfit where the circuit misses more than the noise."""
    covariance: FloatArray
    """Of the logarithms of the parameters, but of exponents themselves; shape (parameters,
    parameters)."""
    identified: BoolArray
    """Whether the spectrum determines the parameter, shape (parameters,)."""
    chi_square: float
    """Reduced: 1 where the circuit misses the spectrum by its noise alone."""
    spectrum: Spectrum
    residuals: ComplexArray
    """(Z - Z_fit) / |Z|, shape (frequencies,)."""

    @property
    def misfit(self) -> float:
        """Rms of the relative residuals, of the real and the imaginary part each."""
        return float(np.sqrt(np.mean(np.abs(self.residuals) ** 2) / 2.0))

    @property
    def poor(self) -> bool:
        """Whether the circuit misses the spectrum by more than its noise can explain."""
        return self.misfit > _MISFIT and math.sqrt(self.chi_square) > _MISFIT_CHI

    def value(self, name: str) -> Value:
        """Return one parameter, or why there is none.

        Raises:
            KeyError: the circuit has no such parameter.
        """
        if name not in self.circuit.names:
            raise KeyError(f"{self.circuit.written} has no {name}")
        return self.each[self.circuit.names.index(name)]

    def derived(self, of: Callable[[FloatArray], float], *names: str) -> Value:
        """Return a number that is worked out of parameters, or why there is none.

        Args:
            of: gives it from the values of all parameters.
            names: of the parameters that it depends on.

        Raises:
            KeyError: the circuit has no such parameter.
        """
        needed = [self.value(name) for name in names]
        if not all(one.status.has_value for one in needed):
            return Value.none(Status.NOT_IDENTIFIED)
        slopes = np.zeros(len(self.values))
        for k, parameter in enumerate(self.circuit.parameters):
            around = []
            for step in (-_STEP, _STEP):
                moved = self.values.copy()
                moved[k] += step if is_linear(parameter) else moved[k] * math.expm1(step)
                around.append(of(moved))
            slopes[k] = (around[1] - around[0]) / (2.0 * _STEP)
        variance = float(slopes @ self.covariance @ slopes)
        return Value.of(of(self.values), math.sqrt(max(variance, 0.0)), self._doubt)

    @property
    def _doubt(self) -> Status:
        return Status.MISFIT if self.poor else Status.OK

    @property
    def each(self) -> tuple[Value, ...]:
        """Every parameter, in the order of the circuit."""
        rows = zip(self.values, self.errors, self.identified, strict=True)
        return tuple(
            Value.of(value, error, self._doubt) if known else Value.none(Status.NOT_IDENTIFIED)
            for value, error, known in rows
        )

    def impedance(self, f: FloatArray) -> ComplexArray:
        """Return the impedance of the fitted circuit in ohm at frequencies in Hz."""
        return self.circuit.impedance(f, self.values.tolist())


def fitted(spectrum: Spectrum, circuit: Circuit) -> Fit | None:
    """Fit a circuit; None where there are fewer numbers than parameters.

    The search begins at the best of many sets of parameters between the scales of the spectrum,
    always the same ones, so that the same spectrum has the same fit.

    Args:
        spectrum: with standard deviations; 0 where nothing is known of them.
        circuit: to be fitted.
    """
    data = spectrum.usable
    if 2 * len(data) <= len(circuit.parameters):
        return None
    problem = _Problem(data, circuit)
    best: scipy.optimize.OptimizeResult | None = None
    agreed = 0
    for start in problem.starts():
        found = scipy.optimize.least_squares(
            problem.residuals, start, bounds=problem.bounds, x_scale="jac",
            xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=200,
        )  # fmt: skip
        if best is None or found.cost < best.cost * (1.0 - _AGREE):
            better = best is None or found.cost < best.cost
            best, agreed = (found if better else best), 0
        elif found.cost <= best.cost * (1.0 + _AGREE):
            agreed += 1
            best = min(best, found, key=lambda one: float(one.cost))
        if agreed == 2:
            break
    return None if best is None else _judged(problem, best)


def is_linear(parameter: Parameter) -> bool:
    """Tell whether a parameter is fitted itself, not its logarithm."""
    return parameter.size == "exponent"


class _Problem:
    """Residuals of a spectrum as a function of parameters, most of them as logarithms."""

    def __init__(self, spectrum: Spectrum, circuit: Circuit) -> None:
        self.spectrum, self.circuit = spectrum, circuit
        self._sigma = np.hypot(spectrum.sigma, FLOOR * np.abs(spectrum.Z))
        self.linear = np.array([is_linear(one) for one in circuit.parameters])
        self._ranges = [_range(one, spectrum) for one in circuit.parameters]
        lower, upper = np.array(self._ranges).T
        beyond = np.where(self.linear, 0.0, _BEYOND)
        self.bounds = lower - beyond, upper + beyond

    def values(self, x: FloatArray) -> FloatArray:
        """Return parameters in SI."""
        values: FloatArray = np.where(self.linear, x, np.exp(np.where(self.linear, 0.0, x)))
        return values

    def residuals(self, x: FloatArray) -> FloatArray:
        """Return real and imaginary residuals over their standard deviations, shape (2 n,)."""
        model = self.circuit.impedance(self.spectrum.f, self.values(x).tolist())
        missed = (model - self.spectrum.Z) / self._sigma
        return np.nan_to_num(np.concatenate((missed.real, missed.imag)), nan=1e9, posinf=1e9)

    def starts(self) -> list[FloatArray]:
        """Return where the search begins, the most promising first."""
        # Relative residuals, bounded: one point that is known well should not decide alone.
        rng = np.random.default_rng(20)
        lower, upper = np.array(self._ranges).T
        tried = lower + (upper - lower) * rng.random((_TRIED, len(lower)))
        weight = np.log(np.abs(self.spectrum.Z)) + 1j * np.angle(self.spectrum.Z)
        missed = []
        for x in tried:
            with np.errstate(all="ignore"):
                model = self.circuit.impedance(self.spectrum.f, self.values(x).tolist())
                away = np.log(np.abs(model)) + 1j * np.angle(model) - weight
            missed.append(float(np.nan_to_num(np.mean(np.abs(away) ** 2), nan=1e9)))
        order = np.argsort(missed, kind="stable")[:_STARTS]
        return [np.clip(tried[k], self.bounds[0] + 1e-9, self.bounds[1] - 1e-9) for k in order]


def _range(parameter: Parameter, spectrum: Spectrum) -> tuple[float, float]:
    """Return between which ends a start is sought; logarithms but for an exponent."""
    size = np.abs(spectrum.Z)
    ohm = math.log(float(size.min()) / 3.0), math.log(float(size.max()) * 3.0)
    time = (
        -math.log(float(spectrum.omega.max()) * 2.0),
        -math.log(float(spectrum.omega.min()) / 2.0),
    )
    ends: dict[Size, tuple[float, float]] = {
        "resistance": ohm,
        "time": time,
        "capacitance": (time[0] - ohm[1], time[1] - ohm[0]),
        "CPE": (0.8 * time[0] - ohm[1], 0.8 * time[1] - ohm[0]),
        "inductance": (time[0] + ohm[0], time[1] + ohm[1]),
        "fractional inductance": (time[0] + ohm[0], time[1] + ohm[1]),
        "warburg": (ohm[0] - time[1] / 2.0, ohm[1] - time[0] / 2.0),
        "exponent": EXPONENTS,
        "number": (math.log(0.1), math.log(10.0)),
    }
    return ends[parameter.size]


def _judged(problem: _Problem, found: scipy.optimize.OptimizeResult) -> Fit:
    """Say how well each parameter is known."""
    x, circuit, data = found.x, problem.circuit, problem.spectrum
    free = max(1, 2 * len(data) - len(x))
    chi_square = 2.0 * float(found.cost) / free
    # A direction in which nothing changes has an uncertainty without bound.
    _, sizes, directions = np.linalg.svd(found.jac, full_matrices=False)
    weak = np.maximum(sizes, 1e-12 * max(float(sizes.max()), 1e-300))
    scaled = directions.T / weak * math.sqrt(max(1.0, chi_square))
    covariance = scaled @ scaled.T
    spread = np.sqrt(np.diag(covariance))
    values = problem.values(x)
    lower, upper = problem.bounds
    inside = problem.linear | ((x - lower > 1e-3) & (upper - x > 1e-3))
    sure = spread < np.where(problem.linear, _UNSURE_EXPONENT, _UNSURE)
    errors = np.where(problem.linear, spread, values * np.minimum(spread, 1e6))
    order = _in_order(circuit, values)
    values, errors, known = (values[order], errors[order], (inside & sure)[order])
    model = circuit.impedance(data.f, values.tolist())
    residuals = (data.Z - model) / np.abs(data.Z)
    covariance = covariance[np.ix_(order, order)]
    return Fit(circuit, values, errors, covariance, known, chi_square, data, residuals)


def _in_order(circuit: Circuit, values: FloatArray) -> list[int]:
    """Return the places of the parameters with parts that are made alike the fastest first."""
    order = list(range(len(values)))
    for places in circuit.alike:
        speeds = []
        for place in places:
            alone = [circuit.parameters[k].size for k in range(place.start, place.stop)]
            speeds.append(_slowness(alone, values[place]))
        ranked = [places[k] for k in np.argsort(speeds, kind="stable")]
        for place, source in zip(places, ranked, strict=True):
            order[place] = range(source.start, source.stop)
    return order


def _slowness(sizes: list[Size], values: FloatArray) -> float:
    """Return the time constant of a part, or its first number where it has none."""
    each: dict[Size, float] = dict(zip(sizes, values.tolist(), strict=True))
    if "time" in each:
        return each["time"]
    if "resistance" in each and "capacitance" in each:
        return each["resistance"] * each["capacitance"]
    if "resistance" in each and "CPE" in each:
        return float((each["resistance"] * each["CPE"]) ** (1.0 / each["exponent"]))
    return float(values[0])
