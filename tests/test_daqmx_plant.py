"""What is behind the wires of the virtual card: stage, contact, noise, the freeze in hardware."""

from __future__ import annotations

from typing import Any

import nidaqmx
import numpy as np
import pytest
from card_bench import SMOOTH, UPDATES, Bench, FloatArray, bench, pause_below, read, write
from nidaqmx.errors import DaqError
from nidaqmx.stream_readers import CounterReader
from scipy.integrate import solve_ivp

from seccm.rig import Clock, Mounted
from sim.config import DriveConfig, ElectrometerConfig
from sim.daqmx.axis import STEP, DrivenAxis
from sim.daqmx.clock import TICKS, WallTime
from sim.electronics import Electrometer
from sim.stage import AxisMotion
from sim.swing import Loop

LOOP = Loop(50.0, 0.8)
SPEED = 2e-6
CAPACITOR: dict[str, Any] = {
    **SMOOTH,
    "samples": {
        "capacitor": {
            "kind": "circuit",
            "series": "4 Mohm",
            "parallel": "100 Tohm",
            "capacitance": "38 pF",
        }
    },
}
"""A contact that is a spike and nothing after it."""
SPIKE = Mounted("capacitor", 6e-6)
RESISTOR = Mounted("dummy-resistor", 6e-6)
TOUCH = 50e-6 + 0.45 * 3e-6
"""Mean height of the tip at contact on the smooth surface: drop and jump of a 6 um pipette."""
ABOVE = 4.85
"""Volts on ao2 near the surface: z = 51.5 um."""


def descent(seconds: float, start: float = ABOVE) -> FloatArray:
    """Volts of z that go down at 2 um/s from some volts, shape (1, n)."""
    return start + SPEED / 10e-6 * np.arange(round(seconds * UPDATES))[None, :] / UPDATES


def hang(card: Bench, volts: float = ABOVE) -> None:
    """Bring the tip to a height and let it settle."""
    with nidaqmx.Task() as task:
        task.ao_channels.add_ao_voltage_chan("Dev1/ao2", min_val=-10, max_val=10)
        task.write(volts)
    read(card.inputs("ai4"), 30_000)
    card.tasks.pop().close()


# The stage.


def test_the_stage_answers_voltages_as_its_differential_equation() -> None:
    rng = np.random.default_rng(3)
    commands = 50e-6 + 1e-6 * np.repeat(rng.standard_normal(20), 40)
    axis = DrivenAxis(LOOP, 50e-6)
    for first in range(0, 800, 100):
        axis.follow(commands[first : first + 100], 100)
    seconds = STEP / TICKS

    def slope(t: float, state: FloatArray) -> list[float]:
        command = commands[min(int(t / seconds), 799)]
        x, v = state
        return [v, LOOP.omega**2 * (command - x) - 2 * LOOP.damping * LOOP.omega * v]

    solved = solve_ivp(
        slope,
        (0, 0.04),
        [50e-6, 0.0],
        max_step=seconds / 4,
        rtol=1e-9,
        atol=1e-15,
        dense_output=True,
    )
    t = np.linspace(0.0, 0.0399, 333)
    assert axis.at(t) == pytest.approx(solved.sol(t)[0], abs=2e-10)


def test_a_streamed_ramp_moves_the_stage_as_a_straight_one() -> None:
    straight = AxisMotion(LOOP, 60e-6)
    straight.ramp(0.0, 59e-6, SPEED)
    with bench(SMOOTH) as card:
        hang(card, 4.0)
        ao = card.outputs("ao2", room=2600)
        write(ao, descent(0.52, 4.0))
        card.plugged.card.call()
        ao.start()
        began = card.plugged.now
        read(card.inputs("ai0"), 50_000)
        t = card.plugged.now - began
        assert card.plugged.height == pytest.approx(straight.at(np.array([t]))[0], abs=4e-9)


def test_at_zero_volts_the_tip_is_fully_retracted() -> None:
    with bench(SMOOTH) as card:
        hang(card, 0.0)
        assert card.plugged.height == pytest.approx(100e-6, abs=1e-9)
        assert read(card.inputs("ai4"), 1000).mean() == pytest.approx(0.0, abs=1e-3)


@pytest.mark.glass
def test_a_wrong_scale_in_a_driver_shows_in_the_sensor() -> None:
    swapped = {
        **SMOOTH,
        "wiring": {"z": {"output": "ao2", "monitor": "ai4", "at_0V": "0 um", "at_10V": "80 um"}},
    }
    with bench(swapped) as card:
        hang(card, 5.0)
        assert card.plugged.height == pytest.approx(40e-6, abs=4e-9)


