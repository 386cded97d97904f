"""What surrounded the cell while a scan went on: humidity, temperature, oxygen, site by site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seccm.arrays import FloatArray
from seccm.data.scan import Scan
from seccm.errors import DamagedError
from seccm.rig import Signal, environment
from seccm.units import show


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One signal of the surroundings over the sites of a scan, in the unit of the signal."""

    signal: Signal
    t: FloatArray
    """Seconds since the start of the run in the middle of each site, shape (sites,)."""
    mean: FloatArray
    """Over the rows of each site, shape (sites,)."""
    lowest: FloatArray
    highest: FloatArray

    @property
    def words(self) -> str:
        """How it was over all sites: "1.2 ppm on average, 0.8 to 5.3 ppm"."""
        unit = self.signal.unit
        low, high = float(self.lowest.min()), float(self.highest.max())
        average = show(float(self.mean.mean()), unit, 3)
        return f"{average} on average, {show(low, unit, 3)} to {show(high, unit, 3)}"


def over_site(
    signal: Signal, times: Sequence[FloatArray], values: Sequence[FloatArray]
) -> Surroundings | None:
    """Gather what a signal was at each site.

    Args:
        signal: its declaration.
        times: of the rows of each site, in seconds.
        values: of the signal in these rows; what was not measured is NaN.

    Returns:
        None if it was measured at no site.
    """
    rows = []
    for time, value in zip(times, values, strict=True):
        known = np.isfinite(value)
        if known.any():
            sound = value[known]
            middle = 0.5 * (float(time[0]) + float(time[-1]))
            rows.append((middle, float(sound.mean()), float(sound.min()), float(sound.max())))
    if not rows:
        return None
    t, mean, lowest, highest = (np.array(column) for column in zip(*rows, strict=True))
    return Surroundings(signal, t, mean, lowest, highest)


def surroundings(scan: Scan) -> tuple[Surroundings, ...]:
    """Return every signal of the surroundings that a file has; sites that are damaged are left out.

    Rows between two sites are in no file: what happened there stands among the events.
    """
    signals = environment(scan.signals)
    if not signals:
        return ()
    records = []
    for number in np.flatnonzero(np.isfinite(scan.sites["t_start"])).tolist():
        try:
            record = scan.record(number)
        except DamagedError:
            continue
        if len(record.t):
            records.append(record)
    times = [record.t for record in records]
    found = (
        over_site(signal, times, [record.signals[signal.name] for record in records])
        for signal in signals
    )
    return tuple(one for one in found if one is not None)
