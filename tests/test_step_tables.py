"""Every step that ran is a row, every number found at it is a row, and arrays keep their shape."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from same_as_before import few_sites
from small_plan import STEP
from test_old_files import EXPECTED, copied

import seccm
from seccm.data import finish
from seccm.data.tables import ARRAYS, EVENTS, GROWN, RESULTS, STEPS, checksums, read
from seccm.errors import DamagedError
from seccm.events import StepFinished
from seccm.plan import Plan

REPEATED = 10
RECIPE = [
    {"step": "repeat", "times": REPEATED, "program": [
        {**STEP, "duration": 0.05},
        {"step": "open circuit", "duration": 0.05},
    ]},
]  # fmt: skip
"""A program of more steps than the site table has columns for."""


def ran(plan: Plan, path: Path, **options: Any) -> list[StepFinished]:
    """Carry out a plan; return what was told of the ends of its steps."""
    told = list(seccm.run(plan, path=path, **options))
    return [event for event in told if isinstance(event, StepFinished)]


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[StepFinished]]:
    """A finished run of two sites with many steps, and what was told of them."""
    path = tmp_path_factory.mktemp("repeated") / "scan.h5"
    plan = few_sites("li-on-au-constant-charge").to_dict()
    changes = {"program": RECIPE, "factors": {}, "design": {}}
    sites = {**plan["sites"], "columns": 2, "rows": 1}
    made = Plan.from_dict({**plan, **changes, "sites": sites})
    return path, ran(made, path)


@pytest.fixture(scope="module")
def cycled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of voltammograms."""
    path = tmp_path_factory.mktemp("cycled") / "scan.h5"
    ran(few_sites("redox-cv-map"), path)
    return path


def test_a_step_that_ran_is_a_row_however_often_it_ran(
    repeated: tuple[Path, list[StepFinished]],
) -> None:
    """No step is left out, and each is told as it was when it ended."""
    path, told = repeated
    with seccm.open(path) as scan:
        assert len(scan.steps) == len(told) == 2 * 2 * REPEATED
        assert [tuple(map(int, p.split("."))) for p in scan.steps["path"]] == [
            event.path for event in told
        ]
        assert scan.steps["number"].tolist() == 2 * list(range(2 * REPEATED))
        for number in (0, 1):
            assert scan.record(number).ends == tuple(e for e in told if e.site == number)


def test_rows_and_charge_of_a_step_are_those_of_its_samples(
    repeated: tuple[Path, list[StepFinished]],
) -> None:
    with seccm.open(repeated[0]) as scan:
        t, current = scan._file["t"][:], scan._file["I"][:]
        for step in scan.steps:
            mine = slice(step["start"], step["start"] + step["size"])
            record = scan.record(step["site"])
            rows = record.steps[step["number"]]
            np.testing.assert_array_equal(t[mine], record.t[rows])
            assert t[mine][0] == pytest.approx(step["t"], abs=1e-9)
            assert step["last_row"] - step["first_row"] + 1 == step["size"]
            if step["number"]:
                charge = current[mine].sum(dtype=float) * step["period"]
                assert charge == pytest.approx(step["charge"], rel=1e-5, abs=1e-18)


def test_what_was_imposed_is_stored_as_numbers(
    repeated: tuple[Path, list[StepFinished]], cycled: Path
) -> None:
    with seccm.open(repeated[0]) as scan:
        kinds = scan.steps["kind"]
        assert set(kinds) == {"open circuit", "constant current"}
        driven = kinds == "constant current"
        assert (scan.steps["mode"][driven] == "current").all()
        assert (scan.steps["lowest"][driven] == STEP["current"]).all()
        assert set(scan.steps.words("ended_by")) == {"time"}
    with seccm.open(cycled) as scan:
        plan = few_sites("redox-cv-map")
        step = plan.to_dict()["program"][0]
        np.testing.assert_allclose(scan.steps["first"], step["start"], atol=1e-12)
        np.testing.assert_allclose(scan.steps["highest"], step["vertices"][0], atol=1e-12)


