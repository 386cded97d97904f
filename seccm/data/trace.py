"""One site's samples in memory, in SI units: for the live analysis and for those who read later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray
from seccm.data.layout import SIGNAL, UM, added_signals
from seccm.data.raw_trace import RawOfSite
from seccm.events import Event, Landing, Outcome, Phase, StepFinished
from seccm.plan.site import Site
from seccm.rig import NO_LEADS, ContactRecord, Leads
from seccm.units import show


@dataclass(frozen=True, repr=False)
class SiteRecord:
    """The rows of one site and what was decided about them; potentials are raw.

    Read back from the file both while the scan runs and afterwards, so that an analysis gives
    the same numbers whenever it is done. All arrays have shape (rows,).
    """

    number: int
    outcome: Outcome
    t: FloatArray
    """Seconds since the start of the run."""
    E: FloatArray
    """Volts against the quasi-reference electrode."""
    I: FloatArray  # noqa: E741
    """Amperes, anodic positive."""
    z: FloatArray
    """Metres, up positive."""
    x: FloatArray
    y: FloatArray
    phase: npt.NDArray[np.uint8]
    step: npt.NDArray[np.uint16]
    flag: npt.NDArray[np.uint8]
    landing: Landing | None
    t_contact: float
    """Seconds since the start of the run, NaN if the meniscus never touched."""
    events: tuple[Event, ...]
    """Every event of the site while the scan runs; the ends of its steps afterwards."""
    signals: Mapping[str, FloatArray] = field(default_factory=dict)
    """What the rig measures beyond what every rig measures, by name, in SI units."""
    raw: RawOfSite | None = None
    """Where its raw samples are; None where the file has none of any site."""
    leads: Leads = NO_LEADS
    """What wires and electrometer of the rig do to fast signals."""
    seams: tuple[int, ...] = ()
    """Rows with which a later session went on, after a rest; in between is nothing of the site."""
    imported: bool = False
    """Whether another program measured it: each step then has a spacing of data points of its own,
    and of what came between the steps nothing is known."""

    def __repr__(self) -> str:
        return f"<SiteRecord {self.number}: {self.outcome.words}, {self.extent}>"

    def signal(self, name: str) -> FloatArray:
        """Return one signal by the name that the rig declares, in SI units, shape (rows,)."""
        basic = {"potential": self.E, "current": self.I, "x": self.x, "y": self.y, "z": self.z}
        return basic[name] if name in basic else self.signals[name]

    @property
    def extent(self) -> str:
        """How many rows there are and how long they took, in words."""
        if len(self.t) == 0:
            return "no data points"
        return f"{len(self.t)} data points, {show(float(self.t[-1] - self.t[0]), 's')}"

    @property
    def contact(self) -> int | None:
        """Index of the contact row, None if the meniscus never touched or no row was kept."""
        if self.landing is None or len(self.t) == 0:
            return None
        return int(np.argmin(np.abs(self.t - self.t_contact)))

    @property
    def ends(self) -> tuple[StepFinished, ...]:
        """How each step that ended, ended."""
        return tuple(e for e in self.events if isinstance(e, StepFinished))

    @cached_property
    def steps(self) -> Mapping[int, slice]:
        """The rows of each step that began, by the number of the step."""
        return step_rows(self.phase, self.step)

    @property
    def in_steps(self) -> BoolArray:
        """The rows in which steps ran."""
        chosen = np.zeros(self.t.size, bool)
        for rows in self.steps.values():
            chosen[rows] = True
        return chosen


@dataclass(frozen=True, slots=True)
class StepResult:
    """A number that was determined of one step."""

    step: int
    """Number of the step among those that ran at the site."""
    name: str
    value: float
    """In SI, NaN where undefined."""
    error: float
    """Standard uncertainty."""
    status: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class StepArray:
    """Many numbers that were determined of one step, such as one for each cycle."""

    step: int
    """Number of the step among those that ran at the site."""
    name: str
    values: FloatArray
    """In SI; of as many dimensions as are declared for the quantity."""
    errors: FloatArray
    """Standard uncertainties, of the same shape."""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the live analysis found at a site."""

    features: Mapping[str, tuple[float, float, int]]
    """Value in SI, standard uncertainty and status of each feature, by name."""
    quality: int = 0
    """Quality flags of the site."""
    summary: str = ""
    """The most telling features in words, for a progress line."""
    doubtful: bool = False
    """Whether the summary rests on a number that has to be looked at before it is averaged."""
    results: tuple[StepResult, ...] = ()
    """Every number of every step."""
    arrays: tuple[StepArray, ...] = ()


Analyse = Callable[[Site, SiteRecord], Analysed]


