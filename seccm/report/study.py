"""A scan as a report looks at it: conditions with colours, columns with reasons, traces."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when used: reading a plan needs none of them
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.declared import declared, main_results
from seccm.analysis.features import Features, reanalyse
from seccm.analysis.heights import CONTACT, Heights, heights_of, sources
from seccm.analysis.own_areas import areas_in
from seccm.analysis.own_condition import AgainstOwn, against_own
from seccm.analysis.scan_quality import judged_together, places
from seccm.analysis.series import SeriesOfSite, may_have_series, series_of
from seccm.analysis.signal_means import mean_of, mean_result
from seccm.analysis.step_features import arrays_of
from seccm.analysis.step_trace import step_traces
from seccm.analysis.topography import Topography
from seccm.arrays import BoolArray, FloatArray
from seccm.data import Column, Scan
from seccm.errors import DamagedError, PlanError
from seccm.events import Outcome
from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.program.any_results import OF_ANY_STEP
from seccm.program.kind import Kind
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.site_results import per_area
from seccm.program.trace import Area, StepTrace
from seccm.report import style
from seccm.report.feature import Feature
from seccm.report.groups import Group, Groups
from seccm.report.readings import Readings
from seccm.results import Result, Status, Values

MOST_CURVES = 400
"""Curves in one panel; of more sites, evenly chosen ones are drawn, and the caption says so."""


@dataclass(frozen=True, slots=True)
class Turned:
    """Where the curves of a step turn: the features that say so."""

    time: Feature
    level: Feature

    def at(self, number: int) -> tuple[float, float]:
        """Return time and level of one site, if they may be averaged; else NaN."""
        return self.time.value(number), self.level.value(number)


class Study:
    """A scan and what its plan says about it.

    Args:
        scan: opened for reading; may be growing, stopped or killed.
        room: inches that a figure may be wide; as wide as it likes unless given. Figures of several
            panels put fewer of them in a row to keep it.
    """

    def __init__(self, scan: Scan, room: float = math.inf) -> None:
        self.scan = scan
        self.room = room
        self.header = scan.header
        self.virtual = scan.header.virtual
        self.reference = style.literal(scan.header.reference)
        self.plan, self.plan_error = _plan_of(scan)
        self._planned: Mapping[int, Site] = scan.planned if self.plan else {}

    # ------------------------------------------------------------------------------ sites

    @cached_property
    def outcome(self) -> npt.NDArray[np.uint8]:
        """What became of each site, an `Outcome`, shape (sites,)."""
        return np.asarray(self.scan.sites["status"])

    @cached_property
    def landed(self) -> BoolArray:
        """Sites at which the meniscus touched."""
        return np.asarray(self.scan.sites["landed"] == 1)

    @cached_property
    def measured(self) -> npt.NDArray[np.int64]:
        """Numbers of the sites that came to their regular end."""
        return np.flatnonzero(self.outcome == Outcome.OK)

    @property
    def x(self) -> FloatArray:
        """Where each site is, in m: measured, or commanded where it was not."""
        return self._places[0]

    @property
    def y(self) -> FloatArray:
        """As `x`."""
        return self._places[1]

    @cached_property
    def _places(self) -> tuple[FloatArray, FloatArray]:
        x, y = places(self.scan.sites)
        if self.plan is None or self.plan.regions is None:
            return x, y
        # Side by side: in stage coordinates all regions lie on each other.
        shift = self.plan.shown_apart([self.region_of(number) for number in range(x.size)])
        return x + shift[:, 0], y + shift[:, 1]

    def region_of(self, number: int) -> str:
        """Return the region of the sample in which a site lies; empty where there is only one."""
        site = self._planned.get(number)
        return "" if site is None else site.region

    @cached_property
    def heights(self) -> Heights:
        """The heights of the sites, and the same levelled."""
        sites = self.scan.sites
        names = [f"{result.name}{part}" for result in sources() for part in ("", "_status")]
        columns = {name: sites[name] for name in (*names, "ix", "iy") if name in sites}
        columns[CONTACT] = np.where(self.landed, sites[CONTACT], math.nan)
        found = heights_of(columns, self.x, self.y, sites["t_contact"])
        if self.plan is not None and self.plan.regions is not None:
            # No plane goes through several regions: each was moved below the tip again.
            return replace(found, plane=None, lines=np.full(found.z.shape, math.nan))
        return found

    @property
    def topography(self) -> Topography | None:
        """The plane of the heights; None where too few landings say anything of it."""
        return self.heights.plane

    @cached_property
    def quality(self) -> npt.NDArray[np.uint32]:
        """Quality flags of each site, those that take the whole scan to see included."""
        allowed = {number: site.approach.overtravel for number, site in self._planned.items()}
        regions = {number: site.region for number, site in self._planned.items()}
        together = judged_together(self.scan.sites, allowed, self.diameter, regions)
        return self.scan.sites["quality"] | together

    @property
    def area(self) -> Area | None:
        """The wetted area that densities refer to; None if the plan cannot be read."""
        return self._features.area if self._features else None

    @cached_property
    def by_plan_area(self) -> frozenset[str]:
        """The features that count something per area of the plan."""
        columns = self._features.columns if self._features else ()
        return frozenset(column.name for column in columns if per_area(column.unit))

    @cached_property
    def own_areas(self) -> Mapping[int, Area]:
        """The wetted areas that were measured of single sites, by their numbers."""
        return areas_in(self.scan)

    @property
    def diameter(self) -> float:
        """Of a round footprint, in m; NaN if unknown."""
        return self.plan.probe.diameter if self.plan else math.nan

    @property
    def common(self) -> str:
        """What is uncertain of all potentials alike; empty if the plan does not state it."""
        return self.plan.reference.common if self.plan else ""

    @property
    def uncertainty(self) -> float | None:
        """Standard uncertainty of the reference's offset, in V; None if it is not stated."""
        return self.plan.reference.uncertainty if self.plan else None

    def figure(
        self, width: float, height: float, *, potentials: bool = False, currents: bool = True,
        note: str = "",
    ) -> Figure:  # fmt: skip
        """Make an empty figure of this study.

        Args:
            width: inches.
            height: inches.
            potentials: whether it shows potentials against the reference, so that it has to say
                what is uncertain of all of them.
            currents: whether the sign of currents matters in it.
            note: more small print.
        """
        said = ". ".join(part for part in (self.common if potentials else "", note) if part)
        return style.figure(width, height, virtual=self.virtual, convention=currents, note=said)

    @cached_property
    def pitch(self) -> float:
        """Distance of nearest neighbours, in m; the footprint's diameter for a single site."""
        if self.x.size < 2:
            return self.diameter if self.diameter > 0.0 else 1e-6
        places = np.column_stack([self.x, self.y])
        distance = np.asarray(scipy.spatial.KDTree(places).query(places, k=2)[0])
        return float(np.median(distance[:, 1]))

    @cached_property
    def damaged(self) -> Mapping[int, str]:
        """What is damaged in the file, in a sentence for each site."""
        return self.scan.check()

    @cached_property
    def groups(self) -> Groups:
        """The sites by their conditions."""
        condition = np.asarray(self.scan.sites["condition"]).astype(np.int64)
        return Groups(self.plan, self._planned.values(), condition, self.outcome == Outcome.OK)

    # --------------------------------------------------------------------------- features

    @cached_property
    def _features(self) -> Features | None:
        if self.plan is None:
            return None
        return Features(self.plan, self.header.reference_offset, self._planned.values())

    @cached_property
    def features(self) -> dict[str, Feature]:
        """Features by name: those in the file, or determined now if it has none."""
        stored = {c.name: self._stored(c) for c in self.scan.features}
        if stored or self._features is None or not (self.outcome > Outcome.RUNNING).any():
            return stored | self.signal_means
        again = reanalyse(self.scan, self._features)
        return {
            name: Feature(f.column, f.values, f.errors, f.statuses)
            for name, f in again.features.items()
        } | self.signal_means

    @cached_property
    def signal_means(self) -> dict[str, Feature]:
        """Means of signals over the steps of each site, of those that the rig file wants mapped."""
        wanted = [signal for signal in self.scan.signals if signal.mapped]
        size = self.outcome.size
        found = {
            result.name: Feature(
                Column(result.name, result.unit, result.words),
                np.full(size, math.nan),
                np.full(size, math.nan),
                np.full(size, int(Status.NOT_MEASURED), np.uint8),
            )
            for result in map(mean_result, wanted)
        }
        for number in np.flatnonzero(self.landed).tolist() if wanted else ():
            try:
                record = self.scan.record(number)
            except DamagedError:
                continue  # the page says so
            rows = record.in_steps
            for signal, feature in zip(wanted, found.values(), strict=True):
                value = mean_of(record.signal(signal.name)[rows], record.flag[rows])
                feature.values[number], feature.errors[number] = value.value, value.error
                feature.statuses[number] = value.status
        return found

    @cached_property
    def asked(self) -> frozenset[str]:
        """The features that the plan asks for by name, which are shown whatever they are."""
        if self.plan is None or self.plan.keep is None:
            return frozenset()
        return frozenset(kept.column for kept in self.plan.kept())

    def _stored(self, column: Column) -> Feature:
        sites = self.scan.sites
        return Feature(
            Column(column.name, style.literal(column.unit), style.literal(column.long_name)),
            np.asarray(sites[column.name], np.float64),
            np.asarray(sites[f"{column.name}_err"], np.float64),
            np.asarray(sites[f"{column.name}_status"], np.uint8),
        )

    def repeats_plan(self, name: str) -> bool:
        """Tell whether a feature only says what the plan imposed, as the charge of a current does.

        It does if one of its steps imposes that, or, where these are not known, any step.
        """
        follows = declared(name).follows
        among = self._features.among(name) if self._features else frozenset()
        own = (segment for segment in self.segments if not among or segment.index in among)
        return bool(follows) and any(segment.mode == follows for segment in own)

    @cached_property
    def main(self) -> tuple[str, ...]:
        """The names of the results that the steps are made for, the most telling first."""
        return main_results(segment.kind for segment in self.segments)

    def says_little(self, name: str) -> bool:
        """Tell whether a feature is drawn only where there is nothing better.

        So is what repeats the plan, and the charge of a step that is made for other results.
        """
        if self.repeats_plan(name):
            return True
        result, known = declared(name), kinds()
        among = self._features.among(name) if self._features else frozenset()
        own = [known.get(segment.kind) for segment in self.segments if segment.index in among]
        return result in OF_ANY_STEP and any(
            kind is not None and kind.main and result not in kind.main for kind in own
        )

    def has(self, *names: str) -> bool:
        """Tell whether every one of these features has a number at some site."""
        return all(n in self.features and bool(self.features[n].known.any()) for n in names)

    def name(self, result: str, step: int) -> str:
        """Return the name of a result of one step; empty if there is no such feature."""
        name = self._features.name(result, step) if self._features else ""
        return name if name in self.features else ""

    def symbol(self, name: str) -> str:
        """Return a feature's symbol, with its step where several steps yield the like."""
        alike = [other for other in self.features if declared(other) is declared(name)]
        of = self._features.of(name) if self._features and len(alike) > 1 else ""
        return f"{scales.symbol(name)}, {of}" if of else scales.symbol(name)

    def result(self, result: Result, step: int) -> Feature | None:
        """Return a result of one step; None where no site has a number."""
        name = self.name(result.name, step)
        return self.features[name] if name and self.has(name) else None

    def turn(self, step: int) -> Turned | None:
        """Return where the curves of a step turn, if they do at any site."""
        kind = self.kind(step)
        if kind is None or kind.turn is None:
            return None
        time, level = (self.result(each, step) for each in (kind.turn.time, kind.turn.level))
        return Turned(time, level) if time is not None and level is not None else None

    def kind(self, step: int) -> Kind[Any] | None:
        """Return the kind of a step; None if it is not installed here."""
        return kinds().get(self.segments[step].kind)

    def against_own(self, name: str) -> AgainstOwn:
        """Return a feature against the medians of the conditions of its sites."""
        feature = self.features[name]
        return against_own(
            feature.declared, feature.values, feature.errors,
            feature.trusted & (self.outcome == Outcome.OK),
            np.asarray(self.scan.sites["condition"]).astype(np.int64),
        )  # fmt: skip

    def waited(self, name: str) -> Feature | None:
        """Return the feature that says how long an event was waited for, of the same step."""
        result = declared(name)
        return self.features.get(result.waited + result.step(name)) if result.waited else None

    def telling(self, name: str) -> bool:
        """Tell whether a feature says something of this scan, and not only of the analysis.

        A wave without a plateau does not, nor an efficiency of what is not stored and given back,
        nor peaks that most sites do not have.
        """
        if name not in self.features:
            return False
        feature = self.features[name]
        known, trusted = int(feature.known.sum()), int(feature.trusted.sum())
        odd = int((feature.statuses == Status.ABOVE_UNITY).sum())
        absent = int((feature.statuses[self.measured] == Status.NOT_FOUND).sum())
        return (
            trusted > 0
            and trusted >= 0.5 * known
            and odd < 0.5 * known
            and absent <= 0.5 * self.measured.size
        )

    # ------------------------------------------------------------------------------ steps

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The steps of the first site's program."""
        first = next(iter(self._planned.values()), None)
        return first.segments if first else ()

    def step_labels(self, step: int) -> list[str]:
        """Return a step in words, once for each way in which it is done under the conditions."""
        sites = {site.condition: site for site in self._planned.values()}
        programs = (site.segments for site in sites.values())
        return list(dict.fromkeys(p[step].label for p in programs if step < len(p)))

    def trace(self, number: int, step: int) -> StepTrace | None:
        """Return one step of a site; None where it never began, or is damaged in the file."""
        ran = self._ran.of(number)
        place = self._place(number, step, ran)
        return None if place is None else ran[place]

    def seen(self, number: int, step: int) -> StepTrace | None:
        """Return one step of a site with the data points that are drawn of its kind."""
        trace = self.trace(number, step)
        if trace is None:
            return None
        kind = kinds().get(trace.segment.kind)
        return trace if kind is None or kind.seen is None else trace.once(kind.seen)

    @cached_property
    def _ran(self) -> Readings:
        """The steps that began at each site."""
        return Readings(self._read)

    def _read(self, number: int) -> tuple[StepTrace, ...]:
        """Read the steps that began at a site."""
        site = self._planned.get(number)
        if site is None or self._features is None:
            return ()
        try:
            record = self.scan.record(number)
        except DamagedError:
            return ()  # the page says so
        return step_traces(site, record, self._features.offset, self._features.area)

    def _place(self, number: int, step: int, ran: Sequence[StepTrace]) -> int | None:
        """Return which of the steps that ran is one of the program."""
        site = self._planned.get(number)
        if site is None or step >= len(site.segments):
            return None
        path = site.segments[step].path
        return next((k for k, trace in enumerate(ran) if trace.segment.path == path), None)

    def repeats(self, group: Group) -> npt.NDArray[np.int64]:
        """Return sites of a condition whose curves are drawn: those that count, else any.

        Of many some, so that all conditions together have about `MOST_CURVES`.
        """
        sites = group.counted if group.counted.size else group.sites
        return evenly(sites, max(1, MOST_CURVES // len(self.groups)))

    def traces(
        self, sites: npt.NDArray[np.int64], step: int, most: int = MOST_CURVES
    ) -> Iterator[tuple[int, StepTrace]]:
        """Yield one step of several sites, while in contact; of more than `most`, some."""
        for number in evenly(sites, most):
            trace = self.seen(int(number), step)
            found = None if trace is None else trace.in_contact
            if found is not None and found.t.size > 1:
                yield int(number), found

    def arrays(self, number: int, step: int) -> Mapping[str, Values]:
        """Return the results with dimensions of one step of a site, by name."""
        ran = self._ran.of(number)
        place = self._place(number, step, ran)
        return {} if place is None else arrays_of(ran[place], ran[:place])

    def series(self, number: int) -> tuple[SeriesOfSite, ...]:
        """Return the series of steps within a site; none without a kind that declares some."""
        site = self._planned.get(number)
        if site is None or not may_have_series(site.segments):
            return ()
        return series_of(self._ran.of(number))

    def site(self, number: int) -> Site | None:
        """Return what was planned at a site."""
        return self._planned.get(number)


def evenly(numbers: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """Choose at most so many of some numbers, at even distances."""
    if numbers.size <= most:
        return numbers
    return numbers[np.linspace(0, numbers.size - 1, most).round().astype(np.int64)]


def _plan_of(scan: Scan) -> tuple[Plan | None, str]:
    try:
        return Plan.from_json(scan.plan_json, source=str(scan.path)), ""
    except PlanError as error:
        return None, str(error)
