"""The file says of itself what everything in it means, and other programs can read it."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import warm
from scan_feeder import CLOCK, COLUMNS, HEADER, contact_record, sites, told, visits

from seccm.data import Column, Columns, Store, finish, layout, making, open_scan
from seccm.data.frames import facts_of, has_frames
from seccm.data.header import read_clock, read_header
from seccm.data.journal import Code
from seccm.data.layout import (
    LIBVER,
    NOT_MEASURED,
    Stored,
    add_sites,
    columns_along,
    datasets,
    dimensions,
)
from seccm.data.packing import along
from seccm.data.repair import SIGNATURE, lookup3
from seccm.data.tables import GROWN, NUMBER
from seccm.events import Outcome, Phase
from seccm.movie.facts import MovieFacts
from seccm.results import Status
from seccm.rig import Signal
from seccm.units import parse

xr = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write a small scan."""
    path = tmp_path / "scan.h5"
    with Store(path, HEADER, sites(10), COLUMNS, CLOCK) as store:
        for block, events in told(visits(7)):
            store.record(block, events)
        store.close("stopped")
    return path


def test_every_dataset_says_what_it_is_and_in_which_unit(path: Path) -> None:
    """A long name, its dimensions, and a unit that the program itself can read."""
    with h5py.File(path, "r") as file:
        for name, dataset in datasets(file).items():
            if name in (*layout.DIMENSIONS, *(table.dimension for table in GROWN), NUMBER):
                continue
            assert dataset.attrs["long_name"], name
            assert len(dimensions(dataset)) == dataset.ndim, name
            unit = dataset.attrs.get("units")
            if unit is not None:
                base = {"um": "m", "A/m^2": "A/m^2"}.get(unit, unit)
                written = "1" if unit == "1" else f"1 {unit}"
                assert parse(written, base) > 0, name


def test_numbers_are_never_left_without_a_unit(path: Path) -> None:
    """Only those are whose unit depends on the plan, or stands in the row."""
    with h5py.File(path, "r") as file:
        bare = {
            n for n, d in datasets(file).items() if "units" not in d.attrs and d.dtype.kind == "f"
        }
    # Which of the two it is depends on the contact rule of the plan.
    signal = {"contact_signal", "contact_baseline"}
    # step_mode says whether it is volts or amperes.
    imposed = {"step_first", "step_last", "step_lowest", "step_highest"}
    # That of their quantity.
    found = {"result_value", "result_err", "number_value", "number_err"}
    assert bare == signal | imposed | found


def test_codes_are_spelled_out_in_the_file(path: Path) -> None:
    """In the way CF prescribes, so that other programs show words."""
    with h5py.File(path, "r") as file:
        for name, kind in (("status", Outcome), ("phase", Phase), ("event_code", Code)):
            attributes = file[name].attrs
            assert attributes["flag_values"].tolist() == [int(member) for member in kind]
            words = attributes["flag_meanings"].split()
            assert words == [member.name.lower() for member in kind]
        words = file["charge_status"].attrs["flag_meanings"].split()
        assert len(words) == len(file["charge_status"].attrs["flag_values"])


def test_a_feature_nobody_determined_has_the_status_of_the_analysis() -> None:
    """The layout must not invent a code of its own."""
    assert NOT_MEASURED == Status.NOT_MEASURED


def test_header_and_clock_come_back_as_they_were(path: Path) -> None:
    """Every attribute, the operator's own ones included."""
    with h5py.File(path, "r") as file:
        assert read_header(file) == dataclasses.replace(HEADER, title="SIMULATION made up")
        assert read_clock(file) == CLOCK
        assert file.attrs["sign_convention"] == "IUPAC"


def test_only_a_virtual_scan_is_called_virtual(tmp_path: Path) -> None:
    """A title with the word would be a lie about a real one."""
    real = dataclasses.replace(HEADER, virtual=False, seed=None)
    with Store(tmp_path / "real.h5", real, sites(1), COLUMNS, CLOCK) as store:
        store.close("complete")
    with open_scan(tmp_path / "real.h5") as scan:
        assert scan.header == real


def test_a_plan_of_a_megabyte_fits(tmp_path: Path) -> None:
    """Attributes beyond 64 kB need the newer layout of HDF5."""
    large = dataclasses.replace(HEADER, plan_json="x" * 1_000_000)
    with Store(tmp_path / "large.h5", large, sites(1), COLUMNS, CLOCK) as store:
        store.close("complete")
    finish(tmp_path / "large.h5")
    with open_scan(tmp_path / "large.h5") as scan:
        assert scan.plan_json == large.plan_json


def test_xarray_opens_a_finished_file_with_potentials_against_the_reference(path: Path) -> None:
    """Decoded by the attribute, without a word about our program."""
    finish(path)
    raw = np.concatenate([v.data[0] for v in visits(7)])
    with xr.open_dataset(path, engine="h5netcdf") as data:
        assert data.sizes["site"] == 10
        assert int(data["row_size"].sum()) == data.sizes["sample"] == len(raw)
        np.testing.assert_allclose(data["E"], raw + HEADER.reference_offset, atol=1e-6)
        assert data["z_contact"].attrs["units"] == "um"
        assert set(data.coords) == {"site"}
        frame = data[["z_contact", "status", "factor_density"]].to_dataframe()
    assert frame["factor_density"].tolist() == [-7.8, -15.6] * 5


