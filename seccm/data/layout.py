"""What a data file looks like: names, types and units of everything in it.

One HDF5 file, laid out at its root as a netCDF-4/CF contiguous ragged array: a table with one
row for each site, a table with one row for each averaged sample, and `row_start` and `row_size`
that say which samples are whose. One feature of all sites is one contiguous read, and every tool
that reads HDF5 reads it. Lengths and positions are in um in the file, everything else in SI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from seccm.data.header import Header, write_header
from seccm.data.journal import Code
from seccm.events import Outcome, Phase
from seccm.plan.site import Site
from seccm.rig import Clock, Flag, Signal

# h5py with HDF5 2.0 otherwise writes files that HDF5 1.14 and 1.10 cannot read.
LIBVER = ("v110", "v110")
NO_COORDINATE = "This is a netCDF dimension but not a netCDF variable."
DIMENSIONS = ("site", "sample", "event", "session", "frame", "contact_sample", "run")
NUMBERED = ("site", "raw_channel")
"""Dimensions whose entries have numbers or names of their own."""
SAMPLE_CHUNK = 16384
CACHE = 1 << 20
"""Bytes of chunks that HDF5 may keep of each dataset that is written; it would take 8 MB."""
SITE_CHUNK = 1024
UM = 1e6
"""Micrometres in a metre."""
NOT_MEASURED = 64
"""The status of a feature that nobody has determined: `Status.NOT_MEASURED` of the analysis."""
DAMAGED = 75
"""The status of a feature of a site that cannot be read: `Status.DAMAGED` of the analysis."""


@dataclass(frozen=True, slots=True)
class Column:
    """What the plan or the analysis brings: a factor, a feature, or a result of a step."""

    name: str
    unit: str
    long_name: str
    dims: tuple[str, ...] = ()
    """The dimensions of a result that is an array, such as ("cycle",); none for a number."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the sites of a run carry beyond their place: factors of the plan, features measured."""

    factors: tuple[Column, ...] = ()
    features: tuple[Column, ...] = ()
    quantities: tuple[Column, ...] = ()
    """What may be determined of a step."""
    signals: tuple[Signal, ...] = ()
    """What the rig measures in every sample beyond what every rig measures."""
    statuses: Mapping[int, str] = field(default_factory=dict)
    """What the status codes of features mean."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One dataset of the layout: its type in the file, unit and meaning."""

    name: str
    dtype: str
    unit: str
    long_name: str
    fill: float | None = None
    """What an entry holds until it is written; zero or the empty text unless given."""


