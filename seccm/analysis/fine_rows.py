"""Shorter data points of a step, averaged from its raw samples for its analysis.

The rows of the stream stay what they are: limits, charges that the engine counts, and where the
contact was lost are theirs. Fine rows begin with the step: the first one after its start is the
mean of its first raw samples, and they end with what it imposes, although rows of the stream go on
for up to one more. Rows are stamped when they are complete, as those of the stream.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.data import Averaged, RawOfSite, SiteRecord, in_force
from seccm.errors import DamagedError
from seccm.program.trace import StepTrace
from seccm.rig import Flag
from seccm.rig.block import WHOLE

_GAP, _SATURATED = np.uint8(Flag.GAP), np.uint8(Flag.SATURATED)
_INPUTS = ("potential", "current")


def with_fine_rows(
    trace: StepTrace, record: SiteRecord, rows: slice, offset: float, before: str = ""
) -> StepTrace:
    """Return a step with the data points that it asks for, made from its raw samples.

    A step that asks for none, or that ran on a rig without raw samples, is returned as it is.
    Where its raw samples should be there and are not, its rows are those of the stream, flagged
    as `GAP`.

    Args:
        trace: with the rows of the stream.
        record: of its site; potentials raw.
        rows: those of the step in the record.
        offset: volts that turn a raw potential into one against the reference.
        before: range of the current that the step before it had; empty for the usual one.
    """
    raw = record.raw
    if raw is None or trace.t.size == 0 or not trace.segment.row < raw.clock.period:
        return trace
    raw = raw.at(float(record.t[rows][0]))
    if raw.session != raw.at(float(record.t[rows][-1])).session:
        # A later session went on with it: its samples are counted again.
        return replace(trace, flag=trace.flag | _GAP)
    update = raw.update if trace.segment.stairs else 0.0
    length = raw.clock.samples_over(trace.segment.row, update)
    numbers = raw.row(record.t[rows])
    began = round((float(record.t[rows][0] - trace.t[0]) - raw.opened) * raw.clock.rate)
    spacing, rate = raw.clock.spacing, raw.clock.rate
    last = min(trace.segment.waveform.duration * rate + WHOLE, 1e18)
    start, stop = int(numbers[0]) * spacing, int(numbers[-1] + 1) * spacing
    first, final = _outermost(began, length, start, min(stop, began + int(last)))
    found = _averaged(raw, numbers, began, length, record.I[rows], trace.segment.range, before)
    if found is not None:
        found = found.until(final)
    if found is None or not found.first.size:
        return replace(trace, flag=trace.flag | _GAP)
    # The row of the stream in which each fine row ends.
    of = np.searchsorted(numbers, (found.first + length - 1) // spacing)
    of = np.minimum(of, numbers.size - 1)
    gaps = _gaps(found.first, length, (first, final))
    flag = _flags(trace.flag[of], of, found.at_end) | gaps
    # Samples that may be of either range: their mean is in the row of the stream.
    current = found.means["current"]
    unknown = np.isnan(current)
    flag[unknown] |= _GAP
    current = np.where(unknown, trace.I[of], current)
    t = (found.first + length - began) / rate
    row = length / rate
    return replace(
        trace,
        t=t,
        E=found.means["potential"] + offset,
        I=current,
        flag=flag,
        row=row,
        lost=None if trace.lost is None else _first_after(t - row, trace),
        second=None,
    )


def _averaged(
    raw: RawOfSite,
    numbers: npt.NDArray[np.int64],
    began: int,
    length: int,
    current: FloatArray,
    asked: str,
    before: str,
) -> Averaged | None:
    """Average the raw samples of a step; None where they are not there, or cannot be read.

    Where nobody knows in which of two ranges they were taken, a current is NaN.
    """
    try:
        ranges = tuple(in_force(raw, numbers, current, asked, before))
        samples = raw.trace(int(numbers[0]), int(numbers[-1]) + 1, ranges=ranges)
        if not set(_INPUTS) <= set(samples.names):
            return None
        return samples.averaged(_INPUTS, began, length)
    except DamagedError:
        return None


def _flags(
    coarse: npt.NDArray[np.uint8], of: npt.NDArray[np.int64], at_end: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Flag fine rows as the rows of the stream that they are in.

    Which of them were saturated is known of their samples; where those of a saturated row do not
    tell, all of them were.

    Args:
        coarse: flags of the row of the stream in which each fine row ends, shape (rows,).
        of: which row of the stream that is, shape (rows,).
        at_end: fine rows with a sample at the end of the converter's range, shape (rows,).
    """
    told = np.bincount(of, at_end) > 0
    flag = np.where(told[of], coarse & ~_SATURATED, coarse)
    flag[at_end] |= _SATURATED
    return flag.astype(np.uint8)


def _outermost(began: int, length: int, start: int, stop: int) -> tuple[int, int]:
    """Return the first sample of the first and of the last whole row within some samples."""
    first, last = -((began - start) // length), (stop - began) // length - 1
    return began + first * length, began + last * length


def _gaps(
    first: npt.NDArray[np.int64], length: int, ends: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Flag rows before or after which rows are missing.

    Args:
        first: number of the first sample of each row, shape (rows,).
        length: samples of a row.
        ends: number of the first sample of the first row and of the last one that there should be.
    """
    around = np.concatenate([[ends[0] - length], first, [ends[1] + length]])
    missing = np.diff(around) != length
    return np.where(missing[:-1] | missing[1:], _GAP, np.uint8(0))


def _first_after(begins: npt.NDArray[np.float64], trace: StepTrace) -> int:
    """Return the first fine row that began when the contact was lost, or later."""
    assert trace.lost is not None
    since = trace.t[trace.lost] - trace.row if trace.lost < trace.t.size else np.inf
    return int(np.searchsorted(begins, since - 0.01 * trace.row))
