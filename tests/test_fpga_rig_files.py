"""Rig files of the target: every mistake at once, by its key, with advice that is accepted."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from fpga_bench import rig_table
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.wec_fpga.cell import Cell
from hardware.wec_fpga.codes import LEAST, MOST, PER_VOLT, SPAN, TICKS
from hardware.wec_fpga.config import COMPARED, OUTPUTS, USUAL_EXTRA, WORDS, WecFpgaConfig
from hardware.wec_fpga.delivery import Delivery
from hardware.wec_fpga.describe import clock_of, describe, stop_ability
from hardware.wec_fpga.power_up import MIDDLE, question
from hardware.wec_fpga.rows import Piece
from seccm.errors import PlanError
from seccm.plan import Plan, load_plan
from seccm.quantities import validate
from seccm.rig import Flag

TABLE = rig_table()
UM = 1e-6


def changed(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A table with keys like "axes.z.sign" replaced; None takes one away."""
    found = copy.deepcopy(dict(table))
    for key, value in changes.items():
        *way, last = key.split(".")
        inner = found
        for name in way:
            inner = inner.setdefault(name, {})
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return found


def config(changes: Mapping[str, Any] | None = None) -> WecFpgaConfig:
    return validate(WecFpgaConfig, changed(TABLE, changes or {}), "rig.toml", from_file=True)


def told(changes: Mapping[str, Any]) -> dict[str, str]:
    """Every mistake that is told, by its key."""
    with pytest.raises(PlanError) as caught:
        config(changes)
    return {problem.where: str(problem) for problem in caught.value.problems}


def test_the_shipped_file_is_right():
    assert config().name == "virtual WEC-SPM target"


WIRING = {
    "axes.x.output": "ao1",
    "axes.y.sensor": None,
    "axes.z.sign": 1,
    "inputs.current.terminal": "ai4",
    "cell.mode": "11 V",
    "cell.potential.offset": "10 V",
}


def test_mistakes_of_wiring_are_told_all_at_once():
    found = told(WIRING)
    assert {
        "axes.x.output", "axes.y.sensor", "axes.z", "inputs.potential.terminal", "cell.mode",
        "cell.potential.offset",
    } <= set(found)  # fmt: skip


@pytest.mark.parametrize("key", sorted(WIRING))
def test_and_each_alone_is_told_alone(key: str):
    found = told({key: WIRING[key]})
    assert len(found) == 1
    (where,) = found
    assert where.split(".")[0] == key.split(".")[0]


@pytest.mark.parametrize("axis", sorted(OUTPUTS))
def test_the_output_that_is_advised_for_an_axis_is_accepted(axis: str):
    said = told({f"axes.{axis}.output": "ao7"})[f"axes.{axis}.output"]
    output = said.split('Write "')[1].split('"')[0]
    assert config({f"axes.{axis}.output": output}).axes[axis].output == output  # type: ignore[index]


@pytest.mark.parametrize("volts", ["11 V", "10 V"])
def test_a_level_of_the_switch_beyond_the_converter_is_refused_and_the_advised_one_is_not(volts):
    said = told({"cell.mode": volts})["cell.mode"]
    advised = said.split("Write ")[1].split(",")[0]
    assert Cell(config({"cell.mode": advised})).level("current") == round(5.0 * PER_VOLT)


@pytest.mark.parametrize("name", sorted(OUTPUTS))
def test_an_axis_that_is_missing_is_told_by_its_name(name: str):
    assert "is missing" in told({f"axes.{name}": None})[f"axes.{name}"]


@pytest.mark.parametrize("terminal", sorted(WORDS))
def test_a_terminal_that_is_taken_is_told_with_the_key_that_has_it(terminal: str):
    """Each signal of a row has a word of its own."""
    held = {"ai0": "x", "ai1": "y", "ai2": "z", "ai3": "current", "ai4": "potential"}
    key = "axes.y.sensor.terminal" if terminal != "ai1" else "axes.x.sensor.terminal"
    if terminal not in held:
        assert config({key: terminal}) if terminal.startswith("ai") else True
        return
    assert any(f"{terminal} is wired to" in said for said in told({key: terminal}).values())


@pytest.mark.parametrize("terminal", ["ai0", "ai2", "ai8", "ao0", "", "AI3"])
def test_the_current_is_measured_where_the_program_measures_currents(terminal: str):
    assert any("terminal" in key for key in told({"inputs.current.terminal": terminal}))


@pytest.mark.parametrize(
    "clock",
    [{"averaged": 3}, {"averaged": 0}, {"averaged": 8192}, {"sample_time": "1 us"}, {"row": "0 s"}],
)
def test_a_clock_that_the_target_cannot_run_is_refused(clock: dict[str, Any]):
    assert any(key.startswith("clock") for key in told({f"clock.{k}": v for k, v in clock.items()}))


@pytest.mark.parametrize(("row", "right"), [("2.55 ms", 0), ("2.56 ms", 1), ("3.08 ms", 0)])
def test_a_row_takes_its_samples_and_a_little_more(row: str, right: int):
    if right:
        assert config({"clock.row": row}).clock.ticks == pytest.approx(2.56e-3 * TICKS)
    else:
        (said,) = told({"clock.row": row}).values()
        assert "256 samples take 2.56 ms" in said


