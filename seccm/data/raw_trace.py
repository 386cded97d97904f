"""The raw samples of one site or step, read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import h5py
import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray
from seccm.data.raw import channel_names, si_terms
from seccm.rig import Clock, CurrentRange, RawChannel
from seccm.rig.raw import LOWEST, MOST, Codes

AT_ONCE = 1 << 20
"""Samples of one input that are read together to be averaged."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive samples of one stream, as they stand in the file."""

    start: int
    """Place of the first one in the file."""
    size: int
    first: int
    """Its number since the stream opened."""

    def within(self, first: int, stop: int) -> Piece:
        """Return those of the samples whose numbers are from `first` to before `stop`."""
        skipped = min(self.size, max(0, first - self.first))
        left = max(0, min(self.size, stop - self.first) - skipped)
        return Piece(self.start + skipped, left, self.first + skipped)


def pieces_of(data: Mapping[str, h5py.Dataset], session: int, first: int, stop: int) -> list[Piece]:
    """Return where a file has the raw samples of a session with these numbers."""
    starts, sizes, firsts, sessions = (
        data[f"raw_piece_{name}"][:].astype(np.int64)
        for name in ("start", "size", "first", "session")
    )
    count = min(map(len, (starts, sizes, firsts, sessions)))
    found = [
        Piece(int(starts[k]), int(sizes[k]), int(firsts[k])).within(first, stop)
        for k in np.flatnonzero(sessions[:count] == session)
    ]
    return [piece for piece in found if piece.size]


@dataclass(frozen=True, slots=True)
class Averaged:
    """Rows that were averaged from raw samples; those with missing samples are left out."""

    first: npt.NDArray[np.int64]
    """Number of the first sample of each row since the stream opened, shape (rows,)."""
    means: Mapping[str, FloatArray]
    """Of each input, in SI, each of shape (rows,); potentials as the trace gives them."""
    at_end: BoolArray
    """Rows in which one of these inputs was at the end of its converter's range, shape (rows,)."""

    def until(self, first: int) -> Averaged:
        """Return the rows up to the one whose first sample has a number."""
        stop = int(np.searchsorted(self.first, first, side="right"))
        means = {name: values[:stop] for name, values in self.means.items()}
        return Averaged(self.first[:stop], means, self.at_end[:stop])


@dataclass(frozen=True, slots=True)
class InRange:
    """Samples whose current was measured in one range; numbers since the stream opened."""

    first: int
    stop: int
    range: CurrentRange


