"""`seccm rig ...` as an operator commissions a bench: words, reports and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_picomotor import Controller
from typer.testing import CliRunner

from seccm.cli.commands import app

runner = CliRunner()


def seccm_rig(*arguments: object, typed: str | None = None) -> tuple[int, str]:
    """Call `seccm rig`; return its exit code and everything it said, unwrapped."""
    words = ["rig", *(str(a) for a in arguments)]
    result = runner.invoke(app, words, env={"COLUMNS": "200"}, input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


COMMANDS = {
    "check": ["check"],
    "noise": ["noise", "--seconds", "2 s"],
    "test-resistor": ["test-resistor", "--ohms", "1 Gohm", "--yes"],
    "capacitance": ["capacitance", "--cycles", "3"],
}


@pytest.mark.parametrize("rig", ["virtual", "virtual-nidaq"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_procedure_passes_says_that_nothing_moved_and_writes_a_dated_report(
    command: str, rig: str, tmp_path: Path
):
    path = tmp_path / "report.json"
    name, *options = COMMANDS[command]
    code, said = seccm_rig(name, rig, *options, "-o", path)
    assert code == 0, said
    assert "SIMULATION" in said
    assert "Nothing moved" in said
    report = read(path)
    assert report["passed"] is True
    assert report["procedure"] == command
    assert report["virtual"] is True
    assert report["made"][:2] == "20"
    assert all(limit["passed"] for limit in report["limits"])


def test_the_calibration_names_its_report_and_the_keys_of_the_rig_file(tmp_path: Path):
    path = tmp_path / "resistor.json"
    code, said = seccm_rig(
        "test-resistor", "virtual-nidaq", "--ohms", "1 Gohm", "--yes", "-o", path
    )
    assert code == 0
    tables = read(path)["calibration"]
    assert set(tables) == {"inputs.potential", "inputs.current", "cell.current"}
    assert tables["inputs.current"]["sign"] == -1
    assert tables["inputs.current"]["calibrated"].endswith("1 Gohm resistor, resistor.json")
    assert "[inputs.current]" in said


def test_a_wrong_sign_fails_with_1_and_is_named(tmp_path: Path):
    from seccm.rigs import load_rig

    text = Path(load_rig("virtual-nidaq").source).read_text(encoding="utf-8")
    before, table, after = text.partition("[inputs.current]")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(before + table + after.replace("sign = -1", "sign = 1", 1), encoding="utf-8")
    path = tmp_path / "report.json"
    code, said = seccm_rig("test-resistor", wrong, "--ohms", "1 Gohm", "--yes", "-o", path)
    assert code == 1
    assert "WRONG SIGN: the current input" in said
    report = read(path)
    assert report["passed"] is False
    assert report["calibration"] == {}


def test_a_limit_that_is_not_met_exits_with_1_and_keeps_the_report(tmp_path: Path):
    path = tmp_path / "noise.json"
    code, said = seccm_rig("noise", "--seconds", "2 s", "--limit", "0.1 pA", "-o", path)
    assert code == 1
    assert "FAIL" in said
    assert read(path)["passed"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "no-such-rig"], "no-such-rig"),
        (["noise", "--sample", "gold"], "gold"),
        (["test-resistor", "--ohms", "5 m"], "ohm"),
        (["test-resistor", "--ohms", "-1 Gohm"], "not more than 0"),
        (["capacitance", "--rate", "1"], "V/s"),
    ],
)
def test_wrong_input_is_a_sentence_and_exit_code_2(
    arguments: list[str], words: str, tmp_path: Path
):
    code, said = seccm_rig(*arguments, "-o", tmp_path / "report.json")
    assert code == 2, said
    assert words in said
    assert "Traceback" not in said
    assert not (tmp_path / "report.json").exists()


def test_a_sweep_out_of_range_is_the_rig_s_refusal_with_exit_code_3(tmp_path: Path):
    code, said = seccm_rig("capacitance", "--span", "40 V", "-o", tmp_path / "report.json")
    assert code == 3
    assert "40 V" in said or "-40 V" in said


def test_a_record_that_is_too_short_is_not_judged(tmp_path: Path):
    code, said = seccm_rig("noise", "--seconds", "0.1 s", "-o", tmp_path / "report.json")
    assert code == 1
    assert "Not judged" in said


def test_a_report_is_never_written_over(tmp_path: Path):
    path = tmp_path / "report.json"
    path.write_text("mine", encoding="utf-8")
    code, said = seccm_rig("check", "-o", path)
    assert code == 2
    assert "exists already" in said
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.fixture
def deep_rig(tmp_path: Path) -> Path:
    """A virtual rig whose surface is far below the reach of its piezo."""
    rig = tmp_path / "deep.toml"
    rig.write_text('kind = "virtual"\n[surface]\nheight = "-300 um"\n', encoding="utf-8")
    return rig


def coarse(rig: object, controller: Controller, *more: object, typed: str | None = None) -> Any:
    return seccm_rig(
        *("coarse-approach", rig, "--plan", "redox-cv-map", "--host", "127.0.0.1"),
        *("--port", controller.port, "--towards", -1, "--step", "30 nm", *more),
        typed=typed,
    )


def test_the_motor_is_asked_about_before_it_moves(deep_rig: Path, tmp_path: Path):
    controller = Controller()
    try:
        code, said = coarse(deep_rig, controller, "-o", tmp_path / "a.json", typed="n\n")
        assert code == 1
        assert "fully retracted" in said
        assert "Ended by the operator" in said
        assert not any("PR" in line for line in controller.told)
    finally:
        controller.close()


def test_with_yes_it_goes_on_to_the_last_try_in_bounded_steps(deep_rig: Path, tmp_path: Path):
    controller = Controller()
    path = tmp_path / "a.json"
    try:
        code, said = coarse(deep_rig, controller, "--yes", "--tries", 3, "-o", path)
    finally:
        controller.close()
    assert code == 1
    assert "No contact in 3 tries" in said
    orders = [int(line.split("PR")[1]) for line in controller.told if "PR" in line]
    assert len(orders) == 2
    assert all(-50e-6 / 30e-9 <= steps < 0 for steps in orders)
    report = read(path)
    assert report["results"]["steps"] == -sum(orders)
    assert report["passed"] is False


def test_a_surface_in_reach_passes_without_a_step(tmp_path: Path):
    controller = Controller()
    try:
        code, said = coarse("virtual", controller, "-o", tmp_path / "a.json")
    finally:
        controller.close()
    assert code == 0, said
    assert "below the retracted tip" in said
    assert not any("PR" in line for line in controller.told)


def test_an_unknown_kind_of_motor_is_told_before_anything_moves(tmp_path: Path):
    controller = Controller()
    try:
        code, said = coarse("virtual", controller, "--stage", "winch", "-o", tmp_path / "a.json")
    finally:
        controller.close()
    assert code == 2
    assert "picomotor" in said
    assert controller.told == []


@pytest.mark.parametrize(
    ("line", "window"), [("", 0.64e-3), ('window = "2 ms"', 2e-3), (None, None)]
)
def test_the_threshold_is_for_what_the_rig_really_looks_at(
    line: str | None, window: float | None, tmp_path: Path
):
    """Its moving mean also where the file leaves it out; rows on a rig that looks at rows."""
    from seccm.plan.library import rigs

    rig = tmp_path / "rig.toml"
    name = "virtual" if line is None else "virtual-nidaq"
    text = rigs()[name].read_text(encoding="utf-8").replace('window = "0.64 ms"', line or "")
    rig.write_text(text, encoding="utf-8")
    path = tmp_path / "noise.json"
    code, said = seccm_rig("noise", rig, "--seconds", "1 s", "-o", path)
    assert code == 0, said
    assert read(path)["results"]["looks"]["window"] == window
    assert ("moving mean" in said) is (window is not None)