def test_every_step_has_its_results_and_the_site_table_those_of_the_ends(
    repeated: tuple[Path, list[StepFinished]],
) -> None:
    """The analysis does not stop after some steps; of many, the site table has the two ends."""
    with seccm.open(repeated[0]) as scan:
        charge = scan.results("Q")
        assert len(charge) == 2 * 2 * REPEATED
        assert np.isfinite(charge["value"]).all()
        assert charge["step"].tolist() == scan.steps["number"].tolist()
        kinds, sites = scan.steps["kind"], scan.steps["site"]
        for kind in ("open circuit", "constant current"):
            last = np.flatnonzero((kinds == kind) & (sites == 0))[-1]
            kept = scan.sites[f"Q_of_last_{kind.replace(' ', '_')}"]
            assert kept[0] == charge["value"][last]
        assert scan.sites["Q"][0] == charge["value"][0]
        assert not any(name.startswith("Q_") and name[2:].isdigit() for name in scan.sites.names)
        every = scan.results()
        assert set(every["name"]) <= {quantity.name for quantity in scan.quantities}
        assert len(every) > len(charge)


def test_live_results_are_those_of_a_later_analysis(cycled: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(cycled, tmp_path))
    with seccm.open(path) as scan:
        live = {name: scan.results()[name] for name in ("site", "step", "name", "value", "err")}
        arrays = {q.name: scan.arrays(q.name).values for q in scan.quantities if q.dims}
    size = path.stat().st_size
    for _ in range(2):
        seccm.analyze(path)
        with seccm.open(path) as scan:
            for name, values in live.items():
                np.testing.assert_array_equal(scan.results()[name], values, err_msg=name)
            for name, values in arrays.items():
                found = scan.arrays(name).values
                assert all(
                    np.array_equal(a, b, equal_nan=True) for a, b in zip(found, values, strict=True)
                )
            assert not scan.check()
    assert path.stat().st_size < 1.5 * size, "an analysis takes the place of the one before it"


def test_an_array_has_a_number_for_each_cycle_and_agrees_with_the_summary(cycled: Path) -> None:
    with seccm.open(cycled) as scan:
        names = [quantity.name for quantity in scan.quantities if quantity.dims == ("cycle",)]
        filled = [name for name in names if len(scan.arrays(name))]
        assert filled, "voltammograms have numbers for each cycle"
        for name in filled:
            arrays = scan.arrays(name)
            assert [part.shape for part in arrays] == [(2,)] * len(scan.sites)
            table = arrays.to_pandas()
            assert len(table) == 2 * len(scan.sites)
            assert table[arrays.dims[0]].tolist() == [0, 1] * len(scan.sites)


def test_the_tables_are_tidy_in_pandas_and_open_in_xarray(cycled: Path) -> None:
    xarray = pytest.importorskip("xarray")
    with seccm.open(cycled) as scan:
        table = scan.results("E_half").to_pandas()
        assert {"site", "step", "path", "condition", "value", "err", "status"} <= {*table}
        assert len(scan.steps.to_pandas()) == len(scan.steps)
        with pytest.raises(KeyError, match="E_half"):
            scan.results("no such result")
        with scan.to_xarray() as data:
            assert data["step_charge"].dims == ("step_record",)
    with xarray.open_dataset(cycled, engine="h5netcdf") as data:
        assert data.sizes["result_record"] == len(data["result_value"])


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_file_has_the_same_tables(name: str, tmp_path: Path) -> None:
    """Derived when it is read; and in the file itself once it was analysed."""
    path = copied(name, tmp_path)
    with seccm.open(path) as scan:
        before = scan.steps
        ends = [scan.record(k).ends for k in range(len(scan.sites))]
        assert len(before) == sum(map(len, ends))
        assert (before["size"] > 0).all()
        assert set(before["kind"]) <= {"constant current", "cv"}
        assert len(scan.results("Q")) == len(before)
    seccm.analyze(path)
    with seccm.open(path) as scan:
        assert str(scan.version) == "1.1"
        for column in before.names:
            np.testing.assert_array_equal(scan.steps[column], before[column], err_msg=column)
        assert [scan.record(k).ends for k in range(len(scan.sites))] == ends
        assert (scan.results("Q")["step"] == before["number"]).all()
        assert not scan.check()


