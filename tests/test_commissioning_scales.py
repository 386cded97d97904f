"""Scales and settings of commissioning: a planted error is taken off, and words say what is so."""

from __future__ import annotations

import copy
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hardware.ni.scaling import Scale, amplifier
from seccm.calibration import Entry, place_of
from seccm.commissioning.capacitance import Triangle, judge_capacitance
from seccm.commissioning.record import Record
from seccm.commissioning.resistor import Driven, Line, ResistorTest
from seccm.commissioning.scales import Correction, corrections, tables
from seccm.commissioning.settings import Setting, read_settings
from seccm.commissioning.standing import age_words, doubts, standings
from seccm.errors import PlanError
from seccm.rig import Clock
from seccm.units import parse

NOW = datetime(2025, 5, 5, 12, 0, tzinfo=UTC)
near_one, near = st.floats(0.9, 1.1), st.floats(0.95, 1.05)
small = st.floats(-0.01, 0.01)


# A rig file that is wrong, and the tables that mend it.


def config(sign: int = 1, *, ranges: bool = False) -> dict[str, Any]:
    """A rig file with scales of input and command; of the current perhaps in ranges."""
    current: dict[str, Any] = {"sign": sign, "gain": "0.5 V/nA", "offset": "5 mV"}
    if ranges:
        rows = [{"name": "10 nA", "gain": "0.05 V/nA", "offset": "1 mV"},
                {"name": "1 nA", "gain": "0.5 V/nA", "offset": "5 mV"}]  # fmt: skip
        current = {"sign": sign, "range": "1 nA", "ranges": rows}
    potential = {"sign": sign, "gain": 1.0, "offset": "-2 mV"}
    return {
        "inputs": {"current": current, "potential": potential},
        "cell": {"current": copy.deepcopy(current), "potential": dict(potential)},
    }


def scale(table: dict[str, Any], unit: str) -> Scale:
    gain, offset = parse(str(table["gain"]), unit), parse(str(table["offset"]), "V")
    return amplifier(table["sign"], gain, offset, "a test")


def of_range(table: dict[str, Any]) -> dict[str, Any]:
    """The scale of a table in the range that is set."""
    chosen = [one for one in table.get("ranges", []) if one["name"] == table["range"]]
    return {**table, **chosen[0]} if chosen else table


@given(st.sampled_from([1, -1]), st.booleans(), near_one, small,
       st.sampled_from(["current", "potential"]))  # fmt: skip
def test_an_input_with_the_tables_that_it_is_given_reads_the_truth(
    sign, ranges, gain, offset, quantity
):
    """It read offset + gain x truth: from its volts the new scale must make the truth."""
    rig = config(sign, ranges=ranges)
    unit, size = ("V/A", 1e-9) if quantity == "current" else ("1", 1.0)
    before = scale(of_range(rig["inputs"][quantity]), unit)
    made = tables(rig, (Correction(f"{quantity} input", gain, offset * size),))
    after = scale(made[f"inputs.{quantity}"], unit)
    truth = np.linspace(-1.0, 1.0, 7) * size
    volts = before.volts(offset * size + gain * truth)
    np.testing.assert_allclose(after.si(volts), truth, atol=2e-4 * size)
    assert list(made) == [f"inputs.{quantity}"]
    assert made[f"inputs.{quantity}"].get("range") == (
        "1 nA" if ranges and quantity == "current" else None
    )


@given(st.sampled_from([1, -1]), st.booleans(), near_one, small)
def test_a_command_with_the_tables_that_it_is_given_imposes_what_it_says(
    sign, ranges, gain, offset
):
    rig = config(sign, ranges=ranges)
    before = scale(of_range(rig["cell"]["current"]), "V/A")
    made = tables(rig, (Correction("current command", gain, offset * 1e-9),))
    after = scale(made["cell.current"], "V/A")
    wanted = np.linspace(-1e-9, 1e-9, 7)
    # What the old file took for i was offset + gain x i in truth.
    truly = offset * 1e-9 + gain * before.si(after.volts(wanted))
    np.testing.assert_allclose(truly, wanted, atol=2e-4 * 1e-9)


def test_what_is_right_stays_as_it_is():
    rig = config()
    made = tables(rig, tuple(Correction(f"{q} input", 1.0, 0.0) for q in ("current", "potential")))
    for key, table in made.items():
        group, name = key.split(".")
        unit = "V/A" if name == "current" else "1"
        assert scale(table, unit).slope == pytest.approx(scale(rig[group][name], unit).slope)


def line(drive: Driven, reading: Driven, gain: float, offset: float) -> Line:
    return Line(drive, reading, gain, 1e-6, offset, 1e-9)