NAN = float("nan")
QUALITY = Stored("quality", "u4", "1", "quality flags of the site, 0 if none")
STATUS = Stored("status", "u1", "1", "outcome of the site")
SITE_COLUMNS = (
    Stored("condition", "u2", "1", "condition of the plan"),
    Stored("repeat", "u2", "1", "repeat of the condition"),
    Stored("ix", "i4", "1", "column in the grid, -1 where there is none"),
    Stored("iy", "i4", "1", "row in the grid, -1 where there is none"),
    Stored("x_cmd", "f8", "um", "commanded x: of the landing, else of the site as planned"),
    Stored("y_cmd", "f8", "um", "commanded y: of the landing, else of the site as planned"),
    Stored("x", "f8", "um", "measured x, mean of the steps", NAN),
    Stored("y", "f8", "um", "measured y, mean of the steps", NAN),
    Stored("z_contact", "f8", "um", "height of the tip at contact, up positive", NAN),
    Stored("z_rest", "f8", "um", "height of the tip at rest after the stop", NAN),
    Stored("t_start", "f8", "s", "time at which the travel to the site began", NAN),
    Stored("t_end", "f8", "s", "time at which the site was closed", NAN),
    Stored("t_contact", "f8", "s", "time of contact", NAN),
    Stored("latency", "f8", "s", "time from contact to the halt of the output", NAN),
    Stored("overtravel", "f8", "um", "distance that the tip moved from contact to rest", NAN),
    Stored("contact_signal", "f8", "", "signal at contact, raw volts or amperes", NAN),
    Stored("contact_baseline", "f8", "", "signal before the descent, raw volts or amperes", NAN),
    Stored("attempts", "u2", "1", "number of approaches at the site"),
    Stored("landed", "u1", "1", "1 if the meniscus touched the surface"),
    Stored("reason", "S120", "", "reason why the outcome is not ok"),
    QUALITY,
    Stored("row_start", "u8", "1", "first sample of the site"),
    Stored("row_size", "u4", "1", "number of samples of the site"),
    Stored("crc32", "u4", "1", "CRC-32 of the site's samples, packed in the order of the table"),
    Stored("contact_start", "i8", "1", "raw sample number of the first of the contact record", -1),
    Stored("contact_crossing", "i8", "1", "raw sample number of the crossing, -1 unknown", -1),
    Stored("contact_stopped", "i8", "1", "raw sample number of the halt, -1 unknown", -1),
    Stored("contact_size", "u4", "1", "number of raw samples of the contact record"),
    STATUS,
)
SITE_CHECK = Stored("site_crc", "u4", "1", "CRC-32 of the row's other columns, once it is closed")
SAMPLE_COLUMNS = (
    Stored("t", "f8", "s", "time since the start of the run"),
    Stored("E", "f4", "V", "potential of the working electrode"),
    Stored("I", "f4", "A", "current, anodic positive"),
    Stored("z", "f4", "um", "height of the tip, up positive"),
    Stored("phase", "u1", "1", "what the rig was doing"),
    Stored("step", "u2", "1", "step of the site's programme"),
    Stored("flag", "u1", "1", "flags of the data point (mean of samples)"),
    Stored("x", "f4", "um", "measured x"),
    Stored("y", "f4", "um", "measured y"),
)
CONTACT_COLUMNS = (
    Stored("contact_E", "f4", "V", "potential around contact, every raw sample", NAN),
    Stored("contact_I", "f4", "A", "current around contact, every raw sample", NAN),
)
EVENT_COLUMNS = (
    Stored("event_t", "f8", "s", "time of the event since the start of the run"),
    Stored("event_row", "i8", "1", "data point of the event, counted since the stream opened"),
    Stored("event_site", "i4", "1", "site, -1 for an event without a site"),
    Stored("event_code", "u2", "1", "kind of the event"),
    Stored("event_msg", "S160", "", "the event in words"),
)
SESSION_COLUMNS = (
    Stored("session_started_at", "S32", "", "start of the stream, ISO 8601, UTC"),
    Stored("session_t_offset", "f8", "s", "time of the first data point of the stream"),
    Stored("session_first_site", "u4", "1", "first site visited"),
)
FRAME_COLUMNS = (
    Stored("frame_t", "f8", "s", "time of the camera frame since the start of the run"),
    Stored("frame_index", "u4", "1", "number of the frame in the movie"),
)
# x and y are both a site's mean and a sample's reading; in one flat file only one may have the
# short name, and the site's is what everyone plots.
SAMPLE_NAMES = {"x": "sample_x", "y": "sample_y"}
SIGNAL = "signal_"
"""What the name of a column of the sample table begins with that the rig file has added."""


def row_type(added: Iterable[str] = ()) -> np.dtype[Any]:
    """Return the type of a sample as its checksum sees it: every column, packed, little endian.

    Args:
        added: names of the signals beyond those that every rig measures.
    """
    columns = [(c.name, "<" + c.dtype) for c in SAMPLE_COLUMNS]
    return np.dtype(columns + [(SIGNAL + name, "<f4") for name in sorted(added)])


def added_signals(datasets: Iterable[str]) -> tuple[str, ...]:
    """Return the signals of a file beyond those that every rig measures, by its datasets."""
    return tuple(sorted(n.removeprefix(SIGNAL) for n in datasets if n.startswith(SIGNAL)))


def stored_row_type(datasets: Iterable[str]) -> np.dtype[Any]:
    """Return the type of a sample of a file, by its datasets; see `row_type`."""
    return row_type(added_signals(datasets))


def sample_dataset(column: str) -> str:
    """Return the name in the file of a column of the sample table."""
    return SAMPLE_NAMES.get(column, column)


def text(words: str, column: Stored) -> bytes:
    """Return words for a column of fixed width, cut with an ellipsis where they do not fit."""
    width = int(column.dtype[1:])
    raw = words.encode()
    if len(raw) > width:
        raw = raw[: width - 3].decode(errors="ignore").encode() + b"..."
    return raw


