"""The height of the tip swings while a contact is looked for, and never otherwise."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import pytest
from nidaq_bench import nidaq_rig
from rig_contract import RigContract, Stream

from hardware.ni.paths import Swing as OutputSwing
from seccm.arrays import FloatArray
from seccm.errors import LimitError, PlanError
from seccm.quantities import validate
from seccm.rig import Freeze, Modulate, Mounted, Move, Range, Rig
from sim.config import VirtualConfig
from sim.stage import AxisMotion
from sim.swing import Loop, Swing
from sim.virtual_rig import VirtualRig

FREQUENCY, AMPLITUDE = 275.0, 40e-9
SWING: dict[str, Any] = {
    "modulation": {"frequency": "275 Hz", "amplitude": "40 nm"},
    "lock_in": {"tip": {"of": "z", "constant": "4 ms"}},
}
LOOP = Loop(50.0, 0.8)
RigMaker = Callable[[], AbstractContextManager[Rig]]


@contextmanager
def virtual_rig(**more: Any) -> Iterator[VirtualRig]:
    config = validate(VirtualConfig, SWING | more, "rig.toml", from_file=False)
    rig = VirtualRig(config, Mounted("dummy-resistor", 6e-6), seed=1)
    yield rig
    rig.close()


@contextmanager
def card_rig() -> Iterator[Rig]:
    with nidaq_rig(**SWING) as rig:
        yield rig


BOTH = pytest.mark.parametrize("make", [virtual_rig, card_rig])


class TestVirtualThatSwings(RigContract):
    """The whole contract, of a rig whose height can swing."""

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The virtual rig."""
        with virtual_rig() as rig:
            yield rig


