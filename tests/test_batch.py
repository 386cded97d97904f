"""The same work on many scans: what fails ends nothing, what was done is not done again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_scans import couple, small_couple, smaller, write_scan
from small_scan import small_scan
from typer.testing import CliRunner

import seccm
from seccm.batch import Analysed, Failed, analyse_all, sweep, variants
from seccm.batch.workers import each
from seccm.cli.commands import app

SWEEP = {"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 1, "scan_rate": 1.0}
ONE = {"kind": "grid", "columns": 1, "rows": 1, "pitch": 4e-6}


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("batch") / "one.h5"
    return write_scan(path, smaller(small_couple(), sites=ONE, program=[SWEEP]), couple)


@pytest.fixture
def files(scan: Path, tmp_path: Path) -> list[Path]:
    """Two scans, and one that is none between them."""
    paths = [tmp_path / f"{name}.h5" for name in "abc"]
    for path in (paths[0], paths[2]):
        shutil.copy(scan, path)
    paths[1].write_text("no scan")
    return paths


def test_a_scan_that_fails_does_not_end_the_batch(files: list[Path]) -> None:
    told: list[Analysed] = []
    found = analyse_all(files, done=told.append)
    assert [bool(one.failed) for one in found] == [False, True, False]
    assert [one.sites for one in found] == [1, 0, 1]
    assert "b.h5" in found[1].failed
    assert len(told) == 3


def test_what_was_done_is_not_done_again_unless_the_file_changed(
    files: list[Path], tmp_path: Path
) -> None:
    ledger = tmp_path / "done.jsonl"
    analyse_all(files[:1], ledger=ledger)
    with open(ledger, "a") as file:
        file.write('{"path": "half a li')  # as a killed batch leaves it
    found = analyse_all(files, ledger=ledger)
    assert [one.before for one in found] == [True, False, False]
    seccm.analyze(files[0])
    again = analyse_all(files, ledger=ledger)
    assert [one.before for one in again] == [False, False, True], "a failed one is tried again"


def test_processes_find_the_same_as_one(files: list[Path]) -> None:
    alone = analyse_all(files)
    together = analyse_all(files, workers=2)
    assert [one.results.keys() for one in together] == [one.results.keys() for one in alone]
    assert [bool(one.failed) for one in together] == [False, True, False]


def test_a_cluster_that_is_not_there_is_told(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client leaves threads behind where it finds nobody; so it is not asked here."""
    distributed = pytest.importorskip("distributed")

    def nobody(*_: object, **__: object) -> None:
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", nobody)
    with pytest.raises(seccm.DataFileError, match="cannot be reached"):
        analyse_all(files[:1], cluster="nowhere")


def test_without_dask_it_says_what_to_install(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(seccm.DataFileError, match=r"\[cluster\]"):
        analyse_all(files[:1], cluster="local")


def test_the_command_prints_a_table_of_all(files: list[Path]) -> None:
    done = CliRunner().invoke(app, ["analyze", *map(str, files)])
    assert done.exit_code == 1, done.output
    said = " ".join(done.output.split())
    assert "2 of 3 scans analysed" in said
    good = CliRunner().invoke(app, ["analyze", str(files[0]), str(files[2])])
    assert good.exit_code == 0, good.output


def _halved(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


def test_each_piece_of_work_has_its_own_end() -> None:
    found = dict(each(_halved, [2, 3, 4]))
    assert found == {2: 1, 3: Failed("3 is odd"), 4: 2}


PLAN = smaller(small_couple(), sites=ONE, program=[SWEEP])


def test_every_combination_of_values_is_a_plan() -> None:
    vary = ["program.0.scan_rate = 1 V/s, 2 V/s", "retract.distance = 2 um, 3 um"]
    made = variants(PLAN, vary)
    assert len(made) == 4
    assert made[3][0] == {"program.0.scan_rate": "2 V/s", "retract.distance": "3 um"}
    assert made[3][1].retract.distance == pytest.approx(3e-6)


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("retract.distance", "a key and values"),
        ("retract.distence = 2 um, 3 um", "distence"),
        ("retrakt.distance = 2 um", 'there is no "retrakt"'),
        ("program.7.scan_rate = 1 V/s", 'there is no "7"'),
        ("retract.distance = 2 V", "2 V"),
    ],
)
def test_a_key_or_value_that_is_none_is_refused_before_anything_runs(
    vary: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(seccm.PlanError) as refused:
        variants(PLAN, [vary])
    assert words in str(refused.value)


def test_a_sweep_runs_each_once_and_goes_on_where_it_was(tmp_path: Path) -> None:
    plan = small_scan(1, 1)
    vary = ["retract.distance = 8 um, 9 um"]
    found = sweep(plan, vary, tmp_path / "out")
    assert [one.failed for one in found] == ["", ""]
    again = sweep(plan, vary, tmp_path / "out")
    assert [one.before for one in again] == [True, True]
    with seccm.open(found[1].path) as scan:
        assert scan.header.virtual


def test_a_sweep_is_for_virtual_rigs_only(tmp_path: Path) -> None:
    with pytest.raises(seccm.DataFileError, match="is a real rig"):
        sweep("redox-cv-map", ["retract.distance = 2 um"], tmp_path, rig="nidaq")
    assert not list(tmp_path.iterdir())