@dataclass(frozen=True, repr=False)
class SiteTrace:
    """One site as people look at it: from contact on, against the reference."""

    record: SiteRecord
    reference: str
    reference_offset: float
    """Volts that turn a raw potential into one against the reference."""
    contact_record: ContactRecord | None
    """The raw samples around contact; potentials raw."""
    reason: str
    """Why the outcome is not OK."""
    condition: str = ""
    """The levels of the plan's factors at the site, in words; empty where there are none."""

    def __repr__(self) -> str:
        said = (self.outcome.words, self.condition, self.record.extent, self.reason)
        return f"<SiteTrace {self.number}: {', '.join(part for part in said if part)}>"

    @property
    def number(self) -> int:
        """Place in the visiting order."""
        return self.record.number

    @property
    def outcome(self) -> Outcome:
        """What became of the site."""
        return self.record.outcome

    @cached_property
    def t(self) -> FloatArray:
        """Seconds since contact; since the first row where there was none."""
        t = self.record.t
        if len(t) == 0:
            return t
        return t - (self.record.t_contact if self.landing else t[0])

    @cached_property
    def E(self) -> FloatArray:
        """Volts against the reference."""
        return self.record.E + self.reference_offset

    @property
    def I(self) -> FloatArray:  # noqa: E743
        """Amperes, anodic positive."""
        return self.record.I

    @property
    def z(self) -> FloatArray:
        """Height of the tip in metres, up positive."""
        return self.record.z

    @property
    def signals(self) -> Mapping[str, FloatArray]:
        """What the rig measures beyond what every rig measures, by name, in SI units."""
        return self.record.signals

    @property
    def phase(self) -> npt.NDArray[np.uint8]:
        """What the rig was about, a `Phase`."""
        return self.record.phase

    @property
    def step(self) -> npt.NDArray[np.uint16]:
        """Step of the site's program."""
        return self.record.step

    @property
    def flag(self) -> npt.NDArray[np.uint8]:
        """What is special about each row, bits of `Flag`."""
        return self.record.flag

    @property
    def landing(self) -> Landing | None:
        """How the contact went, None if there was none."""
        return self.record.landing

    @property
    def steps(self) -> Mapping[int, slice]:
        """The rows of each step that began, by the number of the step."""
        return self.record.steps


def step_rows(phase: npt.NDArray[np.uint8], step: npt.NDArray[np.uint16]) -> dict[int, slice]:
    """Return which rows belong to each step, by the number of the step."""
    measured = np.flatnonzero(phase == Phase.STEP)
    if len(measured) == 0:
        return {}
    cuts = np.flatnonzero((np.diff(step[measured]) != 0) | (np.diff(measured) != 1)) + 1
    return {
        int(step[rows[0]]): slice(int(rows[0]), int(rows[-1]) + 1)
        for rows in np.split(measured, cuts)
    }


def _in_breaks(phase: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Tell which rows lie between steps, where a session broke off and a later one rested."""
    measured = np.flatnonzero(phase == Phase.STEP)
    edges = np.concatenate(([-1], measured, [len(phase)]))
    broken = np.zeros(len(phase), bool)
    for k in np.flatnonzero(np.diff(edges) > 1).tolist():
        between = slice(int(edges[k]) + 1, int(edges[k + 1]))
        broken[between] = bool((phase[between] == Phase.REST).any())
    return broken


def record_of(
    rows: npt.NDArray[Any],
    *,
    number: int,
    outcome: Outcome,
    landing: Landing | None,
    t_contact: float,
    events: tuple[Event, ...],
    raw: RawOfSite | None = None,
    leads: Leads = NO_LEADS,
    imported: bool = False,
) -> SiteRecord:
    """Turn packed rows, as stored, into a record in SI units.

    What passed between a break and the session that went on is left out.
    """
    seams: tuple[int, ...] = ()
    if (rows["phase"] == Phase.REST).any():
        own = np.flatnonzero(~_in_breaks(rows["phase"]))
        seams = tuple((np.flatnonzero(np.diff(own) > 1) + 1).tolist())
        rows = rows[own]
    return SiteRecord(
        number=number,
        outcome=outcome,
        t=rows["t"].copy(),
        E=rows["E"].astype(np.float64),
        I=rows["I"].astype(np.float64),
        z=rows["z"].astype(np.float64) / UM,
        x=rows["x"].astype(np.float64) / UM,
        y=rows["y"].astype(np.float64) / UM,
        phase=rows["phase"].copy(),
        step=rows["step"].copy(),
        flag=rows["flag"].copy(),
        signals={
            name: rows[SIGNAL + name].astype(np.float64)
            for name in added_signals(rows.dtype.names or ())
        },
        landing=landing,
        t_contact=t_contact,
        events=events,
        raw=raw,
        leads=leads,
        seams=seams,
        imported=imported,
    )
