"""What a file says of a site that an earlier session broke off, for the one that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from seccm.data.landing_cells import landing_in
from seccm.data.layout import UM
from seccm.data.tables import NOT_TOLD, STEPS, read, step_finished
from seccm.events import Landing, Phase, StepFinished


@dataclass(frozen=True, slots=True)
class BrokenSite:
    """A site as far as it came."""

    first: int
    """The first sample of its own."""
    landing: Landing | None
    t_contact: float
    ends: tuple[StepFinished, ...]
    """How the steps ended that did."""
    rows: Mapping[int, int]
    """The row in the table of steps of each of these."""
    parts: Mapping[int, tuple[int, int, float]]
    """Of each step that began and did not end: its first sample, how many there are, and the time
    of the first."""


def broken_site(data: Mapping[str, h5py.Dataset], site: int, period: float) -> BrokenSite:
    """Read what there is of a site.

    Args:
        data: the datasets of the file, which end with the samples of the site.
        site: its number.
        period: seconds from sample to sample.
    """

    def cell(name: str) -> Any:
        value = data[name][site]
        return value / UM if data[name].attrs.get("units") == "um" else value

    start = int(data["row_start"][site])
    stop = start + int(data["row_size"][site])
    t = data["t"][start:stop]
    departed = int(np.searchsorted(t, float(data["t_start"][site]) - 0.5 * period))
    table, whole = read(data, STEPS)
    mine = np.flatnonzero(whole & (table["step_site"] == site))
    told = [k for k in mine.tolist() if table["step_ended_by"][k] != NOT_TOLD]
    rows = {int(table["step_number"][k]): k for k in told}
    here = slice(start + departed, stop)
    step = np.where(data["phase"][here] == Phase.STEP, data["step"][here].astype(int), -1)
    return BrokenSite(
        first=start + departed,
        landing=landing_in(cell, 0) if data["landed"][site] else None,
        t_contact=float(data["t_contact"][site]),
        ends=tuple(step_finished(table[k]) for k in told),
        rows=rows,
        parts={
            number: (here.start + int(at[0]), len(at), float(t[departed + at[0]]))
            for number in np.unique(step[step >= 0]).tolist()
            if number not in rows
            for at in [np.flatnonzero(step == number)]  # it may have been broken off before
        },
    )
