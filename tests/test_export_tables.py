"""Tables for other programs say every number with unit and sign, whatever became of a site."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from planted_table import POINTS, Planted, square

from seccm.errors import DataFileError
from seccm.events import Outcome
from seccm.exports import EXPORTS, Wanted
from seccm.results import Status

OK, NO, SKIPPED = Outcome.OK, Outcome.NO_CONTACT, Outcome.SKIPPED
LONG = "a_result_whose_name_is_longer_than_what_matlab_can_have_of_its_step_"
RESULTS = {
    "E_half": ("V", [0.1, -0.2, np.nan, np.nan], [Status.OK, Status.OK, Status.NOT_MEASURED,
                                                  Status.NOT_MEASURED]),
    "j_p_linear": ("A/m^2/(V/s)", [1.0, 2.0, np.nan, np.nan], [Status.AT_LEAST, Status.FAINT,
                                                              Status.OVERLOAD, Status.DAMAGED]),
    "n": ("1", [3.0, 4.0, np.nan, np.nan], [Status.OK] * 4),
    f"{LONG}1": ("s", [5.0, 6.0, 7.0, 8.0], [Status.OK] * 4),
    f"{LONG}2": ("m", [-5.0, -6.0, -7.0, -8.0], [Status.OK] * 4),
}  # fmt: skip
UNITS = {"site": "", "x": "m", "y": "m", "outcome": "", "z_contact": "m", "factor_c": "mol/m^3",
         "E_half": "V", "E_half_err": "V", "E_half_status": "", "j_p_linear": "A/m^2/(V/s)",
         "j_p_linear_err": "A/m^2/(V/s)", "n": "", f"{LONG}1": "s", f"{LONG}2": "m"}  # fmt: skip


@pytest.fixture(scope="module")
def scan() -> Planted:
    """Two good sites, one without contact and one that was never visited."""
    return Planted(square(2, 2), [OK, OK, NO, SKIPPED], RESULTS, levels=[1.0, 2.0, 1.0, 2.0])


def write(scan: Planted, kind: str, folder: Path, wanted: Wanted = Wanted()) -> Path:  # noqa: B008
    target = folder / f"made{EXPORTS.of(kind).suffix}"
    EXPORTS.of(kind).write(scan, target, wanted)  # type: ignore[arg-type]
    return target


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def csv_units(scan: Planted, folder: Path) -> dict[str, str]:
    heads = rows_of(write(scan, "csv-sites", folder))[0]
    named = {head.partition(" (")[0]: head.partition(" (")[2][:-1] for head in heads}
    return named


def parquet_units(scan: Planted, folder: Path) -> dict[str, str]:
    pq = pytest.importorskip("pyarrow.parquet")
    schema = pq.read_schema(write(scan, "parquet-sites", folder))
    return {field.name: field.metadata[b"unit"].decode() for field in schema}


def nexus_units(scan: Planted, folder: Path) -> dict[str, str]:
    with h5py.File(write(scan, "nexus", folder)) as file:
        return {name: str(column.attrs.get("units", ""))
                for name, column in file["scan/sites"].items()}  # fmt: skip


@pytest.mark.parametrize("units_of", [csv_units, parquet_units, nexus_units])
def test_every_column_of_the_sites_has_its_unit(
    scan: Planted, tmp_path: Path, units_of: Callable[[Planted, Path], dict[str, str]]
) -> None:
    """One whose unit has brackets in it, too."""
    found = units_of(scan, tmp_path)
    assert {name: found[name] for name in UNITS} == UNITS


def test_a_table_of_sites_says_what_is_doubtful_censored_and_missing(
    scan: Planted, tmp_path: Path
) -> None:
    rows = rows_of(write(scan, "csv-sites", tmp_path))
    assert [row["outcome"] for row in rows] == ["ok", "ok", "no contact", "skipped"]
    wanted = [Status.AT_LEAST, Status.FAINT, Status.OVERLOAD, Status.DAMAGED]
    assert [row["j_p_linear_status"] for row in rows] == [one.label for one in wanted]
    assert [row["j_p_linear (A/m^2/(V/s))"] for row in rows] == ["1.0", "2.0", "nan", "nan"]
    x = [float(row["x (m)"]) for row in rows]
    assert x == [1e-9, 4e-6 + 1e-9, 0.0, 4e-6], "measured, or planned where it was not"


def test_every_data_point_is_the_same_number_again(scan: Planted, tmp_path: Path) -> None:
    """Not a rounded one: 1/3 pA has no end."""
    rows = rows_of(write(scan, "csv", tmp_path))
    assert [row["site"] for row in rows] == [str(k) for k in (0, 1, 2) for _ in range(POINTS)]
    for number in (0, 1, 2):
        mine = [row for row in rows if row["site"] == str(number)]
        trace = scan.site(number)
        for head, values in (
            ("t (s)", trace.t), ("E vs Ag/AgCl (V)", trace.E), ("I (A, anodic positive)", trace.I),
            ("z (m)", trace.z), ("I2 (A)", trace.signals["I2"]), ("step", trace.step),
        ):  # fmt: skip
            assert [float(row[head]) for row in mine] == values.tolist()
        assert {row["condition"] for row in mine} == {trace.condition}, "quotes and µ, too"


def test_a_site_alone_is_the_part_of_the_whole(scan: Planted, tmp_path: Path) -> None:
    whole = rows_of(write(scan, "csv", tmp_path))
    (tmp_path / "one").mkdir()
    alone = rows_of(write(scan, "csv", tmp_path / "one", Wanted(sites=(2, 0))))
    assert alone == [r for r in whole if r["site"] == "2"] + [r for r in whole if r["site"] == "0"]


@pytest.mark.parametrize("number", [-1, 4, 10**9])
@pytest.mark.parametrize("kind", ["csv", "csv-by-site", "ixdat", "mat"])
def test_a_site_that_is_none_is_refused(
    scan: Planted, tmp_path: Path, kind: str, number: int
) -> None:
    with pytest.raises(DataFileError, match=rf"no site {number}; .* from 0 to 3"):
        write(scan, kind, tmp_path, Wanted(sites=(0, number)))


@pytest.mark.parametrize("title", ["two\nlines", "a\r\nb", " wide \t ", "µ, \"x\" 'y'"])
def test_the_head_of_ixdat_has_the_lines_that_it_counts(tmp_path: Path, title: str) -> None:
    scan = Planted(square(2, 1), title=title, reference="Ag\nAgCl")
    lines = (write(scan, "ixdat", tmp_path) / "site_0001.csv").read_text("utf-8").split("\n")
    (told,) = [line for line in lines if line.startswith("N_header_lines = ")]
    count = int(told.split("=")[1])
    assert (
        lines[count - 1] == "time / [s],raw_potential / [V],raw_current / [mA],z / [m],step number"
    )
    assert lines[0] == f"name = {' '.join(title.split())}, site 1"
    first = [float(cell) for cell in lines[count].split(",")]
    trace = scan.site(1)
    assert first[:3] == [0.0, trace.E[0], 1e3 * trace.I[0]]
    assert len(lines) == count + POINTS + 1


def test_times_of_ixdat_are_those_of_the_day(scan: Planted, tmp_path: Path) -> None:
    """Sites of one scan lie one after the other in time."""
    folder = write(scan, "ixdat", tmp_path)
    stamps = []
    for number in (0, 1, 2):
        text = (folder / f"site_{number:04d}.csv").read_text("utf-8")
        stamps.append(float(text.partition("tstamp = ")[2].partition("\n")[0]))
    assert np.diff(stamps) == pytest.approx([100.0, 100.0])


def test_the_two_signs_of_battery_data_are_opposite(scan: Planted, tmp_path: Path) -> None:
    found = []
    for charging in ("oxidation", "reduction"):
        (tmp_path / charging).mkdir()
        folder = write(scan, "bdf", tmp_path / charging, Wanted(charging=charging))  # type: ignore[arg-type]
        rows = rows_of(folder / "site_0001.bdf.csv")
        found.append([float(row["Current / A"]) for row in rows])
        assert [float(row["Voltage / V"]) for row in rows] == scan.site(1).E.tolist()
        assert json.loads((folder / "about.json").read_text("utf-8"))["reference"] == "Ag/AgCl"
    assert found[0] == scan.site(1).I.tolist() == [-i for i in found[1]]


def test_long_names_stay_apart_in_matlab(scan: Planted, tmp_path: Path) -> None:
    loadmat = pytest.importorskip("scipy.io").loadmat
    found = loadmat(write(scan, "mat", tmp_path), simplify_cells=True)
    long = [name for name, unit in found["units"].items() if unit.startswith(LONG)]
    values = {found["units"][name]: found["sites"][name].tolist()
              for name in long if "_status" not in found["units"][name]}  # fmt: skip
    assert values[f"{LONG}1 (s)"] == [5.0, 6.0, 7.0, 8.0]
    assert values[f"{LONG}2 (m)"] == [-5.0, -6.0, -7.0, -8.0]
    assert len(long) == 6, "two results, each with its error and status"
    assert all(len(name) <= 63 for name in long)
    assert [one["site"] for one in found["points"]] == [0, 1, 2]
    assert found["points"][1]["I"].tolist() == scan.site(1).I.tolist()


EMPTY: dict[str, Any] = {
    "one site": Planted(square(1, 1), [OK], {"a": ("V", [1.0], [Status.OK])}),
    "none finished": Planted(square(2, 1), [SKIPPED, Outcome.PLANNED]),
    "no site": Planted([]),
    "all damaged": Planted(square(2, 1), damaged=[0, 1]),
}


@pytest.mark.parametrize("kind", ["csv", "csv-sites", "csv-by-site", "ixdat", "mat", "nexus",
                                  "parquet", "parquet-sites"])  # fmt: skip
@pytest.mark.parametrize("which", list(EMPTY))
def test_a_scan_with_little_or_nothing_in_it_is_a_whole_file(
    tmp_path: Path, kind: str, which: str
) -> None:
    if kind.startswith("parquet"):
        pytest.importorskip("pyarrow")
    scan = EMPTY[which]
    made = write(scan, kind, tmp_path)
    assert made.exists()
    if kind == "csv":
        assert len(rows_of(made)) == (POINTS if which == "one site" else 0)
    if kind == "csv-sites":
        assert len(rows_of(made)) == len(scan.sites)


def test_a_damaged_site_is_left_out_and_the_others_are_there(tmp_path: Path) -> None:
    scan = Planted(square(3, 1), damaged=[1])
    assert {row["site"] for row in rows_of(write(scan, "csv", tmp_path))} == {"0", "2"}
    names = {path.name for path in write(scan, "csv-by-site", tmp_path).iterdir()}
    assert names == {"site_0000.csv", "site_0002.csv", "sites.csv"}
