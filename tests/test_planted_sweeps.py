"""Sweeps whose truth is known: what is clean is right, and what is nothing has no clean number.

Waves and peaks on backgrounds that slope, shoulders, sweeps that begin within a wave; and records
of noise, drift and hum alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from planted_steps import AREA, segment_of, trace_of

from seccm.analysis.step_features import arrays_of, measured
from seccm.arrays import FloatArray
from seccm.program.trace import StepTrace
from seccm.results import Value

ROW = 2.57e-3
HEIGHT = 1e-10
"""A, of every wave and peak."""
SHARP = 38.92
"""F / RT, 1/V."""


@dataclass(frozen=True)
class Drawn:
    """What a test draws: where, how fast, on what and with which noise."""

    up: bool
    at: float
    width: float
    slope: float
    """A over the whole sweep."""
    rate: float
    noise: float
    seed: int

    @classmethod
    def of(cls, seed: int) -> Drawn:
        rng = np.random.default_rng(seed)
        return cls(
            bool(rng.integers(2)), float(rng.uniform(-0.08, 0.08)), float(rng.uniform(0.03, 0.06)),
            float(rng.uniform(-1.0, 1.0)) * HEIGHT, float(rng.choice([0.05, 0.2, 0.5])),
            float(10 ** rng.uniform(-13.5, -11.5)), seed,
        )  # fmt: skip

    def swept(self, current, *, start: float = 0.3, back: bool = True) -> StepTrace:
        """A sweep over 0.6 V, or to and fro; `current` of potential and direction is planted."""
        way = 1.0 if self.up else -1.0
        keys = {"start": f"{-way * start:.4f} V", "scan_rate": f"{self.rate} V/s"}
        ends = {"vertices": [f"{way * 0.3} V"]} if back else {"stop": f"{way * 0.3} V"}
        segment = segment_of("cv" if back else "lsv", **keys, **ends)
        t = ROW * (np.arange(round(segment.waveform.duration / ROW)) + 0.5)
        e = segment.waveform.at(t)
        there = way if not back else np.where(t < segment.waveform.duration / 2, way, -way)
        return trace_of(segment, ROW, current(e, there, t), (2e-5, self.noise), seed=self.seed)

    def background(self, e: FloatArray) -> FloatArray:
        return self.slope * e / 0.6


def peak(e: FloatArray, at: float, width: float) -> FloatArray:
    found: FloatArray = 1.0 / np.cosh((e - at) / width) ** 2
    return found


def is_right(found: Value, truth: float, tolerance: float) -> bool:
    """Tell whether a number is right, or says that it may not be."""
    if not (found.status.has_value and found.status.trusted):
        return True
    return abs(found.value - truth) <= max(5.0 * found.error, tolerance)


@pytest.mark.parametrize("seed", range(6))
def test_peaks_on_a_sloping_background(seed: int):
    d = Drawn.of(seed)
    trace = d.swept(
        lambda e, there, _: HEIGHT * there * peak(e, d.at, d.width) + d.background(e)
    )  # fmt: skip
    found, tables = measured(trace, ()), arrays_of(trace, ())
    grid = np.linspace(-0.3, 0.3, 60_001)
    near = np.abs(grid - d.at) < 2.0 * d.width
    tops = {}
    for name, sign in (("a", 1.0), ("c", -1.0)):
        current = sign * HEIGHT * peak(grid, d.at, d.width) + d.background(grid)
        top = int(np.argmax(np.where(near, sign * current, -np.inf)))
        tops[name] = grid[top]
        assert found[f"E_p{name}"].status.trusted
        assert is_right(found[f"E_p{name}"], grid[top], 2e-3)
        assert is_right(found[f"j_p{name}"], current[top] / AREA, 0.02 * HEIGHT / AREA)
    assert is_right(found["dE_p"], tops["a"] - tops["c"], 3e-3)
    assert is_right(found["Q"], 0.0, 1e-3)
    assert len(tables["E_of_peaks"]) == 2
    for k, sign in enumerate(tables["sweep_of_peaks"].values):
        charge = 2.0 * d.width * HEIGHT / d.rate
        for name, truth, share in (
            ("h_of_peaks", sign * HEIGHT / AREA, 0.02),
            ("Q_of_peaks", sign * charge / AREA, 0.02),
            ("w_of_peaks", 1.7627 * d.width, 0.02),
        ):
            assert is_right(tables[name].entry(k), truth, share * abs(truth)), name
        half = d.at - sign * 0.88137 * d.width
        assert is_right(tables["E_half_of_peaks"].entry(k), half, 2e-3)


@pytest.mark.parametrize("seed", range(6))
def test_a_peak_with_a_shoulder(seed: int):
    d = Drawn.of(seed)
    rng = np.random.default_rng(seed)
    apart, share = float(rng.uniform(1.0, 4.0)) * d.width, float(rng.uniform(0.2, 0.8))

    def both(e: FloatArray) -> FloatArray:
        first = d.at - 0.05
        return HEIGHT * (peak(e, first, d.width) + share * peak(e, first + apart, d.width))

    trace = d.swept(lambda e, there, _: there * both(e))
    found, tables = measured(trace, ()), arrays_of(trace, ())
    grid = np.linspace(-0.3, 0.3, 60_001)
    current = both(grid)
    for name in ("E_pa", "E_pc"):
        assert found[name].status.trusted
        assert is_right(found[name], grid[int(np.argmax(current))], 5e-3)
    rising = np.diff(current) > 0.0
    tops = grid[1:-1][rising[:-1] & ~rising[1:]]
    for k in range(len(tables["E_of_peaks"])):
        place = tables["E_of_peaks"].entry(k)
        assert is_right(place, tops[int(np.argmin(np.abs(tops - place.value)))], 10e-3)


@pytest.mark.parametrize("inside", [False, True], ids=["whole", "from within"])
@pytest.mark.parametrize("seed", range(6))
def test_a_wave_on_a_sloping_background_and_one_that_begins_within(seed: int, inside: bool):
    d = Drawn.of(seed)
    begins = 0.3
    if inside:
        rng, way = np.random.default_rng(seed), 1.0 if d.up else -1.0
        begins = -way * (d.at + way * float(rng.uniform(-0.05, 0.1)))
    trace = d.swept(
        lambda e, *_: HEIGHT / (1.0 + np.exp(-SHARP * (e - d.at))) + 0.6 * d.background(e),
        start=begins,
        back=False,
    )
    found = measured(trace, ())
    assert is_right(found["E_half"], d.at, 5e-3)
    assert is_right(found["E_formal"], d.at, 5e-3)
    assert is_right(found["i_lim"], HEIGHT, 0.05 * HEIGHT)


NOTHING = {
    "noise": lambda e, there, t: 0.0 * t,
    "drift": lambda e, there, t: 1e-11 * t / t[-1],
    "hum of 50 Hz": lambda e, there, t: 1e-10 * np.sin(2.0 * np.pi * 49.95 * t),
    "hum of 60 Hz": lambda e, there, t: 1e-10 * np.sin(2.0 * np.pi * 60.02 * t + 1.0),
}
FACTS = {"Q", "ended_by", "cycles", "i_vertex", "CE_first", "CE_last"}
"""What there is of any current."""


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("seed", range(6))
def test_what_is_nothing_has_no_clean_number(name: str, seed: int):
    d = Drawn.of(100 + seed)
    trace = d.swept(NOTHING[name])
    found = {k: v for k, v in measured(trace, ()).items() if not k.startswith(("Q_", "CE"))}
    for key, values in arrays_of(trace, ()).items():
        if "peaks" in key or "onset" in key or "crossover" in key:
            found |= {f"{key}[{k}]": values.entry(k) for k in range(len(values))}
    clean = {k for k, v in found.items() if v.status.has_value and v.status.trusted}
    assert clean <= FACTS