def test_a_card_finds_the_outputs_where_they_were_left() -> None:
    with bench({"stage": {"start_z": "70 um", "start_x": "20 um"}}) as card:
        levels = read(card.inputs("_ao0_vs_aognd", "_ao2_vs_aognd"), 10)[:, -1]
        assert levels == pytest.approx([2.0, 3.0], abs=1e-3)
        assert card.plugged.height == pytest.approx(70e-6)


# Noise.


def test_raw_noise_averages_to_the_noise_of_a_row() -> None:
    clock = Clock()
    quiet = {"electrometer": {"hum": "0 A", "offset": "0 A"}}
    with bench({**SMOOTH, **quiet}) as card:
        volts = read(card.inputs("ai0", "ai1", "ai4"), 257 * 1500)
    raw = volts.reshape(3, 1500, 257)[:, :, :256]
    rows = raw.mean(axis=2)
    row = Electrometer(ElectrometerConfig(), DriveConfig(), clock, 0).floor
    scale = np.array([20e-9, 10.0, 100e-6]) / 10.0
    # The converter adds its own, a twelfth of a squared step, shared by 256 samples.
    step = 2 * 10.5 / 2**16 * scale / np.sqrt(12 * 256)
    expected = np.hypot(np.array([row, 0.4e-3, 1e-9]), step)
    assert rows.std(axis=1) * scale == pytest.approx(expected, rel=0.08)
    raw -= raw.mean(axis=(1, 2), keepdims=True)
    neighbours = np.mean(raw[:, :, 1:] * raw[:, :, :-1], axis=(1, 2))
    assert np.abs(neighbours / raw.var(axis=(1, 2))).max() < 0.02


def test_hum_is_there_at_the_mains_frequency_and_asked_for_more_there_is_more() -> None:
    amplitudes = []
    for faults in ((), ("hum@amplitude=20 pA",)):
        with bench({**SMOOTH, "electrometer": {"hum": "2 pA"}}, faults=faults) as card:
            current = read(card.inputs("ai0"), 100_000)[0] * -2e-9
        wave = np.exp(-2j * np.pi * 50.0 * np.arange(100_000) / 100e3)
        amplitudes.append(2 * abs((current * wave).mean()))
    assert amplitudes == pytest.approx([2e-12, 22e-12], abs=0.05e-12)


# The cell.


def test_open_and_dry_potentiostat_and_galvanostat_read_what_an_operator_would_see() -> None:
    seen = []
    with bench(SMOOTH) as card:
        ai = card.inputs("ai0", "ai1")
        ai.start()
        read(ai, 5000)
        seen.append(read(ai, 5000).mean(axis=1))
        for galvanostat in (False, True):
            ai.stop()
            card.drive(-1.5, galvanostat=galvanostat)
            ai.start()
            read(ai, 5000)
            seen.append(read(ai, 5000).mean(axis=1))
    opened, potentiostat, galvanostat_dry = seen
    assert opened == pytest.approx([0.0, 0.0], abs=5e-3)
    assert potentiostat == pytest.approx([0.0, 1.5], abs=5e-3)
    assert galvanostat_dry == pytest.approx([0.0, 10.0], abs=5e-3)


