"""What a rig says of its leads: from its file, from commissioning, and in a data file."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seccm.calibration import Entry, add, wiring
from seccm.data.leads import leads_of
from seccm.plan.library import rigs
from seccm.rig import NO_LEADS, Leads, Mounted
from seccm.rigs import build_rig, load_rig
from sim.config import ElectrometerConfig, VirtualConfig
from sim.virtual_rig import describe


def _card(folder: Path, lines: str = "", *, found: float | None = None) -> Leads:
    text = rigs()["virtual-nidaq"].read_text("utf-8").replace("[cell]\n", f"{lines}\n[cell]\n", 1)
    path = folder / "bench.toml"
    path.write_text(text, "utf-8")
    if found is not None:
        entry = Entry(
            "capacitance", datetime(2026, 1, 2, tzinfo=UTC).isoformat(), "triangle of 2 V/s",
            "r.json", "", wiring(load_rig(path).config), {}, {"stray capacitance": (found, "F")},
        )  # fmt: skip
        add(folder / "bench.calibration.json", entry, "bench")
        path.write_text(f'calibration = "bench.calibration.json"\n{text}', "utf-8")
    rig = build_rig(load_rig(path), Mounted("dummy-resistor", 6e-6))
    try:
        return rig.info.leads
    finally:
        rig.close()


def test_a_card_without_a_word_knows_nothing_of_its_leads(tmp_path: Path) -> None:
    assert _card(tmp_path) == NO_LEADS


def test_a_card_has_what_its_file_says(tmp_path: Path) -> None:
    lines = '[inputs.leads]\nstray = "2 pF"\nbandwidth = "10 kHz"\ndelay = "4 us"'
    leads = _card(tmp_path, lines)
    assert leads.stray == pytest.approx(2e-12)
    assert leads.time_constant == pytest.approx(1.0 / (2.0 * math.pi * 1e4))
    assert leads.delay == pytest.approx(4e-6)


def test_what_commissioning_found_is_taken_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    assert _card(tmp_path, found=1.5e-12).stray == pytest.approx(1.5e-12)
    lines = '[inputs.leads]\nstray = "2 pF"'
    assert _card(tmp_path, lines, found=1.5e-12).stray == pytest.approx(2e-12)


def test_a_virtual_rig_declares_the_stray_capacitance_that_it_has() -> None:
    info = describe(VirtualConfig(electrometer=ElectrometerConfig(stray=3e-12)))
    assert info.leads == Leads(stray=3e-12)


@pytest.mark.parametrize(
    "said",
    [
        "", "no JSON", "[]", "{}", '{"info": {}}', '{"info": {"leads": null}}',
        '{"info": {"leads": {"stray": 1e-12}}}',
        '{"info": {"leads": {"stray": "x", "time_constant": 0, "delay": 0}}}',
        '{"info": {"leads": {"stray": NaN, "time_constant": 0, "delay": 0}}}',
    ],
)  # fmt: skip
def test_of_a_file_that_does_not_say_it_nothing_is_taken_off(said: str) -> None:
    assert leads_of(said) == NO_LEADS


def test_what_a_file_says_is_read_back() -> None:
    said = {"info": {"leads": {"stray": 1e-12, "time_constant": 2e-5, "delay": -1e-6}}}
    assert leads_of(json.dumps(said)) == Leads(1e-12, 2e-5, -1e-6)
