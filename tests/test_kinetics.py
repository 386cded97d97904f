"""Kinetics from steady waves and Tafel plots, against the equations of Butler and Volmer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from programmes import OFFSET, plan_of

import seccm
from seccm.analysis.features import Features
from seccm.analysis.kinetics import F_RT, kinetics, model
from seccm.analysis.step_features import curves_of, measured
from seccm.analysis.step_trace import step_traces
from seccm.analysis.sweep import Sweep, sweep
from seccm.analysis.tafel import tafel
from seccm.factors import Condition
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import Status

STEP = 2.5e-4
NOISES = (0.0, 1e-3, 3e-3)


def steady(ratio: float, alpha: float, noise: float, seed: int = 1, sign: float = 1.0) -> Sweep:
    """A steady wave about 0 V on a sloping background; a reduction for sign -1."""
    e = np.arange(-0.35, 0.5, STEP)
    i = model(e, ratio, alpha, 0.0) + 0.02 * e
    i += noise * np.random.default_rng(seed).standard_normal(e.size)
    return sweep(e, 1e-11 * i) if sign > 0.0 else sweep(-e, -1e-11 * i)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_wave_between_the_limits_tells_its_kinetics(noise, sign):
    for ratio in (0.5, 1.0, 2.0, 3.0):
        for alpha in (0.4, 0.5, 0.6):
            found = kinetics(steady(ratio, alpha, noise, sign=sign))
            if found.ratio.status is Status.OK:
                assert abs(found.ratio.value - ratio) <= 3.0 * found.ratio.error
                assert found.ratio.value == pytest.approx(ratio, rel=0.45)
                assert abs(found.transfer.value - alpha) <= 3.0 * found.transfer.error
                assert abs(found.formal.value) <= 3.0 * found.formal.error
            else:
                assert_bound(found.ratio, ratio)


def assert_bound(found, ratio: float) -> None:
    if found.status is Status.AT_LEAST:
        assert found.value <= ratio
    elif found.status is Status.AT_MOST:
        assert found.value >= ratio
    else:
        assert not found.status.has_value


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("ratio", [0.003, 0.02, 5.0, 20.0, 1e3, 1e6])
def test_beyond_the_limits_there_is_a_bound_that_holds(ratio, noise):
    for seed in range(3):
        found = kinetics(steady(ratio, 0.5, noise, seed))
        if found.ratio.status is Status.OK:
            assert abs(found.ratio.value - ratio) <= 3.0 * found.ratio.error
        else:
            assert_bound(found.ratio, ratio)
        if ratio >= 1e3:
            assert found.ratio.status is Status.AT_LEAST
            assert found.ratio.value > 3.0
            assert abs(found.formal.value) <= 3.0 * found.formal.error
        if ratio <= 0.02:
            assert not found.formal.status.has_value, "E0 cannot be told from K here"


def test_what_is_no_wave_has_no_kinetics():
    e = np.arange(-0.35, 0.5, STEP)
    rng = np.random.default_rng(2)
    for i in (1e-12 * rng.standard_normal(e.size), 1e-9 * e, 1e-9 * np.exp(F_RT * e / 2.0)):
        found = kinetics(sweep(e, i))
        assert not found.ratio.status.has_value
        assert not found.formal.status.has_value


# ---------------------------------------------------------------------------------- Tafel


def butler_volmer(alpha: float, limit: float, noise: float, sign: float) -> Sweep:
    """A current of 1 pA of exchange about +20 mV, up to where transport would limit it."""
    e = np.arange(-0.25, 0.45, STEP)
    eta = e - 0.02
    i = np.exp(alpha * F_RT * eta) - np.exp(-(1.0 - alpha) * F_RT * eta)
    i = i / (1.0 + np.abs(i) / limit)
    i += noise * np.random.default_rng(1).standard_normal(e.size)
    return sweep(e, 1e-12 * i) if sign > 0.0 else sweep(-e, -1e-12 * i)


@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("noise", [0.0, 1e-3, 3e-2])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_tafel_slope_and_the_exchange_current_are_those_of_butler_and_volmer(
    alpha, noise, sign
):
    """118.3 mV per decade for a transfer coefficient of one half at 25 degrees C."""
    found = tafel(butler_volmer(alpha, math.inf, noise, sign))
    assert found.slope.status is found.exchange.status is Status.OK
    assert found.slope.value == pytest.approx(math.log(10.0) / (alpha * F_RT), rel=0.01)
    assert found.exchange.value == pytest.approx(1e-12, rel=0.05)
    assert found.equilibrium.value == pytest.approx(sign * 0.02, abs=1e-3)
    assert found.span[0] <= found.equilibrium.value <= found.span[1]


@pytest.mark.parametrize("limit", [1e4, 1e3, 100.0, 10.0])
@pytest.mark.parametrize("alpha", [0.3, 0.5])
def test_a_current_that_transport_limits_is_within_the_uncertainty_or_has_no_slope(alpha, limit):
    found = tafel(butler_volmer(alpha, limit, 1e-3, 1.0))
    if found.slope.status is Status.OK:
        truth = math.log(10.0) / (alpha * F_RT)
        assert abs(found.slope.value - truth) <= 3.0 * found.slope.error
        assert abs(found.exchange.value - 1e-12) <= 3.0 * found.exchange.error


def test_the_foot_of_a_reversible_wave_says_nothing_of_kinetics():
    """It rises by a decade in 59 mV whatever the kinetics are."""
    e = np.arange(-0.4, 0.4, STEP)
    found = tafel(sweep(e, 1e-9 / (1.0 + np.exp(-F_RT * e))))
    assert found.slope.value == pytest.approx(0.0592, rel=0.02)
    assert found.slope.status is Status.NERNSTIAN
    assert not found.slope.status.trusted
    assert not found.exchange.status.has_value


@pytest.mark.parametrize("seed", range(10))
def test_lines_and_noise_have_no_tafel_slope(seed):
    e = np.arange(-0.4, 0.4, STEP)
    noise = 1e-12 * np.random.default_rng(seed).standard_normal(e.size)
    for i in (noise, noise + 1e-10 * e, noise + 1e-10 * (e + 1.0)):
        assert not tafel(sweep(e, i)).slope.status.has_value


def fast(resistance: float | None, ohms: float) -> StepTrace:
    """A sweep of 10 V/s over a reaction of 1 uA of exchange through some ohms: 20 ms."""
    keys: dict[str, Any] = {"start": 0.1, "stop": -0.35, "scan_rate": 10.0}
    kind = kind_of("lsv")
    spec = kind.spec.model_validate(keys | ({"resistance": resistance} if resistance else {}))
    act = kind.resolve(spec, Setting(Condition(), offset=0.0, area=1e-9))
    e = np.arange(0.1, -0.35, -1e-3)
    inside = np.linspace(0.15, -0.4, 40_000)
    through = 1e-6 * (np.exp(0.5 * F_RT * inside) - np.exp(-0.5 * F_RT * inside))
    i = np.interp(-e, -(inside + ohms * through), through)
    i += 1e-9 * np.random.default_rng(1).standard_normal(e.size)
    row, flag = 1e-4, np.zeros(e.size, np.uint8)
    return StepTrace(Segment.of(act, "lsv", 0, (0,)), row * np.arange(1, e.size + 1), e, i, flag,
                     row, "time", Area(1e-9, 0.0, "nominal"))  # fmt: skip


def test_a_tafel_plot_of_a_fast_sweep_is_without_the_ohmic_drop():
    """100 uA through 1 kohm are 0.1 V: as measured, the slope is far too flat, or there is none."""
    freed = measured(fast(1e3, 1e3), ())
    assert freed["tafel_slope"].status is Status.OK
    assert freed["tafel_slope"].value == pytest.approx(0.1183, rel=0.03)
    assert freed["j_exchange"].value == pytest.approx(1e-6 / 1e-9, rel=0.1)
    as_measured = measured(fast(None, 1e3), ())["tafel_slope"]
    assert not as_measured.status.trusted or as_measured.value > 0.13


# ------------------------------------------------------------------------------- end to end


def test_a_reversible_couple_on_the_virtual_rig_has_a_lower_bound(tmp_path: Path):
    sweeps = {"step": "lsv", "start": 0.6, "stop": -0.2, "scan_rate": 0.02}
    probe = {"aperture": 2e-7, "footprint": {"ratio": 1.0, "basis": "nominal"}}
    plan = plan_of(sweeps, probe=probe)
    for _ in seccm.run(plan, "virtual", path=tmp_path / "scan.h5", seed=1):
        pass
    features = Features(plan)
    with seccm.open(tmp_path / "scan.h5") as scan:
        site, record = plan.sites()[0], scan.record(0)
    (trace,) = step_traces(site, record, features.offset, features.area)
    found = measured(trace, ())
    assert found["E_half"].status is Status.OK
    assert found["k0_over_m"].status is Status.AT_LEAST
    assert found["k0_over_m"].value > 1.0
    assert abs(found["E_formal"].value - OFFSET) <= 3.0 * found["E_formal"].error + 3e-3
    assert not found["tafel_slope"].status.trusted
    drawn = {one.what.slug for one in curves_of(trace)}
    assert "charge" in drawn