def create(file: h5py.File, extra: Columns, contact: int) -> None:
    """Lay out an empty file: all datasets, and neither a header nor a site yet.

    Args:
        file: newly created.
        extra: columns that the plan and the analysis bring.
        contact: raw samples expected in a contact record; a longer one makes room for itself.
    """
    for name in ("site", "sample", "event", "session", "frame"):
        add_dimension(file, name, SAMPLE_CHUNK if name == "sample" else SITE_CHUNK)
    add_dimension(file, "contact_sample", contact, contact)
    add_dimension(file, "run", 1, 1)
    for column in (*SITE_COLUMNS, SITE_CHECK):
        add_column(file, column, "site")
    file["row_size"].attrs["sample_dimension"] = "sample"
    flags(file["status"], {int(o): o.words for o in Outcome})
    for column in SAMPLE_COLUMNS:
        add_column(file, column, "sample", chunk=SAMPLE_CHUNK, name=sample_dataset(column.name))
    for signal in extra.signals:
        stored = Stored(SIGNAL + signal.name, "f4", signal.unit, signal.words)
        add_column(file, stored, "sample", chunk=SAMPLE_CHUNK)
        file[stored.name].attrs["role"] = signal.role
        if signal.mapped:
            file[stored.name].attrs["mapped"] = "mean"
    flags(file["phase"], {int(p): p.name.lower() for p in Phase})
    _bits(file["flag"])
    for column in CONTACT_COLUMNS:
        add_column(file, column, "site", "contact_sample", chunk=contact)
    for columns in (EVENT_COLUMNS, SESSION_COLUMNS, FRAME_COLUMNS):
        for column in columns:
            add_column(file, column, column.name.partition("_")[0])
    flags(file["event_code"], {int(c): c.name.lower() for c in Code})
    add_column(file, Stored("state", "S16", "", "state of the run"), "run")
    file["state"][0] = b"running"
    for factor in extra.factors:
        stored = Stored(f"factor_{factor.name}", "f8", factor.unit, factor.long_name, NAN)
        add_column(file, stored, "site")
    for feature in extra.features:
        add_feature(file, feature, extra.statuses)


def add_header(file: h5py.File, header: Header, clock: Clock) -> None:
    """Say of a file that is laid out what is said once of the whole run.

    Args:
        file: without a header yet.
        header: becomes the root attributes, and those of the potentials.
        clock: says when rows were complete.
    """
    write_header(file, header, clock)
    for name in ("E", "contact_E"):
        said = file[name].attrs
        said["add_offset"] = float(header.reference_offset)
        said["reference"] = header.reference
        if header.reference_uncertainty is not None:
            said["reference_uncertainty"] = float(header.reference_uncertainty)
        said["comment"] = "stored raw, against the rig's quasi-reference electrode"


def add_feature(file: h5py.File, feature: Column, statuses: Mapping[int, str]) -> None:
    """Add the three columns of a feature: value, standard uncertainty, status."""
    name = feature.name
    add_column(file, Stored(name, "f8", feature.unit, feature.long_name, NAN), "site")
    file[name].attrs["ancillary_variables"] = f"{name}_err {name}_status"
    error = Stored(f"{name}_err", "f8", feature.unit, f"uncertainty of {feature.long_name}", NAN)
    add_column(file, error, "site")
    add_column(file, Stored(f"{name}_status", "u1", "1", f"status of {feature.long_name}"), "site")
    file[f"{name}_status"][:] = NOT_MEASURED
    if statuses:
        flags(file[f"{name}_status"], statuses)


def is_of_feature(name: str, file: Mapping[str, Any]) -> bool:
    """Tell whether a column is the value, the uncertainty or the status of a feature."""
    feature = name.removesuffix("_err").removesuffix("_status")
    return f"{feature}_err" in file and f"{feature}_status" in file


def dimensions(dataset: h5py.Dataset) -> tuple[str, ...]:
    """Return the names of a dataset's dimensions; none where it has no scales."""
    return tuple(axis[0].name.lstrip("/") for axis in dataset.dims if len(axis))


def datasets(file: Mapping[str, h5py.Dataset | h5py.Group]) -> dict[str, h5py.Dataset]:
    """Return every dataset at the root of a file, by its name; groups hold only links to them."""
    if not isinstance(file, h5py.Group):
        return {name: one for name, one in file.items() if not isinstance(one, h5py.Group)}
    # What h5py finds out of every dataset again is asked once: a file has hundreds of them.
    readonly = file.file.mode == "r"
    opened = (
        (name, h5py.h5o.open(file.id, name.encode("utf8", "surrogateescape"))) for name in file
    )
    kind = h5py.h5d.DatasetID
    return {n: h5py.Dataset(one, readonly=readonly) for n, one in opened if isinstance(one, kind)}


def columns_along(file: Mapping[str, h5py.Dataset], dimension: str) -> list[str]:
    """Return the names of all datasets whose first dimension this is, its scale included."""
    found = datasets(file)
    scale = found[dimension].id
    return [
        name
        for name, dataset in found.items()
        if name == dimension
        or (h5py.h5ds.get_num_scales(dataset.id, 0) and h5py.h5ds.is_attached(dataset.id, scale, 0))
    ]


def add_sites(
    file: h5py.File, sites: Iterable[Site], columns: Columns, along: Sequence[str]
) -> None:
    """Append planned sites to the site table; they need not have been known at the start.

    Args:
        file: open for writing.
        sites: numbered on from the last one in the table.
        columns: the factors and features of the file.
        along: the result of `columns_along` for the sites.

    Raises:
        ValueError: a gap in the numbers.
    """
    new = list(sites)
    start = len(file["site"])
    if [s.number for s in new] != list(range(start, start + len(new))):
        raise ValueError(f"sites to be added must be numbered on from {start}")
    add_places(file, len(new), columns, along)
    plan_sites(file, new, columns)


