"""The catalogue finds scans by what they are and what was found in them, and follows changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_scans import couple, small_couple, smaller, write_scan
from typer.testing import CliRunner

import seccm
from seccm.catalog import Catalog, Search
from seccm.cli.commands import app

SWEEP = {"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 1, "scan_rate": 1.0}


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scans of different samples."""
    folder = tmp_path_factory.mktemp("scans")
    for name, sample in (("gold", "redox"), ("carbon", "glassy carbon")):
        grid = {"kind": "grid", "columns": 2, "rows": 1, "pitch": 4e-6}
        plan = smaller(small_couple(), title=f"waves on {name}", sample=sample, sites=grid,
                       description=f"pulled with laser, {name}", program=[SWEEP])  # fmt: skip
        (folder / name).mkdir()
        write_scan(folder / name / f"{name}.h5", plan, couple, uuid=name)
    return folder


@pytest.fixture
def folder(scans: Path, tmp_path: Path) -> Path:
    shutil.copytree(scans, tmp_path / "scans")
    return tmp_path / "scans"


@pytest.fixture
def kept(folder: Path, tmp_path: Path) -> Catalog:
    catalog = Catalog(tmp_path / "catalog")
    catalog.update([folder])
    return catalog


def names(found: list) -> list[str]:
    return sorted(Path(entry.path).stem for entry in found)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), ["carbon", "gold"]),
        (Search(plan="GOLD"), ["gold"]),
        (Search(sample="carbon"), ["carbon"]),
        (Search(text="laser, gold"), ["gold"]),
        (Search(notes="laser"), ["carbon", "gold"]),
        (Search(after="2026-01-02"), ["carbon", "gold"]),
        (Search(after="2026-01-03"), []),
        (Search(before="2026-01-02"), []),
        (Search(condition="nothing"), []),
        (Search().with_range("i_vertex = -1 nA .. 1 nA"), ["carbon", "gold"]),
        (Search().with_range("i_vertex = 1 nA .."), []),
        (Search().with_range("no_such = .. 50 mV"), []),
    ],
)
def test_scans_are_found_by_what_they_are(kept: Catalog, search: Search, found: list[str]) -> None:
    assert names(kept.find(search)) == found


@pytest.mark.parametrize(
    "written", ["E_half", "i_vertex = 1 V .. 2 V", "E_half = ..", "i_vertex = a .. b"]
)
def test_a_range_that_is_not_understood_is_refused(kept: Catalog, written: str) -> None:
    with pytest.raises(seccm.DataFileError):
        kept.find(Search().with_range(written))


def test_spreads_are_those_of_trusted_values(kept: Catalog, folder: Path) -> None:
    (entry,) = kept.find(Search(plan="gold"))
    with seccm.open(folder / "gold" / "gold.h5") as scan:
        good = scan.sites["i_vertex"][scan.sites["i_vertex_status"] == 0]
    assert entry.results["i_vertex"].count == good.size == 2
    assert entry.results["i_vertex"].median == pytest.approx(float(np.median(good)))
    assert entry.outcomes == {"ok": 2}
    assert entry.sites == 2


def test_only_what_changed_is_read_again(kept: Catalog, folder: Path, tmp_path: Path) -> None:
    again = Catalog(tmp_path / "catalog")
    changes = again.update()
    assert (changes.read, changes.kept, changes.gone) == (0, 2, 0)
    gold = folder / "gold" / "gold.h5"
    told = gold.stat()
    os.utime(gold, ns=(told.st_atime_ns, told.st_mtime_ns + 10**9))
    (folder / "carbon" / "carbon.h5").unlink()
    shutil.copy(gold, folder / "new.h5")
    changes = again.update()
    assert (changes.read, changes.kept, changes.gone) == (2, 0, 1)
    assert names(again.find(Search())) == ["gold", "new"]


