"""Raw samples of a scan beside its rows: how they lie in the file, and who writes them.

`raw` holds the numbers of the converters, one row for each input, all samples of all sessions one
after the other; `raw_c0` to `raw_c3` turn them into what they measure. `raw_piece` says where in
`raw` which sample of the stream stands: a piece is consecutive, so that samples that are missing
show as a new piece and never shift what follows. Where only some steps ask for their samples, a
piece goes from the first sample of the first data point of such a step to the last of its last.

Theory of operation. Samples are gathered until they fill a chunk of the file, because HDF5 writes
whole chunks a hundred times as fast as the rig delivers. Only `flush` claims them, in `raw_piece`,
once they are in the file: what a killed program leaves behind is cut there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import h5py
import numpy as np

from seccm.data.changes import Changes
from seccm.data.layout import NAN, SITE_CHUNK, UM, Stored, add_column, add_dimension
from seccm.data.raw_choice import RawChoice
from seccm.errors import DataFileError
from seccm.rig import RawChannel, RawSamples
from seccm.rig.raw import BYTES, Codes

RAW_DIMENSIONS = ("raw_channel", "raw_sample", "raw_piece")
CHUNK = 32768
"""Samples of one input in a chunk: 64 kB, and a third of a second."""
COMMIT_BYTES = 4_000_000
"""Samples that may be lost with the program: 2 s of nine inputs."""
TERMS = ("raw_c0", "raw_c1", "raw_c2", "raw_c3")
PIECE_COLUMNS = (
    Stored("raw_piece_start", "u8", "1", "place in raw of the first sample of the piece"),
    Stored("raw_piece_size", "u8", "1", "number of samples of the piece"),
    Stored("raw_piece_first", "i8", "1", "number of its first sample since the stream opened"),
    Stored("raw_piece_session", "u4", "1", "session of the piece"),
)
_MEANING = "raw_c0 + raw_c1 raw + raw_c2 raw^2 + raw_c3 raw^3, in raw_unit; potentials are raw"


def lay_out(file: h5py.File, channels: Sequence[RawChannel]) -> None:
    """Lay out the raw samples of a file that has no sessions yet; nothing without channels."""
    if not channels:
        return
    names = [channel.name for channel in channels]
    units = [_unit(channel).encode() for channel in channels]
    # Of any width: xarray takes labels of fixed width for bytes. There is one for each input.
    named = file.create_dataset("raw_channel", data=names, dtype=h5py.string_dtype())
    named.make_scale("raw_channel")
    add_dimension(file, "raw_sample", CHUNK)
    add_dimension(file, "raw_piece", SITE_CHUNK)
    unit = Stored("raw_unit", "S8", "", "unit of what an input measures")
    add_column(file, unit, "raw_channel", chunk=len(names))
    file["raw_unit"][:] = np.array(units, file["raw_unit"].dtype)
    count = len(names)
    raw = file.create_dataset("raw", (count, 0), "i2", maxshape=(count, None), chunks=(1, CHUNK))
    raw.attrs["long_name"] = "numbers of the converters, every sample"
    raw.attrs["comment"] = _MEANING
    for axis, dimension in enumerate(("raw_channel", "raw_sample")):
        raw.dims[axis].attach_scale(file[dimension])
    for power, name in enumerate(TERMS):
        term = Stored(name, "f8", "", f"what an input measures, term of raw^{power}", NAN)
        add_column(file, term, "session", "raw_channel", chunk=count)
    for column in PIECE_COLUMNS:
        add_column(file, column, "raw_piece")


def describe_session(file: h5py.File, channels: Sequence[RawChannel]) -> None:
    """Say what the numbers of the newest session mean.

    Raises:
        DataFileError: the file has raw samples of other inputs, or of none.
    """
    names = channel_names(file)
    if names != tuple(channel.name for channel in channels):
        told = ", ".join(channel.name for channel in channels) or "none"
        raise DataFileError(
            f"{file.filename}: has raw samples of {', '.join(names) or 'no input'}; the rig gives "
            f"{told}. Continue it on the rig that it was started on."
        )
    for power, name in enumerate(TERMS if names else ()):
        file[name].resize(len(file["session"]), axis=0)
        file[name][-1] = [channel.terms[power] * _scale(channel) for channel in channels]


def channel_names(file: Mapping[str, h5py.Dataset]) -> tuple[str, ...]:
    """Return the inputs of which a file has raw samples, none where it has no raw samples."""
    if "raw" not in file:
        return ()
    return tuple(name.decode() for name in file["raw_channel"][:].tolist())


def claimed(file: Mapping[str, h5py.Dataset]) -> int:
    """Return how many raw samples of each input were made safe."""
    starts, sizes = (file[f"raw_piece_{name}"][:].astype(np.int64) for name in ("start", "size"))
    count = min(len(starts), len(sizes))
    return int((starts[:count] + sizes[:count]).max(initial=0))


def cut(file: h5py.File) -> None:
    """Give what a killed program left one length again, without samples that nobody claims."""
    columns = [column.name for column in PIECE_COLUMNS]
    pieces = min(len(file[name]) for name in columns)
    for name in ("raw_piece", *columns):
        file[name].resize(pieces, axis=0)
    stop = min(claimed(file), file["raw"].shape[1])
    starts = file["raw_piece_start"][:]
    sizes = np.minimum(file["raw_piece_size"][:], stop - np.minimum(starts, stop))
    file["raw_piece_size"][:] = sizes
    file["raw"].resize(stop, axis=1)
    file["raw_sample"].resize(stop, axis=0)


class RawWriter:
    """Appends raw samples to a file that is laid out and in SWMR mode.

    Args:
        data: the datasets of the file. Without `raw` among them, it takes no samples.
        changes: is told of everything that is written.
        choice: which of the samples are kept; all of them unless given.
    """

    def __init__(
        self,
        data: Mapping[str, h5py.Dataset],
        changes: Changes,
        choice: RawChoice | None = None,
    ) -> None:
        self._data, self._changes = data, changes
        self._choice = choice or RawChoice(1, every=True)
        if "raw" not in data:
            return
        channels, written = data["raw"].shape
        self._written: int = written
        self._claimed: int = written
        self._buffer: Codes = np.empty((channels, CHUNK), np.int16)
        self._held = 0
        self._next: int | None = None
        """Number of the sample that would go on with the newest piece; None where there is none."""

    @property
    def due(self) -> bool:
        """Whether so much was taken since the last flush that it should be made safe."""
        if "raw" not in self._data:
            return False
        loose = self._written + self._held - self._claimed
        return loose * len(self._buffer) * BYTES >= COMMIT_BYTES

    def append(self, pieces: Iterable[RawSamples]) -> list[str]:
        """Take samples in the order in which they came; return what is to be said about gaps."""
        if "raw" not in self._data:
            return []
        self._choice.take(pieces)
        kept, said = self._choice.chosen()
        for piece in kept:
            if piece.first != self._next:
                self._begin(piece.first)
            self._gather(piece.codes)
            self._next = piece.stop
        return said

    def flush(self) -> None:
        """Bring everything taken so far to the file, then claim it."""
        if "raw" not in self._data or self._written + self._held == self._claimed:
            return
        self._write()
        # Before the claim: a kill may come between any two steps. The whole file, because it must
        # know of its own size before chunks are spoken of that lie at its end.
        self._data["raw"].file.flush()
        last = len(self._data["raw_piece"]) - 1
        start = int(self._data["raw_piece_start"][last])
        self._put("raw_piece_size", last, self._written - start)
        self._claimed = self._written

    def _begin(self, first: int) -> None:
        """Begin a piece."""
        self.flush()
        data, last = self._data, len(self._data["raw_piece"])
        for name in ("raw_piece", *(column.name for column in PIECE_COLUMNS)):
            self._resize(name, last + 1)
        self._put("raw_piece_start", last, self._written)
        self._put("raw_piece_first", last, first)
        self._put("raw_piece_session", last, len(data["session"]) - 1)

    def _gather(self, codes: Codes) -> None:
        taken, count = 0, codes.shape[1]
        while taken < count:
            room = CHUNK - self._written % CHUNK - self._held
            some = min(room, count - taken)
            self._buffer[:, self._held : self._held + some] = codes[:, taken : taken + some]
            self._held += some
            taken += some
            if some == room:
                self._write()

    def _write(self) -> None:
        """Append what was gathered, up to the end of a chunk at most."""
        stop = self._written + self._held
        if self._held:
            self._resize("raw_sample", stop)
            self._resize("raw", len(self._buffer), stop)
            codes = self._buffer[:, : self._held]
            self._data["raw"][:, self._written : stop] = codes
            self._changes.put("raw", 0, codes, self._written)
        self._written, self._held = stop, 0

    def _resize(self, name: str, *shape: int) -> None:
        self._data[name].resize(shape)
        self._changes.resize(name, shape)

    def _put(self, name: str, place: int, value: int) -> None:
        dataset = self._data[name]
        dataset[place] = value
        self._changes.put(name, place, np.array([value], dataset.dtype))


def _unit(channel: RawChannel) -> str:
    return "um" if channel.unit == "m" else channel.unit


def _scale(channel: RawChannel) -> float:
    """Return units of the file in an SI unit."""
    return UM if channel.unit == "m" else 1.0


def si_terms(file: Mapping[str, h5py.Dataset], session: int, channel: int) -> Any:
    """Return the terms from numbers to SI units, shape (4,)."""
    terms = np.array([float(file[name][session, channel]) for name in TERMS])
    return terms / UM if file["raw_unit"][channel] == b"um" else terms