def add_places(file: h5py.File, count: int, columns: Columns, along: Sequence[str]) -> None:
    """Make room for more sites of which nothing is known yet; for the arguments see `add_sites`."""
    start = len(file["site"])
    stop = start + count
    for name in along:
        file[name].resize(stop, axis=0)
    file["site"][start:] = np.arange(start, stop)
    for feature in columns.features:
        file[f"{feature.name}_status"][start:] = NOT_MEASURED


def plan_sites(file: h5py.File, sites: Sequence[Site], columns: Columns) -> None:
    """Write into the last rows of the site table where its sites are, and their conditions.

    Args:
        file: open for writing; its last sites are these.
        sites: as planned.
        columns: the factors of the file.
    """
    here = slice(len(file["site"]) - len(sites), None)
    for name in ("condition", "repeat", "ix", "iy"):
        file[name][here] = [getattr(s, name) for s in sites]
    file["x_cmd"][here] = np.array([s.x for s in sites]) * UM
    file["y_cmd"][here] = np.array([s.y for s in sites]) * UM
    for k, factor in enumerate(columns.factors):
        file[f"factor_{factor.name}"][here] = [s.levels[k] for s in sites]


def add_session(file: h5py.File, started_at: str, offset: float, first_site: int) -> None:
    """Say that a stream began: when, at what time of the file in seconds, and at which site."""
    last = len(file["session"])
    for name in ("session", *(column.name for column in SESSION_COLUMNS)):
        file[name].resize(last + 1, axis=0)
    file["session_started_at"][last] = started_at.encode()
    file["session_t_offset"][last] = offset
    file["session_first_site"][last] = first_site


def read_rows(
    file: Mapping[str, h5py.Dataset], start: int, stop: int, row: np.dtype[Any]
) -> npt.NDArray[Any]:
    """Return samples as packed rows, as their checksum sees them; shape (stop - start,).

    Args:
        file: its datasets.
        start: the first sample.
        stop: the one after the last.
        row: the type of a sample in this file, see `row_type`.
    """
    rows = np.empty(stop - start, row)
    for name in row.names or ():
        rows[name] = file[sample_dataset(name)][start:stop]
    return rows


def add_dimension(file: h5py.File, name: str, chunk: int, size: int = 0) -> None:
    """Create a dimension, of which only the length means anything."""
    scale = file.create_dataset(name, (size,), "u4", maxshape=(None,), chunks=(chunk,))
    # Only the sites have numbers of their own; netCDF's way to say so keeps readers from making
    # a coordinate, with an index, of millions of zeros.
    scale.make_scale(name if name in NUMBERED else NO_COORDINATE)


def add_column(
    file: h5py.File, column: Stored, *along: str, chunk: int = SITE_CHUNK, name: str = ""
) -> None:
    """Create a dataset along one or two dimensions, with its unit and meaning."""
    scales = [file[d] for d in along]
    shape = tuple(len(scale) for scale in scales)
    # A contact record is one chunk, so that sites without one take no room.
    chunks = (chunk,) if len(along) == 1 else (1, chunk)
    dtype = column.dtype
    kind = h5py.string_dtype("utf-8", int(dtype[1:])) if dtype[0] == "S" else np.dtype(dtype)
    made = file.create_dataset(
        name or column.name,
        shape,
        kind,
        maxshape=(None,) * len(along),
        chunks=chunks,
        fillvalue=column.fill,
    )
    made.attrs["long_name"] = column.long_name
    if column.unit:
        made.attrs["units"] = column.unit
    for axis, scale in enumerate(scales):
        made.dims[axis].attach_scale(scale)


def flags(dataset: h5py.Dataset, meanings: Mapping[int, str]) -> None:
    """Say in CF's way what the codes of a column mean."""
    dataset.attrs["flag_values"] = np.array(list(meanings), dataset.dtype)
    dataset.attrs["flag_meanings"] = _one_word_each(tuple(meanings.values()))


@lru_cache
def _one_word_each(meanings: tuple[str, ...]) -> str:
    """Return the meanings of codes as CF has them: one word each, with spaces between them."""
    return " ".join("".join(c if c.isalnum() else "_" for c in words) for words in meanings)


def _bits(dataset: h5py.Dataset) -> None:
    dataset.attrs["flag_masks"] = np.array([int(f) for f in Flag], dataset.dtype)
    dataset.attrs["flag_meanings"] = " ".join(str(f.name).lower() for f in Flag)
