"""Dimensions of packed files: as long as they are, so that readers of netCDF need not ask."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from seccm.data import layout, packing
from seccm.data.layout import LIBVER, Column, datasets, dimensions
from seccm.data.rewrite import FeatureValues, rewrite_features
from seccm.data.tables import ARRAYS, NUMBER, QUANTITIES, RESULTS

xr = pytest.importorskip("xarray")
GROWING = {NUMBER, RESULTS.dimension, ARRAYS.dimension, QUANTITIES.dimension}


@pytest.fixture(scope="module")
def packed(bases: tuple[Path, Path]) -> Path:
    return bases[0]


@pytest.fixture(scope="module")
def plain(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that can be continued, as a resumed run makes it."""
    return copied(packed, tmp_path_factory.mktemp("plain") / "plain.h5", packed=False)


def copied(source: Path, target: Path, *, packed: bool) -> Path:
    with h5py.File(source) as old, h5py.File(target, "w", libver=LIBVER) as new:
        packing.copy(old, new, packed=packed)
    return target


def scales(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    for name, dataset in datasets(file).items():
        if dataset.is_scale:
            yield name, dataset


def with_features(source: Path, target: Path, count: int) -> Path:
    """Return a copy with so many features more."""
    shutil.copy(source, target)
    with h5py.File(target) as file:
        sites = len(file["site"])
    numbers = np.arange(float(sites))
    new = {
        f"more_{k}": FeatureValues(
            Column(f"more_{k}", "V", "a test"), numbers + k, numbers / 10, np.zeros(sites, np.uint8)
        )
        for k in range(count)
    }
    rewrite_features(target, new, {})
    return target


def lookups(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Count how often columns are looked up while xarray opens a file."""
    count = 0
    look_up = h5py.Group.__getitem__

    def counted(group: h5py.Group, name: object) -> object:
        nonlocal count
        count += 1
        return look_up(group, name)

    with monkeypatch.context() as patched:
        patched.setattr(h5py.Group, "__getitem__", counted)
        with xr.open_dataset(path, engine="h5netcdf"):
            pass
    return count


def test_a_packed_file_has_the_dimensions_that_it_has(packed: Path):
    with h5py.File(packed) as file:
        seen = dict(scales(file))
        assert set(layout.DIMENSIONS) <= set(seen)
        for name, scale in seen.items():
            fixed = scale.maxshape == scale.shape
            assert fixed is (name not in GROWING and len(scale) > 0), name
            assert fixed or scale.maxshape == (None,), name


def test_every_column_is_as_long_as_its_dimensions(packed: Path, plain: Path):
    for path in (packed, plain):
        with h5py.File(path) as file:
            for name, column in datasets(file).items():
                if not column.is_scale:
                    expected = tuple(len(file[along]) for along in dimensions(column))
                    assert column.shape == expected, f"{path.name}: {name}"


def test_a_copy_that_is_continued_grows_in_every_dimension(plain: Path, tmp_path: Path):
    path = Path(shutil.copy(plain, tmp_path / "longer.h5"))
    with h5py.File(path, "r+") as file:
        for name, scale in scales(file):
            assert scale.maxshape == (None,), name
            size = len(scale)
            scale.resize(size + 5000, axis=0)
            assert len(scale) == size + 5000


def test_packing_and_unpacking_again_changes_no_value(packed: Path, plain: Path, tmp_path: Path):
    again = copied(plain, tmp_path / "again.h5", packed=True)
    with h5py.File(packed) as first, h5py.File(again) as second, h5py.File(plain) as between:
        assert set(first) == set(second) == set(between)
        for name, column in datasets(first).items():
            for other in (second, between):
                assert column.shape == other[name].shape, name
                assert column.dtype == other[name].dtype, name
                equal = column.dtype.kind == "f"
                if name not in packing.EMPTY:
                    assert np.array_equal(column[:], other[name][:], equal_nan=equal), name
            assert column.maxshape == second[name].maxshape, name
            assert dimensions(column) == dimensions(second[name]) == dimensions(between[name]), name
            kept = {n: v for n, v in column.attrs.items() if n not in packing._OF_HDF5}
            for n, value in kept.items():
                assert np.array_equal(value, second[name].attrs[n]), (name, n)


def test_chunks_of_a_growing_copy_are_not_those_of_the_few_that_were_there(plain: Path):
    """Else a file with one site would grow by a chunk for every site."""
    with h5py.File(plain) as file:
        for name, scale in scales(file):
            if name in layout.DIMENSIONS and name not in packing.EMPTY:
                assert scale.chunks == (layout.SITE_CHUNK,) or len(scale) == 0, name
        assert file["sample"].chunks == (layout.SAMPLE_CHUNK,)


def test_no_column_is_asked_for_again_for_every_other_one(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The look-ups of a file grow as its columns do, not as their square."""
    few, more = (with_features(packed, tmp_path / f"{n}.h5", n) for n in (1, 41))
    counts = []
    for path in (few, more):
        with h5py.File(path) as file:
            counts.append((len(file), lookups(path, monkeypatch)))
    (columns, asked), (more_columns, asked_more) = counts
    assert more_columns == columns + 3 * 40
    each = (asked_more - asked) / (more_columns - columns)
    assert each < 1.2 * asked / columns


def test_xarray_reads_the_same_from_fixed_and_from_open_dimensions(packed: Path, plain: Path):
    """Files of before, whose dimensions are open, and new ones."""
    with xr.open_dataset(packed) as new, xr.open_dataset(plain) as old:
        assert dict(new.sizes) == dict(old.sizes)
        assert set(new.variables) == set(old.variables)
        assert set(new.coords) == set(old.coords)
        for name in ("x", "z_contact", "E", "I", "t", "event_msg", "result_value"):
            assert new[name].dims == old[name].dims
            assert new[name].identical(old[name]), name


def test_a_new_analysis_lengthens_its_tables_in_a_packed_file(packed: Path, tmp_path: Path):
    """And leaves every other dimension as it is."""
    from seccm import session

    path = Path(shutil.copy(packed, tmp_path / "again.h5"))
    with h5py.File(path, "r+") as file:
        for name, column in datasets(file).items():
            if dimensions(column) in ((RESULTS.dimension,), (NUMBER,)) and not column.is_scale:
                column.resize(0, axis=0)
                assert column.maxshape == (None,), name
        for name in (RESULTS.dimension, NUMBER):
            file[name].resize(0, axis=0)
    session.analyze(path)
    with h5py.File(packed) as before, h5py.File(path) as after:
        for name, scale in scales(before):
            assert len(after[name]) == len(scale), name
            assert after[name].maxshape == scale.maxshape, name
        np.testing.assert_array_equal(before["result_value"][:], after["result_value"][:])


@pytest.mark.parametrize("size", [1, 2, 1023, 1024, 1025, 5000])
@pytest.mark.parametrize("name", ["site", "sample", "event", NUMBER])
def test_a_dimension_of_any_length_is_packed_and_unpacked(tmp_path: Path, name: str, size: int):
    """Chunks are never longer than a dimension of a fixed size, which HDF5 refuses."""
    with h5py.File(tmp_path / "a.h5", "w", libver=LIBVER) as file:
        layout.add_dimension(file, name, layout.SITE_CHUNK, size)
        scale = file[name]
        most, chunks = packing._room(name, scale, scale.shape, packed=True)
        assert most == ((None,) if name in GROWING else (size,))
        made = file.create_dataset("packed", scale.shape, "u4", maxshape=most, chunks=chunks)
        most, chunks = packing._room(name, made, made.shape, packed=False)
        assert most == (None,)
        grown = file.create_dataset("plain", scale.shape, "u4", maxshape=most, chunks=chunks)
        grown.resize(10 * size, axis=0)
        assert chunks[0] >= layout.SITE_CHUNK
