"""The stand-in of a card, computed finer than its samples: what its converters see of a cell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hardware.ni.outputs import beside
from seccm.arrays import FloatArray, IntArray
from sim.daqmx.fine import FineSignals
from sim.daqmx.task import Task, TaskChannel, Timing
from sim.dummy import Circuit, DummyCell

STEP, SAMPLE = 125, 1000
"""Ticks of 10 ns."""
BANDWIDTH, STRAY = 10e3, 1e-12
RESISTOR = Circuit(parallel=1e7)
DUMMY = Circuit(series=1e6, parallel=1e8, capacitance=2e-11)


F = 5005.0


def _impedance(circuit: Circuit) -> complex:
    alone = 1.0 / circuit.parallel + 2j * math.pi * F * circuit.capacitance
    return complex(circuit.series + 1.0 / alone)


def _staircase(ticks: IntArray, period: int) -> FloatArray:
    """A sine of F as a card puts it out, a level for each period of so many ticks."""
    return np.asarray(0.02 * np.sin(2.0 * np.pi * F * 1e-8 * ((ticks - 37) // period * period)))


def _seen(circuit: Circuit, period: int, later: int) -> complex:
    """The impedance that converters see, of which leads, amplifier and delay are taken off."""
    ends = np.arange(1, 10_000_000 // STEP + 1) * STEP
    means = np.mean([_staircase(ends - early, period) for early in (12, 37, 62, 87, 112)], axis=0)
    alone = DummyCell(circuit).run("potential", means, STEP * 1e-8).current
    leads = STRAY * np.diff(means, prepend=0.0) / (STEP * 1e-8)
    signals = FineSignals(STEP * 1e-8, 0.0, BANDWIDTH, STRAY)
    signals.extend(means, alone + leads, _staircase(ends - 1, period))
    at = np.arange(2000, 9990) * SAMPLE
    volts = _staircase(at - 1, period)
    amperes = signals.current((at + later) * 1e-8)
    turning = np.hanning(len(at)) * np.exp(-2j * np.pi * F * 1e-8 * at)
    omega = 2.0 * math.pi * F
    through = (amperes @ turning) / (volts @ turning) * np.exp(-1j * omega * later * 1e-8)
    return complex(1.0 / (through * (1.0 + 1j * F / BANDWIDTH) - 1j * omega * STRAY))


@pytest.mark.parametrize("circuit", [RESISTOR, DUMMY], ids=["resistor", "dummy"])
@pytest.mark.parametrize("later", [0, 111, 437])
def test_at_5_khz_the_phase_is_right_to_a_tenth_of_a_degree(circuit: Circuit, later: int) -> None:
    """Whatever the cell, and whenever in a sample its current is converted."""
    ratio = _seen(circuit, round(1e8 / beside(25e3)), later) / _impedance(circuit)
    assert abs(np.angle(ratio, deg=True)) < 0.1
    assert abs(ratio) == pytest.approx(1.0, abs=1e-3)


def test_outputs_in_step_with_the_inputs_would_show_their_images() -> None:
    """Why the outputs keep a rate of their own: every 4th sample at 25 kHz is another reading."""
    ratio = _seen(DUMMY, 4000, 0) / _impedance(DUMMY)
    assert abs(np.angle(ratio, deg=True)) > 1.0


@pytest.mark.parametrize("rate", [100.0, 5e3, 10e3, 25e3, 40e3, 50e3, 100e3])
@pytest.mark.parametrize("samples", [50e3, 100e3, 125e3, 200e3])
def test_no_low_multiple_of_the_outputs_rate_is_one_of_the_inputs(
    rate: float, samples: float
) -> None:
    found = beside(rate)
    assert rate * 0.99 < found < rate
    assert (1e8 / found) == pytest.approx(round(1e8 / found), abs=1e-6)
    multiples = np.arange(1, 41) * found  # the next image of a sine is less than 1 % of it
    off = np.abs(multiples / samples - np.round(multiples / samples)) * samples
    assert off.min() > 20.0


@pytest.mark.parametrize(
    ("channels", "rate", "ticks"),
    [(9, 100e3, 111), (2, 100e3, 500), (1, 100e3, 1000), (9, 1e3, 1100), (16, 50e3, 125)],
)
def test_a_converter_takes_the_inputs_one_after_the_other(
    channels: int, rate: float, ticks: int
) -> None:
    task = Task("inputs", "ai")
    task.channels = [TaskChannel(f"ai{k}", f"ai{k}") for k in range(channels)]
    assert task.converting == 0
    task.timing = Timing("", round(1e8 / rate), continuous=True, samples=1000)
    assert task.converting == ticks
    assert task.converting * channels <= task.timing.period


def test_what_is_taken_back_leaves_no_trace() -> None:
    rng = np.random.default_rng(1)
    potential, current = rng.standard_normal((2, 400))
    at_once = FineSignals(1e-6, 0.0, BANDWIDTH, STRAY)
    at_once.extend(potential, current, potential + 0.1)
    again = FineSignals(1e-6, 0.0, BANDWIDTH, STRAY)
    again.extend(potential[:150], current[:150], potential[:150] + 0.1)
    again.extend(current[:80], potential[:80], None)
    again.cut(150)
    again.extend(potential[150:], current[150:], potential[150:] + 0.1)
    t = np.linspace(0.0, 399e-6, 1111)
    np.testing.assert_allclose(again.current(t), at_once.current(t), rtol=1e-12)
    np.testing.assert_allclose(again.potential(t), at_once.potential(t), rtol=1e-12)
    assert again.imposed(t).all()
    assert again.steps == at_once.steps == 400


def test_a_potential_that_answers_is_straight_in_a_step_and_told_from_an_imposed_one() -> None:
    signals = FineSignals(1e-6, 0.0, BANDWIDTH, STRAY)
    signals.extend(np.array([1.0, 3.0]), np.zeros(2), None)
    signals.extend(np.array([5.0]), np.zeros(1), np.array([5.0]))
    t = np.array([0.25e-6, 1.5e-6, 2.5e-6])
    np.testing.assert_allclose(signals.potential(t)[:2], [0.25, 2.0], rtol=1e-5)
    assert signals.imposed(t).tolist() == [False, False, True]


def test_the_amplifier_shows_a_step_after_its_time_constant() -> None:
    signals = FineSignals(1e-6, 0.0, BANDWIDTH, 0.0)
    signals.extend(np.zeros(100), np.ones(100), None)
    tau = 1.0 / (2.0 * math.pi * BANDWIDTH)
    t = np.array([0.4e-6, tau, 5.0 * tau])
    np.testing.assert_allclose(signals.current(t), 1.0 - np.exp(-t / tau), rtol=1e-4)