@pytest.mark.parametrize("block", [130, 730, 1000])
def test_a_sweep_charges_the_leads_however_often_one_looks(block: int) -> None:
    """1 pF takes 2 pA at 2 V/s, also in the step of the world that is not over at a reading."""
    quiet = {"electrometer": {"hum": "0 A", "offset": "0 A"}}
    with bench({**SMOOTH, **quiet}) as card:
        card.drive(0.0)
        ao, ai = card.outputs("ao3", room=5000), card.inputs("ai0", "ai1")
        sweep = -2.0 * np.arange(4500)[None, :] / UPDATES
        write(ao, sweep)
        ai.start()
        ao.start()
        read(ai, 2000)
        volts = np.concatenate([read(ai, block) for _ in range(80_000 // block)], axis=1)
        rate = np.polyfit(np.arange(volts.shape[1]) / 100e3, volts[1], 1)[0]
    current = volts[0].mean() * -2e-9
    # 0.73 pA of noise a sample in 80000 samples, and half a step of the converters at the ends.
    assert rate == pytest.approx(2.0, rel=1e-3)
    assert current == pytest.approx(1e-12 * 2.0, rel=5e-3)


def landed(card: Bench, *terminals: str, seconds: float = 0.4) -> FloatArray:
    """Come down at 2 um/s for some seconds; return what the inputs saw."""
    hang(card)
    ao = card.outputs("ao2", room=5000)
    write(ao, descent(seconds + 0.02))
    ai = card.inputs(*terminals)
    ao.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    ao.start()
    ai.start()
    volts = read(ai, round(seconds * 100e3))
    ao.stop()
    return volts


def test_a_resistor_conducts_from_the_instant_of_contact_on() -> None:
    with bench(SMOOTH, RESISTOR) as card:
        card.drive(-1.0)
        hang(card)
        began = card.plugged.now
        volts = landed(card, "ai0", "ai1")
        [touchdown] = card.plugged.truth.landings
        assert touchdown.z == pytest.approx(TOUCH, rel=0.01)
        assert began < touchdown.t < card.plugged.now
        current = volts[0] * -2e-9
        ai_began = card.plugged.now - 0.4
        contact = round((touchdown.t - ai_began) * 100e3)
        # 1 V on 1 Gohm is 1 nA, anodic, and ai0 is inverted.
        assert current[contact + 200 :].mean() == pytest.approx(1e-9, rel=0.01)
        assert abs(current[: contact - 20].mean()) < 1e-12
        crossed = int((current > 0.5e-9).argmax())
        assert abs(crossed - contact) <= 10


def test_the_spike_of_a_contact_carries_the_charge_of_the_double_layer() -> None:
    with bench(CAPACITOR, SPIKE) as card:
        card.drive(-0.1)
        current = landed(card, "ai0")[0] * -2e-9
    charge = current.sum() / 100e3
    # The far end of the range, 20 nA and 5 %, cuts the top off what would be 27 nA.
    assert 0.7 * 3.8e-12 < charge < 1.02 * 3.8e-12
    peak = int(current.argmax())
    assert current[peak] > 15e-9
    assert current[peak + 500 : peak + 2000].mean() == pytest.approx(0.0, abs=0.3e-12)


def test_at_contact_the_overload_of_the_galvanostat_collapses() -> None:
    with bench(SMOOTH, RESISTOR) as card:
        card.drive(-0.5, galvanostat=True)
        volts = landed(card, "ai0", "ai1")
        [touchdown] = card.plugged.truth.landings
        contact = round((touchdown.t - card.plugged.now + 0.4) * 100e3)
    assert volts[1, : contact - 20] == pytest.approx(10.0, abs=0.05)
    # The leads, 1 pF, discharge through 1 Gohm with 1 ms; then it is 1 nA through 1 Gohm.
    assert volts[1, contact + 200] < 5.0
    assert volts[1, contact + 2000 :].mean() == pytest.approx(1.0, rel=0.01)
    assert volts[0, contact + 2000 :].mean() == pytest.approx(-0.5, rel=0.01)


def test_a_lost_meniscus_opens_the_circuit_again() -> None:
    with bench(SMOOTH, RESISTOR, faults=["lost-meniscus@after=50 ms"]) as card:
        card.drive(-0.5, galvanostat=True)
        volts = landed(card, "ai1")
        [parted], [touchdown] = card.plugged.truth.parted, card.plugged.truth.landings
        assert parted - touchdown.t == pytest.approx(0.05, abs=2e-3)
        assert volts[0, -1000:].mean() == pytest.approx(10.0, abs=0.01)


def test_no_surface_no_contact() -> None:
    with bench(SMOOTH, RESISTOR, faults=["no-surface"]) as card:
        card.drive(-1.0)
        assert abs(landed(card, "ai0").mean()) < 1e-3
        assert not card.plugged.truth.landings


def test_a_stuck_signal_repeats_one_value() -> None:
    with bench(SMOOTH, faults=["stuck-signal@at=20 ms"]) as card:
        ai = card.inputs("ai0", "ai1")
        read(ai, 3000)
        assert np.ptp(read(ai, 1000), axis=1) == pytest.approx([0.0, 0.0])


def test_the_story_does_not_depend_on_how_often_one_looks() -> None:
    stories = []
    for block in (500, 1000, 8000):
        with bench({**SMOOTH, "host": {"call": "0 s"}}, RESISTOR) as card:
            card.drive(-1.0)
            hang(card)
            ao = card.outputs("ao2", room=5000)
            write(ao, descent(0.5))
            ai = card.inputs("ai0", "ai4")
            ao.start()
            ai.start()
            volts = np.concatenate([read(ai, block) for _ in range(40_000 // block)], axis=1)
            stories.append((card.plugged.truth.landings, volts))
    for landings, volts in stories[1:]:
        [one], [other] = landings, stories[0][0]
        assert (one.t, one.z) == pytest.approx((other.t, other.z), rel=1e-9)
        assert np.abs(volts - stories[0][1]).max() < 2e-3


def test_the_same_seed_is_the_same_story() -> None:
    volts = []
    for seed in (1, 1, 2):
        with bench({}, RESISTOR, seed=seed) as card:
            volts.append(read(card.inputs("ai0", "ai4"), 5000))
    assert np.array_equal(volts[0], volts[1])
    assert not np.array_equal(volts[0], volts[2])


# The freeze in hardware.


def travel_after_contact(hysteresis: float) -> tuple[float, int]:
    """Come down on a capacitor with a pause trigger at 50 pA; linger 200 ms after the spike.

    Returns:
        Commanded travel after contact in metres, and updates that were not counted.
    """
    with bench({**CAPACITOR, "host": {"call": "0 s"}}, SPIKE) as card:
        card.drive(-0.3)
        hang(card)
        ao, ai, ci = card.outputs("ao2", room=5000), card.inputs("_ao2_vs_aognd"), card.counter()
        pause_below(ao, -0.5, hysteresis)
        ao.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
        write(ao, descent(0.9))
        ci.start()
        ao.start()
        ai.start()
        volts = []
        while not card.plugged.truth.landings:
            volts.append(read(ai, 1000))
            card.plugged.card.pins.look(card.plugged.card.now)
        volts.append(read(ai, 20_000))
        level = np.concatenate(volts, axis=1)[0]
        [touchdown] = card.plugged.truth.landings
        contact = round(touchdown.t * 100e3) - round(card.plugged.now * 100e3) + level.size
        counts = np.zeros(level.size, dtype=np.uint32)
        CounterReader(ci.in_stream).read_many_sample_uint32(counts, level.size)
        masked = round((level.size - 1) / 20) - int(counts[-1])
        ao.stop()
        return float(level[-1] - level[contact]) * 10e-6, masked


def test_without_hysteresis_a_decaying_spike_lets_the_ramp_go_on() -> None:
    travel, masked = travel_after_contact(0.0)
    # The spike of 11 pC at 0.14 ms is above 50 pA for about a millisecond of the 200.
    assert SPEED * 0.19 < travel < SPEED * 0.215
    assert 2 <= masked <= 30


def test_with_a_hysteresis_beyond_the_range_the_stage_stays_where_it_is() -> None:
    travel, masked = travel_after_contact(9.4)
    # One update, 0.4 nm, and two steps of the converters at most.
    assert abs(travel) < 7e-9
    assert masked > 900


def test_a_pause_in_the_dry_changes_no_contact() -> None:
    heights = []
    for paused in (False, True):
        with bench({**SMOOTH, "host": {"call": "0 s"}}, RESISTOR) as card:
            card.drive(-1.0)
            hang(card)
            ao, ai = card.outputs("ao2", room=5000), card.inputs("ai0")
            if paused:
                pause_below(ao, -9.0, 0.5)
            write(ao, descent(0.4))
            ai.start()
            ao.start()
            for _ in range(30):
                read(ai, 1000)
            heights.append([touchdown.z for touchdown in card.plugged.truth.landings])
    assert len(heights[0]) == 1
    assert heights[0] == pytest.approx(heights[1], abs=1e-12)


def test_only_one_task_can_have_the_comparator_and_only_apfi0_can_feed_it() -> None:
    with bench(SMOOTH) as card:
        trigger = card.outputs("ao2").triggers.pause_trigger
        trigger.trig_type = nidaqmx.constants.TriggerType.ANALOG_LEVEL
        with pytest.raises(DaqError) as caught:
            trigger.anlg_lvl_src = "ai0"
        assert caught.value.error_type.name == "INVALID_ANALOG_TRIG_SRC"
    with bench({**SMOOTH, "card": {"analog_trigger": False}}) as card:
        assert not nidaqmx.system.Device("Dev1").anlg_trig_supported
        with pytest.raises(DaqError) as caught:
            pause_below(card.outputs("ao2"), -1.0, 0.0)
        assert caught.value.error_type.name == "INVALID_ANALOG_TRIG_SRC"


# Time on the wall.


class Wall:
    """A clock that stands unless somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_on_the_wall_clock_waits_are_slept_and_calls_cost_what_they_cost() -> None:
    wall = Wall()
    time = WallTime(2.0, now=wall.read, sleep=wall.sleep)
    assert time.call() == 0
    while time.call() < TICKS:
        time.wait(TICKS)
    assert sum(wall.slept) == pytest.approx(0.5)
    assert max(wall.slept) <= 0.02
    slept = len(wall.slept)
    wall.now += 0.25
    assert time.call() == pytest.approx(1.5 * TICKS)
    assert time.wait(TICKS) == pytest.approx(1.5 * TICKS)
    assert len(wall.slept) == slept


def test_with_a_pace_the_card_runs_at_it() -> None:
    """Its buffer holds ten seconds of a slow machine."""
    with bench(SMOOTH, pace=0.1) as card:
        read(card.inputs("ai0"), 100)
        assert card.plugged.now >= 0.00099
