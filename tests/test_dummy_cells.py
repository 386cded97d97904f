"""Circuits that replace the droplet when a rig is commissioned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from closed_forms import SAMPLE, TEN_MICRON
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cell import Mode
from sim.dummy import OPEN, SHORT, Circuit, DummyCell

GIGAOHM = Circuit(parallel=1e9)
PARALLEL = Circuit(parallel=1e9, capacitance=1e-11)
SERIES = Circuit(series=2e8, parallel=1e9, capacitance=1e-11)
BLOCKING = Circuit(series=2e8, capacitance=1e-11)


def connected(circuit: Circuit) -> DummyCell:
    """A freshly wetted dummy cell."""
    cell = DummyCell(circuit)
    cell.wet(TEN_MICRON)
    return cell


@pytest.mark.parametrize("mode", ["current", "potential"])
def test_a_resistor_obeys_ohms_law(mode: Mode) -> None:
    """1 V across 1 Gohm is 1 nA whichever of the two is imposed."""
    drive = np.array([1e-9, -2e-9]) if mode == "current" else np.array([1.0, -2.0])
    answer = connected(GIGAOHM).run(mode, drive, SAMPLE)
    np.testing.assert_allclose(answer.potential, [1.0, -2.0], rtol=1e-12)
    np.testing.assert_allclose(answer.current, [1e-9, -2e-9], rtol=1e-12)


def test_constant_current_charges_resistor_and_capacitor_exponentially() -> None:
    """E(t) = I R_s + I R (1 - exp(-t/RC)) at the end of every step, however long."""
    cell = connected(SERIES)
    answer = cell.run("current", np.full(50, 1e-10), SAMPLE)
    time = SAMPLE * np.arange(1, 51)
    expected = 1e-10 * 2e8 + 0.1 * -np.expm1(-time / 1e-2)
    np.testing.assert_allclose(answer.potential, expected, rtol=1e-12)
    assert np.array_equal(answer.current, np.full(50, 1e-10))


def test_constant_potential_charges_through_the_series_resistor() -> None:
    """The mean current of a step is the exact integral of I(t) over it."""
    answer = connected(SERIES).run("potential", np.ones(50), SAMPLE)
    steady = 1.0 / 1.2e9
    tau = 1e-11 * (2e8 * 1e9 / 1.2e9)
    edges = SAMPLE * np.arange(51)
    charge = steady * edges - (1.0 / 2e8 - steady) * tau * np.expm1(-edges / tau)
    np.testing.assert_allclose(answer.current * SAMPLE, np.diff(charge), rtol=1e-11)


def test_a_parallel_capacitor_takes_its_charge_in_the_first_step() -> None:
    """Without series resistance a potential step passes C dE at once, then only V/R."""
    answer = connected(PARALLEL).run("potential", np.ones(3), SAMPLE)
    np.testing.assert_allclose(answer.current[0] * SAMPLE, 1e-11 + SAMPLE * 1e-9, rtol=1e-12)
    np.testing.assert_allclose(answer.current[1:], 1e-9, rtol=1e-12)


def test_a_charged_capacitor_relaxes_at_open_circuit() -> None:
    """E(t) = E_0 exp(-t/RC) with no current."""
    cell = connected(PARALLEL)
    cell.run("potential", np.array([0.7]), SAMPLE)
    answer = cell.run("open", np.zeros(20), SAMPLE)
    np.testing.assert_allclose(
        answer.potential, 0.7 * np.exp(-SAMPLE * np.arange(1, 21) / 1e-2), rtol=1e-12
    )
    assert not answer.current.any()


def test_a_blocking_capacitor_integrates_the_current() -> None:
    """E = I R_s + Q/C without a leak; a potentiostat ends with no current."""
    answer = connected(BLOCKING).run("current", np.full(10, 1e-12), SAMPLE)
    expected = 1e-12 * 2e8 + 1e-12 * SAMPLE * np.arange(1, 11) / 1e-11
    np.testing.assert_allclose(answer.potential, expected, rtol=1e-12)
    held = connected(BLOCKING).run("potential", np.ones(100), SAMPLE)
    assert held.current.sum() * SAMPLE == pytest.approx(1e-11, rel=1e-12)
    assert abs(held.current[-1]) < 1e-20


def test_an_open_end_answers_a_current_with_an_endless_potential() -> None:
    """The instrument's compliance decides what is read, not the cell."""
    cell = connected(OPEN)
    cell.run("potential", np.array([0.3]), SAMPLE)
    assert np.array_equal(cell.run("open", np.zeros(2), SAMPLE).potential, [0.3, 0.3])
    answer = cell.run("current", np.array([1e-12, 0.0, -1e-12]), SAMPLE)
    assert np.array_equal(answer.potential, [np.inf, 0.3, -np.inf])
    assert not cell.run("potential", np.array([1.0, -1.0]), SAMPLE).current.any()


def test_a_short_answers_a_potential_with_an_endless_current() -> None:
    """And a current with no potential."""
    cell = connected(SHORT)
    answer = cell.run("potential", np.array([0.1, 0.0, -0.1]), SAMPLE)
    assert np.array_equal(answer.current, [np.inf, 0.0, -np.inf])
    assert not cell.run("current", np.array([1e-9, -1e-9]), SAMPLE).potential.any()
    assert not cell.run("open", np.zeros(2), SAMPLE).potential.any()


@settings(max_examples=40, deadline=None)
@given(
    circuit=st.sampled_from([GIGAOHM, PARALLEL, SERIES, BLOCKING, OPEN]),
    mode=st.sampled_from(["current", "potential", "open"]),
    cut=st.integers(0, 60),
)
def test_a_run_may_be_cut_anywhere(circuit: Circuit, mode: Mode, cut: int) -> None:
    """In one call or in two, the same bits."""
    drive = 1e-10 * np.sin(np.arange(60.0))
    whole, parts = connected(circuit), connected(circuit)
    expected = whole.run(mode, drive, SAMPLE)
    pieces = [parts.run(mode, piece, SAMPLE) for piece in (drive[:cut], drive[cut:])]
    assert np.array_equal(np.concatenate([p.potential for p in pieces]), expected.potential)
    assert np.array_equal(np.concatenate([p.current for p in pieces]), expected.current)


def test_a_copy_goes_its_own_way() -> None:
    """Charging the copy leaves the original empty; reshaping touches neither."""
    cell = connected(PARALLEL)
    cell.copy().run("current", np.full(10, 1e-9), SAMPLE)
    cell.reshape(TEN_MICRON)
    assert cell.run("open", np.zeros(1), SAMPLE).potential[0] == 0.0


def test_the_input_is_not_changed() -> None:
    """A waveform may be used again."""
    drive = np.array([1e-9, 2e-9])
    connected(SERIES).run("open", drive, SAMPLE)
    assert np.array_equal(drive, [1e-9, 2e-9])


@pytest.mark.parametrize(
    ("series", "parallel", "capacitance"),
    [(-1.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 1.0, -1.0), (0.0, 1.0, math.inf), (math.nan, 1, 0)],
)
def test_an_impossible_circuit_is_refused(
    series: float, parallel: float, capacitance: float
) -> None:
    """Negative and undefined elements are named."""
    with pytest.raises(ValueError, match=r"resistance is|capacitance is"):
        Circuit(series, parallel, capacitance)


def test_a_step_without_length_is_refused() -> None:
    """Zero seconds is no step."""
    with pytest.raises(ValueError, match="longer than 0 s"):
        connected(GIGAOHM).run("open", np.zeros(1), 0.0)
