"""Tables of a rig file that make no sense are told with advice, and the advice makes sense."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.errors import PlanError, Problem
from seccm.quantities import validate
from seccm.rig.barrels import BarrelsTable
from seccm.rig.drives import DriveTable, described, signal_names, signals_of
from seccm.rig.info import AxisRange
from seccm.rig.lock_in import LockIn
from seccm.rig.lock_in_table import LockInTables
from seccm.rig.modulation import FEWEST, ModulationTable, inside, modulation_problems
from seccm.rig.signal_table import TAKEN, SignalTable, declared
from seccm.rig.signals import BASIC, Signal
from seccm.rig.span import Range
from seccm.rig.suspend import SuspendTable, resolved, suspend_problems
from seccm.suggestion import applied

few = settings(max_examples=20)
Z = AxisRange(Range(0.0, 100e-6), 200e-6)
HUMIDITY = Signal("humidity", "ppm", "humidity", "environment")
COLD = Signal("temperature", "degC", "temperature", "environment")


def bare(model: type[Any], table: dict[str, Any]) -> Any:
    return validate(model, table, "rig", from_file=True)


def advised(table: dict[str, Any], found: Iterable[Problem]) -> dict[str, Any]:
    """The file with the first piece of advice taken."""
    (problem, *_) = found
    assert problem.suggestion is not None
    taken: dict[str, Any] = applied(table, problem.suggestion)
    return taken


# ------------------------------------------------------------------ the swing of the height


def swing(table: dict[str, Any], update: float = 0.0, largest: float = math.inf) -> list[Problem]:
    made = bare(LockInTables, table).modulation
    return list(modulation_problems(made, Z, update, largest))


def test_without_a_swing_nothing_is_wrong_with_it_and_the_travel_is_whole():
    assert list(modulation_problems(None, Z, 1.0)) == []
    assert inside(Z, None) == Z


@few
@given(nm=st.integers(1, 100_000), hertz=st.integers(1, 5_000), largest=st.floats(1e-9, 1e-5))
def test_a_swing_that_is_too_large_becomes_one_that_is_not(nm: int, hertz: int, largest: float):
    table = {"modulation": {"frequency": f"{hertz} Hz", "amplitude": f"{nm} nm"}}
    found = swing(table, largest=largest)
    speed = 2.0 * math.pi * hertz * nm * 1e-9
    too_large = speed > Z.fastest or nm * 1e-9 > min(largest, 100e-6 / 8)
    assert bool(found) == too_large
    if found:
        assert swing(advised(table, found), largest=largest) == []


@few
@given(hertz=st.integers(1, 200_000), update=st.floats(1e-6, 1e-2))
def test_a_swing_that_is_too_fast_becomes_one_that_is_not(hertz: int, update: float):
    table = {"modulation": {"frequency": f"{hertz} Hz", "amplitude": "1e-6 nm"}}
    found = swing(table, update)
    assert bool(found) == (hertz * update * FEWEST > 1.0)
    if found:
        assert swing(advised(table, found), update) == []


@few
@given(nm=st.integers(1, 10_000))
def test_wherever_an_axis_may_be_sent_its_swing_stays_within_its_travel(nm: int):
    made = bare(ModulationTable, {"frequency": "275 Hz", "amplitude": f"{nm} nm"})
    room = inside(Z, made).travel
    assert room.lower - made.amplitude >= Z.travel.lower - 1e-15
    assert room.upper + made.amplitude <= Z.travel.upper + 1e-15


# ------------------------------------------------------------------ lock-in amplifiers

AC = {"of": "current", "frequency": "275 Hz", "constant": "4 ms"}


def lock_ins(table: dict[str, Any], rate: float = 100e3) -> list[Problem]:
    made = bare(LockInTables, {"lock_in": {"ac": table}})
    return list(made.lock_in_problems(BASIC, rate))


@pytest.mark.parametrize(
    ("name", "meant"), [("curent", "current"), ("Potential", "potential"), ("qqq", "current")]
)
def test_a_lock_in_on_a_signal_that_is_not_there_is_put_on_one_that_is(name: str, meant: str):
    table = {"lock_in": {"ac": {**AC, "of": name}}}
    made = bare(LockInTables, table)
    better = advised(table, made.lock_in_problems(BASIC, 100e3))
    assert better["lock_in"]["ac"]["of"] == meant
    assert lock_ins(better["lock_in"]["ac"]) == []


@few
@given(hertz=st.integers(1, 1_000_000), rate=st.sampled_from([1e3, 1e4, 1e5]))
def test_a_reference_that_samples_cannot_show_becomes_one_that_they_can(hertz: int, rate: float):
    table = {"lock_in": {"ac": {**AC, "frequency": f"{hertz} Hz"}}}
    found = lock_ins(table["lock_in"]["ac"], rate)
    assert bool(found) == (hertz > rate / 8)
    if found:
        assert lock_ins(advised(table, found)["lock_in"]["ac"], rate) == []


def test_a_lock_in_without_a_frequency_gets_one_or_takes_that_of_the_swing():
    table = {"lock_in": {"ac": {"of": "current", "constant": "4 ms"}}}
    found = bare(LockInTables, table).lock_in_problems(BASIC, 1e5)
    better = bare(LockInTables, advised(table, found))
    assert list(better.lock_in_problems(BASIC, 1e5)) == []
    assert not better.lock_ins()["ac"].swings
    with_swing = {**table, "modulation": {"frequency": "311 Hz", "amplitude": "50 nm"}}
    own = bare(LockInTables, with_swing)
    assert list(own.lock_in_problems(BASIC, 1e5)) == []
    assert own.lock_ins()["ac"].frequency == 311.0
    assert own.lock_ins()["ac"].swings


def test_what_a_lock_in_shows_is_in_the_unit_of_what_it_looks_at():
    made = bare(LockInTables, {"lock_in": {"ac": {**AC, "watchable": True}}})
    *others, amplitude, phase = made.with_lock_ins(BASIC)
    assert tuple(others) == BASIC
    assert (amplitude.unit, phase.unit) == ("A", "rad")
    assert amplitude.watchable
    assert not phase.watchable
    assert amplitude.delay == pytest.approx(4 * 4e-3 + 0.5 / 275)


def test_two_signals_of_one_name_are_refused():
    made = bare(LockInTables, {"lock_in": {"ac": AC}})
    there = (*BASIC, Signal("ac_phase", "rad", "another"))
    (problem,) = made.lock_in_problems(there, 1e5)
    assert "ac_phase" in problem.what


@few
@given(constant=st.floats(1e-4, 1.0), order=st.integers(1, 8), frequency=st.floats(20.0, 2e3))
def test_more_low_passes_are_later_slower_and_quieter(constant, order, frequency):
    one, more = (LockIn("current", frequency, constant, n) for n in (order, order + 1))
    assert more.delay > one.delay
    assert more.settling > one.settling
    slower = LockIn("current", frequency, 2.0 * constant, order)
    assert slower.delay > one.delay
    assert slower.settling > one.settling


# ------------------------------------------------------------------ conditions that suspend a run


def suspending(**table: Any) -> list[Problem]:
    made = bare(SuspendTable, table)
    return list(suspend_problems({"humidity": made}, (*BASIC, HUMIDITY, COLD)))


@pytest.mark.parametrize(
    "table",
    [
        {"above": "5 ppm"}, {"below": "5 ppm", "back": "6 ppm"},
        {"above": "5 ppm", "back": "5 ppm"},
        {"signal": "temperature", "below": "18 degC"}, {"signal": "current", "above": "1 nA"},
    ],
)  # fmt: skip
def test_a_condition_on_a_signal_in_its_unit_is_understood(table: dict[str, Any]):
    assert suspending(**table) == []


@pytest.mark.parametrize(
    "table",
    [
        {"above": "5 V"}, {"below": "18 degC"}, {"signal": "temperature", "above": "5 ppm"},
        {"signal": "humidty", "above": "5 ppm"}, {"signal": "Temperature", "above": "20 degC"},
    ],
)  # fmt: skip
def test_advice_for_a_condition_is_understood(table: dict[str, Any]):
    found = suspending(**table)
    better = advised({"suspend": {"humidity": table}}, found)["suspend"]["humidity"]
    assert suspending(**better) == []


@few
@given(
    limit=st.integers(-1000, 1000),
    by=st.integers(-1000, 1000),
    side=st.sampled_from(["above", "below"]),
)
def test_a_run_can_only_go_on_on_the_good_side_of_its_limit(limit: int, by: int, side: str):
    table = {side: f"{limit} ppm", "back": f"{limit + by} ppm"}
    never = by > 0 if side == "above" else by < 0
    if never:
        with pytest.raises(Exception, match="never go on"):
            bare(SuspendTable, table)
        return
    found = bare(SuspendTable, table).resolved("humidity", HUMIDITY)
    assert (found.limit, found.back) == pytest.approx((limit, limit + by))
    assert found.side == side
    assert found.side in found.why
    assert ("below" if side == "above" else "above") in found.until


@pytest.mark.parametrize("table", [{}, {"above": "5 ppm", "below": "1 ppm"}])
def test_a_condition_has_one_side(table: dict[str, Any]):
    with pytest.raises(Exception, match=r"above|below"):
        bare(SuspendTable, table)


def test_conditions_that_do_not_fit_are_left_out_and_the_others_hold():
    tables = {
        "humidity": bare(SuspendTable, {"above": "5 ppm"}),
        "temperature": bare(SuspendTable, {"above": "5 ppm"}),
        "oxygen": bare(SuspendTable, {"above": "5 ppm"}),
    }
    assert [one.name for one in resolved(tables, (*BASIC, HUMIDITY, COLD))] == ["humidity"]


# ---------------------------------------------------------------- signals and drives that are added


def test_a_signal_that_is_added_comes_after_those_of_every_rig():
    table = bare(SignalTable, {"unit": "A", "role": "current", "mapped": True})
    found = declared({"second_current": table})
    assert found[: len(BASIC)] == BASIC
    (added,) = found[len(BASIC) :]
    assert (added.name, added.unit, added.words) == ("second_current", "A", "second current")
    assert added.mapped
    assert not added.watchable


@pytest.mark.parametrize(
    ("role", "unit", "fits"),
    [
        ("potential", "V", True), ("potential", "A", False), ("current", "A", True),
        ("current", "V", False), ("environment", "ppm", True), ("other", "ohm", True),
    ],
)  # fmt: skip
def test_the_role_of_a_signal_and_its_unit_belong_together(role: str, unit: str, fits: bool):
    if fits:
        assert bare(SignalTable, {"unit": unit, "role": role}).unit == unit
        return
    with pytest.raises(Exception, match="role is"):
        bare(SignalTable, {"unit": unit, "role": role})


@pytest.mark.parametrize("name", [*sorted(TAKEN), "1st", "a b", "", "ä", "x" * 33, "a-b"])
def test_a_name_that_means_something_else_or_cannot_name_a_column_is_refused(name: str):
    with pytest.raises(PlanError, match="lock_in"):
        bare(LockInTables, {"lock_in": {name: AC}})


def test_a_drive_has_a_potential_and_a_current_of_its_own():
    table = bare(DriveTable, {"potential": "2 V", "range": "1 nA"})
    (info,) = described({"substrate": table})
    assert (info.potential.lower, info.potential.upper) == (-2.0, 2.0)
    assert (info.current.lower, info.current.upper) == (-1e-9, 1e-9)
    signals = signals_of([info])
    assert tuple(signal.name for signal in signals) == signal_names("substrate")
    assert [(signal.unit, signal.role) for signal in signals] == [
        ("V", "potential"),
        ("A", "current"),
    ]
    assert all("substrate" in signal.words for signal in signals)


# ------------------------------------------------------------------ two barrels

OHMS = st.floats(1e5, 1e10)


@few
@given(first=OHMS, second=OHMS, bias=st.floats(-2.0, 2.0))
def test_the_liquid_lies_between_the_two_electrodes(first: float, second: float, bias: float):
    made = BarrelsTable(bias=bias, resistances=(first, second))
    assert min(0.0, bias) - 1e-12 <= made.at_mouth <= max(0.0, bias) + 1e-12
    # Seen from the other barrel the rest of the bias is left.
    other = BarrelsTable(bias=bias, resistances=(second, first))
    assert made.at_mouth + other.at_mouth == pytest.approx(bias, abs=1e-12)
    turned = BarrelsTable(bias=-bias, resistances=(first, second))
    assert turned.at_mouth == pytest.approx(-made.at_mouth, abs=1e-15)


def test_barrels_that_nobody_measured_are_taken_as_alike():
    assert BarrelsTable(bias=0.2).at_mouth == pytest.approx(0.1)
    alike = BarrelsTable(bias=0.2, resistances=(5e7, 5e7))
    assert alike.at_mouth == pytest.approx(0.1)