def resistor(*lines: Line, **changed: Any) -> ResistorTest:
    return ResistorTest(1e9, 1.0, lines, **{"wrong": (), "dead": (), **changed})


@given(near, small, near, small, near, small)
def test_what_each_channel_is_follows_from_what_was_read_with_the_potential_imposed(
    gain, offset, own, zero, driven, shift
):
    """Input: read = offset + gain x truth; command: truth = shift + driven x set."""
    through = gain * driven
    test = resistor(
        line("potential", "current", gain, offset),
        line("potential", "potential", own, zero),
        line("current", "current", through, offset + gain * shift),
    )
    found = {one.channel: (one.gain, one.offset) for one in corrections(test)}
    assert found == {
        "current input": (gain, offset),
        "potential input": (own, zero),
        "current command": (pytest.approx(driven), pytest.approx(shift, abs=1e-12)),
    }


def test_a_galvanostat_alone_is_believed():
    test = resistor(line("current", "current", 1.02, 0.0), line("current", "potential", 0.99, 0.0))
    assert [(one.channel, one.gain) for one in corrections(test)] == [
        ("current input", 1.02),
        ("potential input", 0.99),
    ]


@pytest.mark.parametrize(
    "changed",
    [{"wrong": (("current input",),)}, {"dead": ("The current does not follow.",)}, {"gain": 2.0}],
)
def test_nothing_is_corrected_before_what_is_grossly_wrong_is_mended(changed):
    gain = changed.pop("gain", 1.0)
    assert corrections(resistor(line("potential", "current", gain, 0.0), **changed)) == ()


# Stray capacitance and leak of a triangle.


def triangle_record(
    farads: float, leak: float, offset: float, drift: float = 0.0, noise: float = 0.0
) -> tuple[Record, Triangle]:
    triangle, clock = Triangle(), Clock()
    wave = triangle.waveform()
    rows = clock.rows(wave.duration)
    t = (np.arange(rows) + 1) * clock.period
    e = wave.at(t - 0.5 * clock.period)
    slope = np.gradient(e, clock.period)
    # At a corner the charging changes its sign within a row; no such row is judged.
    i = farads * np.sign(slope) * triangle.rate + leak * e + offset + drift * t
    i += noise * np.random.default_rng(0).standard_normal(rows)
    zeros = np.zeros(rows, np.uint8)
    return Record(e, i, zeros, clock), triangle


@given(st.floats(1e-13, 1e-10), st.floats(-1e-12, 1e-11), st.floats(-1e-12, 1e-12))
def test_planted_capacitance_leak_and_offset_are_found(farads, leak, offset):
    found = judge_capacitance(*triangle_record(farads, leak, offset))
    size = farads * 2.0 + abs(leak) + abs(offset)
    assert found.capacitance == pytest.approx(farads, abs=1e-3 * size)
    assert found.leak == pytest.approx(leak, abs=1e-3 * size)
    assert found.offset == pytest.approx(offset, abs=1e-3 * size)


def test_drift_and_noise_show_in_the_errors():
    calm = judge_capacitance(*triangle_record(5e-12, 1e-12, 0.0))
    wild = judge_capacitance(*triangle_record(5e-12, 1e-12, 0.0, noise=2e-12))
    assert wild.error > 3 * calm.error
    assert wild.leak_error > 3 * calm.leak_error
    assert abs(wild.capacitance - 5e-12) < 5 * wild.error


# What an operator types.

SECONDS = Setting("hold", "time of a step", "s", "0.5 s", most=10.0)
CYCLES = Setting("cycles", "sweeps", "1", "10", above=1.0, whole=True)
OHMS = Setting("ohms", "the resistor", "ohm")


@given(st.floats(-5.0, 20.0))
def test_a_setting_is_taken_within_its_limits_only(value):
    text = f"{value!r} s"
    if 0.0 < value <= 10.0:
        assert SECONDS.value(text) == value
        return
    with pytest.raises(ValueError, match="not more than 0" if value <= 0.0 else "is more than"):
        SECONDS.value(text)


@given(st.floats(1.5, 50.0))
def test_a_number_of_things_is_whole(value):
    assume(value != round(value))
    assert CYCLES.value(str(round(value + 1))) == round(value + 1)
    with pytest.raises(ValueError, match="whole number"):
        CYCLES.value(repr(value))


@pytest.mark.parametrize("text", ["1 V", "a while", "nan s", "inf s", "-inf s", "1", "--1 s"])
def test_what_is_no_such_quantity_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        SECONDS.value(text)


