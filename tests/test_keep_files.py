"""What a plan keeps of each site is the same number in the run, the file, tables, and pages."""

from __future__ import annotations

import csv
import math
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from made_scans import lithium, small_cycling, small_screen, write_scan
from programmes import plan_of

import seccm
from seccm.analysis.declared import declared
from seccm.data import finish, open_scan
from seccm.data.repair import clear
from seccm.events import Outcome, SiteAnalysed
from seccm.plan import Plan
from seccm.remote.messages.overview import Overview
from seccm.report import write_report
from seccm.report.study import Study
from seccm.report.tables import statistics
from seccm.results import DETAIL, Status
from ui.models.form import Field
from ui.models.form_making import form
from ui.models.scan_file import ScanFile, write_table
from ui.models.site_map import SiteMap
from ui.models.typed import read

TURNS = 3
"""Turns of the repeat below until its question is answered."""
PROBE: dict[str, Any] = {
    "step": "constant potential", "potential": 0.3, "duration": 0.1, "name": "probe",
}  # fmt: skip
LOOP: dict[str, Any] = {
    "step": "repeat",
    "times": 20,
    "until": {"from": "probe", "take": "count", "above": f"{TURNS - 0.5}"},
    "program": [{"step": "open circuit", "duration": 0.05}, PROBE],
}
CYCLES = ["CE of last cycle", "CE of cycle 1", "mean of Q_c", "CE_last"]


def looping(**changes: Any) -> Plan:
    """Forty steps that may run, of which six do."""
    return plan_of(LOOP, **changes)


def found_in(path: Path) -> dict[str, list[float]]:
    """The kept numbers of a file."""
    with open_scan(path) as scan:
        return {c.name: scan.sites[c.name].tolist() for c in scan.features}


@pytest.fixture(scope="module")
def looped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loop") / "loop.h5"
    for _ in seccm.run(looping(), path=path, seed=1):
        pass
    return path


