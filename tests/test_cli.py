"""The command line as a newcomer and an operator use it: output, exit codes, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import tomllib
from pathlib import Path

import numpy as np
import pytest
from command_lines import a_plan, started
from small_scan import small_scan
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.data.header import software
from seccm.errors import DataFileError
from seccm.plan import plans

runner = CliRunner()


def seccm_says(*arguments: object) -> tuple[int, str]:
    """Call a command; return its exit code and everything it said, unwrapped."""
    result = runner.invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A small plan as a file."""
    text = plans()["li-on-au-combinatorial"].read_text(encoding="utf-8")
    text = text.replace("columns = 8", "columns = 3").replace("rows = 8", "rows = 2")
    text = text.replace('duration = "5 s"', 'duration = "0.2 s"')
    text = text.replace("leave_out = [[7, 0]]", "")
    start = text.index("j = [")
    text = (
        text[:start] + 'j = ["-1 mA/cm^2", "-2 mA/cm^2"]\n' + text[text.index("]\n", start) + 2 :]
    )
    tomllib.loads(text)
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_run_says_virtual_and_where_the_data_are(tmp_path: Path, plan_file: Path):
    code, said = seccm_says("run", plan_file, "-o", tmp_path / "scan.h5", "--seed", 2)
    assert code == 0, said
    assert "SIMULATION" in said
    assert "6 landings" in said
    assert "6 ok" in said
    assert str(tmp_path / "scan.h5") in said
    assert "j = -2 mA/cm^2" in said


def test_info_tells_what_is_in_a_file(tmp_path: Path):
    for _ in seccm.run(small_scan(2, 1), path=tmp_path / "scan.h5"):
        pass
    code, said = seccm_says("info", tmp_path / "scan.h5")
    assert code == 0
    for words in ("SIMULATION", "small scan", "complete", "2 with contact", "Li/Li+", "E_nuc"):
        assert words in said


def test_check_lists_every_problem_and_exits_with_2(tmp_path: Path, plan_file: Path):
    text = plan_file.read_text(encoding="utf-8")
    text = text.replace('speed = "2 um/s"', 'speed = "200 um/s"')
    text = text.replace('"11 um", "11 um"', '"95 um", "95 um"')
    plan_file.write_text(text, encoding="utf-8")
    code, said = seccm_says("check", plan_file)
    assert code == 2
    assert "200 um/s" in said
    assert "100 um" in said
    assert "Nothing moved" in said
    code, again = seccm_says("run", plan_file, "-o", tmp_path / "scan.h5")
    assert code == 2
    assert "Nothing moved" in again
    assert not (tmp_path / "scan.h5").exists()


def test_check_of_a_good_plan_tells_its_size_and_duration():
    code, said = seccm_says("check", "li-on-au-combinatorial")
    assert code == 0
    for words in ("63 sites", "8 conditions", "min", "MB", "SIMULATION", "Nothing moved"):
        assert words in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "li-on-au-combinatoral"), "li-on-au-combinatorial"),
        (("run", "li-on-au-cv", "--rig", "virtul"), "virtual"),
        (("run", "missing.toml"), "does not exist"),
        (("info", "missing.h5"), "missing.h5"),
        (("resume", "missing.h5"), "missing.h5"),
        (("analyze", "missing.h5"), "missing.h5"),
        (("report", "missing.h5"), "missing.h5"),
        (("run", "li-on-au-cv", "-o", "no/such/folder/x.h5"), "folder"),
        (("run", "li-on-au-cv", "--fault", "earthquake"), "earthquake"),
        (("run", "li-on-au-cv", "--pace", "inf"), "pace"),
        (("run", "./"), "is a folder"),
        (("run", "li-on-au-cv", "-o", "./"), "is a folder"),
        (("run", "li-on-au-cv", "--rig", "./"), "is a folder"),
    ],
)
def test_what_cannot_be_used_gets_a_sentence_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
):
    monkeypatch.chdir(tmp_path)
    code, said = seccm_says(*arguments)
    assert code == 2, said
    assert words in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("*.h5"))


