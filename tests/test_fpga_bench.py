"""Powering a target up, and the bench procedure, without which no real target is run."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from fpga_bench import RIG_FILE, fpga_rig, plugged, rig_table
from test_rig_commands import seccm_rig

from hardware.wec_fpga import bench, bench_measured, open_rig
from hardware.wec_fpga.bench_tests import TESTS
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.link import Link
from hardware.wec_fpga.power_up import MIDDLE, power_up, question, start
from hardware.wec_fpga.rig import WecFpgaRig
from seccm.commissioning.bench import BenchRecord, Seen, read_record
from seccm.errors import PlanError
from seccm.quantities import validate
from seccm.rig import Mounted
from sim.fpga import bitfile

MOUNTED = Mounted("dummy-resistor", 6e-6)


@pytest.fixture
def rig_file(tmp_path: Path) -> Path:
    """A rig file on a stand-in that names a record."""
    text = RIG_FILE.read_text(encoding="utf-8")
    path = tmp_path / "bench-1.toml"
    path.write_text('bench = "bench-1.bench.json"\n' + text, encoding="utf-8")
    return path


def real(folder: Path, **changes: Any) -> tuple[dict[str, Any], str]:
    """The tables of a real target, with its bitfile in a folder."""
    bitfile.write(folder / "target.lvbitx")
    tables = rig_table(library="ni", bitfile="target.lvbitx", bench="b.json", **changes)
    return tables, str(folder / "rig.toml")


def passed(device: str, *, but: str = "") -> BenchRecord:
    """A record in which every test was passed, but one."""
    record = BenchRecord(device)
    for test in TESTS:
        answer = next(one for one in test.answers if one.safe)
        if test.name != but:
            seen = Seen(answer.key, answer.words, answer.safe, "2026-11-30T08:00:00+01:00")
            record = record.with_answer(test, seen)
    return record


# The procedure.


def test_there_are_sixteen_tests_and_each_says_what_to_do_and_what_to_look_at():
    assert len(TESTS) == 16
    assert len({test.name for test in TESTS}) == 16
    for test in TESTS:
        assert test.title
        assert test.do
        assert test.look
        assert len({one.key for one in test.answers}) == len(test.answers) >= 2
        assert any(one.safe for one in test.answers)
        assert not test.safety or any(not one.safe for one in test.answers)


def test_an_answer_is_kept_with_its_date_and_what_the_program_saw(rig_file: Path):
    code, said = seccm_rig("bench", rig_file, "--test", "row-time", "--answer", "yes")
    assert code == 0, said
    assert "102523 ticks" in said
    record = json.loads((rig_file.parent / "bench-1.bench.json").read_text(encoding="utf-8"))
    seen = record["tests"]["row-time"]
    assert seen["answer"] == "yes"
    assert "2.563075 ms" in seen["measured"]
    assert seen["made"][:3] == "202"
    code, said = seccm_rig("bench", rig_file, "--list")
    assert code == 0
    assert "attach: not recorded" in said
    assert "7 tests for safety are missing" in said


def test_nothing_is_recorded_where_nobody_says_that_the_tip_is_away(rig_file: Path):
    code, _ = seccm_rig("bench", rig_file, typed="n\n")
    assert code == 1
    assert not (rig_file.parent / "bench-1.bench.json").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--test", "no-such"), "attach, idle-rows"),
        (("--test", "1", "--answer", "perhaps"), "yes, no"),
    ],
)
def test_a_test_or_an_answer_that_is_not_there_is_told_with_those_that_are(rig_file, words, told):
    code, said = seccm_rig("bench", rig_file, *words)
    assert code == 1
    assert told in said


def test_a_rig_file_without_a_record_and_another_kind_of_rig_are_refused():
    code, said = seccm_rig("bench", "virtual-wec-fpga", "--list")
    assert code == 2
    assert "bench =" in said
    code, said = seccm_rig("bench", "virtual", "--list")
    assert code == 2
    assert "wec-fpga" in said


@pytest.mark.parametrize("test", [one for one in TESTS if one.measured], ids=lambda one: one.name)
def test_what_the_program_does_for_a_test_is_said_in_a_sentence(test, monkeypatch):
    monkeypatch.setattr(bench_measured, "LONG", 0.5)
    monkeypatch.setattr(bench_measured, "DOWN", 0.1e-6)
    said = test.measured(rig_table(), "bench.toml")
    assert said.endswith(".")
    told = {
        "attach": "z = 53 um", "idle-rows": "rows came", "row-age": "ms after",
        "abort": "Broken off", "row-time": "102523 ticks", "other-words": "word 10",
        "comparator": "came to its end, 10", "host-dies": "not killed: z went up",
        "volts": "z 5",
    }  # fmt: skip
    assert told[test.name] in said


# What is refused without it.


def test_a_real_target_is_refused_with_the_list_of_what_is_missing(tmp_path: Path):
    tables, source = real(tmp_path)
    with pytest.raises(PlanError) as caught:
        open_rig(tables, MOUNTED, source=source)
    for name in (test.name for test in TESTS if test.safety):
        assert name in str(caught.value)
    assert "Nothing moved" in str(caught.value)


def test_a_real_target_is_built_where_all_of_it_is_recorded_and_not_where_one_test_failed(
    tmp_path: Path,
):
    tables, source = real(tmp_path)
    record = passed(bitfile.SIGNATURE)
    record.write(tmp_path / "b.json")
    assert not open_rig(tables, MOUNTED, source=source).info.virtual
    bad = next(one for one in TESTS[0].answers if not one.safe)
    record.with_answer(TESTS[0], Seen(bad.key, bad.words, bad.safe, "2026-11-30")).write(
        tmp_path / "b.json"
    )
    with pytest.raises(PlanError, match="an output moved"):
        open_rig(tables, MOUNTED, source=source)


@pytest.mark.parametrize("but", [test.name for test in TESTS])
def test_one_test_for_safety_that_is_missing_is_enough(but):
    """Those that are not for safety may be missing."""
    safety = {test.name for test in TESTS if test.safety}
    assert bool(passed("x", but=but).missing(TESTS)) is (but in safety)


def test_a_record_of_another_bitfile_counts_as_none(tmp_path: Path):
    tables, source = real(tmp_path)
    passed("0" * 32).write(tmp_path / "b.json")
    with pytest.raises(PlanError, match="7 tests"):
        open_rig(tables, MOUNTED, source=source)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "tests": 3}'])
def test_a_record_that_is_none_is_told_and_not_overwritten(tmp_path: Path, text: str):
    path = tmp_path / "b.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="not a record of a bench procedure"):
        read_record(path, "x")
    assert path.read_text(encoding="utf-8") == text


def test_what_was_written_is_read_again(tmp_path: Path):
    path = tmp_path / "b.json"
    record = passed("x")
    record.write(path)
    assert read_record(path, "x") == record


def test_a_bitfile_that_is_none_is_refused_by_its_key(tmp_path: Path):
    tables, source = real(tmp_path)
    (tmp_path / "target.lvbitx").write_text("nothing", encoding="utf-8")
    with pytest.raises(PlanError, match="bitfile"):
        open_rig(tables, MOUNTED, source=source)


def test_a_stand_in_needs_no_record():
    assert fpga_rig().info.virtual
    assert bench.COMMAND in "seccm rig bench"


# Powering up.


def config(**tables: Any) -> WecFpgaConfig:
    return validate(WecFpgaConfig, rig_table(**tables), "bench.toml", from_file=True)


def test_the_question_says_where_everything_goes():
    asked = question(config(), runs=True)
    for words in ("x to 50", "y to 50", "z to 100 um", "0 V", "runs already", "MOVES THE STAGE"):
        assert words in asked


def test_whoever_says_no_moves_nothing():
    said = power_up(rig_table({"running": False}), "bench.toml", lambda text: False)
    assert "nothing moved" in said


def test_a_target_that_was_powered_up_is_attached_to_without_a_motion():
    with plugged({"running": False}) as found:
        link = Link(found.bitfile, "RIO0")
        said = start(config(), link)
        link.close()
        assert "2.563075 ms" in said
        target = found.target
        assert [target.read(f"Applied {a}") for a in "XYZ"] == [MIDDLE, MIDDLE, 0]
        rig = WecFpgaRig(config(), lambda: nullcontext(found))
        at = rig.open().position
        assert at["z"] == pytest.approx(100e-6, abs=5e-9)
        assert [target.read(f"Applied {a}") for a in "XYZ"] == [MIDDLE, MIDDLE, 0]
        assert found.library.failures == []
        rig.close()


def test_the_command_asks_and_says_what_was_done():
    code, said = seccm_rig("power-up", "virtual-wec-fpga", typed="n\n")
    assert code == 1, "a script must not go on to a run"
    assert "MOVES THE STAGE" in said
    assert "nothing moved" in said
    code, said = seccm_rig("power-up", "virtual-wec-fpga", "--yes")
    assert code == 0
    assert "The program runs, paused" in said