@pytest.mark.parametrize("averaged", [1, 2, 64, 256, 4096])
def test_without_a_measured_row_it_is_the_samples_and_what_was_seen_in_a_recording(averaged: int):
    clock = config({"clock.row": None, "clock.averaged": averaged}).clock
    assert clock.ticks == averaged * 400 + USUAL_EXTRA
    assert 2**clock.exponent == averaged


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cell.potential": None}, "mode chooses between"),
        ({"cell.current": None}, "mode chooses between"),
        ({"cell.current": None, "cell.potential": None}, "needs one of"),
        ({"cell.mode": None}, "no mode to choose"),
        ({"cell.overload": None}, "overload belongs to a galvanostat"),
        ({"cell.current": None, "cell.mode": None}, "overload belongs to a galvanostat"),
    ],
)
def test_instruments_that_do_not_fit_together_are_refused(changes: dict[str, Any], words: str):
    assert any(words in said for said in told(changes).values())


ONE = {
    "both": {},
    "a potentiostat": {"cell.current": None, "cell.mode": None, "cell.overload": None},
    "a galvanostat": {"cell.potential": None, "cell.mode": None},
}


@pytest.mark.parametrize(
    ("cell", "modes", "off"),
    [
        ("both", {"potential", "current", "open"}, "current"),
        ("a potentiostat", {"potential"}, "potential"),
        ("a galvanostat", {"current", "open"}, "current"),
    ],
)
def test_a_cell_is_off_by_no_current_where_there_is_a_galvanostat(cell: str, modes: set, off: str):
    found = Cell(config(ONE[cell]))
    assert found.modes == modes
    assert found.instrument("open") == off
    assert found.coded("open").code(0.0, "command") == 0
    assert (found.level("open") is None) == (cell != "both")


def test_what_can_be_imposed_is_what_can_be_measured_too():
    cell = Cell(config({"cell.potential.gain": 4.0}))
    assert cell.span("potential").upper == pytest.approx(-SPAN.lower / 4.0)
    assert cell.span("potential").lower == pytest.approx(-SPAN.upper / 4.0)
    wide = Cell(config({"inputs.potential.gain": 2.0}))
    assert wide.span("potential").upper == pytest.approx(SPAN.upper / 2.0)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_of_an_input_is_that_of_its_rows(sign: int):
    """+1 nA is +0.5 V, or -0.5 V at an inverting instrument."""
    made = config({"inputs.current.sign": sign})
    delivery = Delivery(made, Cell(made))
    words = np.zeros((3, 14), dtype=np.int64)
    words[:, WORDS["ai3"]] = round(0.5 * PER_VOLT)
    delivery.take(Piece(0, words, False), np.zeros(3, dtype=np.uint8), galvanostat=False)
    block = delivery.block(clock_of(102_523))
    np.testing.assert_allclose(block.data["current"], sign * 1e-9, rtol=1e-3)
    assert not delivery.waiting


@pytest.mark.parametrize(("code", "flag"), [(MOST, 1), (LEAST, 1), (32_440, 1), (32_439, 0)])
def test_a_current_at_an_end_of_its_range_is_flagged_either_side(code: int, flag: int):
    delivery = Delivery(made := config(), Cell(made))
    words = np.zeros((2, 14), dtype=np.int64)
    words[1, WORDS["ai3"]] = code
    ready = delivery.take(Piece(0, words, False), np.zeros(2, dtype=np.uint8), galvanostat=False)
    assert [bool(one & Flag.SATURATED) for one in ready.flags] == [False, bool(flag)]


def test_a_gap_is_flagged_in_its_row_and_begins_a_block_of_its_own():
    delivery = Delivery(made := config(), Cell(made))
    zeros = np.zeros((4, 14), dtype=np.int64)
    for first, gap in ((0, False), (4, False), (11, True)):
        flags = np.zeros(4, dtype=np.uint8)
        delivery.take(Piece(first, zeros, gap), flags, galvanostat=False)
        assert not flags.any(), "what was handed over is as it was"
    one, other = (delivery.block(clock_of(102_523)) for _ in range(2))
    assert (one.start, one.rows, other.start, other.rows) == (0, 8, 11, 4)
    assert [bool(f & Flag.GAP) for f in other.flags] == [True, False, False, False]
    assert not one.flags.any()


# What it says of itself.


@pytest.mark.parametrize("period", [0.1e-3, 2.563075e-3, 0.04])
def test_a_stop_takes_one_row_as_a_rule_and_two_at_worst(period: float):
    stop = stop_ability(period)
    assert (stop.kind, stop.rows, stop.window) == ("hardware", 1, None)
    assert stop.typical == period
    assert stop.worst == 2.0 * stop.typical


