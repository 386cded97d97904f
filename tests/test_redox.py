"""A dissolved couple: voltammetry, chronoamperometry and double layer against closed forms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from closed_forms import (
    SAMPLE,
    TEN_MICRON,
    THERMAL,
    F,
    FloatArray,
    PlanarCut,
    cone_step,
    cottrell,
    randles_sevcik,
    solid_angle,
)

from sim.cell import Cell, Droplet, Mode
from sim.redox import RedoxCell, RedoxParameters
from sim.transport import ConeCut, Cut

REVERSIBLE = RedoxParameters(rate_constant=10.0, capacitance=0.0, conductivity=math.inf)
BLOCKING = RedoxParameters(
    rate_constant=0.0, capacitance=0.1, conductivity=0.105, rest_potential=0.0
)
PLANAR = PlanarCut(first=2e-7, growth=1.06, length=3e-3)
DISC = Droplet(aperture=1e-4, footprint=1e-4, height=0.0, half_angle=0.2)
NANOPIPETTE = Droplet(50e-9, 50e-9, 15e-9, math.radians(7.0))


def wetted(parameters: RedoxParameters, droplet: Droplet, cut: Cut | None = None) -> RedoxCell:
    """A fresh droplet."""
    cell = RedoxCell(parameters, cut)
    cell.wet(droplet)
    return cell


def sweep(start: float, end: float, rate: float, resolution: float) -> tuple[FloatArray, float]:
    """Potentials of a linear sweep, without its start, and the length of a step."""
    count = round(abs(end - start) / resolution)
    return np.linspace(start, end, count + 1)[1:], resolution / rate


def area(droplet: Droplet) -> float:
    """Wetted footprint in m^2."""
    return math.pi * droplet.footprint**2


def test_case_3_cottrell() -> None:
    """172.14 uA/cm^2 after 1 s at 1 mM and 1e-5 cm^2/s, and t^-1/2 all the way, to 0.5 %."""
    parameters = replace(REVERSIBLE, reduced_diffusivity=1e-9, oxidised_diffusivity=1e-9)
    cell = wetted(parameters, DISC, PLANAR)
    step = 5e-4
    density = cell.run("potential", np.full(4000, 1.0), step).current / area(DISC)
    time = step * np.arange(1, 4001)
    assert density[1999] == pytest.approx(1.7214, rel=1e-3)
    late = time > 0.05
    np.testing.assert_allclose(density[late], cottrell(1e-9, 1.0, time)[late], rtol=5e-3)


def test_case_5_randles_sevcik() -> None:
    """Peak of 224.77 uA/cm^2, 28.5 mV past the formal potential, 57 mV between the peaks."""
    cell = wetted(replace(REVERSIBLE, rest_potential=-0.3), DISC, PLANAR)
    up, step = sweep(-0.3, 0.4, 0.1, 2.5e-4)
    down, _ = sweep(0.4, -0.3, 0.1, 2.5e-4)
    forward = cell.run("potential", up, step).current / area(DISC)
    backward = cell.run("potential", down, step).current / area(DISC)
    peak, valley = up[forward.argmax()], down[backward.argmin()]
    assert forward.max() == pytest.approx(2.2477, rel=2e-3)
    assert forward.max() == pytest.approx(randles_sevcik(7e-10, 1.0, 0.1), rel=2e-3)
    assert peak == pytest.approx(28.5e-3, abs=1e-3)
    assert peak - valley == pytest.approx(57.5e-3, abs=1.5e-3)


def test_case_9_a_cone_needs_73_s_to_come_within_10_percent() -> None:
    """i/i_ss = 1 + R_0/sqrt(pi D t) for a 5 um pipette of 10 degrees at 3.6e-10 m^2/s."""
    droplet = Droplet(5e-6, 5e-6, 0.0, math.radians(10.0))
    parameters = replace(REVERSIBLE, reduced_diffusivity=3.6e-10, oxidised_diffusivity=3.6e-10)
    cell = wetted(parameters, droplet, ConeCut(shells=160, reach=400.0))
    step = 0.02
    current = cell.run("potential", np.full(5000, 1.0), step).current
    mouth = 5e-6 / math.sin(droplet.half_angle)
    steady = F * 3.6e-10 * solid_angle(droplet.half_angle) * mouth
    time = step * np.arange(1, 5001)
    late = time > 1.0
    np.testing.assert_allclose(
        current[late] / steady, cone_step(3.6e-10, mouth, time)[late], rtol=4e-3
    )
    crossing = time[np.argmax(current < 1.1 * steady)]
    assert crossing == pytest.approx(73.3, rel=1e-2)


@pytest.mark.parametrize(("cut", "error"), [(ConeCut(), 0.03), (ConeCut(8, 40), 0.005)])
def test_how_coarse_the_usual_cut_is(cut: ConeCut, error: float) -> None:
    """Fourteen shells are good to 3 % of the transient after 0.5 s, forty to 0.5 %."""
    droplet = Droplet(5e-6, 5e-6, 0.0, math.radians(10.0))
    cell = wetted(REVERSIBLE, droplet, cut)
    step = 2e-3
    current = cell.run("potential", np.full(5000, 1.0), step).current
    mouth = 5e-6 / math.sin(droplet.half_angle)
    expected = cone_step(7e-10, mouth, step * np.arange(1, 5001))
    expected *= F * 7e-10 * solid_angle(droplet.half_angle) * mouth
    np.testing.assert_allclose(current[250:], expected[250:], rtol=error)


def test_case_10_steady_reversible_wave() -> None:
    """A nanopipette draws a sigmoid: |E3/4 - E1/4| = 56.4 mV, E1/2 = E0, limit F D c/G_R."""
    cell = wetted(REVERSIBLE, NANOPIPETTE)
    potential, step = sweep(-0.3, 0.3, 0.01, 5e-4)
    current = cell.run("potential", potential, step).current
    limit = F * 7e-10 / ConeCut()(NANOPIPETTE).resistance
    quarter, half, three_quarters = np.interp(
        limit * np.array([0.25, 0.5, 0.75]), current, potential
    )
    assert current[-1] == pytest.approx(limit, rel=1e-3)
    assert three_quarters - quarter == pytest.approx(56.4e-3, abs=1e-3)
    assert half == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("rate_constant", [1e-2, 1e-3, 1e-4, 1e-5])
def test_case_11_quasi_reversible_steady_state(rate_constant: float) -> None:
    """The steady curve F A k_f c / (1 + A G_R (k_f + k_b)/D), within 3 % of its limit.

    At 1 mV/s: at 10 mV/s a 500 nm pipette is still 4 % above its steady current.
    """
    droplet = Droplet(500e-9, 500e-9, 150e-9, math.radians(7.0))
    cell = wetted(replace(REVERSIBLE, rate_constant=rate_constant), droplet)
    potential, step = sweep(-0.4, 0.4, 0.001, 1e-3)
    current = cell.run("potential", potential, step).current
    resistance = ConeCut()(droplet).resistance
    forward = rate_constant * np.exp(0.5 * THERMAL * potential)
    backward = rate_constant * np.exp(-0.5 * THERMAL * potential)
    wetted_area = area(droplet)
    kinetic = F * wetted_area * forward
    expected = kinetic / (1 + wetted_area * resistance * (forward + backward) / 7e-10)
    np.testing.assert_allclose(current, expected, atol=0.03 * F * 7e-10 / resistance)


def test_case_12_double_layer_charges_through_the_droplet() -> None:
    """0.1 V on 38.01 pF: 27.13 nA, falling with 140.1 us."""
    droplet = Droplet(5e-6, 11e-6, 4e-6, math.radians(10.0))
    cell = wetted(BLOCKING, droplet)
    step = 1e-6
    current = cell.run("potential", np.full(500, 0.1), step).current
    time = step * np.arange(1, 501)
    slope, intercept = np.polyfit(time, np.log(current), 1)
    assert 0.1 * area(droplet) == pytest.approx(38.01e-12, rel=1e-3)
    assert -1.0 / slope == pytest.approx(140.1e-6, rel=1e-2)
    assert math.exp(intercept) == pytest.approx(27.13e-9, rel=1e-2)


def test_case_13_galvanostatic_double_layer_slope() -> None:
    """15 nA on the 22 um footprint: 394.6 V/s."""
    answer = wetted(BLOCKING, TEN_MICRON).run("current", np.full(100, 15e-9), 1e-5)
    slope = np.diff(answer.potential) / 1e-5
    np.testing.assert_allclose(slope, 394.6, rtol=1e-3)


def test_case_28_contact_passes_the_double_layers_charge_once() -> None:
    """0.1 V at contact is a mean of 1.485 nA over 2.56 ms, within the few percent still due."""
    answer = wetted(BLOCKING, TEN_MICRON).run("potential", np.full(20, 0.1), 2.56e-3)
    assert answer.current[0] == pytest.approx(1.485e-9, rel=0.05)
    assert answer.current.sum() * 2.56e-3 == pytest.approx(0.1 * 0.1 * area(TEN_MICRON), rel=1e-6)


def test_open_circuit_finds_the_nernst_potential() -> None:
    """With both forms present the electrode relaxes to E0 + RT/F ln(c_O/c_R)."""
    parameters = RedoxParameters(oxidised=5.0, reduced=0.5, formal_potential=0.2)
    answer = wetted(parameters, TEN_MICRON).run("open", np.zeros(8000), SAMPLE)
    assert answer.potential[-1] == pytest.approx(0.2 + math.log(10.0) / THERMAL, abs=1e-4)
    assert not answer.current.any()


def test_galvanostat_and_potentiostat_tell_the_same_story() -> None:
    """Currents of a voltammogram, imposed again, bring its potentials back."""
    parameters = RedoxParameters(oxidised=1.0, rest_potential=0.0)
    potential = 0.15 * np.sin(np.linspace(0.0, 6.0, 800))
    current = wetted(parameters, TEN_MICRON).run("potential", potential, SAMPLE).current
    back = wetted(parameters, TEN_MICRON).run("current", current, SAMPLE).potential
    np.testing.assert_allclose(back, potential, atol=1e-7)


@pytest.mark.parametrize("mode", ["current", "potential", "open"])
def test_a_run_may_be_cut_anywhere(mode: Mode) -> None:
    """In one call or in many, the same bits."""
    rng = np.random.default_rng(3)
    drive = rng.normal(size=200) * (1e-12 if mode == "current" else 0.1)
    parameters = RedoxParameters(oxidised=1.0)
    expected = wetted(parameters, TEN_MICRON).run(mode, drive, SAMPLE)
    cell: Cell = wetted(parameters, TEN_MICRON)
    pieces = np.split(drive, np.sort(rng.integers(0, 200, 12)))
    answers = [cell.run(mode, piece, SAMPLE) for piece in pieces]
    assert np.array_equal(np.concatenate([a.potential for a in answers]), expected.potential)
    assert np.array_equal(np.concatenate([a.current for a in answers]), expected.current)


def test_a_copy_goes_its_own_way() -> None:
    """A rehearsal on the copy leaves no trace in the cell."""
    cell, twin = wetted(REVERSIBLE, NANOPIPETTE), wetted(REVERSIBLE, NANOPIPETTE)
    cell.copy().run("potential", np.full(50, 0.3), SAMPLE)
    drive = np.linspace(-0.2, 0.2, 50)
    first = cell.run("potential", drive, SAMPLE)
    assert np.array_equal(first.current, twin.run("potential", drive, SAMPLE).current)


def test_a_droplet_that_spreads_passes_the_charge_of_its_fresh_surface() -> None:
    """Held at 0.1 V, twice the footprint takes C dA dE more, through the circuit."""
    narrow = replace(TEN_MICRON, footprint=TEN_MICRON.footprint / math.sqrt(2.0))
    cell = wetted(BLOCKING, narrow)
    hold = np.full(50, 0.1)
    first = cell.run("potential", hold, SAMPLE).current.sum() * SAMPLE
    cell.reshape(TEN_MICRON)
    second = cell.run("potential", hold, SAMPLE).current.sum() * SAMPLE
    assert first == pytest.approx(0.1 * 0.1 * area(narrow), rel=1e-6)
    assert second == pytest.approx(0.1 * 0.1 * (area(TEN_MICRON) - area(narrow)), rel=1e-6)


def test_an_impossible_current_is_an_error() -> None:
    """Without a double layer nothing but the couple can carry it, and its limit is finite."""
    with pytest.raises(ArithmeticError, match="no solution for current 1 at step 0"):
        wetted(REVERSIBLE, NANOPIPETTE).run("current", np.ones(1), SAMPLE)


def test_misuse_is_refused() -> None:
    """A dry cell, a step without length and impossible parameters name themselves."""
    with pytest.raises(RuntimeError, match="dry"):
        RedoxCell().run("open", np.zeros(1), SAMPLE)
    with pytest.raises(RuntimeError, match="dry"):
        RedoxCell().reshape(TEN_MICRON)
    with pytest.raises(ValueError, match="longer than 0 s"):
        wetted(REVERSIBLE, TEN_MICRON).run("open", np.zeros(1), 0.0)
    with pytest.raises(ValueError, match="temperature must be above 0"):
        RedoxParameters(temperature=0.0)
    with pytest.raises(ValueError, match="oxidised must be 0 or more"):
        RedoxParameters(oxidised=-1.0)
    with pytest.raises(ValueError, match="passes no current"):
        RedoxParameters(rate_constant=0.0, capacitance=0.0)
