"""A rig's calibration: written by commissioning, used when the rig opens, refused where foreign."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_rig_commands import seccm_rig

from seccm import calibration
from seccm.calibration import Entry, add, entries_of, read
from seccm.commissioning.standing import doubts, standings
from seccm.errors import DataFileError, PlanError, RigError
from seccm.plan.library import rigs
from seccm.rig import Mounted
from seccm.rigs import build_rig, load_rig

MOUNTED = Mounted("dummy-resistor", 6e-6)
TRUE, SPOILT = "0.5 V/nA", "0.52 V/nA"
"""Gain of the current input of the virtual card, and what a spoilt rig file says."""
SIGN = '[inputs.current]\nterminal = "ai0"\nsign = -1'
KEY = 'calibration = "bench.calibration.json"\n'


def spoilt_rig(folder: Path) -> Path:
    """A virtual card whose file has a wrong gain of the current input, and names a calibration."""
    text = rigs()["virtual-nidaq"].read_text(encoding="utf-8")
    before, table, after = text.partition("[inputs.current]")
    path = folder / "bench.toml"
    path.write_text(KEY + before + table + after.replace(TRUE, SPOILT, 1), encoding="utf-8")
    return path


@pytest.fixture
def rig_file(tmp_path: Path) -> Path:
    return spoilt_rig(tmp_path)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rig that was commissioned with a resistor."""
    folder = tmp_path_factory.mktemp("calibrated")
    commission(spoilt_rig(folder))
    return folder


