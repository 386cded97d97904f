"""What is written for other programs is read back by them: the same numbers and units."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from made_scans import couple, small_couple, smaller, write_scan
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.events import Outcome
from seccm.exports import EXPORTS, Wanted, Writer
from seccm.exports.content import grid
from seccm.exports.writing import export


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine waves, one of which found no contact."""
    path = tmp_path_factory.mktemp("exports") / "waves.h5"
    sweep = {"step": "cv", "start": -0.25, "vertices": [0.25], "cycles": 1, "scan_rate": 1.0}
    plan = smaller(small_couple(), program=[sweep])
    return write_scan(path, plan, couple, outcomes={4: Outcome.NO_CONTACT})


def written(scan: Path, tmp_path: Path, kind: str, wanted: Wanted = Wanted()) -> Path:  # noqa: B008
    return export(scan, kind, tmp_path / f"{kind}{EXPORTS.of(kind).suffix}", wanted)


def points(scan: Path, number: int) -> seccm.SiteTrace:
    with seccm.open(scan) as opened:
        return opened.site(number)


def values(scan: Path, name: str) -> np.ndarray:
    with seccm.open(scan) as opened:
        found = np.array(opened.sites[name], np.float64)
        return np.where(opened.sites["status"] == Outcome.OK, found, np.nan)


def image(scan: Path, name: str) -> np.ndarray:
    """The map with the highest y first, as images have it."""
    with seccm.open(scan) as opened:
        place = grid(opened)
    assert place is not None
    columns, rows, shape, _, _ = place
    laid = np.full(shape, np.nan)
    laid[rows, columns] = values(scan, name)
    return laid[::-1]


def test_csv_long_has_every_data_point_with_its_unit_and_convention(
    scan: Path, tmp_path: Path
) -> None:
    with open(written(scan, tmp_path, "csv", Wanted(sites=(1, 2))), newline="") as file:
        rows = list(csv.DictReader(file))
    traces = [points(scan, number) for number in (1, 2)]
    assert len(rows) == sum(trace.t.size for trace in traces)
    mine = [row for row in rows if row["site"] == "2"]
    np.testing.assert_array_equal([float(r["I (A, anodic positive)"]) for r in mine], traces[1].I)
    np.testing.assert_array_equal([float(r["E vs Ag/AgCl (V)"]) for r in mine], traces[1].E)
    np.testing.assert_array_equal([float(r["t (s)"]) for r in mine], traces[1].t)
    assert {"step", "retract"} <= {row["phase"] for row in mine}