def test_xarray_opens_a_growing_file(tmp_path: Path) -> None:
    """Through a file that was opened for reading along."""
    path = tmp_path / "growing.h5"
    with Store(path, HEADER, sites(10), COLUMNS, CLOCK) as store:
        for block, events in told(visits(3)):
            store.record(block, events)
        store.barrier()
        growing = h5py.File(path, "r", swmr=True, libver=LIBVER, locking=False)
        with growing, xr.open_dataset(growing, engine="h5netcdf") as data:
            assert data["status"].values.tolist() == [2, 2, 2, 0, 0, 0, 0, 0, 0, 0]
        store.close("stopped")


READER = """
import sys
import h5py
import xarray as xr
from seccm.data import open_scan
path = sys.argv[1]
with (
    h5py.File(path, "r", swmr=True) as growing,
    xr.open_dataset(growing, engine="h5netcdf") as data,
    open_scan(path) as scan,
    scan.to_xarray() as same,
):
    print(*data["status"].values, *same["status"].values, scan.state)
with open_scan(path) as scan, scan.to_xarray() as data:
    print(*data["status"].values)
"""


def test_the_ways_to_xarray_that_the_readme_names_work_while_the_file_grows(
    tmp_path: Path,
) -> None:
    """In another program than the one that measures, and side by side."""
    path = tmp_path / "growing.h5"
    with Store(path, HEADER, sites(3), COLUMNS, CLOCK) as store:
        for block, events in told(visits(2)):
            store.record(block, events)
        store.barrier()
        child = warm.ran(
            [sys.executable, "-c", READER, str(path)], capture_output=True, text=True, check=False
        )
        assert (child.stderr, child.returncode) == ("", 0)
        store.close("stopped")
    assert child.stdout.splitlines() == ["2 2 0 2 2 0 running", "2 2 0"]


def test_recalibration_is_one_attribute(path: Path) -> None:
    """The samples stay raw."""
    with h5py.File(path, "r+") as file:
        file["E"].attrs["add_offset"] = 3.0
    with open_scan(path) as scan:
        trace = scan.site(2)
        assert np.array_equal(trace.E, trace.record.E + 3.0)


def test_sites_without_contact_take_no_room_for_contact_records(path: Path) -> None:
    """Storage is allocated for touched sites only."""
    with h5py.File(path, "r") as file:
        touched = int(file["landed"][:].sum())
        width = len(file["contact_sample"])
        assert file["contact_E"].id.get_storage_size() == touched * width * 4
        assert touched < len(file["site"])


def test_a_contact_record_longer_than_expected_is_kept_whole(tmp_path: Path) -> None:
    """Nothing is clipped, live or packed."""
    path = tmp_path / "long.h5"
    with Store(path, HEADER, sites(2), COLUMNS, CLOCK, contact_samples=32) as store:
        for block, events in told(visits(2)):
            store.record(block, events)
        store.close("complete")
    expected = contact_record(1)
    for _ in range(2):
        with open_scan(path) as scan:
            stored = scan.site(1).contact_record
        assert stored is not None
        assert np.array_equal(stored.current, expected.current.astype(np.float32))
        assert (stored.start, stored.crossing, stored.stopped) == (1000, 1007, None)
        finish(path)


def test_words_that_do_not_fit_end_in_an_ellipsis_and_stay_readable() -> None:
    """A letter of two bytes is not cut in half."""
    column = Stored("reason", "S10", "", "")
    assert layout.text("four µm", column).decode() == "four µm"
    assert layout.text("abcdefµm in all", column).decode() == "abcdef..."


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_datasets_are_those_at_the_root_whoever_lists_them(path: Path, mode: str) -> None:
    """As h5py finds them one by one, to be read or to be written; the groups are none."""
    with h5py.File(path, mode) as file:
        found = layout.datasets(file)
        slowly = {name: one for name, one in file.items() if isinstance(one, h5py.Dataset)}
        assert found == slowly == layout.datasets(found)
        assert len(found) < len(file)
        assert {one.file.mode for one in found.values()} == {mode}


def test_columns_along_a_dimension_are_those_that_the_file_and_the_layout_name(path: Path) -> None:
    with h5py.File(path, "r") as file:
        found = layout.datasets(file)
        for dimension in ("site", "sample", "session", "event"):
            named = [n for n, one in found.items() if layout.dimensions(one)[:1] == (dimension,)]
            known = [name for name in found if along(name, found)[:1] == (dimension,)]
            assert columns_along(file, dimension) == known
            assert {*named, dimension} == {*known}