class RawTrace:
    """The raw samples of every input over the rows of one site or step; the file must stay open.

    `trace["current"]` is an array in SI, shape (samples,), potentials against the reference;
    `trace.t` are their times. Samples that are missing are left out of both.

    Args:
        data: the datasets of the file.
        session: of the site.
        pieces: where its samples are.
        rate: samples in a second.
        origin: time of sample 0 of the stream, in seconds since contact (or the first row).
        reference_offset: volts that turn a raw potential into one against the reference.
        ranges: samples whose current was measured in another range than usual.
    """

    def __init__(
        self,
        data: Mapping[str, h5py.Dataset],
        session: int,
        pieces: Sequence[Piece],
        *,
        rate: float,
        origin: float,
        reference_offset: float,
        ranges: Sequence[InRange] = (),
    ) -> None:
        self._ranges = tuple(ranges)
        self._data, self._session, self._pieces = data, session, tuple(pieces)
        self._rate, self._origin, self._reference_offset = rate, origin, reference_offset
        self.names = channel_names(data)
        """The inputs; those that rows have, too, have the same names."""

    def __len__(self) -> int:
        return sum(piece.size for piece in self._pieces)

    def __getitem__(self, name: str) -> FloatArray:
        """Return the samples of an input in SI, potentials against the reference.

        Raises:
            KeyError: there is no such input.
        """
        values = self.channel(name).si(self.codes(name))
        if name == "potential":
            values += self._reference_offset
        if name == "current" and self._ranges:
            self._rescale(values, self.numbers)
        return values

    def _rescale(self, amperes: FloatArray, numbers: npt.NDArray[np.int64]) -> None:
        """Give currents the meaning that they have in their ranges, in place, any shape."""
        for used in self._ranges:
            inside = (numbers >= used.first) & (numbers < used.stop)
            amperes[inside] = used.range.offset + used.range.factor * amperes[inside]

    def averaged(
        self, names: Sequence[str], zero: int, length: int, counted: int | None = None
    ) -> Averaged:
        """Average some inputs over rows; memory is taken for the rows, not for the samples.

        Args:
            names: of the inputs.
            zero: number of a sample with which a row begins; there are rows before it, too.
            length: samples of a row.
            counted: how many of these, from the first one on, are averaged; all by default.

        Raises:
            KeyError: there is no such input.
        """
        channels = [(self._row(name), self.channel(name)) for name in names]
        firsts, ends = [np.empty(0, np.int64)], [np.empty(0, bool)]
        means = [[np.empty(0)] for _ in channels]
        most = max(1, AT_ONCE // length)
        for piece in self._pieces:
            row = -((zero - piece.first) // length)
            stop = (piece.first + piece.size - zero) // length
            for start in range(row, stop, most):
                count = min(most, stop - start)
                first = zero + start * length
                place = piece.start + first - piece.first
                at = slice(place, place + count * length)
                firsts.append(first + length * np.arange(count))
                ends.append(np.zeros(count, bool))
                for found, (axis, channel) in zip(means, channels, strict=True):
                    codes = self._data["raw"][axis, at].reshape(count, length)[:, :counted]
                    ends[-1] |= ((codes == LOWEST) | (np.abs(codes) == MOST)).any(axis=1)
                    values = channel.si(codes)
                    if channel.name == "current" and self._ranges:
                        counts = np.arange(codes.shape[1])
                        self._rescale(values, firsts[-1][:, None] + counts)
                    found.append(values.mean(axis=1))
        joined = {name: np.concatenate(found) for name, found in zip(names, means, strict=True)}
        if "potential" in joined:
            joined["potential"] += self._reference_offset
        return Averaged(np.concatenate(firsts), joined, np.concatenate(ends))

    @property
    def numbers(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Number of each sample since the stream opened; row r begins at r times the spacing."""
        counted = [np.arange(p.first, p.first + p.size) for p in self._pieces]
        return np.concatenate([np.empty(0, np.int64), *counted])

    @property
    def t(self) -> FloatArray:
        """Seconds since contact; since the first row where there was none."""
        times: FloatArray = self.numbers / self._rate + self._origin
        return times

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Number of the first missing sample and how many are missing, for each gap in between.

        Samples between two steps are missing, too, where the plan asks for those of steps.
        """
        stops = [piece.first + piece.size for piece in self._pieces[:-1]]
        pairs = zip(stops, self._pieces[1:], strict=True)
        return tuple((stop, piece.first - stop) for stop, piece in pairs)

    def codes(self, name: str) -> Codes:
        """Return the numbers of the converter of an input, shape (samples,).

        Raises:
            KeyError: there is no such input.
        """
        row = self._row(name)
        read = [self._data["raw"][row, p.start : p.start + p.size] for p in self._pieces]
        return np.concatenate([np.empty(0, np.int16), *read])

    def channel(self, name: str) -> RawChannel:
        """Return what the numbers of an input mean; potentials are raw.

        Raises:
            KeyError: there is no such input.
        """
        row = self._row(name)
        unit = self._data["raw_unit"][row].decode().replace("um", "m")
        constant, slope, square, cube = si_terms(self._data, self._session, row).tolist()
        return RawChannel(name, unit, (constant, slope, square, cube))

    def _row(self, name: str) -> int:
        if name not in self.names:
            raise KeyError(f"there is no input {name!r}; there are {', '.join(self.names)}")
        return self.names.index(name)


@dataclass(frozen=True, slots=True)
class RawOfSite:
    """Where a file has the raw samples of a site; the file must stay open."""

    data: Mapping[str, h5py.Dataset]
    """The datasets of the file."""
    session: int
    """In which the site was visited."""
    clock: Clock
    opened: float
    """When the stream of that session opened, in seconds since the start of the run."""
    update: float = 0.0
    """Seconds from one value that the rig put out to the next; 0 where nobody knows."""
    ranges: tuple[CurrentRange, ...] = ()
    """Of the current input of the rig, the usual one first."""

    def at(self, t: float) -> RawOfSite:
        """Return where the raw samples are of the session in which a time is.

        Args:
            t: seconds since the start of the run.
        """
        opened = np.asarray(self.data["session_t_offset"][:], float)
        session = max(0, int(np.searchsorted(opened, t)) - 1)
        if session == self.session:
            return self
        return replace(self, session=session, opened=float(opened[session]))

    def row(self, t: FloatArray) -> npt.NDArray[np.int64]:
        """Return the numbers, since the stream opened, of rows that were complete at some times.

        Args:
            t: seconds since the start of the run, shape (rows,).
        """
        return np.rint((t - self.opened) / self.clock.period).astype(np.int64) - 1

    def trace(
        self,
        first: int,
        stop: int,
        *,
        zero: float = 0.0,
        offset: float = 0.0,
        ranges: Sequence[InRange] = (),
    ) -> RawTrace:
        """Return the samples of the rows from `first` to before `stop`, to be read from.

        Args:
            first: number of a row since the stream opened.
            stop: number of a row.
            zero: seconds since the start of the run from which its times are counted.
            offset: volts to add to its potentials.
            ranges: samples whose current was measured in another range than usual.
        """
        spacing = self.clock.spacing
        return RawTrace(
            self.data,
            self.session,
            pieces_of(self.data, self.session, first * spacing, stop * spacing),
            rate=self.clock.rate,
            origin=self.opened - zero,
            reference_offset=offset,
            ranges=ranges,
        )
