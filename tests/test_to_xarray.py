"""A scan as an xarray data set: the same as xarray opens by itself, at any age of the file."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from scan_feeder import CLOCK, COLUMNS, HEADER, sites, told, visits

from seccm.data import Scan, Store, finish, open_scan
from seccm.data.layout import LIBVER

xr = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")


@pytest.fixture(scope="module", params=["open", "packed"])
def scan(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scan]:
    """Open a scan of ten sites, seven of them measured, before and after it was packed."""
    path = tmp_path_factory.mktemp("xarray") / "scan.h5"
    with Store(path, HEADER, sites(10), COLUMNS, CLOCK) as store:
        for block, events in told(visits(7)):
            store.record(block, events)
        store.close("stopped")
    if request.param == "packed":
        finish(path)
    with open_scan(path) as opened:
        yield opened


def test_it_is_what_xarray_opens_by_itself(scan: Scan) -> None:
    with scan.to_xarray() as ours, xr.open_dataset(scan.path, engine="h5netcdf") as theirs:
        assert ours.encoding["source"] == theirs.encoding["source"] == str(scan.path)
        for name in theirs.variables:
            assert ours[name].dtype == theirs[name].dtype, name
            assert not ours[name].variable._in_memory or name in ours.indexes, name
        for own, other in ((ours, theirs), *((ours[n], theirs[n]) for n in theirs.variables)):
            assert {k: type(v) for k, v in own.attrs.items()} == {
                k: type(v) for k, v in other.attrs.items()
            }
        xr.testing.assert_identical(ours.load(), theirs.load())


def test_parts_are_parts_of_the_whole_in_any_order(scan: Scan) -> None:
    with scan.to_xarray() as lazy, scan.to_xarray() as whole:
        whole.load()
        for chosen in ([4, 2, 2], slice(None, None, -3), 5, np.array([], int)):
            xr.testing.assert_identical(lazy.isel(site=chosen).load(), whole.isel(site=chosen))
        corner = {"site": [6, 0], "contact_sample": slice(3, 40, 7)}
        xr.testing.assert_identical(lazy["contact_E"][corner].load(), whole["contact_E"][corner])


def test_it_goes_to_other_processes_and_outlives_the_scan(scan: Scan) -> None:
    with open_scan(scan.path) as other:
        data = other.to_xarray()
    with data, pickle.loads(pickle.dumps(data)) as sent:
        np.testing.assert_array_equal(sent["E"].values, data["E"].values)


def test_a_column_that_is_behind_the_others_is_filled_up_while_the_file_grows(
    tmp_path: Path,
) -> None:
    """As h5netcdf does; the writer makes the columns of a table longer one after the other."""
    path = tmp_path / "growing.h5"
    with Store(path, HEADER, sites(3), COLUMNS, CLOCK) as store:
        for block, events in told(visits(2)):
            store.record(block, events)
        store.close("stopped")
    with h5py.File(path, "r+", libver=LIBVER) as file:
        file["I"].resize(len(file["I"]) - 5, axis=0)
        fill = file["I"].fillvalue
    with open_scan(path) as scan, scan.to_xarray() as data:
        assert data.sizes["sample"] == len(data["E"]) == len(data["I"])
        np.testing.assert_array_equal(data["I"].values[-5:], np.full(5, fill, "f4"))
        with xr.open_dataset(path, engine="h5netcdf") as theirs:
            np.testing.assert_array_equal(data["I"].values, theirs["I"].values)
