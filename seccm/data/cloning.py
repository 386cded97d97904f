"""Datasets and attributes made like those of another file, by the shortest way that HDF5 has.

A file has hundreds of small tables. What h5py does for whoever writes one of them alone, such
as translating types, takes longer than all of their contents.
"""

from __future__ import annotations

from collections.abc import Collection

import h5py
import numpy as np
import numpy.typing as npt

GZIP = 1
"""How hard a packed dataset is compressed; gzip needs no plug-in in MATLAB, Igor or Origin."""


def empty_like(
    old: h5py.Dataset,
    target: h5py.File,
    name: str,
    shape: tuple[int, ...],
    most: tuple[int | None, ...] | None,
    chunks: tuple[int, ...] | None,
    *,
    packed: bool,
) -> h5py.Dataset:
    """Make a dataset of the type of another one, without its values and attributes.

    Args:
        old: the other one.
        target: where to make it.
        name: of the new one.
        shape: its entries.
        most: how many there may become, None for any number; as many as there are unless given.
        chunks: entries in a chunk, at least one; only one that is stored in chunks can grow.
        packed: whether to compress it, with a checksum of each chunk.
    """
    space = h5py.h5s.create_simple(shape, _lengths(most))
    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_obj_track_times(False)
    if chunks is not None:
        how.set_chunk(chunks)
        how.set_fill_time(h5py.h5d.FILL_TIME_ALLOC)
    if packed:
        how.set_shuffle()
        how.set_deflate(GZIP)
        how.set_fletcher32()
    # netCDF 4.10 overruns its memory where a text of fixed width has a fill value of its own.
    if old.dtype.kind not in "SO":
        how.set_fill_value(np.asarray(old.fillvalue, old.dtype))
    link = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    link.set_char_encoding(h5py.h5t.CSET_UTF8)
    # A type that the other file keeps by a name of its own would not be understood here.
    kind = old.id.get_type().copy()
    return h5py.Dataset(h5py.h5d.create(target.id, name.encode(), kind, space, how, link))


def _lengths(most: tuple[int | None, ...] | None) -> tuple[int, ...] | None:
    if most is None:
        return None
    return tuple(h5py.h5s.UNLIMITED if length is None else length for length in most)


def fill(made: h5py.Dataset, values: npt.NDArray[np.generic]) -> None:
    """Write all values of a dataset, of its own type and shape."""
    if values.size:
        made.id.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values))


def copy_attributes(old: h5py.HLObject, new: h5py.HLObject, without: Collection[str] = ()) -> None:
    """Copy the attributes of a file or dataset to another one that has none of them.

    Args:
        old: what has them.
        new: what gets them.
        without: names of those that are not copied.
    """
    left_out = {name.encode() for name in without}
    for index in range(h5py.h5a.get_num_attrs(old.id)):
        found = h5py.h5a.open(old.id, index=index)
        if found.name in left_out:
            continue
        space = found.get_space()
        made = h5py.h5a.create(new.id, found.name, found.get_type().copy(), space)
        if space.get_simple_extent_type() != h5py.h5s.NULL:
            values = np.empty(found.shape, found.dtype)
            found.read(values)
            made.write(values)