@pytest.mark.parametrize("kind", ["warp", ["virtual"], 3, {}])
def test_a_rig_of_no_known_kind_is_a_sentence(tmp_path: Path, kind: object):
    rig = tmp_path / "rig.toml"
    rig.write_text(f"kind = {json.dumps(kind)}\n", encoding="utf-8")
    code, said = seccm_says("check", "li-on-au-cv", "--rig", rig)
    assert code == 2
    assert f"{kind!r} is not a kind of rig" in said
    assert "virtual" in said


def test_files_that_are_not_ours_get_a_sentence(tmp_path: Path):
    for name, content in (("empty.h5", b""), ("text.h5", b"x,y\n1,2\n" * 100)):
        (tmp_path / name).write_bytes(content)
        for command in ("info", "resume", "analyze", "report"):
            code, said = seccm_says(command, tmp_path / name)
            assert code == 2, (command, said)
            assert name in said
            assert "Traceback" not in said


def test_a_report_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    for _ in seccm.run(small_scan(1, 1), path=tmp_path / "scan.h5"):
        pass
    (tmp_path / "taken").write_text("a file where a folder should be", encoding="utf-8")
    code, said = seccm_says("report", tmp_path / "scan.h5", "-o", tmp_path / "taken")
    assert code == 2
    assert "taken: the report cannot be written" in said
    assert "seccm report FILE -o FOLDER" in said


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    code, said = seccm_says("run", "li-on-au-cv", "-o", folder / "x.h5")
    assert code == 2
    assert "x.h5: the file cannot be made: Permission denied. Choose" in said


def test_a_rig_that_fails_exits_with_3_and_says_what_to_do(tmp_path: Path, plan_file: Path):
    path = tmp_path / "scan.h5"
    code, said = seccm_says("run", plan_file, "-o", path, "--fault", "unplugged@site=2")
    assert code == 3, said
    assert "Fault" in said
    assert str(path) in said, "where the data are"
    assert "seccm resume" in said
    code, said = seccm_says("resume", path)
    assert code == 0, said


@pytest.mark.glass
def test_too_many_failures_stop_an_unattended_run_which_can_be_resumed(
    tmp_path: Path, plan_file: Path
):
    text = plan_file.read_text(encoding="utf-8").replace("consecutive = 5", "consecutive = 2")
    plan_file.write_text(text, encoding="utf-8")
    path = tmp_path / "scan.h5"
    code, said = seccm_says("run", plan_file, "-o", path, "--fault", "clogged-tip")
    assert code == 1, said
    assert "no contact" in said
    assert "2 sites in succession" in said
    assert "seccm resume" in said


def test_plans_lists_what_is_shipped():
    code, said = seccm_says("plans")
    assert code == 0
    for name in plans():
        assert name in said


def test_help_tells_the_exit_codes_and_ctrl_c():
    code, said = seccm_says("--help")
    assert code == 0
    assert "Ctrl-C" in said
    assert "3 the rig" in " ".join(said.split())


def test_the_version_is_told_as_every_data_file_stores_it():
    assert seccm_says("--version") == (0, f"{software()}\n")


def in_contact(data: Path) -> bool:
    """Whether a growing file says that the tip has landed."""
    try:
        with seccm.open(data) as scan:
            return bool(np.isfinite(scan.sites["t_contact"]).any())
    except (DataFileError, OSError):
        return False


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
@pytest.mark.parametrize(("signals", "state"), [(1, "stopped"), (2, "halted")])
def test_ctrl_c_once_stops_and_twice_halts(tmp_path: Path, signals: int, state: str):
    """The second comes while the tip retracts, which takes it half a minute."""
    plan, path = a_plan(tmp_path, sites=20), tmp_path / "scan.h5"
    slow = {1: "4 um/s", 2: "10 nm/s"}[signals]
    text = plan.read_text(encoding="utf-8").replace('speed = "4 um/s"', f'speed = "{slow}"')
    plan.write_text(text, encoding="utf-8")
    with started(tmp_path, "run", plan, "-o", path, "--pace", 5) as run:
        run.wait_until(lambda: in_contact(path))
        run.process.send_signal(signal.SIGINT)
        run.wait_until("Stopping: the pipette retracts")
        if signals == 2:
            run.process.send_signal(signal.SIGINT)
        assert run.ended() == 1, run.said
        assert "seccm resume" in run.said
    with seccm.open(path) as scan:
        assert scan.state == state
        assert len(scan.remaining()) > 0