def test_a_broken_or_half_file_is_told_and_stops_nothing(kept: Catalog, folder: Path) -> None:
    content = (folder / "gold" / "gold.h5").read_bytes()
    (folder / "half.h5").write_bytes(content[: len(content) // 2])
    (folder / "none.h5").write_bytes(b"")
    (folder / "text.h5").write_text("not HDF5")
    changes = kept.update()
    assert {Path(path).name for path in changes.problems} >= {"none.h5", "text.h5"}
    assert all(changes.problems.values())
    assert {"carbon", "gold"} <= set(names(kept.find(Search())))


def test_a_growing_file_is_read_as_it_is_and_again_when_it_has_grown(
    kept: Catalog, folder: Path
) -> None:
    plan = smaller(small_couple(), program=[SWEEP],
                   sites={"kind": "grid", "columns": 2, "rows": 1, "pitch": 4e-6})  # fmt: skip
    write_scan(folder / "killed.h5", plan, couple, status=None, visited=1)
    kept.update()
    (entry,) = [e for e in kept.find(Search()) if e.path.endswith("killed.h5")]
    assert entry.state == "interrupted"
    assert entry.outcomes == {"ok": 1, "planned": 1}


def test_tags_stay_with_a_scan_that_is_moved(kept: Catalog, folder: Path, tmp_path: Path) -> None:
    gold = folder / "gold" / "gold.h5"
    assert kept.tag(gold, "paper", "good") == ("paper", "good")
    assert kept.tag(gold, "-good") == ("paper",)
    gold.rename(folder / "moved.h5")
    again = Catalog(tmp_path / "catalog")
    again.update()
    assert "moved" in names(again.find(Search(tag="PAPER")))
    with pytest.raises(seccm.DataFileError, match="not in the catalogue"):
        again.tag(gold, "more")


def test_sites_of_all_scans_are_asked_in_sql(kept: Catalog, folder: Path) -> None:
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    question = "SELECT scan, count(*) FROM sites WHERE result = 'i_lim' GROUP BY scan ORDER BY scan"
    heads, rows = kept.query(question)
    assert heads[0] == "scan"
    assert [Path(scan).stem for scan, _ in rows] == ["carbon", "gold"]
    before = rows
    told = (folder / "gold" / "gold.h5").stat()
    os.utime(folder / "gold" / "gold.h5", ns=(told.st_atime_ns, told.st_mtime_ns + 10**9))
    kept.update()
    assert kept.query(question)[1] == before, "a scan that is read again is there once"
    assert kept.query("SELECT count(*) FROM scans")[1] == [(2,)]
    with pytest.raises(seccm.DataFileError, match="table sites has the columns"):
        kept.query("SELECT nothing FROM nowhere")


def test_without_duckdb_it_says_what_to_install(
    kept: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(seccm.DataFileError, match=r"\[catalog\]"):
        kept.query("SELECT 1")


def test_a_catalogue_that_is_spoiled_is_made_anew(kept: Catalog, tmp_path: Path) -> None:
    (tmp_path / "catalog" / "index.json").write_text('{"version": 1, "entr')
    again = Catalog(tmp_path / "catalog")
    assert not again.entries
    again.update([tmp_path / "scans"])
    assert len(again.find(Search())) == 2


def test_the_command_searches_compares_and_tags(folder: Path, tmp_path: Path) -> None:
    here = ["--catalog", str(tmp_path / "own")]
    done = CliRunner().invoke(app, ["catalog", str(folder), "--plan", "gold", "--give", "paper",
                                    "--compare", "E_half", *here])  # fmt: skip
    assert done.exit_code == 0, done.output
    said = " ".join(done.output.split())
    assert "redox" in said
    assert "1 of 2 scans" in said
    assert "glassy" not in said
    tagged = CliRunner().invoke(app, ["catalog", "--tag", "paper", *here])
    assert "1 of 2 scans; 0 new or changed" in " ".join(tagged.output.split())
    wrong = CliRunner().invoke(app, ["catalog", str(tmp_path / "missing"), *here])
    assert wrong.exit_code == 2
