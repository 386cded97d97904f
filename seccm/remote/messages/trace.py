"""Rows for the eye: labelled with site, phase and step, and thinned out to a bounded number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.data.layout import SIGNAL, UM
from seccm.data.tail import Tail
from seccm.events import Phase, PhaseBegan, SiteStarted
from seccm.rig import Block, Clock, RigInfo, more_than_basic

LANDING_ROWS = 64
"""Rows kept back while the tip descends: a contact is confirmed, and its rows get their label,
some rows after it happened."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Some rows in the order of time, each as it was measured; all arrays have shape (n,).

    Thinned rows are real ones: those with the extreme values of every interval, and those with
    which a phase or a step begins. Between two rows others may be missing.
    """

    t: FloatArray
    """Seconds since the stream opened."""
    potential: FloatArray
    """Raw volts, against the quasi-reference electrode."""
    current: FloatArray
    """Amperes, anodic positive."""
    z: FloatArray
    """Metres, up positive."""
    site: npt.NDArray[np.int32]
    """Number of the site, -1 where the tip was at none."""
    phase: npt.NDArray[np.uint8]
    """A `Phase`."""
    step: npt.NDArray[np.uint16]
    """Segment of the site's program, in the phase STEP."""
    signals: Mapping[str, FloatArray] = field(default_factory=dict, kw_only=True)
    """What the rig measures beyond what every rig measures, by name, in SI units."""

    def __len__(self) -> int:
        return len(self.t)

    @classmethod
    def none(cls) -> Self:
        """Return no rows."""
        return cls(*(np.empty(0, kind) for kind in ("f8",) * 4 + ("i4", "u1", "u2")))

    @classmethod
    def from_plain(cls, table: Mapping[str, Any]) -> Self:
        """Build what `to_plain` gave."""
        return cls(*table["rows"], signals=dict(table["signals"]))

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain tables and arrays."""
        return {"rows": list(_columns(self)), "signals": dict(self.signals)}

    @classmethod
    def joined(cls, parts: Sequence[Trace]) -> Self:
        """Return traces one after the other."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.none()
        columns = zip(*(_columns(part) for part in parts), strict=True)
        signals = {name: [part.signals[name] for part in parts] for name in parts[0].signals}
        return cls(
            *(np.concatenate(column) for column in columns),
            signals={name: np.concatenate(values) for name, values in signals.items()},
        )

    def where(self, rows: npt.NDArray[Any] | slice) -> Trace:
        """Return some of the rows, by index or by mask."""
        return Trace(
            *(column[rows] for column in _columns(self)),
            signals={name: values[rows] for name, values in self.signals.items()},
        )

    def thinned(self, most: int) -> Trace:
        """Return about `most` rows that look like all of them; see the class."""
        if len(self) <= most:
            return self
        signals = (self.potential, self.current, self.z, *self.signals.values())
        picked = [extremes(signal, max(1, most // (2 * len(signals)))) for signal in signals]
        labels = (self.site, self.phase, self.step)
        changed = np.logical_or.reduce([np.diff(label) != 0 for label in labels])
        begins = np.flatnonzero(changed)[:most] + 1
        return self.where(np.unique(np.concatenate([*picked, begins, [0, len(self) - 1]])))


def _columns(rows: Trace) -> tuple[npt.NDArray[Any], ...]:
    """Return the arrays of what every rig has, in the order of the fields."""
    return (rows.t, rows.potential, rows.current, rows.z, rows.site, rows.phase, rows.step)


def extremes(signal: FloatArray, intervals: int) -> npt.NDArray[np.intp]:
    """Return where a signal is lowest and highest in each of some equal intervals.

    Args:
        signal: shape (n,).
        intervals: how many, at most.

    Returns:
        Indices, shape (2 x intervals,) at most, in no order, some perhaps twice.
    """
    width = -(-len(signal) // intervals)
    count = -(-len(signal) // width)
    # The last value fills up the last interval, so that all have one length.
    padded = np.pad(signal, (0, count * width - len(signal)), mode="edge").reshape(count, width)
    begin = np.arange(count) * width
    found = np.concatenate([begin + padded.argmin(axis=1), begin + padded.argmax(axis=1)])
    inside: npt.NDArray[np.intp] = np.minimum(found, len(signal) - 1)
    return inside


class Labeller:
    """Turns blocks and events, in the order in which they came, into labelled rows.

    Args:
        clock: that of the rig.
        added: signals that it measures beyond what every rig measures.
    """

    def __init__(self, clock: Clock, added: Sequence[str] = ()) -> None:
        self._tail, self._added = Tail(clock, 0.0, added), tuple(added)
        self._clock = clock
        self._sites: list[tuple[int, int]] = [(-1, -1)]
        self._phase = Phase.IDLE
        self._newest = 0

    @classmethod
    def of(cls, info: RigInfo) -> Self:
        """Return one for the rows of a rig."""
        return cls(info.clock, [signal.name for signal in more_than_basic(info.signals)])

    def see(self, block: Block) -> None:
        """Take rows."""
        self._tail.append(block)
        self._newest = block.rows

    def hear(self, event: object) -> None:
        """Take an event; those that begin a site or a phase label the rows from theirs on."""
        if isinstance(event, SiteStarted):
            self._sites.append((event.row, event.site))
        elif isinstance(event, PhaseBegan):
            self._phase = event.phase
            self._tail.mark(event.row, event.phase, event.step)
            if event.site != self._sites[-1][1]:
                self._sites.append((event.row, event.site))

    def take(self, *, everything: bool = False) -> Trace:
        """Return the rows whose labels are final, or all that there are."""
        held = self._newest + (LANDING_ROWS if self._phase is Phase.APPROACH else 0)
        count = len(self._tail) - (0 if everything else held)
        if count <= 0:
            return Trace.none()
        rows = self._tail.take(count)
        t = rows["t"]
        # Half a row of leeway: t is that of the row's end, rounded.
        begins, sites = (np.array(column) for column in zip(*self._sites, strict=True))
        which = np.searchsorted((begins + 0.5) * self._clock.period, t, side="right") - 1
        self._sites = self._sites[int(which[-1]) :]
        return Trace(
            t=t.copy(),
            potential=rows["E"].astype(np.float64),
            current=rows["I"].astype(np.float64),
            z=rows["z"].astype(np.float64) / UM,
            site=sites[which].astype(np.int32),
            phase=rows["phase"].copy(),
            step=rows["step"].copy(),
            signals={name: rows[SIGNAL + name].astype(np.float64) for name in self._added},
        )
