"""Which analysis belongs to which site: the same code live, as sites finish, and afterwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seccm.analysis import detachment
from seccm.analysis.quality import Quality
from seccm.analysis.scan_quality import judged_together
from seccm.analysis.site_quality import judged
from seccm.analysis.step_features import Phrase, arrays_of, measured, phrase_of
from seccm.analysis.step_trace import step_traces
from seccm.data import (
    Analysed,
    Column,
    Columns,
    FeatureValues,
    Refound,
    Scan,
    SiteRecord,
    StepArray,
    StepResult,
)
from seccm.errors import DamagedError
from seccm.events import Outcome
from seccm.plan.plan import Plan
from seccm.plan.site import Site
from seccm.plan.spacing import droplets_are_none, overlapping
from seccm.program.kept import Kept
from seccm.program.trace import Area
from seccm.program.yielded import results as declared_results
from seccm.results import Status, Value, Values

STATUSES: Mapping[int, str] = {int(status): status.label for status in Status}
"""What the status codes of features mean, for the data file."""


class Features:
    """What is determined at every site of a plan; call it with a finished site.

    Features are the numbers that the plan keeps of each site; the results of all steps are
    determined beside them.

    Args:
        plan: whose sites are measured.
        offset: volts that turn a raw potential into one against the reference; those of the
            plan unless the reference was calibrated since.
        sites: that are visited; those of the plan unless given.
        areas: wetted areas of single sites, by their numbers, in the place of the plan's.
    """

    def __init__(
        self,
        plan: Plan,
        offset: float | None = None,
        sites: Iterable[Site] | None = None,
        areas: Mapping[int, Area] | None = None,
    ) -> None:
        self.plan = plan
        self.offset = plan.reference.offset if offset is None else offset
        self.area = area_of(plan)
        self._areas = {} if areas is None else areas
        self._kept = plan.kept()
        self.columns = (
            *(Column(k.column, k.result.unit, k.words) for k in self._kept),
            *detachment.columns_of(plan),
        )
        self.quantities = tuple(
            Column(r.name, r.unit, r.words, r.dims) for r in declared_results().values()
        )
        """What may be determined of steps, whichever will run."""
        self._sites = list(plan.sites() if sites is None else sites)
        self._overlapping = _overlapping(plan, self._sites)

    def calibrated(self, offset: float, sites: Iterable[Site]) -> Features:
        """Return the same with another offset of the reference, for the sites of a file."""
        return Features(self.plan, offset, sites, self._areas)

    def add(self, site: Site) -> None:
        """Take in a site that a planner has added, before it is visited.

        Those before it that it overlaps with are told so when the file is analysed again.
        """
        self._sites.append(site)
        self._overlapping = _overlapping(self.plan, self._sites)

    @property
    def layout(self) -> Columns:
        """Everything that the plan and this analysis add to the site table of a data file."""
        units, own = self.plan.conditions[0].units, self.plan.own_units
        factors = [Column(name, unit, f"factor {name}") for name, unit in units.items()]
        factors += [Column(name, unit, f"{name} of the site") for name, unit in own.items()]
        return Columns(
            factors=tuple(factors),
            features=self.columns,
            quantities=self.quantities,
            statuses=STATUSES,
        )

    def __call__(self, site: Site, record: SiteRecord) -> Analysed:
        """Determine the features of one site; nothing it may contain raises."""
        area = self._areas.get(site.number) or area_at(self.plan, site)
        ran = step_traces(site, record, self.offset, area)
        places = {segment.path: segment.index for segment in site.segments}
        known: list[_Known] = []
        phrases: list[Phrase] = []
        results: list[StepResult] = []
        arrays: list[StepArray] = []
        for count, trace in enumerate(ran):
            values, number = measured(trace, ran[:count]), trace.segment.index
            results += (
                StepResult(number, name, value.value, value.error, int(value.status))
                for name, value in values.items()
            )
            many = arrays_of(trace, ran[:count])
            arrays += (
                StepArray(number, name, each.values, each.errors, int(each.status))
                for name, each in many.items()
            )
            # Told by its place in the plan, whichever step it was at this site.
            place = places.get(trace.segment.path, trace.segment.index)
            known.append(_Known(place, values, many))
            phrases.append(phrase_of(trace.segment, values))
        quality = judged(site, record, overlapping=site.number in self._overlapping)
        lost = next((trace for trace in ran if trace.lost is not None), None)
        if lost is not None:
            quality |= Quality.LOST_CONTACT
            phrases.append(Phrase(f"contact lost in step {lost.segment.index + 1}"))
        return Analysed(
            features={
                kept.column: (value.value, value.error, int(value.status))
                for kept, value in ((kept, _value(kept, known)) for kept in self._kept)
            }
            | {
                name: (value.value, value.error, int(value.status))
                for name, value in detachment.of_site(site, record).items()
            },
            quality=int(quality),
            summary=_summary(record, phrases),
            doubtful=any(phrase.doubtful for phrase in phrases),
            results=tuple(results),
            arrays=tuple(arrays),
        )

    def name(self, result: str, step: int) -> str:
        """Return the column of a result of one step; empty if there is none of that step alone."""
        return next(
            (k.column for k in self._alone if k.result.name == result and k.among == {step}), ""
        )

    def step(self, column: str) -> int | None:
        """Return the step that a column is of; None if that may be several, or is not known."""
        return next((min(k.among) for k in self._alone if k.column == column), None)

    def among(self, column: str) -> frozenset[int]:
        """Return the steps that a column may be of; none if it is not known."""
        return next((k.among for k in self._kept if k.column == column), frozenset())

    def of(self, column: str) -> str:
        """Return in words which step a column is of; empty if it is not known."""
        kept = next((k for k in self._kept if k.column == column), None)
        if kept is None or kept.of:
            return kept.of if kept else ""
        return f"step {min(kept.among)}" if len(kept.among) == 1 else "first step"

    @property
    def _alone(self) -> Iterator[Kept]:
        """The columns that are the single number of a single step."""
        return (k for k in self._kept if k.entry is None and len(k.among) == 1)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found at a step that ran."""

    place: int
    """Its number among the steps of the plan that may run."""
    values: Mapping[str, Value]
    arrays: Mapping[str, Values]


