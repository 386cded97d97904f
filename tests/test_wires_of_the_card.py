"""The virtual card's wires: volts there and back, names of terminals, curves between instants."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.errors import PlanError
from seccm.quantities import validate
from sim.daqmx import curves
from sim.daqmx.codes import RefusedError
from sim.daqmx.config import CardConfig, VirtualCardConfig
from sim.daqmx.terminals import beside, channel_terminal, expanded, internal, leaf, physical
from sim.daqmx.wiring import SUPPLY, Line, Wiring

few = settings(max_examples=20)
VOLTS = st.lists(st.floats(-10, 10), min_size=1, max_size=8).map(np.array)


def plain(compiled: Callable[..., Any]) -> Callable[..., Any]:
    """The function as it is written: it costs no compiler, and its numbers are the same."""
    return compiled.py_func  # type: ignore[attr-defined]


def config(**table: Any) -> VirtualCardConfig:
    return validate(VirtualCardConfig, table, "virtual card", from_file=True)


def wired(**signals: Any) -> Wiring:
    return Wiring(config(wiring={"signals": signals}))


# ------------------------------------------------------------------ volts there and back


@few
@given(zero=st.floats(-1, 1), slope=st.floats(1e-9, 10), sign=st.sampled_from([1, -1]), volts=VOLTS)
def test_what_volts_mean_are_the_volts_that_stand_for_it(zero, slope, sign, volts):
    line = Line(zero, sign * slope)
    assert line.volts(line.si(volts)) == pytest.approx(volts, rel=1e-6, abs=1e-6 + 1e-15 / slope)


@few
@given(volts=VOLTS)
def test_a_controller_goes_no_farther_than_its_travel(volts):
    wiring = Wiring(config())
    for axis in ("x", "y", "z"):
        found = wiring.position(axis, volts)
        assert (found >= 0.0).all()
        assert (found <= 100e-6).all()
        inside = (volts >= 0.0) & (volts <= 10.0)
        assert found[inside] == pytest.approx(wiring.axes[axis].si(volts[inside]))


def test_without_volts_the_tip_is_fully_retracted():
    wiring = Wiring(config())
    (z,) = wiring.position("z", np.zeros(1))
    (x,) = wiring.position("x", np.zeros(1))
    assert (x, z) == (0.0, 100e-6)


def test_each_monitor_reads_the_axis_of_its_output():
    wiring = Wiring(config())
    assert set(wiring.monitors.values()) == set(wiring.outputs) == {"x", "y", "z"}
    assert len(set(wiring.outputs.values())) == 3


@pytest.mark.parametrize(
    ("mode", "mode_line", "cell_line", "expected"),
    [
        ("line", True, True, "current"), ("line", False, True, "potential"),
        ("line", True, False, "open"), ("line", False, False, "open"),
        ("current", False, True, "current"), ("potential", True, True, "potential"),
        ("potential", True, False, "open"),
    ],
)  # fmt: skip
def test_two_lines_say_what_is_imposed(mode: str, mode_line: bool, cell_line: bool, expected: str):
    assert wired(mode=mode).mode(mode_line, cell_line) == expected


def test_a_cell_without_a_switch_is_always_on():
    assert wired(cell_line="").mode(False, False) == "potential"
    assert wired(cell_line="").mode(True, False) == "current"


@few
@given(volts=VOLTS)
def test_what_is_commanded_is_in_proportion_and_nothing_while_open(volts):
    wiring = wired(command_potential_at_10V="-5 V", command_current_at_10V="1 nA")
    assert wiring.imposed("potential", volts) == pytest.approx(-0.5 * volts)
    assert wiring.imposed("current", volts) == pytest.approx(1e-10 * volts)
    assert wiring.imposed("open", volts).tolist() == [0.0] * len(volts)


@few
@given(current=st.lists(st.floats(-1e-6, 1e-6), min_size=1, max_size=6).map(np.array))
def test_a_reading_is_in_proportion_up_to_the_supply_of_the_amplifier(current):
    wiring = wired(current_at_10V="-20 nA")
    volts = wiring.reading("ai0", current)
    assert (np.abs(volts) <= SUPPLY).all()
    small = np.abs(current) < 23e-9
    assert volts[small] == pytest.approx(-current[small] / 2e-9)
    assert (volts[~small] * current[~small] <= 0.0).all()


def test_the_comparator_sees_the_trigger_signal_through_its_amplifier():
    for signal, size in (("current", 5e-12), ("potential", 1e-3)):
        wiring = wired(trigger_signal=signal, trigger_gain=20.0)
        plain_volts = wiring.reading(
            {"current": "ai0", "potential": "ai1"}[signal], np.array([size])
        )
        assert wiring.signal("APFI0") == signal
        assert wiring.reading("APFI0", np.array([size])) == pytest.approx(20.0 * plain_volts)


def test_a_terminal_reads_what_it_is_wired_to_and_others_read_nothing():
    wiring = wired(also={"ai7": "barrels", "ai8": "current"})
    found = {name: wiring.signal(name) for name in ("ai0", "ai1", "ai7", "ai8", "ai9")}
    assert found == {
        "ai0": "current", "ai1": "potential", "ai7": "barrels", "ai8": "current", "ai9": None,
    }  # fmt: skip
    assert wiring.second("ai0") is None


@pytest.mark.parametrize(
    ("levels", "size"), [((False, False), 1.0), ((True, False), 0.1), ((True, True), 0.005)]
)
def test_lines_switch_the_range_and_positions_that_are_not_there_are_the_usual_one(levels, size):
    wiring = wired(range_lines=["port0/line3", "port0/line4"], ranges={"10": 0.1, "11": 0.005})
    columns = np.array([levels, (False, True)]).T
    assert wiring.ranges(columns).tolist() == [size, 1.0]


def test_relays_connect_one_channel_each_and_a_multiplexer_the_one_addressed():
    relays = wired(relays={"port0/line5": "P1", "port0/line6": "P2"})
    assert relays.switch_lines == ("port0/line5", "port0/line6")
    assert relays.connected((True, True)) == ("P1", "P2")
    assert relays.connected((False, False)) == ()
    mux = wired(
        address=["port0/line5", "port0/line6"], enable="port0/line7",
        channels={"01": "P2", "10": "P3"},
    )  # fmt: skip
    assert mux.connected((False, True, True)) == ("P2",)
    assert mux.connected((True, False, True)) == ("P3",)
    assert mux.connected((True, True, True)) == ()
    assert mux.connected((False, True, False)) == (), "not enabled"


# ------------------------------------------------------------------ what a config cannot be


@pytest.mark.parametrize(
    "table",
    [
        {"wiring": {"x": {"output": "ao0", "monitor": "ai2", "at_0V": "1 um", "at_10V": "1 um"}}},
        {"step": 0}, {"step": 1001}, {"card": {"inputs": 0}}, {"host": {"call": "-1 us"}},
        {"drives": {"substrate": {}}},
        {"signals": {"second": {"unit": "A"}}},
    ],
)  # fmt: skip
def test_a_card_that_cannot_be_is_refused(table: dict[str, Any]):
    with pytest.raises(PlanError):
        config(**table)


def test_a_step_of_one_sample_is_computed_in_parts_of_it():
    assert config(step=1).fine
    assert not config(step=2).fine
    assert config(step=1).step_ticks * 8 == 1000
    assert config(step=7).step_ticks == 7000


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dev1/ai0", ["Dev1/ai0"]), ("Dev1/ai0:2", ["Dev1/ai0", "Dev1/ai1", "Dev1/ai2"]),
        ("Dev1/ai2:0", ["Dev1/ai2", "Dev1/ai1", "Dev1/ai0"]), ("a, b ,, c", ["a", "b", "c"]),
        ("Dev1/ai3:3", ["Dev1/ai3"]), ("", []), (" , ", []),
        ("Dev1/ai0:1, Dev1/ai7", ["Dev1/ai0", "Dev1/ai1", "Dev1/ai7"]),
    ],
)  # fmt: skip
def test_lists_and_ranges_of_names_are_names(text: str, names: list[str]):
    assert expanded(text) == names
    assert expanded(", ".join(names)) == names


CARD = CardConfig(device="Dev1", inputs=4, outputs=2, beside={"Dev2": 3})


@pytest.mark.parametrize("text", ["/Dev1/ao/SampleClock", "Dev1/ao/SampleClock", "ao/SampleClock",
                                  "/dev1/ao/SampleClock", " /Dev1/ao/SampleClock "])  # fmt: skip
def test_a_terminal_is_the_same_with_and_without_its_device(text: str):
    assert leaf(CARD, text) == "ao/SampleClock"


@pytest.mark.parametrize("text", ["/Dev2/ao/SampleClock", "Dev2/PFI0", "/Dev11/PFI0"])
def test_a_terminal_of_another_device_is_refused(text: str):
    with pytest.raises(RefusedError):
        leaf(CARD, text)


@pytest.mark.parametrize("kind", ["ai", "ao", "ci", "co", "do"])
def test_every_channel_of_the_card_is_found_by_its_name_and_the_next_one_is_not(kind: Any):
    channels = physical(CARD, kind)
    assert len(set(channels)) == len(channels)
    for name in channels:
        assert channel_terminal(CARD, kind, f"Dev1/{name}") == name
        assert channel_terminal(CARD, kind, f"/dev1/{name}") == name
    for wrong in ("Dev1/ai4", "Dev1/ao2", "Dev1/ctr4", "Dev1/port0/line32", "Dev1/", "Dev3/ai0"):
        with pytest.raises(RefusedError):
            channel_terminal(CARD, kind, wrong)


def test_outputs_of_a_device_beside_keep_its_name():
    assert beside(CARD, "Dev2") == ["Dev2/ao0", "Dev2/ao1", "Dev2/ao2"]
    assert beside(CARD, "Dev9") == []
    assert channel_terminal(CARD, "ao", "Dev2/ao2") == "Dev2/ao2"
    for kind, text in (("ao", "Dev2/ao3"), ("ai", "Dev2/ao0"), ("ai", "Dev2/ai0")):
        with pytest.raises(RefusedError):
            channel_terminal(CARD, kind, text)  # type: ignore[arg-type]


def test_a_card_reads_back_its_own_outputs():
    for name in internal(CARD):
        assert channel_terminal(CARD, "ai", f"Dev1/{name}") == name
        with pytest.raises(RefusedError):
            channel_terminal(CARD, "ao", f"Dev1/{name}")


# ------------------------------------------------------------------ curves between instants

RISING = st.lists(st.integers(0, 60), min_size=0, max_size=12).map(lambda x: np.array(sorted(x)))
STEPS = st.lists(st.tuples(st.integers(0, 50), st.integers(-9, 9)), min_size=1, max_size=8,
                 unique_by=lambda pair: pair[0]).map(sorted)  # fmt: skip


@few
@given(steps=STEPS, at=RISING, reached=st.sampled_from([0, 1]))
def test_stairs_hold_from_each_change_to_the_next(steps, at, reached):
    ticks, levels = np.array([t for t, _ in steps]), np.array([float(v) for _, v in steps])
    found = plain(curves.stairs)(ticks, levels, at, reached)
    for tick, value in zip(at.tolist(), found.tolist(), strict=True):
        past = [v for t, v in steps if (t <= tick if reached else t < tick)]
        assert value == (past[-1] if past else levels[0])


@few
@given(nodes=st.lists(st.floats(-5, 5), min_size=2, max_size=8), first=st.integers(0, 5), at=RISING)
def test_straight_pieces_pass_through_their_nodes_and_go_on(nodes, first, at):
    period, values = 0.1, np.array(nodes)
    times = period * (first + np.arange(values.size))
    assert plain(curves.polyline)(values, float(first), period, times) == pytest.approx(
        values, abs=1e-9
    )
    t = at * 0.01
    found = plain(curves.polyline)(values, float(first), period, t)
    inside = (t >= times[0]) & (t <= times[-1])
    assert found[inside] == pytest.approx(np.interp(t[inside], times, values), abs=1e-9)
    beyond = t > times[-1]
    slope = (values[-1] - values[-2]) / period
    assert found[beyond] == pytest.approx(values[-1] + slope * (t[beyond] - times[-1]), abs=1e-9)


@few
@given(values=st.lists(st.floats(-5, 5), min_size=1, max_size=8).map(np.array))
def test_a_value_holds_for_its_period_and_the_last_one_for_ever(values):
    period = 1e-5
    begins = period * np.arange(values.size)
    for share in (0.0, 0.5, 0.99):
        found = plain(curves.steps_at)(values, 0.0, period, begins + share * period)
        assert found.tolist() == values.tolist()
    late = plain(curves.steps_at)(values, 0.0, period, np.array([1.0]))
    assert late.tolist() == [values[-1]]


@few
@given(values=VOLTS, step=st.floats(1e-4, 1.0))
def test_a_converter_is_off_by_half_a_step_at_most_and_ends_where_it_ends(values, step):
    found = plain(curves.rounded)(values, step, -5.0, 5.0)
    inside = np.abs(values) <= 5.0 - step
    assert np.abs(found - values)[inside].max(initial=0.0) <= 0.5 * step * (1 + 1e-9)
    assert np.abs(found).max() <= 5.0
    again = plain(curves.rounded)(found, step, -5.0, 5.0)
    assert again == pytest.approx(found, abs=step * 1e-6 + step * (np.abs(found) >= 5.0).any())


@pytest.mark.parametrize("gain", [1.0, 20.0, -3.0])
def test_an_amplifier_behind_an_output_ends_at_its_own_supply_too(gain: float):
    quantity = np.linspace(-100.0, 100.0, 41)
    found = plain(curves.amplified)(quantity, 1.0, 2.0, gain, 12.0)
    assert np.abs(found).max() == 12.0
    linear = np.abs(gain * (quantity - 1.0) / 2.0) <= 12.0
    linear &= np.abs((quantity - 1.0) / 2.0) <= 12.0
    assert found[linear] == pytest.approx(gain * (quantity[linear] - 1.0) / 2.0)


def test_hum_is_added_with_its_phase_and_none_where_there_is_none():
    at = np.arange(0, 4_000_000, 1_000)
    values = np.ones(at.size)
    plain(curves.add_sine)(values, at, 50e-8, 0.3, 0.0)
    assert (values == 1.0).all()
    plain(curves.add_sine)(values, at, 50e-8, 0.3, 2.0)
    assert values == pytest.approx(1.0 + 2.0 * np.sin(2 * math.pi * 50e-8 * at + 0.3), abs=1e-6)


def test_noise_is_added_in_its_size():
    true, noise = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    assert plain(curves.noisy)(true, 0.5, noise).tolist() == [2.5, 1.5]
    assert plain(curves.noisy)(true, 0.0, noise).tolist() == true.tolist()