def test_csv_by_site_is_a_folder_with_places(scan: Path, tmp_path: Path) -> None:
    folder = written(scan, tmp_path, "csv-by-site")
    with open(folder / "site_0003.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_array_equal([float(row["z (m)"]) for row in rows], points(scan, 3).z)
    with open(folder / "sites.csv", newline="") as file:
        sites = list(csv.DictReader(file))
    halves = [float(row["E_half (V)"]) for row in sites]
    np.testing.assert_array_equal(halves[0], values(scan, "E_half")[0])
    assert sites[4]["outcome"] == "no contact"


def test_parquet_is_read_by_pyarrow_with_units(scan: Path, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(written(scan, tmp_path, "parquet"))
    mine = np.array(table["site"]) == 5
    np.testing.assert_array_equal(np.array(table["I"])[mine], points(scan, 5).I)
    assert table.schema.field("I").metadata[b"unit"] == b"A"
    assert b"anodic" in table.schema.metadata[b"sign_convention"]
    sites = pq.read_table(written(scan, tmp_path, "parquet-sites"))
    assert sites.num_rows == 9
    assert sites.schema.field("E_half").metadata[b"unit"] == b"V"


def test_ixdat_reads_potential_and_current(scan: Path, tmp_path: Path) -> None:
    ixdat = pytest.importorskip("ixdat")
    path = written(scan, tmp_path, "ixdat", Wanted(sites=(0,))) / "site_0000.csv"
    found = ixdat.Measurement.read(path, reader="ixdat")
    trace = points(scan, 0)
    t, i = found.grab("raw_current / [mA]")
    np.testing.assert_allclose(i, 1e3 * trace.I, rtol=1e-12)
    np.testing.assert_allclose(t, trace.t, atol=1e-6)
    np.testing.assert_allclose(found.grab("raw_potential / [V]")[1], trace.E, rtol=1e-12)


@pytest.mark.parametrize(("charging", "sign"), [("oxidation", 1.0), ("reduction", -1.0)])
def test_bdf_counts_charging_as_positive(
    scan: Path, tmp_path: Path, charging: str, sign: float
) -> None:
    bdf = pytest.importorskip("bdf")
    with pytest.raises(seccm.DataFileError, match="--charging oxidation"):
        written(scan, tmp_path, "bdf")
    folder = written(scan, tmp_path, "bdf", Wanted(sites=(0,), charging=charging))  # type: ignore[arg-type]
    path = folder / "site_0000.bdf.csv"
    frame = bdf.read(str(path))
    bdf.validate(frame)
    np.testing.assert_allclose(frame["Current / A"], sign * points(scan, 0).I, rtol=1e-12)
    assert charging in json.loads((folder / "about.json").read_text())["sign_convention"]


def test_gwyddion_gets_maps_in_metres_with_a_mask(scan: Path, tmp_path: Path) -> None:
    gwyfile = pytest.importorskip("gwyfile")
    found = gwyfile.load(str(written(scan, tmp_path, "gwy", Wanted(names=("z_contact", "i_lim")))))
    field = found["/1/data"]
    assert found["/1/data/title"] == "i_lim"
    assert field["si_unit_z"]["unitstr"] == "A"
    assert field["si_unit_xy"]["unitstr"] == "m"
    assert field.xreal == pytest.approx(3 * 4e-6)
    wanted = image(scan, "i_lim")
    known = np.isfinite(wanted)
    np.testing.assert_array_equal(field.data[known], wanted[known])
    np.testing.assert_array_equal(found["/1/mask"].data, ~known)
    assert found["/0/data"]["si_unit_z"]["unitstr"] == "m"


@pytest.mark.parametrize("names", [("Q",), ("i_lim", "Q")])
def test_gwyddion_reads_every_title_as_a_text(
    scan: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """In a .gwy file the letter before a value says what it is: s is text, c one character."""
    pytest.importorskip("gwyfile")
    content = written(scan, tmp_path, "gwy", Wanted(names=names)).read_bytes()
    for number, name in enumerate(names):
        assert f"/{number}/data/title\0s{name}\0".encode() in content


def test_gsf_is_a_head_and_numbers(scan: Path, tmp_path: Path) -> None:
    """As Gwyddion's manual says it: a head, 1 to 4 zero bytes, 32-bit numbers row by row."""
    folder = written(scan, tmp_path, "gsf", Wanted(names=("i_lim",)))
    content = (folder / "i_lim.gsf").read_bytes()
    size = 4 * 9
    head = content[: len(content) - size]
    assert head.startswith(b"Gwyddion Simple Field 1.0\n")
    assert len(head) % 4 == 0
    assert head.endswith(b"\0")
    told = dict(line.split(" = ") for line in head.rstrip(b"\0").decode().splitlines()[1:])
    assert (told["XRes"], told["YRes"], told["ZUnits"], told["XYUnits"]) == ("3", "3", "A", "m")
    data = np.frombuffer(content[-size:], "<f4").reshape(3, 3)
    np.testing.assert_allclose(data, image(scan, "i_lim"), rtol=1e-6)


def test_ome_tiff_has_a_channel_for_each_map(scan: Path, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    path = written(scan, tmp_path, "ome-tiff", Wanted(names=("E_half", "i_lim")))
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_ome
        np.testing.assert_array_equal(tiff.asarray()[1], image(scan, "i_lim"))
        told = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"]["Pixels"]
    assert told["PhysicalSizeX"] == pytest.approx(4.0)
    assert [channel["Name"] for channel in told["Channel"]] == ["E_half (V)", "i_lim (A)"]


def test_matlab_reads_sites_and_points(scan: Path, tmp_path: Path) -> None:
    from scipy.io import loadmat

    found = loadmat(written(scan, tmp_path, "mat"), simplify_cells=True)
    np.testing.assert_array_equal(found["sites"]["i_lim"][:3], values(scan, "i_lim")[:3])
    mine = next(one for one in found["points"] if one["site"] == 7)
    np.testing.assert_array_equal(mine["I"], points(scan, 7).I)
    assert found["units"]["i_lim"] == "i_lim (A)"
    assert "anodic" in found["about"]["sign_convention"]


def test_an_eln_is_a_crate_with_hashes(scan: Path, tmp_path: Path) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate")
    path = written(scan, tmp_path, "eln")
    with zipfile.ZipFile(path) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"waves"}
        archive.extractall(tmp_path / "crate")
    crate = rocrate.ROCrate(str(tmp_path / "crate" / "waves"))
    told = {entity.id: entity for entity in crate.data_entities}
    assert {"waves.h5", "sites.csv", "plan.json"} <= told.keys()
    digest = hashlib.sha256(scan.read_bytes()).hexdigest()
    assert told["waves.h5"]["sha256"] == digest
    assert (tmp_path / "crate" / "waves" / "waves.h5").read_bytes() == scan.read_bytes()


def test_nexus_leads_a_viewer_from_the_root_to_a_map(scan: Path, tmp_path: Path) -> None:
    """h5web follows `default` down to an NXdata, and draws its `signal` over its `axes`."""
    with h5py.File(written(scan, tmp_path, "nexus")) as file:
        at = file
        while at.attrs["NX_class"] != "NXdata":
            at = at[at.attrs["default"]]
        signal = at[at.attrs["signal"]]
        assert at.attrs["signal"] == "E_half", "and neither a charge nor an efficiency"
        with h5py.File(scan) as own:
            assert own["nexus"].attrs["default"] == "E_half"
        assert [at[axis].size for axis in at.attrs["axes"]] == list(signal.shape)
        np.testing.assert_array_equal(signal[:][::-1], image(scan, at.attrs["signal"]))
        curve = file["scan/points/site_0002"]
        np.testing.assert_array_equal(curve["I"][:], points(scan, 2).I)
        assert curve["I"].attrs["units"] == "A"
        assert curve.attrs["NX_class"] == "NXdata"


@pytest.mark.parametrize("over", ["time", "potential"])
def test_a_movie_has_its_frames(scan: Path, tmp_path: Path, over: str) -> None:
    from PIL import Image

    wanted = Wanted(frames=4, dpi=40, over=over)  # type: ignore[arg-type]
    with Image.open(written(scan, tmp_path, "gif", wanted)) as movie:
        assert getattr(movie, "n_frames", 1) == 4


def test_figures_have_the_width_that_is_asked_for(scan: Path, tmp_path: Path) -> None:
    from PIL import Image

    folder = written(scan, tmp_path, "figures", Wanted(names=("outcomes",), width=0.085, dpi=300))
    (png,) = folder.glob("*.png")
    with Image.open(png) as picture:
        assert picture.width == pytest.approx(0.085 / 0.0254 * 300, abs=2)
    assert (folder / "outcomes.pdf").exists()
    assert (folder / "outcomes.svg").exists()


def test_places_on_no_grid_have_no_image_but_all_else(tmp_path: Path) -> None:
    points_of = [[0.0, 0.0], [5e-6, 1e-6], [13e-6, 7e-6]]
    plan = smaller(small_couple(), sites={"kind": "points", "points": points_of})
    path = write_scan(tmp_path / "a.h5", plan, couple)
    with pytest.raises(seccm.DataFileError, match="no regular grid"):
        written(path, tmp_path, "gwy")
    with h5py.File(written(path, tmp_path, "nexus")) as file:
        assert file["scan"].attrs["default"] == "sites"
    assert not list(tmp_path.glob(".part*"))


def test_nothing_is_overwritten_or_left_half_written(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    with pytest.raises(seccm.DataFileError, match="exists already"):
        export(scan, "csv", mine)
    assert mine.read_text() == "mine"

    def fails(scan: seccm.Scan, target: Path, wanted: Wanted) -> None:
        target.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(EXPORTS, "_registered", [])
    EXPORTS.register(Writer("half", "half of it", ".half", fails))
    with pytest.raises(seccm.DataFileError, match="No space left"):
        export(scan, "half", tmp_path / "a.half")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
    monkeypatch.setattr(EXPORTS, "_registered", [])
    monkeypatch.setattr(EXPORTS, "_found", None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "xls"], "not a kind of export"),
        (["--to", "bdf"], "--charging"),
        (["--to", "csv", "--site", "99"], "no site 99"),
        (["--to", "gwy", "--result", "E_hlaf"], 'no result "E_hlaf"'),
        (["--to", "figures", "--width", "85"], "unit"),
        (["--to", "figures", "--width", "3 m"], "wide, not"),
        (["--to", "gif", "--step", "7"], "no site has data points"),
        ([], "--to csv"),
    ],
)
def test_the_command_says_what_is_wrong(scan: Path, arguments: list[str], words: str) -> None:
    before = sorted(scan.parent.iterdir())
    done = CliRunner().invoke(app, ["export", str(scan), *arguments])
    assert done.exit_code == 2, done.output
    assert words in " ".join(done.output.split())
    assert sorted(scan.parent.iterdir()) == before


def test_the_command_writes_beside_the_file_and_lists_what_there_is(
    scan: Path, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, ["export", str(scan), "--to", "csv-sites", "-o",
                                    str(tmp_path / "sites.csv")])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert (tmp_path / "sites.csv").exists()
    listed = CliRunner().invoke(app, ["export"]).output
    assert all(name in listed for name in EXPORTS.all())


@pytest.mark.parametrize("kind", ["gwy", "parquet", "eln", "ome-tiff"])
def test_without_its_package_an_export_says_which_extra_to_install(
    scan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    import sys

    for name in ("gwyfile", "gwyfile.objects", "pyarrow", "pyarrow.parquet", "rocrate",
                 "rocrate.rocrate", "tifffile"):  # fmt: skip
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(seccm.DataFileError, match=r"\[(exchange|images)\]"):
        written(scan, tmp_path, kind)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("names", [("maps",), ("outcomes", "landings")])
def test_a_figure_whose_panels_have_no_room_is_refused_by_name(
    scan: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Letters keep their size, so that a figure of many panels cannot be as narrow as one."""
    with pytest.raises(seccm.DataFileError, match=r"no room in 20 mm.*larger --width") as refused:
        written(scan, tmp_path, "figures", Wanted(names=names, width=0.02, dpi=30))
    assert str(refused.value).startswith(", ".join(names))
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(("mm", "across"), [(85.0, 1), (130.0, 2)])
def test_maps_stand_below_one_another_where_a_column_has_no_room_for_more(
    scan: Path, mm: float, across: int
) -> None:
    """Four results at the width of a journal's column: whole, apart, with their numbers."""
    from seccm.report import maps
    from seccm.report.study import Study

    with seccm.open(scan) as opened:
        study = Study(opened, mm / 25.4)
        names = [name for name in study.features if study.has(name)][:4]
        figure = maps.features(study, names)
    assert figure is not None
    figure.set_size_inches(mm / 25.4, figure.get_figheight() * mm / 25.4 / figure.get_figwidth())
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [axes.get_tightbbox(renderer) for axes in figure.axes if axes.get_visible()]
    assert len(boxes) == len(names) == 4
    assert len({round(axes.get_position().x0, 2) for axes in figure.axes}) == across
    for k, box in enumerate(boxes):
        assert 0.0 <= box.x0 < box.x1 <= figure.bbox.x1, "nothing is cut at the sides"
        assert 0.0 <= box.y0 < box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:k])