def _value(kept: Kept, known: Sequence[_Known]) -> Value:
    """Return a number that is kept, out of what was found at the steps of a site."""
    name = kept.result.name
    mine = [step for step in known if step.place in kept.among]
    for step in mine if kept.which == "first" else reversed(mine):
        if kept.entry is None and name in step.values:
            return step.values[name]
        if kept.entry is not None and name in step.arrays:
            return kept.entry.of(step.arrays[name])
    return Value.none(Status.NOT_MEASURED)


def area_of(plan: Plan) -> Area:
    """Return the wetted area of a plan's probe."""
    footprint, area = plan.probe.footprint, plan.probe.area
    relative = math.nan if footprint.uncertainty is None else footprint.uncertainty
    return Area(area, area * relative, footprint.basis)


def area_at(plan: Plan, site: Site) -> Area:
    """Return the area that densities at a site refer to: that of its own electrode, or the plan's.

    The plan's is what the droplet of its probe wets, wherever that lands.
    """
    if plan.moves or site.recipe is None:
        return area_of(plan)
    return Area(site.recipe.area, math.nan, "nominal")


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """The features of a whole scan, as `seccm.data.rewrite_features` takes them."""

    features: Mapping[str, FeatureValues]
    """By name; each with one value for each planned site."""
    quality: npt.NDArray[np.uint32]
    """Quality flags, shape (sites,)."""
    analysed: int
    """How many sites were closed and have been looked at."""
    results: Refound
    """Of every step of these sites."""
    damaged: Mapping[int, str] = field(default_factory=dict)
    """Why there is nothing of a closed site, in a sentence, by its number."""


def reanalyse(scan: Scan, features: Features) -> Reanalysis:
    """Determine the features of all closed sites of a file again.

    Potentials are put against the reference with the offset that the file has now, which may be
    of a later calibration than the plan's.

    Args:
        scan: opened for reading.
        features: of the scan's plan.

    Raises:
        DamagedError: no closed site can be read; one of several is said in the result.
    """
    planned, count = scan.planned, len(scan.sites)
    calibrated = features.calibrated(scan.header.reference_offset, planned.values())
    values = {
        column.name: FeatureValues(
            column,
            np.full(count, math.nan),
            np.full(count, math.nan),
            np.full(count, int(Status.NOT_MEASURED), np.uint8),
        )
        for column in calibrated.columns
    }
    quality = np.zeros(count, np.uint32)
    results = Refound(scan.quantities, calibrated.quantities)
    closed = np.flatnonzero(scan.sites["status"] > Outcome.RUNNING).tolist()
    damaged: dict[int, str] = {}
    for number in closed:
        if number not in planned:
            # Nothing tells what was done there: what was found then stays.
            quality[number] = scan.sites["quality"][number]
            for name, feature in values.items():
                if name in scan.sites:
                    feature.keep(scan.sites, number)
            continue
        try:
            record = scan.record(number)
        except DamagedError as said:
            damaged[number] = str(said)
            quality[number] = Quality.DAMAGED
            for feature in values.values():
                feature.statuses[number] = Status.DAMAGED
            continue
        found = calibrated(planned[number], record)
        results.add(number, found, scan.steps_of(number))
        quality[number] = found.quality
        for name, (value, error, status) in found.features.items():
            values[name].values[number] = value
            values[name].errors[number] = error
            values[name].statuses[number] = status
    if damaged and len(damaged) == len(closed):
        raise DamagedError(damaged[closed[0]])
    allowances = {number: site.approach.overtravel for number, site in planned.items()}
    # Where the tip is in the liquid at all sites, no ground is wetted twice.
    wide = 0.0 if droplets_are_none(planned.values()) else features.plan.probe.diameter
    regions = {number: site.region for number, site in planned.items()}
    together = judged_together(scan.sites, allowances, wide, regions)
    return Reanalysis(values, quality | together, len(closed) - len(damaged), results, damaged)


def _overlapping(plan: Plan, among: Iterable[Site]) -> frozenset[int]:
    if not plan.places.allow_overlap:  # then a plan with overlaps would not have been run
        return frozenset()
    sites = tuple(among)
    if droplets_are_none(sites):
        return frozenset()
    found: set[int] = set()
    for region in dict.fromkeys(site.region for site in sites):
        here = [site for site in sites if site.region == region]
        near = overlapping(np.array([(site.x, site.y) for site in here]), plan.probe.diameter)
        found |= {site.number for site, hit in zip(here, near, strict=True) if hit}
    return frozenset(found)


MOST_PHRASES = 6
"""Steps that the line of a site in a log tells of: of longer programmes the first and the last."""


def _summary(record: SiteRecord, phrases: list[Phrase]) -> str:
    each = [phrase.words for phrase in phrases if phrase.words]
    if len(each) > MOST_PHRASES:
        half = MOST_PHRASES // 2
        each[half:-half] = [f"... {len(each) - 2 * half} more steps ..."]
    said = "; ".join(each)
    if record.outcome == Outcome.OK:
        return said
    return f"{record.outcome.words}; {said}" if said else record.outcome.words
