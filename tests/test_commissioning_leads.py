"""What an electrometer does to fast signals is found with sines on a resistor, kept, and used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_plan import TABLES, small

import seccm
from hardware.ni.cell import ranges_of
from hardware.ni.config import NidaqConfig
from hardware.ni.describe import leads_of
from seccm.calibration import Entry
from seccm.commissioning.finding import Finding
from seccm.commissioning.settings import read_settings
from seccm.commissioning.standing import doubts
from seccm.commissioning.steps import LEADS, carry_out
from seccm.conductor.conductor import Conductor
from seccm.quantities import read_toml, validate
from seccm.rig import Leads, Mounted
from seccm.rigs import RigFile, build_rig, load_rig

RIGS = Path(seccm.__file__).parents[1] / "configs" / "rigs"
OHMS = "10 Mohm"


def _rig(**leads: str) -> RigFile:
    """A card whose leads have 3 pF; its electrometer ends at 10 kHz."""
    rig = read_toml(RIGS / "virtual-nidaq.toml")
    rig["output_rate"] = "25 kHz"
    rig["inputs"]["leads"] = {"stray": "3 pF", **leads}
    rig["virtual"] = {
        "step": 1,
        "electrometer": {"stray": "3 pF", "bandwidth": "10 kHz", "potential_noise": "10 uV"},
        "samples": {"resistor": {"kind": "circuit", "parallel": OHMS}},
    }
    return RigFile("planted leads", rig)


def _find(rig: RigFile, sample: str, **texts: str) -> Finding:
    values = read_settings(LEADS.settings, {"ohms": OHMS, **texts})
    built = build_rig(rig, Mounted(sample, 6e-6), seed=1, faults=("wet-at-start",))
    return carry_out(LEADS, Conductor(built), rig.config, values, confirmed=True)


@pytest.fixture(scope="module")
def found() -> Finding:
    return _find(_rig(), "resistor")


def test_planted_bandwidth_and_delay_are_found(found: Finding) -> None:
    assert found.results["time_constant"] == pytest.approx(15.9155e-6, rel=0.01)
    assert found.results["delay"] == pytest.approx(1.11e-6, abs=0.1e-6)
    assert found.results["left"] < 5e-3
    assert found.passed
    assert set(found.figures) == {"time constant of the current", "delay of the current"}
    (graph,) = found.graphs
    assert [len(curve.x) for curve in graph.curves] == [len(graph.curves[0].x)] * 2


def _entry(figures: Mapping[str, tuple[float, str]], made: str) -> dict[str, Any]:
    entry = Entry("leads", made, "sines", "report.json", "", {}, {}, figures)
    return {
        "procedure": entry.procedure, "made": entry.made, "how": entry.how,
        "report": entry.report, "device": entry.device, "wiring": {}, "tables": {},
        "figures": {name: list(value) for name, value in entry.figures.items()},
    }  # fmt: skip


def _config(found: Finding, **leads: str) -> NidaqConfig:
    table = dict(_rig(**leads).config)
    table.pop("commissioning", None)
    config = validate(NidaqConfig, table, "bench.toml", from_file=True)
    entries = [_entry(found.figures, "2026-01-01T10:00:00+00:00")]
    return config.model_copy(update={"calibration": {"entries": entries}})


def test_what_was_found_is_taken_off_impedances_unless_the_rig_file_says_otherwise(
    found: Finding,
) -> None:
    leads = leads_of(_config(found), 0.0)
    assert leads.stray == 3e-12
    assert leads.time_constant == pytest.approx(found.results["time_constant"])
    assert leads.delay == pytest.approx(found.results["delay"])
    said = leads_of(_config(found, bandwidth="20 kHz", delay="4 us"), 0.0)
    assert said == Leads(3e-12, pytest.approx(7.9577e-6, rel=1e-4), pytest.approx(4e-6))


def test_one_that_is_old_is_told(found: Finding) -> None:
    config = {"calibration": {"entries": [_entry(found.figures, "2026-01-01T10:00:00+00:00")]}}
    told = doubts(config, datetime(2026, 3, 1, tzinfo=UTC))
    about = [problem for problem in told if "of the current" in problem.where]
    assert len(about) == 2
    assert all("older than 30 days" in problem.what for problem in about)
    assert not [p for p in doubts(config, datetime(2026, 1, 5, tzinfo=UTC)) if "older" in p.what]


def test_a_rig_whose_leads_nobody_has_measured_is_told_by_a_check_of_an_impedance() -> None:
    step = {"step": "impedance", "potential": 0.0, "amplitude": 0.01, "lowest": 5.0,
            "highest": 2000.0, "circuit": "RC"}  # fmt: skip
    approach = {**TABLES["approach"], "hold": {"potential": 0.05},
                "contact": {"kind": "current threshold", "threshold": 50e-12}}  # fmt: skip
    plan = small(program=[step], approach=approach, sample="dummy-resistor",
                 probe={**TABLES["probe"], "aperture": 6e-6})  # fmt: skip
    info, _ = seccm.check(plan, load_rig("virtual"))
    for leads, words in (
        (Leads(), "the stray capacitance of its leads and the bandwidth of its current input"),
        (Leads(stray=1e-12), "does not say the bandwidth of its current input"),
        (Leads(1e-12, 1e-5), ""),
    ):
        real = replace(info, virtual=False, leads=leads)
        told = [p for p in plan.check(real) if "does not say" in p.what]
        assert bool(told) == bool(words)
        if told:
            assert words in told[0].what
            assert "seccm rig leads RIG" in told[0].remedy
            assert told[0].severity == "warning"
    assert not [p for p in plan.check(replace(info, leads=Leads())) if "does not say" in p.what]


def test_where_there_is_no_amplifier_to_be_found_there_is_a_bound() -> None:
    """The virtual rig has none: no number comes out of noise, and none is kept."""
    found = _find(load_rig("virtual"), "dummy-resistor", ohms="1 Gohm", highest="200 Hz")
    assert "time_constant" not in found.results
    assert "time constant of the current" not in found.figures
    assert 0.0 < found.results["slowest"] < 100e-6
    assert abs(found.results["delay"]) < 4.0 * found.results["delay_error"]
    said = " ".join(found.words)
    assert re.search(r"not identifiable with sines up to 2[0-9.]+ Hz\. It is at most", said)
    assert "a bandwidth of at least" in said


def test_a_resistor_of_another_size_is_told_and_nothing_is_kept() -> None:
    found = _find(load_rig("virtual"), "dummy-resistor", ohms="10 Mohm", highest="200 Hz")
    assert not found.passed
    assert not found.figures
    assert set(found.results) == {"stray", "left", "gain"}
    words = found.words[0]
    assert "not identifiable: what is read is not a resistor of 10 Mohm" in words
    assert re.search(r"looks like (9\d\d M|1(\.\d+)? G)ohm", words), words


def _with_ranges() -> RigFile:
    rig = read_toml(RIGS / "virtual.toml")
    rig.setdefault("electrometer", {})["ranges"] = ["2 nA"]
    return RigFile("virtual with ranges", rig)


def test_leads_are_found_in_the_range_in_which_impedances_are_measured() -> None:
    """In amperes of that range, as the same resistor shows; another name is kept for it."""
    texts = {"ohms": "1 Gohm", "highest": "200 Hz"}
    usual = _find(_with_ranges(), "dummy-resistor", **texts)
    small = _find(_with_ranges(), "dummy-resistor", **texts, range="2 nA")
    for found in (usual, small):
        assert found.results["gain"] == pytest.approx(1.0, abs=0.02)
    assert "in 2 nA" in small.how
    assert "in 2 nA" not in usual.how
    assert "delay of the current" not in small.figures, "that of the converters is known already"


@pytest.mark.parametrize("asked", ["3 nA", "1 A"])
def test_a_range_that_a_rig_does_not_have_is_refused_with_those_that_it_has(asked: str) -> None:
    with pytest.raises((ValueError, seccm.SeccmError), match="2 nA"):
        _find(_with_ranges(), "dummy-resistor", ohms="1 Gohm", range=asked)


def test_a_card_takes_off_what_was_found_in_each_range() -> None:
    table = dict(_rig().config)
    table.pop("commissioning", None)
    current = {**table["inputs"]["current"]}
    (own,) = current["ranges"]
    two = [{**own, "levels": "0"}, {**own, "name": "2 nA", "gain": "5 V/nA", "levels": "1"}]
    current |= {"ranges": two, "range_lines": ["port0/line3"]}
    imposed = {**table["cell"]["current"], "ranges": [{**one, "levels": ""} for one in two]}
    table["inputs"] = {**table["inputs"], "current": current}
    table["cell"] = {**table["cell"], "current": imposed}
    config = validate(NidaqConfig, table, "bench.toml", from_file=True)
    figures = {"time constant of the current in 2 nA": (4e-4, "s")}
    entries = [_entry(figures, "2026-01-01T10:00:00+00:00")]
    kept = config.model_copy(update={"calibration": {"entries": entries}})
    assert [one.time_constant for one in ranges_of(kept)] == [None, 4e-4]
    assert [one.time_constant for one in ranges_of(config)] == [None, None]
    assert leads_of(kept, 0.0).time_constant == 0.0, "that of the usual range is not known"