@pytest.fixture(scope="module")
def cycled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Voltammograms of three cycles at two sites; the last cycle is asked for, and others."""
    plan = Plan.from_dict({**small_cycling().to_dict(), "keep": CYCLES})
    return write_scan(tmp_path_factory.mktemp("cycles") / "cycles.h5", plan, lithium)


def test_the_last_turn_of_a_repeat_is_the_last_that_ran(looped: Path) -> None:
    with open_scan(looped) as scan:
        probes = scan.results("Q")
        mine = (probes["site"] == 0) & (probes["kind"] == "constant potential")
        charges = probes["value"][mine]
        assert len(charges) == TURNS
        assert scan.sites["Q_of_last_constant_potential"][0] == charges[-1]
        assert scan.sites["Q_of_first_constant_potential"][0] == charges[0]
        assert charges[0] != charges[-1]
        resting = (probes["site"] == 0) & (probes["kind"] == "open circuit")
        assert scan.sites["Q"][0] == probes["value"][resting][0]


def test_what_is_kept_is_told_live_and_stored(tmp_path: Path) -> None:
    keep = ["Q of last probe", "i_end of first step", "Q of step 0.1.1"]
    plan = looping(keep=keep)
    path = tmp_path / "kept.h5"
    told = [e for e in seccm.run(plan, path=path, seed=1) if isinstance(e, SiteAnalysed)]
    names = ["Q_of_last_probe", "i_end", "Q_3"]
    assert [list(event.features) for event in told] == [names, names]
    stored = found_in(path)
    assert sorted(stored) == sorted(names)
    for event in told:
        assert {n: stored[n][event.site] for n in names} == dict(event.features)
    overview, of_file = Overview.planned(2), Overview.of_file(path)
    for event in told:
        overview.hear(event)
    for name in names:
        assert overview.features[name].tolist() == of_file.features[name].tolist() == stored[name]


def test_a_turn_that_did_not_run_has_no_number(tmp_path: Path) -> None:
    path = tmp_path / "late.h5"
    for _ in seccm.run(looping(keep=["Q of step 0.19.1", "Q"]), path=path):
        pass
    with open_scan(path) as scan:
        assert np.isnan(scan.sites["Q_39"]).all()
        assert (scan.sites["Q_39_status"] == Status.NOT_MEASURED).all()
        assert np.isfinite(scan.sites["Q"]).all()


def test_a_number_of_an_array_is_that_of_the_array_in_the_file(cycled: Path) -> None:
    with open_scan(cycled) as scan:
        sites = scan.sites
        for number, array in enumerate(scan.arrays("CE_of_cycles")):
            assert sites["CE_of_last_cycle"][number] == array[-1] == sites["CE_last"][number]
            assert sites["CE_of_cycle_1"][number] == array[1]
        charges = scan.arrays("Q_c_of_cycles")
        for number, (array, errors) in enumerate(zip(charges, charges.errors, strict=True)):
            assert sites["mean_of_Q_c"][number] == pytest.approx(array.mean())
            spread = array.std(ddof=1) / math.sqrt(array.size)
            stated = math.sqrt((errors**2).sum()) / array.size
            assert sites["mean_of_Q_c_err"][number] == pytest.approx(max(spread, stated))
        last, plain = (sites[f"{n}_status"].tolist() for n in ("CE_of_last_cycle", "CE_last"))
        assert last == plain
        column = next(c for c in scan.features if c.name == "CE_of_last_cycle")
        assert column.unit == "1"
        assert column.long_name.endswith("of each complete cycle, last cycle")


def test_analysis_and_packing_leave_what_is_kept(cycled: Path, tmp_path: Path) -> None:
    path = Path(shutil.copyfile(cycled, tmp_path / "again.h5"))
    before = found_in(path)
    seccm.analyze(path)
    assert found_in(path) == before
    finish(path)
    assert found_in(path) == before
    with open_scan(path) as scan, scan.to_xarray() as data:
        assert data["CE_of_last_cycle"].values.tolist() == before["CE_of_last_cycle"]
        assert scan.check() == {}


def test_a_killed_run_goes_on_with_what_its_plan_keeps(tmp_path: Path) -> None:
    path = tmp_path / "killed.h5"
    plan = Plan.from_dict({**small_cycling().to_dict(), "keep": CYCLES})
    write_scan(path, plan, lithium, visited=1, status=None, rig="virtual")
    first = {name: values[0] for name, values in found_in(path).items()}
    assert math.isfinite(first["CE_of_last_cycle"])
    assert clear(path)
    for _ in seccm.resume(path):
        pass
    after = found_in(path)
    assert {name: values[0] for name, values in after.items()} == first
    with open_scan(path) as scan:
        assert scan.sites["status"][1] == Outcome.OK
        assert scan.sites["CE_of_last_cycle"][1] == scan.arrays("CE_of_cycles").values[1][-1]
        assert scan.check() == {}


def test_a_file_that_has_no_columns_yet_for_what_is_kept_gets_them_when_it_is_continued(
    tmp_path: Path,
) -> None:
    """As one of an earlier version, which kept other numbers."""
    path, cycling = tmp_path / "older.h5", small_cycling().to_dict()
    plan = Plan.from_dict({**cycling, "keep": ["Q"]})
    write_scan(path, plan, lithium, visited=1, status=None, rig="virtual")
    assert clear(path)
    with h5py.File(path, "r+") as file:
        file.attrs["plan_json"] = Plan.from_dict({**cycling, "keep": ["CE_last", "Q"]}).to_json()
    for _ in seccm.resume(path):
        pass
    with open_scan(path) as scan:
        assert scan.check() == {}
        first, second = scan.sites["CE_last_status"].tolist()
        assert first == Status.NOT_MEASURED
        assert Status(second).has_value
        assert np.isfinite(scan.sites["Q"]).all()
    seccm.analyze(path)
    with open_scan(path) as scan:
        assert np.isfinite(scan.sites["CE_last"]).all()


def test_page_map_and_table_show_what_is_kept(cycled: Path, tmp_path: Path) -> None:
    with open_scan(cycled) as scan:
        study = Study(scan)
        assert [each.name for each in statistics(study)] == [
            "CE_last", "CE_of_cycle_1", "CE_of_last_cycle", "mean_of_Q_c",
        ]  # fmt: skip
        page = write_report(scan, tmp_path / "report").read_text(encoding="utf-8")
        assert "of each complete cycle, last cycle" in page
        shown = SiteMap.of_scan(scan)
    assert {"CE_of_last_cycle", "mean_of_Q_c"} <= {*shown.names}
    file = ScanFile(cycled)
    write_table(file, tmp_path / "table.csv")
    file.close()
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    column = next(k for k, name in enumerate(head) if name.startswith("CE_of_last_cycle"))
    assert [float(row[column]) for row in rows] == found_in(cycled)["CE_of_last_cycle"]


@pytest.mark.parametrize(
    ("plan", "keep"), [(small_cycling(), "E_half"), (small_screen(), "ended_by of last step")]
)
def test_a_report_needs_no_number_that_a_plan_does_not_keep(
    plan: Plan, keep: str, tmp_path: Path
) -> None:
    plan = Plan.from_dict({**plan.to_dict(), "keep": [keep]})
    path = write_scan(tmp_path / "any.h5", plan, lithium)
    with open_scan(path) as scan:
        assert write_report(scan, tmp_path / "report").is_file()


def test_a_kept_number_is_shown_like_its_result() -> None:
    assert declared("E_nuc_of_last_step") is declared("E_nuc")
    assert declared("E_nuc_of_last_step").against_reference
    assert declared("Q_of_rest_of_the_day") is declared("Q")
    of_cycle = declared("CE_of_last_cycle_of_last_cv")
    assert of_cycle.symbol == "CE, last cycle"
    assert not of_cycle.dims
    assert of_cycle.rank < DETAIL
    assert declared("mean_of_Q_c").unit == "C/m^2"
    assert declared("Q_of_somebody", "V").signed is False  # another package's, in other units
    assert declared("CE_of_cycles").dims == ("cycle",)


def test_the_form_of_a_plan_has_the_numbers_to_keep_as_a_list() -> None:
    made = form(Plan.model_json_schema(), {"keep": ["E_nuc of first step", "Q"]})
    (keep,) = [part for part in made.parts if part.key == ("keep",)]
    assert isinstance(keep, Field)
    assert (keep.kind, keep.text) == ("words", "E_nuc of first step, Q")
    assert 'such as "E_nuc of last step" or "CE of last cycle"' in keep.words
    assert not keep.required
    assert read("list", "E_nuc of last step, CE of last cycle") == [
        "E_nuc of last step", "CE of last cycle",
    ]  # fmt: skip
