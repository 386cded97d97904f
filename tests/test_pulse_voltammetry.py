"""Differential pulse, square wave and normal pulse voltammetry against closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from programmes import plan_of

from seccm.analysis.pulse_peak import pulse_peak
from seccm.analysis.pulse_wave import pulse_wave
from seccm.analysis.step_features import curves_of, measured
from seccm.arrays import FloatArray
from seccm.errors import PlanError
from seccm.factors import Condition
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import Status
from sim.cell import Droplet
from sim.disk import DiskCell
from sim.redox import RedoxParameters
from sim.solving import FARADAY, GAS

f = FARADAY / (GAS * 298.15)
RADIUS, DIFFUSIVITY, BULK = 0.5e-3, 7e-10, 1.0
AREA = math.pi * RADIUS**2
SETTING = Setting(Condition(), offset=0.0, area=AREA)
DPV = {"start": "0.2 V", "stop": "-0.2 V", "increment": "2 mV", "amplitude": "10 mV",
       "width": "40 ms", "period": "200 ms"}  # fmt: skip
SWV = {"start": "0.3 V", "stop": "-0.3 V", "increment": "10 mV", "amplitude": "50 mV",
       "frequency": "25 Hz"}  # fmt: skip
NPV = {"start": "0.3 V", "stop": "-0.3 V", "increment": "10 mV", "width": "40 ms",
       "period": "2 s"}  # fmt: skip


def segment_of(name: str, keys: dict[str, Any]) -> Segment:
    kind = kinds()[name]
    spec = kind.spec.model_validate({"step": name, **keys})
    return Segment.of(kind.resolve(spec, SETTING), name, 0, (0,))


def ran(name: str, keys: dict[str, Any], late: float = 0.0, noise: float = 0.0,
        **cell: float) -> StepTrace:  # fmt: skip
    """Run a step on a large disk of a couple that is all oxidised; rows as it asks for them."""
    segment = segment_of(name, keys)
    each, row = 8, segment.row
    count = int(segment.waveform.duration / row + 1e-6)
    t = row / each * (np.arange(count * each) + 0.5)
    disk = DiskCell(
        RedoxParameters(**{
            "rate_constant": 1.0, "oxidised": BULK, "reduced": 0.0, "capacitance": 0.0,
            "oxidised_diffusivity": DIFFUSIVITY, "reduced_diffusivity": DIFFUSIVITY,
            "conductivity": math.inf, "rest_potential": 0.3, **cell,
        }),
        RADIUS,
    )  # fmt: skip
    disk.wet(Droplet(1e-3, 1e-3, 1e-4, 0.2))
    wave = segment.waveform.at(np.maximum(t - late, 0.0))
    answer = disk.run("potential", wave, row / each)
    e, i = (y.reshape(count, each).mean(axis=1) for y in (wave, answer.current))
    i = i + noise * np.random.default_rng(4).standard_normal(count)
    area = Area(AREA, 0.0, "nominal")
    flag = np.zeros(count, np.uint8)
    return StepTrace(segment, row * np.arange(1, count + 1), e, i, flag, row, "time", area)


def read_late(width: float, row: float) -> float:
    """Mean of 1 / sqrt(t) over the time in which a pulse is read."""
    begin, end = width - max(0.2 * width, 2 * row), width - row
    return 2.0 * (math.sqrt(end) - math.sqrt(begin)) / (end - begin)


@pytest.mark.parametrize("amplitude", [10.0, 50.0])
def test_differential_pulses_peak_half_a_pulse_early(amplitude: float):
    trace = ran("differential pulse", {**DPV, "amplitude": f"{amplitude:g} mV"})
    found = measured(trace, ())
    assert found["E_peak"].value == pytest.approx(amplitude / 2e3, abs=1e-3)
    s = math.exp(f * amplitude / 2e3)
    height = FARADAY * BULK * math.sqrt(DIFFUSIVITY / math.pi) * (s - 1.0) / (s + 1.0)
    expected = height * read_late(0.04, trace.row)
    # Large pulses remember those before.
    rel = 0.02 if amplitude == 10.0 else 0.04
    assert -found["j_peak"].value == pytest.approx(expected, rel=rel)
    # 90.4 mV of a small pulse.
    wide = 90.4e-3 if amplitude == 10.0 else 99e-3
    assert found["W_half"].value == pytest.approx(wide, rel=0.02)
    assert {found[n].status for n in ("E_peak", "j_peak", "W_half")} == {Status.OK}


def superposed(e: FloatArray, half: float, shares: tuple[float, ...]) -> FloatArray:
    """Currents of a reversible couple after steps of the potential, in units of the Cottrell one.

    Args:
        e: potential of each half period, shape (n,).
        half: seconds of each.
        shares: at which shares of a half period it is read; the mean of these.
    """
    theta = np.exp(f * e)
    ion = np.concatenate([[1.0], theta / (1.0 + theta)])
    falls = ion[:-1] - ion[1:]
    n = np.arange(e.size)
    found = np.zeros(e.size)
    for share in shares:
        ages = (n[:, None] - n[None, :] + share) * half
        found += np.where(ages > 0, falls / np.sqrt(np.where(ages > 0, ages, 1.0)), 0.0).sum(axis=1)
    return FARADAY * BULK * math.sqrt(DIFFUSIVITY / math.pi) * found / len(shares)


@pytest.mark.parametrize(("amplitude", "psi"), [(10.0, 0.2726), (20.0, 0.4845), (50.0, 0.9281)])
def test_a_square_wave_has_its_dimensionless_peak(amplitude: float, psi: float):
    """Osteryoung and O'Dea, for steps of 10 mV: read at the end of each pulse."""
    trace = ran("square wave", {**SWV, "amplitude": f"{amplitude:g} mV"})
    base = 0.3 - 0.01 * np.arange(61)
    pulses = np.stack([base - amplitude * 1e-3, base + amplitude * 1e-3], axis=1).ravel()
    cottrell = FARADAY * BULK * math.sqrt(DIFFUSIVITY / (math.pi * 0.02))
    at_end = superposed(pulses, 0.02, (1.0,)).reshape(-1, 2)
    assert (at_end[:, 0] - at_end[:, 1]).max() / cottrell == pytest.approx(psi, rel=0.01)
    read = superposed(pulses, 0.02, tuple(np.linspace(0.81, 0.94, 14))).reshape(-1, 2)
    found = measured(trace, ())
    expected = (read[:, 0] - read[:, 1]).max()
    assert -found["j_peak"].value == pytest.approx(expected, rel=0.02)
    there = pulse_peak(base, read[:, 1] - read[:, 0])
    assert found["E_peak"].value == pytest.approx(there.potential.value, abs=1e-3)
    assert found["W_half"].value == pytest.approx(there.width.value, abs=1e-3)
    assert abs(found["E_peak"].value) < 3e-3


