"""HEKA's PatchMaster: its export to MATLAB, with a variable Trace_g_k_s_c for each trace.

g, k, s and c number group, series, sweep and channel; a trace has two columns: time in s, and a
value in SI. Which channel is the current, which series is a step, and where a hop begins stands
nowhere in the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seccm.errors import DataFileError
from seccm.readers.recording import Column, Part, Recording
from seccm.readers.said import Said
from seccm.readers.seam import Reader
from seccm.readers.text_tables import wrong

_TRACE = re.compile(r"Trace_(\d+)_(\d+)_(\d+)_(\d+)")
Key = tuple[int, int, int]
"""Group, series, sweep."""


def claims(path: Path) -> bool:
    """Tell whether a file is one of MATLAB with such variables."""
    if path.suffix.lower() != ".mat":
        return False
    from scipy.io import whosmat

    try:
        return any(_TRACE.fullmatch(name) for name, _, _ in whosmat(path))
    except Exception:
        return True  # what cannot be read is refused with a sentence, by `read`


def read(path: Path, said: Said) -> Recording:
    """Return the steps of an export."""
    traces = _traces(path)
    channels = sorted({channel for mine in traces.values() for channel in mine})
    if len(channels) > 1 and not {"current", "potential"} <= said.columns.keys():
        named = ", ".join(f"channel {c}" for c in channels)
        raise DataFileError(
            f"{path}: HEKA's export only numbers its channels ({named}). Nothing is guessed, and "
            f'nothing was made. Say which is which: --column "current=channel {channels[0]}" '
            f'--column "potential=channel {channels[-1]}", for example.'
        )
    series = sorted({key[:2] for key in traces})
    if not said.stages and len(series) > 1:
        raise DataFileError(
            f"{path}: has {len(series)} series, and does not say what each is. Nothing is guessed, "
            "and nothing was made. Say the series of one hop in their order, as steps or to be "
            'left out: --stage skip --stage "open circuit" --stage lsv --stage skip, for example.'
        )
    stages = said.stages or ("",)
    if len(series) % len(stages) and not said.incomplete:
        raise DataFileError(
            f"{path}: has {len(series)} series, which is not a whole number of hops "
            f"of {len(stages)} stages. Nothing was made. With --incomplete the last "
            "hop may be broken off."
        )
    parts = []
    for number, key in enumerate(series):
        site, stage = divmod(number, len(stages))
        if stages[stage] == "skip":
            continue
        for (group, k, sweep), mine in traces.items():
            if (group, k) == key:
                where = f"series {group}, {k}, sweep {sweep}"
                held = 0.0 if stages[stage] == "open circuit" else math.nan
                parts.append(
                    Part(_columns(path, mine, where), str(site), stages[stage], where, held=held)
                )
    return Recording("HEKA PatchMaster", tuple(parts))


def _traces(path: Path) -> Mapping[Key, Mapping[int, Any]]:
    from scipy.io import loadmat

    try:
        loaded = loadmat(path)
    except Exception as error:  # scipy raises anything over a damaged file
        raise wrong(
            path,
            f"cannot be read as a MATLAB file up to version 7 ({type(error).__name__}). It may be "
            "cut; of version 7.3, save it again with -v7.",
        ) from None
    traces: dict[Key, dict[int, Any]] = {}
    for name in sorted(loaded, key=_numbers):
        found = _TRACE.fullmatch(name)
        if found is None:
            continue
        values = np.asarray(loaded[name])
        if values.ndim != 2 or values.shape[1] != 2 or values.dtype.kind not in "fiu":
            raise wrong(path, f"{name} is not a table of times and values, but {values.shape}.")
        if not np.isfinite(values).all():
            raise wrong(path, f"{name} has data points that are not numbers.")
        group, series, sweep, channel = map(int, found.groups())
        traces.setdefault((group, series, sweep), {})[channel] = values.astype(np.float64)
    if not traces:
        raise wrong(path, "has no variable Trace_1_1_1_1 or another of that form.")
    return traces


def _numbers(name: str) -> tuple[int, ...]:
    found = _TRACE.fullmatch(name)
    return tuple(map(int, found.groups())) if found else ()


def _columns(path: Path, mine: Mapping[int, Any], where: str) -> tuple[Column, ...]:
    sizes = {values.shape[0] for values in mine.values()}
    if len(sizes) > 1:
        raise wrong(path, f"{where}: its channels have {sorted(sizes)} data points.")
    t = next(iter(mine.values()))[:, 0]
    columns = [Column("time", "s", t, "time")]
    for channel, values in mine.items():
        # A channel that is told to be the current is in A, a potential in V: PatchMaster has SI.
        columns.append(Column(f"channel {channel}", "", values[:, 1]))
    return tuple(columns)


READERS = (Reader("HEKA PatchMaster", claims, read, takes_said=True),)