def test_sites_are_added_in_order_or_not_at_all(path: Path) -> None:
    """The number of a site is its row in the table."""
    with h5py.File(path, "r+") as file, pytest.raises(ValueError, match="from 10"):
        add_sites(file, sites(2, start=11), COLUMNS, columns_along(file, "site"))


@pytest.mark.parametrize(
    ("key", "expected"),
    [(b"", 0xDEADBEEF), (b"Four score and seven years ago", 0x17770551)],
)
def test_the_hash_is_the_one_its_author_published(key: bytes, expected: int) -> None:
    """Values of the test program in Jenkins's lookup3.c (2006)."""
    assert lookup3(key) == expected


def test_the_hash_is_the_one_hdf5_writes(path: Path) -> None:
    """The checksum of a superblock."""
    head = path.read_bytes()[:48]
    assert head.startswith(SIGNATURE)
    assert lookup3(head[:44]) == int.from_bytes(head[44:], "little")


def said_of(path: Path) -> dict[str, object]:
    """Return all that a file says: types, lengths, fill values and attributes; and its columns."""
    said: dict[str, object] = {}

    def visit(name: str, one: h5py.Dataset | h5py.Group) -> None:
        attributes = {key: repr(value) for key, value in one.attrs.items()}
        # Which places in the file they point to differs; `along` says where.
        for pointing in ("DIMENSION_LIST", "REFERENCE_LIST"):
            attributes.pop(pointing, None)
        if isinstance(one, h5py.Group):
            links = {key: one.get(key, getlink=True) for key in one}
            paths = {k: v.path for k, v in links.items() if isinstance(v, h5py.SoftLink)}
            said[name] = (attributes, paths)
        else:
            along = dimensions(one)
            fill = repr(one.fillvalue)
            contents = one[()].tobytes() if one.dtype.kind != "O" else repr(one[()])
            said[name] = (attributes, one.dtype, one.shape, one.maxshape, one.chunks, along, fill,
                          contents)  # fmt: skip

    with h5py.File(path, "r") as file:
        said["/"] = {key: repr(value) for key, value in file.attrs.items()}
        file.visititems(visit)
    return said


SIGNALS = (Signal("tip_current", "A", "current of the tip"),)


@pytest.mark.parametrize("count", [0, 3])
@pytest.mark.parametrize(
    "columns",
    [
        COLUMNS,
        dataclasses.replace(COLUMNS, signals=SIGNALS),
        dataclasses.replace(COLUMNS, factors=(), features=()),
    ],
    ids=["as usual", "with a signal", "bare"],
)
def test_a_file_like_one_before_is_as_if_it_were_the_first(
    columns: Columns, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the ones before it held: neither their header nor their sites come along."""
    monkeypatch.setattr(making, "_blanks", ())
    first, other, again = (tmp_path / f"{name}.h5" for name in ("first", "other", "again"))
    Store(first, HEADER, sites(count), columns, CLOCK).close("stopped")
    stranger = dataclasses.replace(
        HEADER, title="another", reference="Ag/AgCl", reference_uncertainty=0.01, seed=None
    )
    far = [dataclasses.replace(site, x=site.x + 1e-3) for site in sites(count)]
    Store(other, stranger, far, columns, CLOCK).close("complete")
    Store(again, HEADER, sites(count), columns, CLOCK).close("stopped")
    assert said_of(again) == said_of(first)
    assert said_of(other) != said_of(first)


def test_a_filmed_run_is_laid_out_once_and_each_file_speaks_of_its_own_movie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_blanks", ())
    facts = [
        MovieFacts(f"{k}.ome.tif", f"u{k}", 20 + k, 30, 12, "toy", growth=growth)
        for k, growth in enumerate(("", "darker", "brighter"))
    ]
    for k, camera in enumerate((None, *facts)):
        making.make(tmp_path / f"{k}.h5", HEADER, sites(2), COLUMNS, CLOCK, 4, (), camera)
    assert len(making._blanks) == 2, "one without a camera, and one with"
    for k, camera in enumerate(facts, 1):
        with h5py.File(tmp_path / f"{k}.h5") as file:
            assert facts_of(file["frame"].attrs) == camera
    with h5py.File(tmp_path / "0.h5") as file:
        assert not has_frames(file)


def test_files_of_other_shapes_do_not_get_the_tables_of_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More shapes than are remembered, twice around: the same files both times."""
    monkeypatch.setattr(making, "_blanks", ())
    shapes = [
        dataclasses.replace(COLUMNS, features=(Column(f"n{k}", "C", f"charge {k}"),))
        for k in range(10)
    ]
    rounds = []
    for turn in range(2):
        paths = [tmp_path / f"{turn}-{k}.h5" for k in range(len(shapes))]
        for path, columns in zip(paths, shapes, strict=True):
            Store(path, HEADER, sites(2), columns, CLOCK).close("stopped")
        rounds.append([said_of(path) for path in paths])
    assert rounds[0] == rounds[1]
    for k, said in enumerate(rounds[0]):
        assert [name for name in said if name.endswith("_err")].count(f"n{k}_err") == 1
        assert f"n{(k + 1) % len(shapes)}" not in said