def test_normal_pulses_have_the_half_wave_potential_and_the_cottrell_current():
    trace = ran("normal pulse", NPV)
    found = measured(trace, ())
    assert found["E_half_pulses"].value == pytest.approx(0.0, abs=1e-3)
    limit = FARADAY * BULK * math.sqrt(DIFFUSIVITY / math.pi) * read_late(0.04, trace.row)
    assert -found["j_lim_pulses"].value == pytest.approx(limit, rel=0.02)
    # E against log((i_lim - i) / i): 59.2 mV a decade.
    (drawn,) = curves_of(trace)
    i = drawn.y - drawn.y[0]
    inside = (np.abs(drawn.x) < 0.06) & (i != 0.0)
    share = i[inside] / (found["j_lim_pulses"].value * AREA)
    slope = np.polyfit(np.log10((1.0 - share) / share), drawn.x[inside], 1)[0]
    assert slope == pytest.approx(59.16e-3, rel=0.02)


@pytest.mark.parametrize("name", ["differential pulse", "square wave"])
def test_what_comes_late_is_read_as_late(name: str):
    """A card puts it out up to a data point late: results do not change."""
    keys = DPV if name == "differential pulse" else SWV
    there, late = (measured(ran(name, keys, late=d), ())
                   for d in (0.0, 1.3e-3))  # fmt: skip
    assert late["E_peak"].value == pytest.approx(there["E_peak"].value, abs=1e-3)
    assert late["j_peak"].value == pytest.approx(there["j_peak"].value, rel=0.02)


def test_a_sweep_the_other_way_gives_the_same_peak_with_the_other_sign():
    down = measured(ran("square wave", SWV), ())
    keys = {**SWV, "start": "-0.3 V", "stop": "0.3 V"}
    up = measured(ran("square wave", keys, oxidised=0.0, reduced=BULK, rest_potential=-0.3), ())
    assert up["j_peak"].value == pytest.approx(-down["j_peak"].value, rel=0.01)
    assert up["E_peak"].value == pytest.approx(-down["E_peak"].value, abs=1e-3)


