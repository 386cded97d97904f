"""WEC-SPM, the LabVIEW program of the Warwick group: TDMS files, and text files with a .set.

A file is one stream of a whole scan. `dt(s)` is the interval before a row; `FeedbackType` says what
the tip does: 1 and 2 approach, 3 retracts, 0 is everything else; `Line Number` counts the lines of
the program. Both belong to the end of a row. Signs are those of the amplifier.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from seccm.arrays import FloatArray
from seccm.installing import install_hint
from seccm.library_log import unlogged
from seccm.readers.recording import Column, Part, Quantity, Recording, Trace, Visit, squeezed
from seccm.readers.said import Said
from seccm.readers.seam import Reader
from seccm.readers.shapes import pieces
from seccm.readers.text_tables import (
    beginning,
    columns_of,
    lines_of,
    name_and_unit,
    refuse_twice,
    wrong,
)
from seccm.typography import counted

NAME = "WEC-SPM"
_MEANT: Mapping[str, Quantity] = {
    "x(um)": "x", "y(um)": "y", "z(um)": "z", "v1(v)": "potential", "v2(v)": "potential",
    "current1(a)": "current", "current2(a)": "current", "current3(a)": "current",
}  # fmt: skip
_OTHERS = ("feedbacktype", "linenumber", "lockinamplitude", "lockinphase", "dt(s)")
_APPROACH, _RETRACT = (1.0, 2.0), 3.0
_STEP = 1e-9
"""Amperes that a current jumps by at contact at the least where noise does not say more."""
_KEY = re.compile(r"\s*(?P<key>[^=\t]+?)\s*(?:=|\t)\s*(?P<value>.+?)\s*")


def claims_tdms(path: Path) -> bool:
    """Tell whether a file is TDMS, which begins with its mark."""
    with open(path, "rb") as file:
        return file.read(4) == b"TDSm"


def claims_text(path: Path) -> bool:
    """Tell whether a text file names channels as WEC-SPM does."""
    head = squeezed(beginning(path, 1 << 16))
    return path.suffix.lower() in (".tsv", ".txt", ".csv") and "current1(a)" in head


def read_tdms(path: Path) -> Recording:
    """Return the stream of a TDMS file."""
    try:
        from nptdms import TdmsFile
    except ImportError:
        raise wrong(
            path, f"is TDMS, which needs nptdms. Install it with: {install_hint('exchange')}."
        ) from None
    with unlogged("nptdms"):
        file = TdmsFile.read(path)
    groups = file.groups()
    if len(groups) != 1:
        names = ", ".join(group.name for group in groups) or "none"
        raise wrong(path, f"has not one group of channels, as WEC-SPM writes it, but: {names}.")
    channels = {channel.name: np.asarray(channel[:]) for channel in groups[0].channels()}
    for name, values in channels.items():
        if values.dtype.kind not in "fiu":
            raise wrong(path, f'the channel "{name}" has no numbers.')
    sizes = {name: values.size for name, values in channels.items()}
    if len(set(sizes.values())) > 1:
        least, most = min(sizes.values()), max(sizes.values())
        raise wrong(path, f"has channels of {least} to {most} data points: the file is cut.")
    return _recording(path, {name: v.astype(np.float64) for name, v in channels.items()}, math.nan)


def read_text(path: Path, said: Said) -> Recording:
    """Return the stream of a text file: a channel in each line, or in each column."""
    lines = [(k, line) for k, line in enumerate(lines_of(path), 1) if line.strip()]
    first = lines[0][1].split("\t")
    if any(squeezed(cell) in _MEANT for cell in first[1:]):
        heads = [("".join(cell.split()), "") for cell in first]
        rows = ((k, line.split("\t")) for k, line in lines[1:])
        columns = columns_of(path, heads, rows, said)
        channels = {column.name: column.values for column in columns}
    else:
        table = [(k, line.rstrip("\t").split("\t")) for k, line in lines]
        longest = max(len(row) for _, row in table)
        for k, row in table:
            if len(row) != longest:
                raise wrong(
                    path,
                    f"line {k} has {counted(len(row) - 1, 'value')}, others {longest - 1}: "
                    "the file is cut.",
                )
        refuse_twice(path, [row[0].strip() for _, row in table])
        channels = {}
        for k, (name, *cells) in table:
            (own,) = columns_of(path, [(name.strip(), "")], ((k, [c]) for c in cells), said)
            channels[own.name] = own.values
    return _recording(path, channels, _period(path))


def _period(path: Path) -> float:
    """Return the seconds between data points that the .set beside a file says; NaN without one.

    N samples are averaged and one more is lost in the transfer.
    """
    beside = path.with_suffix(".set")
    if not beside.is_file():
        return math.nan
    facts: dict[str, str] = {}
    for line in lines_of(beside, western=True):
        found = _KEY.fullmatch(line) if not line.lstrip().startswith(("#", ";")) else None
        if found:
            facts[squeezed(found["key"])] = found["value"]
    try:
        averaged = float(facts["samplesperdatapoint"])
        if "sampletime(us)" in facts:
            return float(facts["sampletime(us)"]) * 1e-6 * (averaged + 1)
        return (averaged + 1) / float(facts["samplerate(hz)"])
    except (KeyError, ValueError, ZeroDivisionError):
        return math.nan


def _recording(path: Path, channels: Mapping[str, FloatArray], period: float) -> Recording:
    known = {squeezed(name): name for name in channels}
    strange = [name for name in channels if squeezed(name) not in (*_MEANT, *_OTHERS)]
    if strange:
        raise wrong(
            path,
            f"has channels that are not known: {', '.join(strange)}. Known are "
            f"{', '.join((*_MEANT, *_OTHERS))}.",
        )
    if not {"feedbacktype", "linenumber"} <= known.keys():
        raise wrong(
            path, "has no channels FeedbackType and Line Number, which say what the tip did."
        )
    columns = []
    for squeezed_name, name in known.items():
        values = channels[name]
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise wrong(path, f'data point {bad[0] + 1} of the channel "{name}" is not a number.')
        label, unit = name_and_unit(name)
        if squeezed_name == "dt(s)":
            # The interval before the row; that before the first one is of another recording.
            t = np.cumsum(values) - values[0]
            columns.append(Column("dt", "s", t, "time"))
        else:
            columns.append(Column(label, unit, values, _MEANT.get(squeezed_name)))
    return Recording(
        NAME,
        (Part(tuple(columns), where="", period=period),),
        divide=divide,
        notes=("contact is the jump of the current at the end of an approach",),
    )


def divide(trace: Trace) -> Sequence[Visit]:
    """Return what was measured at each place where the tip landed."""
    return list(_hops(trace))


def _hops(trace: Trace) -> Iterator[Visit]:
    feedback, line = trace.others["feedbacktype"], trace.others["linenumber"]
    coming = np.isin(feedback, _APPROACH)
    edges = np.flatnonzero(np.diff(coming.astype(np.int8))) + 1
    bounds = [0, *edges.tolist(), coming.size]
    runs = [
        slice(first, stop) for first, stop in pairwise(bounds) if first < stop and coming[first]
    ]
    for number, run in enumerate(runs):
        until = runs[number + 1].start if number + 1 < len(runs) else coming.size
        up = np.flatnonzero(feedback[run.stop : until] == _RETRACT)
        program = slice(run.stop, run.stop + int(up[0]) if up.size else until)
        contact = _contact(trace.current, run)
        at = run.stop - 1 if contact is None else contact
        here = trace.part(slice(at, at + 1))
        steps: tuple[tuple[str, Trace], ...] = ()
        if contact is not None and program.start < program.stop:
            own = trace.part(program)
            cuts = np.flatnonzero(np.diff(line[program]) != 0) + 1
            steps = tuple(("", own.part(rows)) for rows in pieces(own.potential, cuts))
        z = float(here.z[0]) if contact is not None else math.nan
        yield Visit(str(number), float(here.x[0]), float(here.y[0]), z, steps)


def _contact(current: FloatArray, run: slice) -> int | None:
    """Return the row at which the current left its baseline; None if it never did."""
    approach = current[run]
    before = approach[: max(3, approach.size - 2)]
    base = float(np.median(before))
    sigma = 1.4826 * float(np.median(np.abs(before - base)))
    far = np.flatnonzero(np.abs(approach - base) > max(8 * sigma, _step_of(current)))
    return None if far.size == 0 else run.start + int(far[0])


def _step_of(current: FloatArray) -> float:
    """Return what counts as a jump at least: ten of the steps in which a current was digitized."""
    levels = np.unique(current)
    code = float(np.diff(levels).min()) if levels.size > 1 else 0.0
    return min(_STEP, 10 * code) if code > 0 else _STEP


READERS = (
    Reader("WEC-SPM (TDMS)", claims_tdms, read_tdms),
    Reader("WEC-SPM (text)", claims_text, read_text, takes_said=True),
)