class TestCardThatSwings(RigContract):
    """The whole contract, of a card whose height can swing."""

    speed = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The stand-in for a card."""
        with card_rig() as rig:
            yield rig


def opened(rig: Rig) -> Stream:
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(0.1)
    return stream


def swing_of(stream: Stream, seconds: float = 0.2) -> float:
    """How far the tip swings, once the lock-in has settled."""
    stream.rest(seconds)
    return float(stream.column("tip_amplitude")[-8:].mean())


QUIET = 1.5e-9
"""What the noise of the position leaves."""


def answer(frequency: float) -> complex:
    """What the closed loop makes of a sine."""
    w, turns = LOOP.omega, 2.0 * math.pi * frequency
    return w**2 / (w**2 - turns**2 + 2j * LOOP.damping * w * turns)


@BOTH
def test_the_stage_swings_as_its_loop_lets_it(make: RigMaker) -> None:
    with make() as rig:
        stream = opened(rig)
        assert swing_of(stream) < QUIET
        rig.apply(Modulate(on=True))
        assert swing_of(stream) == pytest.approx(AMPLITUDE * abs(answer(FREQUENCY)), abs=QUIET)
        rig.apply(Modulate(on=False))
        assert swing_of(stream) < QUIET


@BOTH
def test_the_delay_of_the_stage_is_in_the_phase(make: RigMaker) -> None:
    with make() as rig:
        stream = opened(rig)
        rig.apply(Modulate(on=True))
        stream.rest(2.0)
        turned = np.exp(1j * stream.column("tip_phase")[-600:])
        found = cmath.phase(complex(turned.mean()) / answer(FREQUENCY))
        # A card holds each value for a fifth of a millisecond: 10 degrees more on the average.
        assert abs(found) < math.radians(20.0)


@BOTH
def test_a_motion_sideways_ends_it(make: RigMaker) -> None:
    with make() as rig:
        stream = opened(rig)
        rig.apply(Modulate(on=True))
        stream.rest(0.1)
        rig.apply(Move("x", stream.position("x", 0.05) + 1e-6, 10e-6))
        assert swing_of(stream) < QUIET


@BOTH
def test_it_goes_on_while_z_moves_and_after_a_freeze(make: RigMaker) -> None:
    with make() as rig:
        stream = opened(rig)
        height = stream.position("z", 0.05)
        rig.apply(Modulate(on=True))
        rig.apply(Move("z", height - 0.8e-6, 2e-6))
        large = AMPLITUDE * abs(answer(FREQUENCY)) - QUIET
        assert swing_of(stream) > large
        rig.apply(Freeze("here"))
        assert swing_of(stream) > large
        assert stream.position("z", 0.1) < height - 0.3e-6


@BOTH
def test_safe_ends_it_and_lifts_the_tip(make: RigMaker) -> None:
    with make() as rig:
        stream = opened(rig)
        rig.apply(Modulate(on=True))
        stream.rest(0.1)
        report = rig.safe("test")
        assert report.frozen
        assert report.drive_off
        assert report.at_top
        assert swing_of(stream) < QUIET
        assert report.height == pytest.approx(rig.info.axes["z"].travel.upper, abs=60e-9)


@BOTH
def test_the_travel_of_z_leaves_room_for_it(make: RigMaker) -> None:
    with make() as rig:
        stream = opened(rig)
        travel = rig.info.axes["z"].travel
        assert travel.lower == pytest.approx(AMPLITUDE)
        assert travel.upper == pytest.approx(100e-6 - AMPLITUDE)
        with pytest.raises(LimitError, match="nothing moved"):
            rig.apply(Move("z", 100e-6, 10e-6))
        assert stream.position("z", 0.05) < travel.upper


def test_a_rig_without_one_refuses_it() -> None:
    with nidaq_rig() as card:
        opened(card)
        with pytest.raises(LimitError, match=r"cannot modulate.*\[modulation\]"):
            card.apply(Modulate(on=True))
        card.apply(Modulate(on=False))


def test_a_card_that_is_stepped_has_none() -> None:
    with nidaq_rig({"kind": "stepped"}, **SWING) as card:
        assert card.info.modulation is None
        opened(card)
        with pytest.raises(LimitError, match="cannot modulate"):
            card.apply(Modulate(on=True))


@pytest.mark.parametrize("seed", range(4))
def test_the_phase_holds_through_new_paths_of_a_card(seed: int) -> None:
    rng = np.random.default_rng(seed)
    fast = {"stage": {"start_z": "53 um", "frequency": "300 Hz"}}
    with nidaq_rig(virtual=fast, **SWING) as rig:
        stream = opened(rig)
        rig.apply(Modulate(on=True))
        found = []
        for _ in range(4):
            stream.rest(float(rng.uniform(0.2, 0.3)))
            turned = np.exp(1j * stream.column("tip_phase")[-40:])
            found.append(complex(turned.mean()))
            rig.apply(Freeze("again"))
        assert max(abs(cmath.phase(one / found[0])) for one in found) < 0.1


def test_what_a_card_puts_out_stays_within_the_travel() -> None:
    swing = OutputSwing(275.0, 50e-9, Range(50e-9, 99.95e-6))
    t = np.linspace(0.0, 0.1, 5001)
    for height in (0.0, 20e-9, 50e-6, 100e-6):
        put = swing.on(np.full(len(t), height), t)
        assert put.min() >= -1e-15
        assert put.max() <= 100e-6 + 1e-15
        assert np.ptp(put) == pytest.approx(100e-9, rel=1e-3)


# The virtual stage against its equation.


def integrated(switches: list[tuple[float, bool]], t: FloatArray) -> FloatArray:
    """The loop, step by step."""
    step, x, v, at = 2e-6, 0.0, 0.0, 0.0
    found, w = [], LOOP.omega
    states = iter([*switches, (math.inf, False)])
    on, (change, next_on) = False, next(states)
    for wanted in t:
        while at < wanted:
            if at >= change:
                on = next_on
                change, next_on = next(states)
            command = AMPLITUDE * math.sin(2.0 * math.pi * FREQUENCY * (at + step / 2)) if on else 0
            v += step * (w * w * (command - x) - 2.0 * LOOP.damping * w * v)
            x += step * v
            at += step
        found.append(x)
    return np.array(found)


def test_the_virtual_stage_answers_as_its_equation_does() -> None:
    swing = Swing(LOOP, FREQUENCY, AMPLITUDE)
    period = 1.0 / FREQUENCY
    swing.switch(0.0102, on=True)
    swing.switch(0.0311, on=False)
    begins = math.ceil(0.0102 / period) * period
    t = np.linspace(0.001, 0.06, 60)
    wanted = integrated([(begins, True), (0.0311, False)], t)
    np.testing.assert_allclose(swing.at(t), wanted, atol=2e-3 * AMPLITUDE)


def test_a_swing_adds_to_a_ramp_and_its_size_bounds_it() -> None:
    axis = AxisMotion(LOOP, 50e-6)
    axis.swing = Swing(LOOP, FREQUENCY, AMPLITUDE)
    plain = AxisMotion(LOOP, 50e-6)
    for one in (axis, plain):
        one.ramp(0.0, 40e-6, 2e-6)
    axis.swing.switch(0.0, on=True)
    t = np.linspace(0.2, 1.0, 4001)
    apart = axis.at(t) - plain.at(t)
    assert np.abs(apart).max() == pytest.approx(axis.swing.largest, rel=1e-3)
    np.testing.assert_array_equal(axis.mean(t), plain.at(t))
    assert (axis.low(t) <= axis.at(t) + 1e-18).all()
    assert axis.lowest(0.2, 1.0) <= axis.at(t).min()


def test_a_swing_that_never_began_leaves_no_trace() -> None:
    swing = Swing(LOOP, FREQUENCY, AMPLITUDE)
    swing.switch(1e-4, on=True)
    swing.switch(1e-4, on=False)
    assert not swing.on
    assert (swing.at(np.linspace(0.0, 1.0, 100)) == 0.0).all()


def test_heights_of_rows_with_whole_periods_do_not_swing() -> None:
    clock = {"averaged": 360, "spacing": 360}
    spread = []
    for frequency in (100e3 / 360, 230.0):
        tables = SWING | {"modulation": {"frequency": frequency, "amplitude": AMPLITUDE}}
        with virtual_rig(clock=clock, stage={"noise": 0.0}, **tables) as rig:
            stream = opened(rig)
            rig.apply(Modulate(on=True))
            stream.rest(0.5)
            spread.append(float(np.ptp(stream.column("z")[-80:])))
    assert spread[0] < 1e-12
    assert spread[1] > 1e-10


WRONG: list[tuple[dict[str, str], str]] = [
    ({"frequency": "275 Hz", "amplitude": "1 um"}, "is more than the stage may swing"),
    ({"frequency": "275 Hz", "amplitude": "0 nm"}, "amplitude"),
    ({"frequency": "0 Hz", "amplitude": "10 nm"}, "frequency"),
]


@pytest.mark.parametrize(("table", "words"), WRONG)
def test_a_swing_that_cannot_be_is_refused_in_words(table: dict[str, str], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        validate(VirtualConfig, {"modulation": table}, "rig.toml", from_file=True)


def test_a_swing_that_outputs_cannot_follow_is_refused() -> None:
    table = {"frequency": "900 Hz", "amplitude": "10 nm"}
    with (
        pytest.raises(PlanError, match="too fast for what the outputs put out"),
        nidaq_rig(modulation=table),
    ):
        pass


def test_a_lock_in_without_a_frequency_needs_a_swing() -> None:
    table = {"lock_in": {"tip": {"of": "z", "constant": "4 ms"}}}
    with pytest.raises(PlanError, match=r"no table \[modulation\]"):
        validate(VirtualConfig, table, "rig.toml", from_file=True)
