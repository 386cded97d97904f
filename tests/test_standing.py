"""How a rig's calibrations stand, as an operator reads it before a run."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seccm.calibration import Entry, wiring
from seccm.commissioning.standing import Standing, age_words, doubts, standings

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SCALE = {"sign": -1, "gain": "0.5 V/nA", "offset": "2 mV"}
RIG: dict[str, Any] = {
    "kind": "nidaq",
    "device": "Dev1",
    "inputs": {
        "current": {"terminal": "ai0", **SCALE, "calibrated": "data sheet"},
        "potential": {"terminal": "ai1", "sign": 1, "gain": "1 V/V", "offset": "0 V"},
    },
}
ENTRY = Entry(
    procedure="test-resistor",
    made=(NOW - timedelta(days=3)).isoformat(),
    how="1 Gohm resistor",
    report="test-1.json",
    device="",
    wiring=wiring(RIG),
    tables={"inputs.current": SCALE},
    figures={"noise": (80e-15, "A")},
)


def rig(*entries: Entry, **calibration: Any) -> dict[str, Any]:
    """The rig file as it is read, with some calibrations."""
    return {**RIG, "calibration": {**calibration, "entries": [asdict(one) for one in entries]}}


def made(days: float, **changes: Any) -> Entry:
    """A calibration so many days old."""
    return replace(ENTRY, made=(NOW - timedelta(days=days)).isoformat(), **changes)


def standing(config: dict[str, Any], name: str, device: str = "") -> Standing:
    (found,) = [one for one in standings(config, NOW, device) if one.name == name]
    return found


def test_a_calibration_says_value_date_age_how_and_where_its_record_is():
    said = str(standing(rig(ENTRY), "inputs.current"))
    assert said == (
        "inputs.current: 0.5 V/nA, 2 mV at zero; 2026-11-26 12:00, 3 days ago, "
        "1 Gohm resistor, test-1.json."
    )
    noise = standing(rig(ENTRY), "noise")
    assert noise.value == "80 fA"
    assert noise.doubt == ""


def test_a_scale_that_was_never_calibrated_says_what_the_rig_file_says_of_it():
    current = standing(RIG, "inputs.current")
    assert str(current) == "inputs.current: 0.5 V/nA, 2 mV at zero; in the rig file: data sheet."
    assert math.isnan(current.age)
    assert "not stated" in str(standing(RIG, "inputs.potential"))
    # One that was calibrated does not say both.
    names = [one.name for one in standings(rig(ENTRY), NOW)]
    assert names.count("inputs.current") == 1
    assert "inputs.potential" in names


def test_of_a_range_switch_each_position_stands_for_itself():
    rows = [{"name": "1 nA", **SCALE, "gain": "5 V/nA"}, {"name": "20 nA", **SCALE}]
    switch = {"terminal": "ai0", "sign": -1, "range": "20 nA", "ranges": rows}
    config = {**RIG, "inputs": {"current": switch}}
    entry = replace(
        ENTRY, wiring=wiring(config), tables={"inputs.current": {**SCALE, "range": "1 nA"}}
    )
    config["calibration"] = {"entries": [asdict(entry)]}
    here = {one.name: one for one in standings(config, NOW)}
    assert here["inputs.current (1 nA)"].how.startswith("1 Gohm resistor")
    set_now = here["inputs.current (20 nA)"]
    assert set_now.value.startswith("0.5 V/nA")
    assert "in the rig file" in set_now.how


def test_the_newest_entry_about_a_scale_is_in_force_and_an_older_one_about_another_stays():
    newer = made(1, tables={"inputs.current": {**SCALE, "gain": "0.51 V/nA"}}, figures={})
    config = rig(made(9), newer)
    assert standing(config, "inputs.current").value.startswith("0.51 V/nA")
    assert standing(config, "inputs.current").age == pytest.approx(1.0)
    assert standing(config, "noise").age == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("days", "words"),
    [(-0.01, "in the future"), (0.0, "today"), (0.99, "today"), (1.0, "1 day ago"),
     (1.99, "1 day ago"), (2.0, "2 days ago"), (400.5, "400 days ago")],
)  # fmt: skip
def test_an_age_is_said_in_whole_days(days, words):
    assert age_words(days) == words


@pytest.mark.parametrize(("days", "limit", "old"), [(30, None, False), (30.01, None, True),
                                                    (8, 7.0, True), (59, 60.0, False)])  # fmt: skip
def test_a_calibration_is_old_after_the_days_that_the_rig_file_says_or_thirty(days, limit, old):
    config = rig(made(days), **({} if limit is None else {"days": limit}))
    doubt = standing(config, "inputs.current").doubt
    assert bool(doubt) == old
    if old:
        assert doubt == f"It is older than {limit or 30:g} days. Calibrate again."


def test_ages_do_not_depend_on_the_time_zone_of_who_made_or_reads_it():
    there = replace(ENTRY, made=ENTRY.when.astimezone().isoformat())
    tokyo = NOW.astimezone().replace(tzinfo=None)
    assert standing(rig(there), "noise").age == pytest.approx(3.0)
    later = standings(rig(there), tokyo.astimezone(), "")
    assert {round(one.age, 6) for one in later if one.name == "noise"} == {3.0}


def test_what_was_made_on_another_device_is_doubted_only_where_both_are_known():
    entry = replace(ENTRY, device="PCIe-6363 00005ECC")
    other = "PCIe-6363 0000004D"
    doubt = standing(rig(entry), "inputs.current", other).doubt
    assert doubt == (
        f"It was made on PCIe-6363 00005ECC, but this is {other}. It is not used. Calibrate again."
    )
    # A figure is only told, so that nothing can be said of its use.
    assert "not used" not in standing(rig(entry), "noise", other).doubt
    assert standing(rig(entry), "inputs.current", "").doubt == ""
    assert standing(rig(ENTRY), "inputs.current", other).doubt == ""
    assert standing(rig(entry), "inputs.current", entry.device).doubt == ""


def test_a_plug_that_moved_is_named_and_matters_more_than_age():
    moved = rig(made(99))
    moved["inputs"] = {**RIG["inputs"], "current": {**RIG["inputs"]["current"], "terminal": "ai7"}}
    doubt = standing(moved, "inputs.current").doubt
    assert "terminal = ai0, and it is ai7 now" in doubt
    assert "It is not used." in doubt
    assert "older" not in doubt


def test_every_doubt_is_a_warning_that_names_its_calibration():
    found = doubts(rig(made(99)), NOW)
    assert {p.where for p in found} == {"calibration of inputs.current", "calibration of noise"}
    assert {p.severity for p in found} == {"warning"}
    assert doubts(rig(ENTRY), NOW) == ()


def test_an_empty_calibration_file_is_said_with_how_to_begin():
    (problem,) = doubts({**RIG, "calibration": {"file": "bench.calibration.json"}}, NOW)
    assert problem.severity == "warning"
    assert problem.what == "bench.calibration.json is still empty."
    assert "seccm rig test-resistor" in problem.remedy
    assert doubts(RIG, NOW) == ()  # a rig file that names no calibration asks for none


def test_scales_stand_before_figures_each_by_name():
    names = [one.name for one in standings(rig(ENTRY), NOW)]
    assert names == ["inputs.current", "inputs.potential", "noise"]
