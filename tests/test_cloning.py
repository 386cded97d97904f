"""What is made like a part of another file is like it, whatever that part is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
import pytest

from seccm.data.cloning import copy_attributes, empty_like, fill

KINDS: dict[str, Any] = {
    "numbers": np.float32([1.5, np.nan, np.inf, -0.0]),
    "whole numbers": np.arange(-2, 2, dtype=np.int16),
    "codes": np.uint8([0, 3, 255, 7]),
    "texts of fixed width": np.array([b"a", b"", b"longer", b"\xc3\xbc"], "S8"),
    "a matrix": np.arange(12.0).reshape(4, 3),
    "tables": np.array([(1, 2.0), (3, 4.0)], [("a", "<u4"), ("b", "<f8")]),
    "nothing": np.empty(0, np.float64),
}
ATTRIBUTES: dict[str, Any] = {
    "a word": "V",
    "words": "Größe in µm",
    "no word": "",
    "a number": np.uint8(3),
    "numbers": np.arange(5, dtype=np.int16),
    "several words": np.array(["a", "bc"], h5py.string_dtype()),
    "bytes": np.bytes_(b"plain"),
    "nothing of a type": h5py.Empty("f4"),
    "größe": 1.0,
}


@pytest.fixture
def files() -> Iterator[tuple[h5py.File, h5py.File]]:
    """A file with datasets and one without."""
    with h5py.File(io.BytesIO(), "w") as old, h5py.File(io.BytesIO(), "w") as new:
        yield old, new


def same(one: object, other: object) -> bool:
    if isinstance(one, h5py.Empty) or isinstance(other, h5py.Empty):
        return type(one) is type(other) and one.dtype == other.dtype  # type: ignore[attr-defined]
    a, b = np.asarray(one), np.asarray(other)
    return a.dtype == b.dtype and a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=False))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", KINDS)
def test_a_dataset_comes_back_with_its_type_values_room_and_filters(
    files: tuple[h5py.File, h5py.File], name: str, packed: bool
) -> None:
    source, target = files
    values = KINDS[name]
    most = (None, *values.shape[1:])
    chunks = (16, *values.shape[1:])
    old = source.create_dataset(name, data=values, maxshape=most, chunks=chunks)
    made = empty_like(old, target, name, values.shape, most, chunks, packed=packed)
    fill(made, values)
    found = target[name]
    assert found.dtype == values.dtype
    assert found.shape == values.shape
    assert found[...].tobytes() == values.tobytes(), "to the bit, not-a-number and signs of zero"
    assert (found.maxshape, found.chunks) == (most, chunks)
    assert (found.compression, found.shuffle, found.fletcher32) == (
        ("gzip", True, True) if packed else (None, False, False)
    )
    found.resize(values.shape[0] + 3, axis=0)
    assert not any(np.frombuffer(found[-3:].tobytes(), np.uint8)), "new entries are zero"


def test_entries_that_were_never_written_are_what_they_were(
    files: tuple[h5py.File, h5py.File],
) -> None:
    source, target = files
    old = source.create_dataset("t", (4,), "f8", maxshape=(None,), chunks=(4,), fillvalue=np.nan)
    made = empty_like(old, target, "t", (6,), (None,), (4,), packed=True)
    assert np.isnan(made[:]).all()
    assert len(made) == 6


def test_it_may_have_a_name_in_any_script_and_no_chunks(
    files: tuple[h5py.File, h5py.File],
) -> None:
    source, target = files
    old = source.create_dataset("größe_電位", data=np.arange(3))
    fill(empty_like(old, target, "größe_電位", (3,), None, None, packed=False), np.arange(3))
    assert list(target) == ["größe_電位"]
    assert target["größe_電位"][:].tolist() == [0, 1, 2]
    assert target["größe_電位"].chunks is None


def test_attributes_of_any_kind_come_back(files: tuple[h5py.File, h5py.File]) -> None:
    source, target = files
    for name, value in ATTRIBUTES.items():
        source.attrs[name] = value
    copy_attributes(source, target)
    assert set(target.attrs) == set(ATTRIBUTES)
    for name in ATTRIBUTES:
        assert same(source.attrs[name], target.attrs[name]), name


def test_those_that_are_left_out_are_not_copied(files: tuple[h5py.File, h5py.File]) -> None:
    source, target = files
    scale = source.create_dataset("site", data=np.arange(4))
    scale.make_scale("site")
    old = source.create_dataset("E", data=np.arange(4.0))
    old.dims[0].attach_scale(scale)
    old.attrs["units"] = "V"
    made = target.create_dataset("E", data=np.arange(4.0))
    copy_attributes(old, made, without=("DIMENSION_LIST",))
    assert dict(made.attrs) == {"units": "V"}


def test_a_type_that_a_file_keeps_by_name_is_understood_elsewhere(
    files: tuple[h5py.File, h5py.File],
) -> None:
    source, target = files
    source["kind"] = np.dtype("<f4")
    old = source.create_dataset("E", data=np.float32([1, 2]), dtype=source["kind"])
    old.attrs.create("limit", 3.0, dtype=source["kind"])
    made = empty_like(old, target, "E", (2,), None, None, packed=False)
    fill(made, old[:])
    copy_attributes(old, made)
    assert made[:].tolist() == [1.0, 2.0]
    assert made.attrs["limit"] == 3.0