def test_slow_kinetics_make_the_peak_lower_and_broader():
    fast = measured(ran("square wave", SWV), ())
    slow = measured(ran("square wave", {**SWV, "stop": "-0.8 V"}, rate_constant=1e-7), ())
    assert abs(slow["j_peak"].value) < 0.6 * abs(fast["j_peak"].value)
    assert slow["W_half"].value > 1.1 * fast["W_half"].value
    assert slow["E_peak"].value < -0.2


def test_uncertainties_are_those_of_the_noise():
    heights, potentials = [], []
    rng = np.random.default_rng(2)
    e = np.arange(-0.2, 0.2, 0.005)
    exact = 1e-9 / np.cosh(f * e / 2.0) ** 2
    for _ in range(60):
        found = pulse_peak(e, exact + 2e-11 * rng.standard_normal(e.size))
        heights.append((found.height.value - 1e-9) / found.height.error)
        potentials.append(found.potential.value)
    assert 0.4 < np.std(heights) < 2.5
    assert abs(np.mean(potentials)) < 2e-3


def test_noise_is_no_peak_and_no_wave():
    rng = np.random.default_rng(7)
    e = np.linspace(0.3, -0.3, 100)
    for _ in range(50):
        y = 1e-12 * rng.standard_normal(100)
        assert pulse_peak(e, y).potential.status is Status.NOT_FOUND
        assert pulse_wave(e, y).half.status is Status.NO_WAVE
    assert pulse_peak(e[:5], y[:5]).height.status is Status.TOO_SHORT


def test_a_wave_that_goes_on_rising_has_no_plateau():
    e = np.linspace(0.3, -0.3, 100)
    wave = 1e-9 / (1.0 + np.exp(f * e)) + 2e-9 * (0.3 - e)
    assert pulse_wave(e, wave).limit.status is Status.NO_PLATEAU


@pytest.mark.parametrize("name", ["differential pulse", "square wave", "normal pulse"])
def test_steps_are_imposed_as_the_plan_says(name: str):
    keys = {"differential pulse": DPV, "square wave": SWV, "normal pulse": NPV}[name]
    segment = segment_of(name, keys)
    at, imposed = {
        "differential pulse": ((0.01, 0.12, 0.21), (0.2, 0.2, 0.19)),
        "square wave": ((0.01, 0.03, 0.05), (0.3, 0.25, 0.35)),
        "normal pulse": ((1.0, 2.0, 4.01), (0.3, 0.3, 0.29)),
    }[name]
    np.testing.assert_allclose(segment.waveform.at(np.array(at)), imposed, atol=1e-9)
    assert segment.row < 2.57e-3
    longer = segment_of(name, {**keys, "quiet": "70 ms"})
    assert longer.waveform.duration == pytest.approx(segment.waveform.duration + 0.05)


@pytest.mark.parametrize(
    ("change", "where", "severity"),
    [
        ({"stop": "0.2 V"}, "program[0].stop", "error"),
        ({"increment": "1 uV"}, "program[0].increment", "error"),
        ({"increment": "0.1 V"}, "program[0].increment", "warning"),
    ],
)
def test_a_staircase_that_cannot_be_is_told(change: dict[str, str], where: str, severity: str):
    kind = kinds()["differential pulse"]
    spec = kind.spec.model_validate({"step": kind.name, **DPV, **change})
    (problem,) = kind.problems(spec, "program[0]", SETTING)
    assert (problem.where, problem.severity) == (where, severity)


@pytest.mark.parametrize(("name", "keys"), [("differential pulse", DPV), ("normal pulse", NPV)])
@pytest.mark.parametrize("period", ["40 ms", "39 ms", "1 us"])
def test_a_pulse_as_long_as_its_period_is_told_where_it_is_written(
    name: str, keys: dict[str, str], period: str
):
    """With a period that the plan would take."""
    with pytest.raises(PlanError) as refused:
        plan_of({"step": name, **keys, "period": period})
    (problem,) = refused.value.problems
    assert problem.where == "program[0].period"
    assert problem.what == f"{period} is not longer than the width, 40 ms."
    assert problem.suggestion is not None
    assert plan_of({"step": name, **keys, "period": problem.suggestion.value})


@pytest.mark.parametrize(("name", "keys"), [("differential pulse", DPV), ("normal pulse", NPV)])
def test_a_width_that_is_wrong_is_told_alone(name: str, keys: dict[str, str]):
    """Whether the period is longer than that is not known, and not said."""
    with pytest.raises(PlanError) as refused:
        plan_of({"step": name, **keys, "width": "40"})
    assert [problem.where for problem in refused.value.problems] == ["program[0].width"]