def test_defaults_stand_where_nothing_was_typed():
    every = (SECONDS, CYCLES, OHMS)
    for typed in ({"ohms": "1 Gohm"}, {"ohms": "1 Gohm", "hold": "  "}):
        assert read_settings(every, typed) == {"hold": 0.5, "cycles": 10.0, "ohms": 1e9}


def test_every_mistake_is_told_at_once_and_by_its_name():
    typed = {"hold": "20 s", "cycles": "2.5", "speed": "1 um/s", "colour": "red"}
    with pytest.raises(PlanError) as raised:
        read_settings((SECONDS, CYCLES, OHMS), typed, prefix="--")
    told = {problem.where: problem.what for problem in raised.value.problems}
    assert set(told) == {"--hold", "--cycles", "--ohms", "--speed", "--colour"}
    assert "not a setting" in told["--speed"]
    assert "is more than 10 s" in told["--hold"]


# How old a calibration is.


@pytest.mark.parametrize(
    ("days", "words"),
    [(-0.1, "in the future"), (0.0, "today"), (0.99, "today"), (1.0, "1 day ago"),
     (1.99, "1 day ago"), (2.0, "2 days ago"), (400.3, "400 days ago")],
)  # fmt: skip
def test_an_age_is_told_in_whole_days(days: float, words: str):
    assert age_words(days) == words


def entry(made: datetime, **changed: Any) -> dict[str, Any]:
    table = {"sign": 1, "gain": "0.5 V/nA", "offset": "5 mV"}
    return {
        "procedure": "test-resistor",
        "made": made.isoformat(),
        "how": "1 Gohm resistor",
        "report": "r.json",
        "device": "PCIe-6363 (01)",
        "wiring": {},
        "tables": {"inputs.current": table},
        "figures": {"stray": (5e-12, "F")},
    } | changed


def rig(*entries: dict[str, Any], days: float = 365.0) -> dict[str, Any]:
    calibration = {"file": "bench.json", "days": days, "entries": list(entries)}
    return {**config(), "calibration": calibration}


@given(st.floats(0.01, 800.0), st.floats(1.0, 700.0))
def test_a_calibration_that_is_older_than_its_days_is_doubted(age, days):
    assume(abs(age - days) > 1e-3)
    made = NOW - timedelta(days=age)
    found = {one.name: one for one in standings(rig(entry(made), days=days), NOW)}
    for name in ("inputs.current", "stray"):
        assert ("older than" in found[name].doubt) is (age > days), found[name]
        assert found[name].age == pytest.approx(age)
        assert age_words(found[name].age) in str(found[name])
    problems = doubts(rig(entry(made), days=days), NOW)
    assert {one.where for one in problems if one.what} == (
        {"calibration of inputs.current", "calibration of stray"} if age > days else set()
    )
    assert all(one.severity == "warning" for one in problems)


def test_the_newest_entry_counts_and_scales_of_the_rig_file_stand_beside_it():
    old, new = NOW - timedelta(days=90), NOW - timedelta(days=3)
    later = entry(new, figures={}, tables={"inputs.current": {
        "sign": 1, "gain": "0.51 V/nA", "offset": "0 V"}})  # fmt: skip
    found = {one.name: one for one in standings(rig(entry(old), later), NOW)}
    assert found["inputs.current"].value.startswith("0.51 V/nA")
    assert found["inputs.current"].age == pytest.approx(3.0)
    assert found["stray"].age == pytest.approx(90.0)
    for name in ("inputs.potential", "cell.current", "cell.potential"):
        assert math.isnan(found[name].age)
        assert "in the rig file" in found[name].how
        assert found[name].doubt == ""


def test_another_device_is_no_reason_to_trust_what_was_measured_on_this_one():
    found = standings(rig(entry(NOW)), NOW, "PCIe-6363 (99)")
    doubted = {one.name: one.doubt for one in found if one.doubt}
    assert set(doubted) == {"inputs.current", "stray"}
    assert all("on PCIe-6363 (01), but this is PCIe-6363 (99)" in said for said in doubted.values())
    assert "It is not used." in doubted["inputs.current"]
    assert "not used" not in doubted["stray"]
    assert not any(one.doubt for one in standings(rig(entry(NOW)), NOW, "PCIe-6363 (01)"))


def test_a_calibration_that_is_still_empty_says_how_to_begin():
    (said,) = doubts(rig(), NOW)
    assert "still empty" in said.what
    assert "seccm rig test-resistor" in said.remedy


def test_an_entry_names_the_range_that_it_is_of():
    assert place_of("inputs.current", {"range": "1 nA"}) == "inputs.current (1 nA)"
    assert place_of("inputs.current", {}) == "inputs.current"
    assert Entry(**entry(NOW)).when == NOW
