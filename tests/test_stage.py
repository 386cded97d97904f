"""The stage follows as the differential equation says, and never leaves its range."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from seccm.errors import LimitError
from seccm.rig import AxisRange, Range
from sim.stage import AXES, AxisMotion, Stage
from sim.swing import Loop

LOOP = Loop(50.0, 0.8)


def reference(
    commands: list[tuple[float, float, float]], t: np.ndarray, start: float
) -> np.ndarray:
    """Integrate x'' = w^2 (c - x) - 2 zeta w x' piece by piece; commands are (begin, c0, rate)."""
    omega, zeta = 2.0 * math.pi * LOOP.frequency, LOOP.damping
    state = np.array([start, 0.0])
    x = np.empty(len(t))
    ends = [begin for begin, _, _ in commands[1:]] + [float(t[-1]) + 1e-9]
    for (begin, c0, rate), end in zip(commands, ends, strict=True):
        # In micrometres and milliseconds, so that the integrator's tolerances mean something.
        def slope(s: float, y: np.ndarray, c0=c0, rate=rate, begin=begin) -> list[float]:
            command = (c0 + rate * (s * 1e-3 - begin)) * 1e6
            w = omega * 1e-3
            return [y[1], w * w * (command - y[0]) - 2.0 * zeta * w * y[1]]

        inside = (t >= begin) & (t < end)
        found = solve_ivp(
            slope,
            (begin * 1e3, end * 1e3),
            [state[0] * 1e6, state[1] * 1e3],
            t_eval=np.append(t[inside] * 1e3, end * 1e3),
            rtol=1e-10,
            atol=1e-10,
            method="DOP853",
        )
        x[inside] = found.y[0, :-1] * 1e-6
        state = found.y[:, -1] * np.array([1e-6, 1e-3])
    return x


def test_the_response_is_the_solution_of_the_loop() -> None:
    """A ramp, a freeze on the way, and a ramp back agree with a numerical integration."""
    axis = AxisMotion(LOOP, 10e-6)
    axis.ramp(0.010, 12e-6, 20e-6)
    axis.hold(0.050)
    axis.ramp(0.063, 10.3e-6, 10e-6)
    t = np.linspace(0.0, 0.3, 700)
    top = 10e-6 + 20e-6 * 0.04
    back = 0.063 + (top - 10.3e-6) / 10e-6
    commands = [
        (0.0, 10e-6, 0.0),
        (0.010, 10e-6, 20e-6),
        (0.050, top, 0.0),
        (0.063, top, -10e-6),
        (back, 10.3e-6, 0.0),
    ]
    assert abs(axis.at(t) - reference(commands, t, 10e-6)).max() < 1e-14


def test_a_smooth_ramp_is_the_mean_of_a_straight_one_and_is_followed_exactly() -> None:
    """Also a way so short that the full speed is never reached, and one that is stopped."""
    for to, stop in ((12e-6, math.inf), (10.2e-6, math.inf), (12e-6, 0.035)):
        axis = AxisMotion(LOOP, 10e-6)
        axis.ramp(0.010, to, 40e-6, 0.02)
        t = np.linspace(0.0, 0.3, 3001)
        since = np.linspace(0.010 - 0.02, 0.3, 200_001)
        straight = np.clip((since - 0.010) * 40e-6, 0.0, to - 10e-6)
        area = np.concatenate(([0.0], np.cumsum(straight[1:] + straight[:-1]) / 2 * np.diff(since)))
        mean = (np.interp(t, since, area) - np.interp(t - 0.02, since, area, left=0.0)) / 0.02
        told = np.array([axis.command(at) for at in t.tolist()])
        assert abs(told - 10e-6 - mean).max() < 1e-11
        if stop < math.inf:
            axis.hold(stop)
            told = np.where(t < stop, told, axis.command(stop))
        # Commands that are straight from one point to the next are near enough.
        assert abs(np.diff(told) / np.diff(t)).max() <= 40e-6 * (1 + 1e-9)
        coarse, there = t[::10], told[::10]
        rates = np.diff(there) / np.diff(coarse)
        commands = list(zip(coarse.tolist(), there.tolist(), rates.tolist(), strict=False))
        at = t[5::40]
        assert abs(axis.at(at) - reference(commands, at, 10e-6)).max() < 1e-9