@settings(max_examples=30)
@given(ticks=st.integers(5_000, 2_000_000), speed=st.floats(1e-8, 1e-4), lag=st.floats(0.0, 0.05))
def test_overtravel_is_two_rows_and_the_lag_of_the_stage_at_the_speed(ticks, speed, lag):
    made = SHIPPED.model_copy(update={"lag": lag})
    info = describe(made, CELL, ticks, ())
    assert info.clock.period == pytest.approx(ticks / TICKS, rel=1e-12)
    assert info.overtravel(speed) == pytest.approx(speed * (2.0 * ticks / TICKS + lag), rel=1e-9)
    assert info.overtravel(2.0 * speed) == pytest.approx(2.0 * info.overtravel(speed), rel=1e-9)


SHIPPED = config()
CELL = Cell(SHIPPED)


def test_only_what_the_comparators_look_at_can_be_watched():
    watchable = {one.name for one in SHIPPED.declared() if one.watchable}
    assert watchable == {"current", "potential"}
    assert {SHIPPED.measured()[name][0] for name in watchable} == set(COMPARED)


def test_a_potential_that_is_read_back_is_said_to_be_no_measurement():
    back = config({"inputs.potential.terminal": "ao3"})
    info = describe(back, Cell(back), 102_523, ("more",))
    assert "commanded, not measured" in info.words[0]
    assert info.words[1] == "more"
    assert "potential" not in {one.name for one in info.signals if one.watchable}


def refused(plan: Plan, changes: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What `seccm check` refuses of a plan on a target, by its key."""
    made = config(changes)
    info = describe(made, Cell(made), made.clock.ticks, ())
    found = [one for one in plan.check(info) if one.severity == "error"]
    return {one.where: f"{one.what} {one.remedy}" for one in found}


def shipped(name: str, **changes: Any) -> Plan:
    """A shipped plan with some of its tables changed."""
    plan = load_plan(name).to_dict()
    tables = {key: {**plan[key], **new} for key, new in changes.items()}
    return Plan.from_dict({**plan, **tables}, source=name)


CV = "li-on-au-cv"
CANNOT: dict[str, tuple[Plan, str, str]] = {
    "raw samples": (shipped(CV, record={"raw": True}), "record.raw", "no raw samples"),
    "means of raw samples": (load_plan("nano-impacts"), "program[0].row", "no raw samples"),
    "sines": (load_plan("impedance-map"), "program[1]", "no sines"),
    "a relay": (load_plan("lmo-array-pitt"), "way.switch", "no switch"),
    "a drive beside it": (
        load_plan("secm-sg-tc"), "program[1].program[0].beside", "no drive",
    ),
    "a contact of several rows": (
        shipped(CV, approach={"contact": {
            "kind": "current threshold", "threshold": "50 pA", "consecutive": 3}}),
        "approach.contact.consecutive",
        "Write consecutive = 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CANNOT)
def test_what_the_target_cannot_do_is_refused_by_name_in_a_check(what: str) -> None:
    plan, where, words = CANNOT[what]
    assert words in refused(plan)[where]


def test_what_it_can_do_is_not_refused() -> None:
    assert refused(load_plan(CV)) == {}
    one = {"kind": "current threshold", "threshold": "50 pA", "consecutive": 1}
    assert refused(shipped(CV, record={"raw": False}, approach={"contact": one})) == {}


def test_without_a_galvanostat_no_current_and_no_open_circuit_is_imposed() -> None:
    """And nothing is said of an overload that such a rig does not have."""
    bare = {"cell.current": None, "cell.overload": None, "cell.mode": None}
    said = refused(load_plan("li-on-au-from-rest"), bare)
    assert set(said) == {"approach.hold", "program[0]", "program[1]"}
    assert 'cannot impose "open"' in said["program[1]"]
    assert refused(load_plan(CV), bare) == {}


@pytest.mark.parametrize(("library", "virtual"), [("virtual", True), ("ni", False)])
def test_only_a_stand_in_is_a_virtual_rig(library: str, virtual: bool):
    made = config({"library": library, "bitfile": "a.lvbitx"})
    assert describe(made, Cell(made), 102_523, ()).virtual is virtual


def test_no_axis_goes_farther_than_there_are_codes():
    """10 V themselves have none: the tip cannot go to the last 3 nm."""
    for axis in ("x", "y", "z"):
        travel = SHIPPED.reach(axis).travel  # type: ignore[arg-type]
        for end in (travel.lower, travel.upper):
            assert LEAST <= SHIPPED.command(axis).code(end, axis) <= MOST  # type: ignore[arg-type]
    assert SHIPPED.reach("z").travel.upper == pytest.approx(100 * UM, abs=1e-12)
    assert SHIPPED.reach("z").travel.lower == pytest.approx(0.0, abs=4e-9)
    assert SHIPPED.reach("z").travel.lower > 0.0


@pytest.mark.parametrize("runs", [True, False])
def test_powering_up_says_where_the_stage_jumps_and_whether_something_is_stopped(runs: bool):
    asked = question(config({"axes.x.offset": "-20 um"}), runs=runs)
    assert ("stopped and started again" in asked) == runs
    assert "x to 30 um" in asked or "x to 29.99" in asked
    assert asked.endswith("Start it?")
    assert SHIPPED.command("x").one(MIDDLE) == pytest.approx(50 * UM, abs=4e-9)