def test_a_packed_file_keeps_its_tables(repeated: tuple[Path, list[StepFinished]]) -> None:
    path = repeated[0]
    finish(path)
    with h5py.File(path) as file:
        assert file.attrs["packed"]
        for table in (EVENTS, *GROWN):
            rows, whole = read(file, table)
            assert whole.all(), table.prefix
            assert len(rows) == len(file[table.dimension])


# ------------------------------------------------------------------------------------- damage


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped during its second site: closed, and never packed."""
    path = tmp_path_factory.mktemp("stopped") / "scan.h5"
    run = seccm.run(few_sites("redox-cv-map"), path=path)
    for event in run:
        if isinstance(event, StepFinished) and event.site == 1:
            run.ask("stop")
    return path


@pytest.mark.parametrize("table", [STEPS, RESULTS, ARRAYS], ids=lambda table: table.prefix)
def test_a_flipped_bit_in_a_row_is_found_and_no_number_of_it_is_clean(
    table: Any, stopped: Path, tmp_path: Path
) -> None:
    """In a file that was never packed, where HDF5 itself has no checksums."""
    with seccm.open(stopped) as scan:
        before = [scan.results("E_half")["value"], scan.steps["charge"]]
    for column in table.columns:
        path = Path(shutil.copy(stopped, tmp_path / "scan.h5"))
        with h5py.File(path, "r+") as file:
            raw = file[column.name][:1].view(np.uint8)
            raw[0] ^= 1
            file[column.name][:1] = raw.view(file[column.name].dtype)
            _, whole = read(file, table)
            assert not whole[0], column.name
            assert whole[1:].all()
        with seccm.open(path) as scan:
            found = scan.steps["charge"]
            if table is STEPS:
                assert np.isnan(found[0])
                with pytest.raises(DamagedError, match="how its step 0 ended"):
                    scan.site(0)
                assert 0 in scan.check()
            else:
                np.testing.assert_array_equal(found, before[1])
            for other in (scan.site(1), scan.results(), scan.results("E_half")):
                assert len(repr(other))
            clean = scan.results("E_half")
            values = clean["value"][clean["status"] < 64]
            assert set(values) <= set(before[0].tolist())


@pytest.mark.parametrize("column", [c.name for c in EVENTS.columns])
def test_a_flipped_bit_in_an_event_is_said_in_its_place(
    column: str, stopped: Path, tmp_path: Path
) -> None:
    with seccm.open(stopped) as scan:
        before = scan.events["msg"]
    path = Path(shutil.copy(stopped, tmp_path / "scan.h5"))
    with h5py.File(path, "r+") as file:
        raw = file[column][3:4].view(np.uint8)
        raw[0] ^= 1
        file[column][3:4] = raw.view(file[column].dtype)
    with seccm.open(path) as scan:
        assert scan.events["msg"][3] == "(cannot be read)"
        assert scan.events["site"][3] == -1
        others = np.arange(len(before)) != 3
        np.testing.assert_array_equal(scan.events["msg"][others], before[others])


def test_a_step_of_which_nobody_told_the_end_is_a_row_after_resume(
    stopped: Path, tmp_path: Path
) -> None:
    """Rows of a table that a killed program had not finished are cut; what ran stays told."""
    path = Path(shutil.copy(stopped, tmp_path / "scan.h5"))
    with h5py.File(path, "r+") as file:
        count = len(file["step_record"])
        file["status"][1] = 1
        for name in (STEPS.dimension, *(c.name for c in STEPS.stored)):
            file[name].resize(count - 1, axis=0)
        file["step_site"].resize(count, axis=0)
    for _ in seccm.resume(path):
        pass
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        assert set(scan.steps["site"]) == {0, 1, 2, 3}
        (mine,) = np.flatnonzero(scan.steps["site"] == 1)
        assert scan.steps.words("ended_by")[mine] == "not told"
        assert scan.steps["size"][mine] > 0
        assert not scan.check()


def test_checksums_are_of_whole_rows() -> None:
    rows = STEPS.rows([])
    assert checksums(rows).shape == (0,)
    two = np.zeros(2, STEPS.row)
    assert len(set(checksums(two).tolist())) == 1
    two["step_charge"][1] = 1.0
    assert len(set(checksums(two).tolist())) == 2