@pytest.fixture
def calibrated(once: Path, tmp_path: Path) -> Path:
    """A copy of the rig that was commissioned."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "bench.toml"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def commission(rig_file: Path, *options: object) -> str:
    report = rig_file.with_name("resistor.json")
    report.unlink(missing_ok=True)
    command = ("test-resistor", rig_file, "--ohms", "1 Gohm", "--yes", "-o", report, *options)
    _, said = seccm_rig(*command)
    return said


def gain(rig_file: Path) -> float:
    current = load_rig(rig_file).config["inputs"]["current"]["ranges"][0]
    return float(current["gain"].split()[0])


def test_a_resistor_test_mends_a_wrong_gain_and_the_next_one_passes(rig_file: Path):
    said = commission(rig_file)
    assert "FAIL" in said
    assert "Added to the calibration" in said
    assert gain(rig_file) == pytest.approx(0.5, rel=1e-3)
    code, said = seccm_rig(
        "test-resistor",
        rig_file,
        "--ohms",
        "1 Gohm",
        "--yes",
        "-o",
        rig_file.with_name("again.json"),
    )
    assert code == 0, said
    assert "FAIL" not in said


def test_the_rig_that_is_opened_has_the_calibrated_gain_and_its_provenance(calibrated: Path):
    file = load_rig(calibrated)
    how = file.config["inputs"]["current"]["ranges"][0]["calibrated"]
    assert how.endswith("1 Gohm resistor, resistor.json")
    rig = build_rig(file, MOUNTED, seed=1, faults=("wet-at-start",))
    try:
        rig.open()
        assert rig.info.device == "PCIe-6363 00005ECC"
    finally:
        rig.close()


def test_old_values_are_kept_with_their_dates(calibrated: Path):
    first = read(calibrated.with_name("bench.calibration.json"))
    commission(calibrated)
    second = read(calibrated.with_name("bench.calibration.json"))
    assert len(first) == 1
    assert second[0] == first[0]
    assert len(second) == 2
    assert second[1].when >= second[0].when
    assert second[1].wiring["inputs.current.terminal"] == "ai0"


def test_noise_and_capacitance_are_kept_beside_the_scales(calibrated: Path, tmp_path: Path):
    code, _ = seccm_rig("noise", calibrated, "--seconds", "2 s", "-o", tmp_path / "n.json")
    assert code == 0
    code, _ = seccm_rig("capacitance", calibrated, "--cycles", "3", "-o", tmp_path / "c.json")
    assert code == 0
    code, said = seccm_rig("check", calibrated, "-o", tmp_path / "check.json")
    assert code == 0
    for words in (
        "today, 1 Gohm resistor, resistor.json",
        "Calibrated: suggested threshold",
        "Calibrated: stray capacitance",
        "Calibrated: cell.potential: 1.0, 0 V at zero; in the rig file: sim.daqmx",
    ):
        assert words in said, said
    found = re.search(r"Calibrated: inputs.current \(20 nA\): ([\d.]+) V/nA", said)
    assert found is not None
    assert float(found[1]) == pytest.approx(0.5, rel=1e-3)


def test_nothing_is_kept_when_it_shall_not_be(rig_file: Path):
    assert "For the rig file, [inputs.current]" in commission(rig_file, "--no-write")
    assert not rig_file.with_name("bench.calibration.json").exists()


def test_a_resistor_that_was_said_twice_as_large_is_no_calibration(rig_file: Path):
    said = commission(rig_file, "--ohms", "2 Gohm")
    assert "times what it should be" in said
    assert not rig_file.with_name("bench.calibration.json").exists()


# What is missing, foreign or old.


def test_a_run_without_the_calibration_that_is_named_is_refused_with_the_remedy(rig_file: Path):
    with pytest.raises(PlanError, match=r"does not exist\..*test-resistor"):
        load_rig(rig_file)
    _, said = seccm_rig("check", rig_file, "-o", rig_file.with_name("check.json"))
    assert "is still empty" in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('terminal = "ai0"', 'terminal = "ai7"', "terminal = ai0, and it is ai7 now"),
        ('wiring = "differential"', 'wiring = "single-ended"', "single-ended now"),
        (SIGN, SIGN.replace("-1", "1"), "sign = -1, and it is 1 now"),
    ],
)  # fmt: skip
def test_a_calibration_of_another_wiring_is_refused_and_can_be_made_again(
    calibrated: Path, old: str, new: str, words: str
):
    edit(calibrated, old, new)
    with pytest.raises(PlanError, match=words) as refusal:
        load_rig(calibrated)
    assert "seccm rig test-resistor" in str(refusal.value)
    file = load_rig(calibrated, calibrated=False)
    named = {one.name: one for one in standings(file.config, datetime.now(UTC))}
    doubt = named["inputs.current (20 nA)"]
    assert words in doubt.doubt
    assert file.config["inputs"]["current"]["ranges"][0]["gain"] == SPOILT


def test_another_card_of_the_same_kind_is_told_from_the_calibrated_one(calibrated: Path):
    edit(calibrated, "[virtual]", "[virtual]\ncard = { serial = 77 }\n#")
    rig = build_rig(load_rig(calibrated), MOUNTED)
    with pytest.raises(RigError, match=r"this is PCIe-6363 0000004D; .*00005ECC.*Nothing moved"):
        rig.open()
    rig.close()
    code, said = seccm_rig("check", calibrated, "-o", calibrated.with_name("check.json"))
    assert code == 0
    assert "on PCIe-6363 00005ECC, but this is PCIe-6363 0000004D" in said
    commission(calibrated)
    rig = build_rig(load_rig(calibrated), MOUNTED)
    try:
        rig.open()
    finally:
        rig.close()


def test_an_old_calibration_is_a_warning_of_every_run(calibrated: Path):
    config = load_rig(calibrated).config
    late = datetime.now(UTC) + timedelta(days=31)
    assert doubts(config, datetime.now(UTC)) == ()
    found = doubts(config, late)
    assert {problem.severity for problem in found} == {"warning"}
    assert all("older than 30 days" in problem.what for problem in found)
    patient = json.loads(json.dumps(config))
    patient["calibration"]["days"] = 60.0
    assert doubts(patient, late) == ()


def test_a_range_that_was_not_calibrated_keeps_the_values_of_the_rig_file(calibrated: Path):
    row = '{ name = "2 nA", gain = "5 V/nA", offset = "0 V", calibrated = "by hand" }'
    edit(calibrated, 'range = "20 nA"\nranges = [', f'range = "2 nA"\nranges = [{row}, ')
    current = load_rig(calibrated).config["inputs"]["current"]
    assert current["ranges"][0]["gain"] == "5 V/nA"
    assert current["ranges"][1]["gain"] != SPOILT


# The file.


def an_entry(**changes: Any) -> Entry:
    table = {"sign": 1, "gain": 1.01, "offset": "2 mV"}
    made = datetime(2026, 1, 2, tzinfo=UTC).isoformat()
    entry = Entry(
        "test-resistor", made, "1 Gohm resistor", "r.json", "", {}, {"cell.potential": table}
    )
    return replace(entry, **changes)  # fmt: skip


def test_what_was_written_is_read_back(tmp_path: Path):
    path = tmp_path / "c.json"
    later = an_entry(figures={"leak": (1e-12, "S")}, device="X 1")
    add(path, an_entry(), "bench")
    add(path, later, "bench")
    back = read(path)
    assert back[0] == an_entry()
    assert back[1].device == "X 1"
    assert tuple(back[1].figures["leak"]) == (1e-12, "S")
    assert [one.name for one in tmp_path.iterdir()] == ["c.json"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind": "seccm calibration", "format": 2}',
             '{"kind": "seccm calibration", "format": 1, "entries": [{"made": 3}]}'],
)  # fmt: skip
def test_something_else_is_neither_read_nor_written_over(tmp_path: Path, text: str):
    path = tmp_path / "c.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="cannot be read as a calibration"):
        add(path, an_entry(), "bench")
    assert path.read_text(encoding="utf-8") == text


def test_a_write_that_fails_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "c.json"
    add(path, an_entry(), "bench")
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(calibration.os, "fsync", full)
    with pytest.raises(DataFileError, match=r"No space left.*unchanged"):
        add(path, an_entry(), "bench")
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["c.json"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("3", "must name a file"),
        ('{ days = 3, file = 1 }', "must name a file"),
        ('{ file = "c.json", days = 0 }', "calibration.days: must be a number of days"),
        ('{ file = "c.json", day = 3 }', "day is not a known key"),
    ],
)  # fmt: skip
def test_a_key_that_is_wrong_is_a_sentence(tmp_path: Path, value: str, words: str):
    path = tmp_path / "rig.toml"
    path.write_text(f'kind = "virtual"\ncalibration = {value}\n', encoding="utf-8")
    with pytest.raises(PlanError, match=words):
        load_rig(path)


def test_the_tables_travel_with_the_data_and_need_the_file_no_more(calibrated: Path):
    config = json.loads(json.dumps(load_rig(calibrated).config))
    calibrated.with_name("bench.calibration.json").unlink()
    assert [entry.procedure for entry in entries_of(config)] == ["test-resistor"]
    rig = build_rig(replace(load_rig("virtual-nidaq"), config=config), MOUNTED)
    try:
        rig.open()
    finally:
        rig.close()
