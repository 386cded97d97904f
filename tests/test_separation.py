"""Kinetics of a couple from the separation of its peaks, against solved voltammograms.

Closed forms: Nicholson (Anal. Chem. 37 (1965) 1351), table 1, psi and separation for one electron
at 25 degrees C; Laviron (J. Electroanal. Chem. 101 (1979) 19), table 1 and the asymptote
4 RT/F ln(f v / 2 k) of slow layers.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from planar_sweeps import f, oxidation, triangle

from seccm.analysis.separation import (
    F_RT,
    adsorbed,
    diffusing,
    reading_of,
    separation,
    together,
)
from seccm.analysis.step_features import arrays_of, measured
from seccm.factors import Condition
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import Status, Value

AREA = 1e-12
NICHOLSON = [(7, 63), (5, 65), (4, 66), (3, 68), (2, 72), (1, 84), (0.75, 92), (0.5, 105),
             (0.35, 121), (0.25, 141), (0.1, 212)]  # fmt: skip


@pytest.mark.parametrize(("psi", "millivolts"), NICHOLSON)
def test_the_table_of_nicholson_is_met(psi: float, millivolts: float):
    """His vertex was nearer, which adds up to 2 mV; his last entry is 2 % of a decade off."""
    rates = np.array([1.0])
    at = separation(diffusing, psi * math.sqrt(math.pi * F_RT), rates)
    assert 1e3 * at[0] == pytest.approx(millivolts, abs=4.0 if psi < 0.2 else 2.5)


def test_slow_layers_follow_the_asymptote_of_laviron():
    for k in (0.05, 0.1, 0.3):
        expected = 4.0 / F_RT * math.log(F_RT / (2.0 * k))
        at = separation(adsorbed, k, np.array([1.0]))[0]
        assert at == pytest.approx(expected, abs=2e-3)


def test_a_separation_is_read_back_as_the_constant_that_made_it():
    rates = np.geomspace(0.05, 5.0, 7)
    for reading, constant in ((diffusing, 8.0), (adsorbed, 3.0)):
        each = [
            reading(Value.of(float(at), 1e-4), float(rate))
            for at, rate in zip(separation(reading, constant, rates), rates, strict=True)
        ]
        found = together(each)
        assert found.status is Status.OK
        assert found.value == pytest.approx(constant, rel=0.02)


def test_a_couple_as_fast_as_it_diffuses_gives_a_lower_bound():
    for apart in (0.057, 0.0585, 0.060):
        found = diffusing(Value.of(apart, 0.5e-3), 0.1)
        assert found.status is Status.AT_LEAST
        assert found.value > 2.0 * math.sqrt(math.pi * F_RT * 0.1)


def test_peaks_too_far_apart_give_an_upper_bound():
    found = diffusing(Value.of(0.5, 1e-3), 0.1)
    assert found.status is Status.AT_MOST
    assert found.value >= 0.02 * math.sqrt(math.pi * F_RT * 0.1)


def test_peaks_closer_than_those_of_any_couple_say_nothing():
    """A shoulder, or two electrons."""
    assert diffusing(Value.of(0.03, 1e-4), 0.1).status is Status.NOT_IDENTIFIED
    assert diffusing(Value.none(Status.NOT_FOUND), 0.1).status is Status.NOT_FOUND
    assert diffusing(Value.of(0.08, math.nan), 0.1).status is Status.NOT_IDENTIFIED


def test_bounds_and_numbers_together():
    number, flawed = Value.of(5.0, 0.2), Value.of(5.1, 0.2, Status.GAP)
    least, most = Value.of(3.0, 0.0, Status.AT_LEAST), Value.of(9.0, 0.0, Status.AT_MOST)
    assert together([number, number, least, most]).status is Status.OK
    assert together([number, flawed]).status is Status.GAP
    assert together([least, Value.of(2.0, 0.0, Status.AT_LEAST)]) == least
    assert together([least, most]).status is Status.NOT_IDENTIFIED
    assert together([number, Value.of(50.0, 0.0, Status.AT_LEAST)]).status is Status.CONTRADICTED
    assert together([number, Value.of(1.0, 0.02)]).status is Status.CONTRADICTED
    assert not together([]).status.has_value


def test_neither_diffusing_nor_adsorbed_is_read_as_neither():
    for power, reading in ((0.5, diffusing), (1.0, adsorbed), (0.75, None), (0.1, None)):
        assert reading_of(Value.of(power, 0.01)) is reading
    assert reading_of(Value.none(Status.NOT_FOUND)) is None


# --------------------------------------------------------------------- whole voltammograms


def segment(rate: float, index: int, **keys: str) -> Segment:
    kind = kind_of("cv")
    spec = kind.spec.model_validate(
        {"start": -0.4, "vertices": [0.4], "scan_rate": rate, **keys}
    )  # fmt: skip
    act = kind.resolve(spec, Setting(Condition(), offset=0.0, area=AREA))
    return Segment.of(act, "cv", index, (index,))


def trace(rate: float, index: int, current: np.ndarray, noise: float = 1e-3) -> StepTrace:
    """A voltammogram from -0.4 V to 0.4 V and back, one row a millivolt; the peak is near 1 pA."""
    e = triangle(-0.4, 0.4, 1e-3)
    assert current.size == e.size
    scale = 1e-12 / float(np.max(current))
    i = scale * current + 1e-12 * noise * np.random.default_rng(index).standard_normal(e.size)
    row = 1e-3 / rate
    t, flag = row * np.arange(1, e.size + 1), np.zeros(e.size, np.uint8)
    area = Area(AREA, 0.0, "nominal")
    return StepTrace(segment(rate, index), t, e, i * 1.0, flag, row, "time", area)


def of_solution(rate: float, k0: float, index: int, drop: float = 0.0) -> StepTrace:
    """A couple that diffuses; k0 over sqrt(D), s^-1/2; with an ohmic drop at the peak, in V."""
    e = triangle(-0.4, 0.4, 1e-3)
    i = oxidation(e, rate, k0)
    made = trace(rate, index, i)
    made = replace(made, I=made.I * math.sqrt(rate))  # fmt: skip
    if drop:  # every point is measured at a potential later by the drop
        shift = drop * made.I / 1e-12
        there = slice(0, e.size // 2)
        back = slice(e.size // 2, None)
        i = made.I.copy()
        i[there] = np.interp(e[there], e[there] + shift[there], made.I[there])
        i[back] = np.interp(-e[back], -(e[back] + shift[back]), made.I[back])
        made = replace(made, I=i)  # fmt: skip
    return made


def of_layer(rate: float, k: float, index: int) -> StepTrace:
    """An adsorbed couple with the rate constant k, 1/s, solved exactly row by row."""
    e = triangle(-0.4, 0.4, 1e-3)
    sub, row = 10, 1e-3 / rate
    theta, i = 0.0, np.zeros(e.size)
    for j, potential in enumerate(e):
        up, down = k * math.exp(0.5 * f * potential), k * math.exp(-0.5 * f * potential)
        settled, decay = up / (up + down), math.exp(-(up + down) * row / sub)
        before = theta
        for _ in range(sub):
            theta = settled + (theta - settled) * decay
        i[j] = (theta - before) / row
    made = trace(rate, index, i)
    return replace(made, I=made.I * rate)


RATES = (0.1, 0.3, 1.0, 3.0)


def series_of(make, constant: float, **keys) -> list[StepTrace]:
    """A series whose plan says that its resistance is negligible."""
    made = [make(rate, constant, k, **keys) for k, rate in enumerate(RATES)]
    return [replace(t, segment=segment(r, k, resistance=1.0)) for k, (r, t) in
            enumerate(zip(RATES, made, strict=True))]  # fmt: skip


@pytest.mark.parametrize("k0", [2.0, 5.0, 15.0])
def test_the_rate_constant_of_a_couple_in_solution_is_found(k0: float):
    *before, last = series_of(of_solution, k0)
    found = measured(last, before)
    assert found["k0_root_D"].status is Status.OK
    assert found["k0_root_D"].value == pytest.approx(k0, rel=0.12)
    assert abs(found["k0_root_D"].value - k0) <= 3.0 * found["k0_root_D"].error
    assert not found["k_adsorbed"].status.has_value
    many = arrays_of(last, before)
    np.testing.assert_allclose(
        many["dE_p_line_of_sweeps"].values, many["dE_p_of_sweeps"].values, atol=4e-3
    )


def test_a_reversible_couple_has_a_bound_that_holds():
    *before, last = series_of(of_solution, math.inf)
    found = measured(last, before)["k0_root_D"]
    assert found.status is Status.AT_LEAST
    assert found.value > 20.0


@pytest.mark.parametrize("k", [1.0, 5.0])
def test_the_rate_constant_of_a_layer_is_found(k: float):
    *before, last = series_of(of_layer, k)
    found = measured(last, before)
    assert found["k_adsorbed"].status is Status.OK
    assert found["k_adsorbed"].value == pytest.approx(k, rel=0.15)
    assert not found["k0_root_D"].status.has_value


def test_a_resistance_that_is_not_known_is_no_rate_constant():
    """It separates the peaks in proportion to the current, as slow kinetics do: a lower bound."""
    for k0, drop in ((math.inf, 0.04), (5.0, 0.04), (5.0, 0.0)):
        *before, last = [of_solution(rate, k0, k, drop=drop) for k, rate in enumerate(RATES)]
        found = measured(last, before)["k0_root_D"]
        assert found.status is Status.AT_LEAST
        assert 1.0 < found.value < k0


def test_the_drop_of_a_known_resistance_is_taken_off():
    """40 mV a peak of 1 pA: 40 Gohm."""
    *before, last = [
        replace(made, segment=segment(rate, k, resistance=0.04 / 1e-12))
        for k, rate in enumerate(RATES)
        for made in [of_solution(rate, 5.0, k, drop=0.04)]
    ]
    found = measured(last, before)["k0_root_D"]
    assert found.status is Status.OK
    assert found.value == pytest.approx(5.0, rel=0.2)
