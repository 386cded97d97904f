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
NAME = "HEKA PatchMaster"
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
    series = sorted({key[:2] for key in traces})
    if not said.stages and len(series) > 1:
        open_parts = tuple(Part(_columns(path, mine, _where(key))) for key, mine in traces.items())
        return Recording(NAME, open_parts, leaves_open=(_stages(len(series)),))
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
                where = _where((group, k, sweep))
                held = 0.0 if stages[stage] == "open circuit" else math.nan
                parts.append(
                    Part(_columns(path, mine, where), str(site), stages[stage], where, held=held)
                )
    return Recording(NAME, tuple(parts))


def _where(key: Key) -> str:
    return f"series {key[0]}, {key[1]}, sweep {key[2]}"


def _stages(series: int) -> str:
    return (
        f"what each of its {series} series is. Say those of one hop in their order, as steps or to "
        'be left out: --stage skip --stage "open circuit" --stage lsv --stage skip, for example. '
        "If that makes several hops, say also where each was, numbered from 0: --places TABLE, a "
        'CSV file with the first line "site, x (um), y (um)"'
    )


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


READERS = (Reader(NAME, claims, read, takes_said=True),)
