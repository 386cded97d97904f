"""The impedance of a step: its spectrum, the circuit asked for, and what is to be doubted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from weakref import ref

import numpy as np

from seccm.analysis.impedance.circuit import Circuit
from seccm.analysis.impedance.fit import Fit, fitted
from seccm.analysis.impedance.kramers_kronig import Verdict, lin_kk
from seccm.analysis.impedance.leads import taken_off
from seccm.analysis.impedance.sines import Sined, from_samples
from seccm.analysis.impedance.spectrum import Spectrum, averaged, joined
from seccm.arrays import FloatArray
from seccm.program.trace import StepTrace
from seccm.results import Status, Value
from seccm.rig import Section, Sines

CHANGED = 0.02
"""Rms change of the impedance within the measurement that is too much, if it is more than noise."""
_OVER_NOISE = 2.0
DISTORTED = 0.05
"""Answer at twice the frequencies over that at the frequencies from which a cell is not linear."""


@dataclass(frozen=True, eq=False)
class StepImpedance:
    """What the samples of one step say."""

    spectrum: Spectrum
    """Of the cell alone: leads and electrometer are taken off."""
    circuit: Circuit
    change: float
    """Rms of the relative change of the impedance within the measurement; NaN if not known."""
    changed: bool
    """Whether that is too much, and more than noise."""
    distortion: float
    """Rms of what answers at twice the frequencies; NaN if not known."""
    rows: tuple[slice, ...]
    """The samples it comes from."""

    @cached_property
    def fit(self) -> Fit | None:
        """The circuit with its numbers; None where there are too few frequencies."""
        return fitted(self.spectrum, self.circuit)

    @cached_property
    def verdict(self) -> Verdict | None:
        """What the Kramers-Kronig test says; None where there are too few frequencies."""
        return lin_kk(self.spectrum)

    @property
    def doubt(self) -> Status:
        """What is to be said of every number."""
        refused = self.verdict is not None and not self.verdict.accepted
        bent = self.distortion > DISTORTED
        return Status.CHANGED if self.changed or refused or bent else Status.OK

    def value(self, name: str) -> Value:
        """Return a parameter of the circuit with its status; not measured if it has none such."""
        if name not in self.circuit.names:
            return Value.none(Status.NOT_MEASURED)
        if self.fit is None:
            return Value.none(Status.TOO_SHORT)
        return self.fit.value(name).doubted(self.doubt)

    def derived(self, of: Callable[[FloatArray], float], *names: str) -> Value:
        """Return a number worked out of parameters, all of which must be identified.

        Args:
            of: gives it, above zero, from the values of all parameters.
            names: of the parameters that it depends on.
        """
        if self.fit is None:
            return Value.none(Status.TOO_SHORT)
        return self.fit.derived(of, *names).doubted(self.doubt)


_newest: tuple[ref[StepTrace], StepImpedance | None] | None = None


def impedance_of(trace: StepTrace) -> StepImpedance | None:
    """Return the impedance that a step with sines shows; None where nothing whole was recorded.

    Results and every figure ask for it: that of the newest trace is remembered, its samples are
    not.
    """
    global _newest
    known = _newest
    if known is None or known[0]() is not trace:
        known = _newest = ref(trace), _impedance_of(trace)
    return known[1]


def _impedance_of(trace: StepTrace) -> StepImpedance | None:
    wave = trace.segment.waveform
    if not isinstance(wave, Sines) or not trace.t.size:
        return None
    numbers = np.round(trace.t / trace.row).astype(np.int64) - 1
    own = numbers >= 0
    samples = _Samples(trace, numbers[own], np.flatnonzero(own))
    sweeps: dict[tuple[float, tuple[int, ...]], list[Sined]] = {}
    rows: list[slice] = []
    for section, begin in zip(wave.sections, wave.begins, strict=True):
        found = samples.section(section, begin)
        if found is None:
            continue
        key = section.period, tuple(sine.harmonic for sine in section.sines)
        sweeps.setdefault(key, []).append(found)
        rows.append(samples.rows(section, begin))
    if not sweeps:
        return None
    each = [averaged([one.spectrum for one in same]) for same in sweeps.values()]
    spectrum = taken_off(joined(each), trace.leads)
    circuit = Circuit(str(dict(trace.segment.given).get("circuit", "RC")))
    change, noise = _change(list(sweeps.values()))
    return StepImpedance(
        spectrum,
        circuit,
        change,
        change > CHANGED and change > _OVER_NOISE * noise,
        _rms([one.distortion for same in sweeps.values() for one in same]),
        tuple(rows),
    )


class _Samples:
    """The samples of a step at their places in time, NaN where one is missing."""

    def __init__(self, trace: StepTrace, numbers: np.ndarray, rows: np.ndarray) -> None:
        self._trace, self._numbers, self._rows = trace, numbers, rows
        size = int(numbers[-1]) + 1 if len(numbers) else 0
        self._volts, self._amperes = np.full(size, math.nan), np.full(size, math.nan)
        self._volts[numbers], self._amperes[numbers] = trace.E[rows], trace.I[rows]

    def _inside(self, section: Section, begin: float) -> tuple[int, int]:
        row = self._trace.row
        return (
            math.ceil((begin + section.settling) / row - 1e-6),
            math.ceil((begin + section.duration - section.tail) / row - 1e-6),
        )

    def section(self, section: Section, begin: float) -> Sined | None:
        first, stop = self._inside(section, begin)
        return from_samples(
            self._volts[first:stop],
            self._amperes[first:stop],
            self._trace.row,
            section.period,
            [sine.harmonic for sine in section.sines],
            imposed=self._trace.segment.mode,
        )

    def rows(self, section: Section, begin: float) -> slice:
        """Return the rows of the trace that a section comes from."""
        first, stop = np.searchsorted(self._numbers, self._inside(section, begin))
        if first >= len(self._rows):
            return slice(0, 0)
        return slice(int(self._rows[first]), int(self._rows[stop - 1]) + 1)


def _change(sweeps: list[list[Sined]]) -> tuple[float, float]:
    """Return the rms relative change within the measurement, and what of it noise makes.

    Between the first and the last of several spectra, or between the halves of one.
    """
    changes, noises = [], []
    for same in sweeps:
        first, last = same[0].spectrum, same[-1].spectrum
        if len(same) > 1:
            changes.append(np.abs(last.Z / first.Z - 1.0))
            noises.append(2.0 * first.sigma / np.abs(first.Z))
        else:
            changes.append(same[0].change)
            # Each half has half the periods: the difference has 2 sigma in each part.
            noises.append(2.0 * math.sqrt(2.0) * first.sigma / np.abs(first.Z))
    return _rms(np.concatenate(changes)), _rms(np.concatenate(noises))


def _rms(values: FloatArray | list[float]) -> float:
    known = np.asarray(values)[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if known.size else math.nan