@pytest.mark.parametrize("damping", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("frequency", [50.0, 200.0])
def test_a_motion_that_is_smooth_over_a_period_does_not_ring(
    frequency: float, damping: float
) -> None:
    """However badly the loop is damped: a mean over a period takes its frequency out."""
    rings = []
    for smooth in (0.0, 1.0 / frequency):
        axis = AxisMotion(Loop(frequency, damping), 0.0)
        axis.ramp(0.0, 11e-6, 100e-6, smooth)
        t = np.linspace(axis.arrival, axis.arrival + 2.0 / frequency, 400)
        rings.append(float(abs(axis.at(t) - 11e-6).max()))
    assert rings[1] < (0.05 + 2.0 * damping) * rings[0]
    assert rings[1] <= 100e-6 * (0.04 + damping) / frequency


def test_a_steady_ramp_lags_by_two_zeta_over_omega() -> None:
    """10 nm at 2 um/s, as the closed form says."""
    axis = AxisMotion(LOOP, 0.0)
    axis.ramp(0.0, 50e-6, 2e-6)
    lag = 2e-6 * 5.0 - float(axis.at(np.array([5.0]))[0])
    assert lag == pytest.approx(2e-6 * 2 * 0.8 / (2 * math.pi * 50), rel=1e-9)
    assert lag == pytest.approx(10.2e-9, abs=0.1e-9)


def test_asking_in_pieces_gives_the_same_bits() -> None:
    """The response does not depend on how many times are asked for at once."""
    axis = AxisMotion(LOOP, 0.0)
    axis.ramp(0.1, 1e-6, 2e-6)
    t = np.arange(0.0, 1.0, 2.57e-3)
    whole = axis.at(t)
    for cut in (1, 7, 50):
        parts = [axis.at(t[i : i + cut]) for i in range(0, len(t), cut)]
        assert (np.concatenate(parts) == whole).all()


def test_a_halt_can_be_set_ahead_of_time() -> None:
    """A stop that a rig decides on now and that takes effect a millisecond later."""
    axis = AxisMotion(LOOP, 0.0)
    axis.ramp(0.0, 10e-6, 2e-6)
    axis.hold(1.0015)
    assert axis.target == pytest.approx(2e-6 * 1.0015)
    assert axis.arrival == 1.0015
    assert float(axis.at(np.array([3.0]))[0]) == pytest.approx(2e-6 * 1.0015, abs=1e-15)


def test_the_bound_on_the_height_holds() -> None:
    """No position lies below `lowest`, even while the loop swings past a stop."""
    rng = np.random.default_rng(4)
    axis, t = AxisMotion(Loop(30.0, 0.3), 50e-6), 0.0
    for _ in range(200):
        smooth = rng.choice([0.0, rng.uniform(0.0, 0.2)])
        axis.ramp(t, rng.uniform(0, 100e-6), rng.uniform(1e-6, 100e-6), smooth)
        step = rng.uniform(0.001, 0.3)
        times = np.linspace(t, t + step, 50)
        assert axis.lowest(t, t + step) <= axis.at(times).min() + 1e-15
        t += step


@pytest.mark.parametrize(
    ("to", "speed"), [(101e-6, 1e-6), (-1e-9, 1e-6), (5e-6, 0.0), (5e-6, 2e-3), (5e-6, math.nan)]
)
def test_a_move_out_of_range_changes_nothing(to: float, speed: float) -> None:
    """The error names the limit; the axis stays."""
    ranges = dict.fromkeys(AXES, AxisRange(Range(0.0, 100e-6), 100e-6))
    stage = Stage(LOOP, ranges, dict.fromkeys(AXES, 50e-6))
    with pytest.raises(LimitError, match="100 um"):
        stage.move("y", 0.0, to, speed)
    assert (stage.axes["y"].at(np.linspace(0.0, 1.0, 9)) == 50e-6).all()
