"""Kinetics from currents at several potentials: Butler and Volmer, and Marcus, Hush and Chidsey.

Closed forms: detailed balance k_ox / k_red = exp(eta); k_ox + its mirror image is symmetric; the
limit of a large lambda, exp(eta / 2); the level far beyond lambda, where every electron has a free
state, 2 (pi lambda)^1/2; charge-transfer resistance 1 / (f j0) = 35.20 ohm cm2 for 0.73 mA/cm2; the
Tafel slope ln 10 / (alpha f) = 118.32 mV for alpha = 1/2 at 25 degrees C.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from seccm.analysis.marcus import _integral, log_rate, tabulated
from seccm.analysis.polarization import F_RT, butler_volmer, polarization
from seccm.analysis.step_features import arrays_of, measured
from seccm.factors import Condition
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import Status, Value
from seccm.rig import Flag
from seccm.steps.level_series import is_series

ETA = np.linspace(-25.0, 25.0, 41)


@pytest.mark.parametrize("energy", [2.0, 8.0, 20.0, 40.0, 160.0])
def test_the_two_rates_of_marcus_are_in_detailed_balance(energy: float):
    there, back = log_rate(ETA, energy), log_rate(-ETA, energy)
    np.testing.assert_allclose(there - back, ETA, atol=1e-9)


def test_a_large_reorganization_energy_is_butler_and_volmer():
    np.testing.assert_allclose(log_rate(ETA, 4e4), ETA / 2.0, atol=5e-3)


@pytest.mark.parametrize("energy", [4.0, 10.0, 20.0])
def test_far_beyond_the_reorganization_energy_the_rate_is_level(energy: float):
    """Every state of the metal is free then: the integral of the whole Gauss curve."""
    far = _integral(np.array([energy + 40.0 + 8.0 * math.sqrt(2.0 * energy)]), energy)
    np.testing.assert_allclose(far, math.log(2.0 * math.sqrt(math.pi * energy)), atol=1e-9)


@pytest.mark.parametrize("energy", [2.0, 20.0, 100.0])
def test_the_first_correction_to_butler_and_volmer_is_that_of_marcus(energy: float):
    """The bend of ln k is -1 / (2 lambda) at zero in the limit of a large lambda, less else."""
    h = 0.5
    bend = (log_rate(np.array([h]), energy) + log_rate(np.array([-h]), energy))[0] / h**2
    assert -1.0 / (2.0 * energy) < bend < 0.0
    if energy > 50.0:
        assert bend == pytest.approx(-1.0 / (2.0 * energy), rel=0.1)


def test_the_table_is_the_integral():
    for energy in (1.95, 10.0, 50.0):
        np.testing.assert_allclose(tabulated(ETA, energy), log_rate(ETA, energy), atol=3e-3)


def test_the_charge_transfer_resistance_is_the_slope_at_zero():
    """1 / (f j0): 35.20 ohm cm2 for 0.73 mA/cm2."""
    p = np.array([math.log(7.3), 0.0, 0.4])
    e = np.array([-1e-5, 1e-5])
    slope = np.diff(butler_volmer(e, p))[0] / 2e-5
    assert 1e4 / slope == pytest.approx(35.20, rel=1e-3)


def test_the_tafel_slope_is_118_millivolts_a_decade():
    p = np.array([0.0, 0.0, 0.5])
    decades = np.diff(np.log10(butler_volmer(np.array([0.3, 0.3 + 0.11832]), p)))[0]
    assert decades == pytest.approx(1.0, abs=1e-4)


# ---------------------------------------------------------------------------------- fits

E = np.linspace(-0.24, 0.26, 11)
ZERO = 0.013
I0 = 1e-9


def marcus_currents(energy: float, e: np.ndarray = E) -> np.ndarray:
    x = F_RT * (e - ZERO)
    return I0 * np.exp(log_rate(x, F_RT * energy)) * -np.expm1(-x)


def noisy(i: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    return i * (1.0 + noise * np.random.default_rng(seed).standard_normal(i.size))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("energy", [0.2, 0.35, 0.6, 1.0])
def test_a_planted_reorganization_energy_is_found(energy: float, noise: float, seed: int):
    found = polarization(E, noisy(marcus_currents(energy), noise, seed), np.full(E.size, 1e-12))
    assert found.reorganization.status is Status.OK
    assert found.reorganization.value == pytest.approx(energy, rel=0.15)
    assert abs(found.reorganization.value - energy) <= 3.5 * found.reorganization.error
    assert abs(found.exchange.value - I0) <= 4.0 * found.exchange.error
    assert abs(found.equilibrium.value - ZERO) < 1e-3
    assert not found.transfer.status.has_value, "not described by Butler and Volmer"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [0.3, 0.4, 0.5, 0.6])
def test_butler_and_volmer_give_a_transfer_coefficient_and_no_energy_but_a_bound(alpha, seed):
    i = butler_volmer(E, np.array([math.log(I0), ZERO, alpha]))
    found = polarization(E, noisy(i, 0.01, seed), np.full(E.size, 1e-12))
    assert found.transfer.status is Status.OK
    assert found.transfer.value == pytest.approx(alpha, abs=0.01)
    assert found.exchange.value == pytest.approx(I0, rel=0.03)
    if alpha == 0.5:
        assert found.reorganization.status is Status.AT_LEAST
        assert found.reorganization.value > 2.0
    else:
        assert not found.reorganization.status.has_value


def test_close_to_equilibrium_the_energy_has_a_bound_at_most():
    """40 mV to either side show no bend."""
    e = ZERO + np.linspace(-0.04, 0.04, 9)
    for energy in (0.8, 3.0):
        found = polarization(e, noisy(marcus_currents(energy, e), 0.01), np.full(e.size, 1e-12))
        assert found.exchange.value == pytest.approx(I0, rel=0.06)
        if found.reorganization.status.has_value:
            assert found.reorganization.status is Status.AT_LEAST
            assert found.reorganization.value < energy


def test_a_current_that_transport_limits_contradicts_both_models():
    i = butler_volmer(E, np.array([math.log(I0), ZERO, 0.5]))
    limited = i / (1.0 + np.abs(i) / (3.0 * I0))
    found = polarization(E, limited, np.full(E.size, 1e-12))
    assert not found.transfer.status.trusted
    assert not found.exchange.status.trusted or found.reorganization.status is not Status.OK


def test_one_side_of_equilibrium_or_few_points_say_nothing():
    i = marcus_currents(0.5)
    error = np.full(E.size, 1e-12)
    up = E > ZERO
    assert polarization(E[up], i[up], error[up]).exchange.status is Status.NOT_REACHED
    assert polarization(E[:4], i[:4], error[:4]).exchange.status is Status.TOO_FEW
    rng = np.random.default_rng(1)
    noise = polarization(E, 1e-12 * rng.standard_normal(E.size), error)
    assert not noise.exchange.status.has_value


def test_the_order_and_missing_points_do_not_matter():
    i = noisy(marcus_currents(0.5), 0.01)
    error = np.full(E.size, 1e-12)
    order = np.random.default_rng(2).permutation(E.size)
    one, other = polarization(E, i, error), polarization(E[order], i[order], error)
    assert other.reorganization.value == pytest.approx(one.reorganization.value, rel=1e-3)
    with_gap = polarization(np.append(E, 0.1), np.append(i, math.nan), np.append(error, math.nan))
    assert with_gap.reorganization.value == pytest.approx(one.reorganization.value, rel=1e-6)
    assert math.isnan(with_gap.line[-1]) is False, "the line goes on where a current is missing"


# ---------------------------------------------------------------------------------- steps

AREA = 1e-12


def held(e: float, i: float, index: int, **changes: Any) -> StepTrace:
    """A step of a series at one potential, whose current has died away to a level."""
    kind = kind_of("constant potential")
    spec = kind.spec.model_validate({"potential": e, "duration": 1.0})
    act = kind.resolve(spec, Setting(Condition(), offset=0.0, area=AREA))
    values = (("E", Value.of(e, 0.0)),)
    segment = Segment.of(act, "constant potential", index, changes.get("path", (0, index, 0)),
                         values=changes.get("values", values))  # fmt: skip
    t = 2.57e-3 * np.arange(1, 390)
    rng = np.random.default_rng(index)
    current = i * (1.0 + 3.0 * np.exp(-t / 0.02)) + 1e-13 * rng.standard_normal(t.size)
    return StepTrace(
        segment, t, np.full(t.size, e), current, np.zeros(t.size, np.uint8), 2.57e-3, "time",
        Area(AREA, 0.02 * AREA, "nominal"),
    )  # fmt: skip


def series(energy: float = 0.5) -> list[StepTrace]:
    currents = marcus_currents(energy)
    return [held(float(e), float(i), k) for k, (e, i) in enumerate(zip(E, currents, strict=True))]


def test_the_steps_of_a_repeat_over_potentials_tell_their_kinetics():
    *before, last = series()
    found = measured(last, before)
    assert found["j0_series"].value == pytest.approx(I0 / AREA, rel=0.05)
    assert found["j0_series"].error >= 0.02 * found["j0_series"].value, "of the area"
    assert found["lambda_series"].value == pytest.approx(0.5, rel=0.1)
    assert found["E0_series"].value == pytest.approx(ZERO, abs=1e-3)
    many = arrays_of(last, before)
    np.testing.assert_allclose(many["E_of_levels"].values, E)
    np.testing.assert_allclose(
        many["j_line_of_levels"].values, many["j_of_levels"].values, rtol=0.05
    )


def test_a_flaw_of_one_step_reaches_what_the_series_says():
    *before, last = series()
    before[3].flag[-50:] |= np.uint8(Flag.SATURATED)
    found = measured(last, before)
    assert found["j0_series"].status is Status.SATURATED
    assert not found["lambda_series"].status.trusted


def test_what_is_no_series_yields_none():
    one, two, three, four = series()[:4]
    assert is_series(three.segment, [one.segment, two.segment])
    assert not is_series(two.segment, [one.segment])
    alone = [held(float(E[k]), 1e-12, k, path=(k,), values=()) for k in range(4)]
    assert not is_series(alone[3].segment, [a.segment for a in alone[:3]]), "no repeat over values"
    elsewhere = held(0.1, 1e-12, 9, path=(0, 5, 1))
    assert not is_series(elsewhere.segment, [t.segment for t in (one, two, three, four)])
    assert "j0_series" not in measured(two, [one])
    assert measured(four, [one, two, three])["j0_series"].status is Status.TOO_FEW


def test_pulses_of_several_currents_are_a_series_too():
    """1 ms pulses whose potentials are those of Butler and Volmer."""
    kind = kind_of("pulses")
    traces = []
    densities = np.array([-3e3, -1e3, -300.0, 300.0, 1e3, 3e3])
    for index, j in enumerate(densities.tolist()):
        keys = {"current_density": j, "width": 1e-3, "pause": 2e-3, "count": 3}
        act = kind.resolve(kind.spec.model_validate(keys), Setting(Condition(), 0.0, AREA))
        values = (("j", Value.of(j, 0.0)),)
        segment = Segment.of(act, "pulses", index, (0, index, 0), values=values)
        row = 5e-5
        t = row * np.arange(1, int(act.waveform.duration / row) + 1)
        current = act.waveform.at(t - row / 2.0)
        e = 2.0 / F_RT * np.arcsinh(current / AREA / 2.0 / 500.0)
        e += 1e-5 * np.random.default_rng(index).standard_normal(t.size)
        flag, area = np.zeros(t.size, np.uint8), Area(AREA, 0.0, "nominal")
        traces.append(StepTrace(segment, t, e, current, flag, row, "time", area))
    *before, last = traces
    found = measured(last, before)
    assert found["j0_series"].value == pytest.approx(500.0, rel=0.05)
    assert found["alpha_series"].value == pytest.approx(0.5, abs=0.02)
