"""Stand-ins of instruments: their ranges, outputs that run to their goals, what they read."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.quantities import validate
from seccm.rig import Flag
from sim.config import SimulatedDrive
from sim.fpga.axes import AXES, GRID, OUTPUTS, VOLTS, Axis, Outputs, card_ticks
from sim.instrument.ranging import DOWN, PATIENCE, UP, Ranging
from sim.other_inputs import OtherInputs

few = settings(max_examples=20)
SPANS = (1e-9, 1e-8, 1e-7, 1e-6)

# ------------------------------------------------------------------ ranges


@few
@given(st.lists(st.floats(0, 2e-6), min_size=1, max_size=60))
def test_no_point_is_measured_beyond_its_range_unless_all_are_too_small(currents):
    ranging = Ranging(SPANS)
    for current in currents:
        span = ranging.choose(current)
        assert span in SPANS
        assert current <= UP * span or span == SPANS[-1]


def test_it_begins_with_the_largest_range_and_comes_down_one_by_one_with_patience():
    ranging = Ranging(SPANS)
    chosen = [ranging.choose(0.0) for _ in range(3 * PATIENCE + 2)]
    assert chosen == sorted(chosen, reverse=True)
    assert chosen[0] == SPANS[-1]
    assert [chosen.count(span) for span in SPANS[1:]] == [PATIENCE] * 2 + [PATIENCE - 1]
    assert chosen[-1] == SPANS[0]


def test_one_large_point_goes_up_at_once_and_interrupts_the_patience():
    ranging = Ranging(SPANS)
    for _ in range(20):
        ranging.choose(0.0)
    assert ranging.choose(0.5e-6) == SPANS[-1]
    for _ in range(PATIENCE - 1):
        ranging.choose(0.0)
    assert ranging.choose(2 * DOWN * SPANS[-1]) == SPANS[-1]
    assert ranging.choose(0.0) == SPANS[-1]


def test_a_steady_current_has_one_range_that_it_fills():
    for current in (3e-10, 5e-9, 4e-8, 7e-7):
        ranging = Ranging(SPANS)
        last = [ranging.choose(current) for _ in range(30)][-1]
        assert DOWN * last <= current <= UP * last
        assert {ranging.choose(current) for _ in range(30)} == {last}


def test_a_single_range_is_always_that():
    assert {Ranging([1e-9]).choose(current) for current in (0.0, 1e-12, 1.0)} == {1e-9}


# ------------------------------------------------------------------ outputs


CODES = st.integers(-32768, 32767)


@few
@given(
    start=CODES, goal=CODES, speed=st.floats(1e-6, 1.0), cuts=st.lists(st.floats(0, 1), max_size=5)
)
def test_an_output_runs_straight_to_its_goal_and_stays_there(start, goal, speed, cuts):
    axis = Axis(float(start))
    axis.towards(goal, speed)
    whole = axis.left
    assert whole == pytest.approx(abs(goal - start) / speed)
    at = np.array(sorted([0.0, *cuts, 1.0])) * whole
    expected = np.floor(start + (goal - start) * (at / whole if whole else 0 * at) + 0.5)
    assert np.abs(axis.after(at) - expected).max(initial=0.0) <= 1.0
    for step in np.diff(at):
        axis.run(float(step))
    axis.run(1.0)
    assert axis.code == goal
    assert axis.left == 0.0
    assert axis.after(np.array([1e9])).tolist() == [float(goal)]


@few
@given(start=CODES, goal=CODES)
def test_an_infinite_speed_is_there_at_once_and_rest_stays(start, goal):
    axis = Axis(float(start))
    axis.towards(goal, math.inf)
    assert (axis.code, axis.rate) == (goal, 0.0)
    axis.towards(start, 1e-3)
    axis.rest()
    here = axis.code
    axis.run(1e9)
    assert axis.code == here


def test_a_speed_of_nothing_never_arrives_and_never_moves():
    axis = Axis(5.0)
    axis.towards(100, 0.0)
    axis.run(1e12)
    assert axis.code == 5.0


def test_outputs_begin_where_the_wires_are():
    outputs = Outputs({OUTPUTS["Z"]: 5.0})
    codes = dict(zip(AXES, outputs.codes().values(), strict=True))
    assert codes["Z"] == round(5.0 / VOLTS)
    assert {codes[axis] for axis in AXES if axis != "Z"} == {0}
    assert outputs.traces[OUTPUTS["Z"]].last == pytest.approx(5.0, abs=VOLTS)


def test_a_ramp_in_pieces_leaves_the_levels_of_the_ramp_at_once():
    made = []
    for pieces in ([40 * GRID], [GRID] * 40, [7 * GRID, 33 * GRID]):
        outputs = Outputs({})
        outputs.axes["Z"].towards(3_000, 0.05)
        now = 0
        for ticks in pieces:
            outputs.run(now, ticks)
            now += ticks
        at = np.arange(1, 40) * card_ticks(np.array([GRID]))[0]
        made.append(outputs.traces[OUTPUTS["Z"]].before(at + 1))
        assert outputs.codes()["Applied Z"] == 3_000
    for other in made[1:]:
        assert other == pytest.approx(made[0], abs=1.01 * VOLTS)


def test_what_is_only_expected_leaves_no_trace():
    outputs = Outputs({})
    outputs.axes["X"].towards(500, 0.01)
    trace = outputs.traces[OUTPUTS["X"]]
    before, code = trace.changes, outputs.axes["X"].code
    marks = outputs.expected(0, 20 * GRID)
    assert trace.changes > before
    outputs.cut(marks)
    assert trace.changes == before
    assert outputs.axes["X"].code == code


def test_a_jump_is_on_the_wire_from_its_tick_on_and_a_jump_to_the_same_is_none():
    outputs = Outputs({})
    outputs.jump("V", 1_000, 8 * GRID)
    trace, at = outputs.traces[OUTPUTS["V"]], int(card_ticks(np.array([8 * GRID]))[0])
    levels = trace.before(np.array([at - 1, at + 1]))
    assert levels == pytest.approx([0.0, 1_000 * VOLTS])
    changes = trace.changes
    outputs.jump("V", 1_000, 9 * GRID)
    assert trace.changes == changes


# ------------------------------------------------------------------ a second drive


def drive(noise: str = "0 A") -> SimulatedDrive:
    table = {"potential": "2 V", "range": "1 nA", "noise": noise, "potential_noise": "0 V"}
    return validate(SimulatedDrive, table, "rig", from_file=True)


def test_a_drive_reads_what_is_true_and_flags_the_ends_of_its_range():
    inputs = OtherInputs({"sub": drive()}, seed=1)
    current = np.array([0.5e-9, -0.9e-9, 1.5e-9, -7e-9])
    made = inputs.rows(10, 14, {"sub": (np.full(4, 0.3), current)})
    (e, i) = (made.data[name] for name in ("sub_potential", "sub_current"))
    assert e.tolist() == [0.3] * 4
    assert i.tolist() == pytest.approx([0.5e-9, -0.9e-9, 1e-9, -1e-9])
    assert (made.flags != 0).tolist() == [False, False, True, True]
    assert set(made.flags.tolist()) == {0, int(Flag.SATURATED)}


def test_raw_samples_of_a_drive_are_averaged_into_rows():
    inputs = OtherInputs({"sub": drive()}, seed=1)
    raw = np.arange(12.0).reshape(4, 3)
    made = inputs.rows(0, 4, {"sub": (raw.ravel(), 1e-12 * raw.ravel())})
    assert made.data["sub_potential"].tolist() == raw.mean(axis=1).tolist()


def test_a_drive_that_is_connected_to_nothing_reads_zero():
    made = OtherInputs({"sub": drive()}, seed=1).rows(0, 3, {})
    assert made.data["sub_current"].tolist() == [0.0] * 3
    assert not made.flags.any()


def test_the_noise_of_a_drive_belongs_to_its_row_and_to_its_name():
    inputs = OtherInputs({"a": drive("1 pA"), "b": drive("1 pA")}, seed=1)
    whole = inputs.rows(0, 40, {}).data
    parts = [inputs.rows(a, b, {}).data["a_current"] for a, b in ((0, 13), (13, 40))]
    assert np.array_equal(np.concatenate(parts), whole["a_current"])
    assert not np.array_equal(whole["a_current"], whole["b_current"])
    other = OtherInputs({"a": drive("1 pA")}, seed=2).rows(0, 40, {}).data["a_current"]
    assert not np.array_equal(whole["a_current"], other)
