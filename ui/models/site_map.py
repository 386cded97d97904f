"""What a map shows: one value, one outcome and one place for each site, and a selection."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from seccm.analysis.declared import main_results, place
from seccm.analysis.heights import heights_of, sources
from seccm.arrays import BoolArray, FloatArray
from seccm.data import Scan
from seccm.events import (
    Event,
    Landed,
    Outcome,
    Outcomes,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.factors import Condition
from seccm.plan import Plan
from seccm.plan.recipe import conditions_among
from seccm.plan.site import ApproachSpec, Site
from seccm.plan.ways import kind_in
from seccm.remote import Overview, SiteList
from seccm.results import UNTRUSTED, Result, Status
from seccm.rig import ContactRule, Signal
from seccm.typography import readable
from seccm.units import show
from ui.models.across_page import AcrossPage, pages_over
from ui.models.neighbours import is_grid, spacing
from ui.models.quantity import HEIGHT, Quantity, Z

CHARGE, CONDITION, OUTCOME = "charge", "condition", "outcome"
NET_CHARGE = Result(CHARGE, "C", "net charge of all steps", signed=True, rank=340)
PLANE = Result("height above the plane", "m", "height of the surface above a plane that edges and "
               "particles do not tilt", zero_chosen=True, rank=446)  # fmt: skip
LINES = Result("height line by line", "m", "height of the surface, each row put on the one before",
               zero_chosen=True, rank=447)  # fmt: skip
CATEGORIES = (CONDITION, OUTCOME)
_LABELS = {int(status): status.label for status in Status}
_CAVEATS = {int(status): status.caveat for status in Status if status.caveat}
_PLACED = ("x_cmd", "y_cmd", "ix", "iy", "condition")
"""What the table of sites says of where a site lies, and of what is done there."""
LABELS = 100
"""Sites whose names are written on a map; more would hide it."""
SOME_SIZE = 1e-6
"""Metres: how large a single site is drawn of which nobody knows the footprint."""


def names_of(sites: Iterable[Site]) -> dict[int, str]:
    """Return what sites are called, by their numbers; the first of a region is called as that."""
    found: dict[int, str] = {}
    seen: set[str] = set()
    for site in sites:
        if site.label:
            found[site.number] = site.label
        elif site.region and site.region not in seen:
            found[site.number] = site.region
        seen.add(site.region)
    return found


def _labels_of(conditions: Sequence[Condition]) -> list[str]:
    return [readable(condition.label) or "all sites" for condition in conditions]


def _main_of(sites: Sequence[Site]) -> tuple[str, ...]:
    return main_results(segment.kind for site in sites for segment in site.segments)


def _area_words(plan: Plan) -> str:
    return readable(f"{show(plan.probe.area, 'm^2', 3)} ({plan.probe.footprint.basis})")


@dataclass
class SiteMap:
    """The sites of a scan as a map shows them; all arrays of shape (sites,), SI."""

    x: FloatArray
    y: FloatArray
    ix: npt.NDArray[np.int64]
    iy: npt.NDArray[np.int64]
    condition: npt.NDArray[np.int64]
    labels: list[str]
    """The conditions in words."""
    diameter: float = float("nan")
    """Of a footprint."""
    area: str = ""
    """That of the plan, in words; empty while it is not known."""
    reference: str = ""
    common: str = ""
    """What is uncertain of all potentials alike; empty while it is not known."""
    over: tuple[AcrossPage, ...] = ()
    """The pages over all sites that the kinds of the steps declare, as far as they are known."""
    called: Mapping[int, str] = field(default_factory=dict)
    """What the plan calls sites, by their numbers; those without a name are left out."""
    signals: tuple[Signal, ...] = ()
    """Those that the rig file adds."""
    main: tuple[str, ...] = ()
    """The names of the results that the steps are made for, the most telling first."""
    moves: bool = True
    """Whether a tip comes down to the sites; else there is no height, and no approach."""
    approaches: Mapping[int, ApproachSpec] = field(default_factory=dict)
    """How the tip comes down, by condition, as far as that is known."""
    outcome: npt.NDArray[np.uint8] = field(init=False)
    when: FloatArray = field(init=False)
    """When each was touched: in seconds in a file, in data points in a run that is followed; NaN
    where that is not known."""
    selected: BoolArray = field(init=False)
    quantities: dict[str, Quantity] = field(default_factory=dict)
    current: int | None = None
    """The active site."""
    version: int = 0
    """Rises whenever there is something new to draw."""
    picked: int = 0
    """Rises whenever the selection is another."""
    named: int = 0
    """How many conditions the plan of a file has names for; those of a planner come later."""
    regions: Mapping[int, str] = field(default_factory=dict)
    """Of the sample, by the numbers of the sites; empty where there is only one."""
    _apart: Callable[[Sequence[str]], FloatArray] | None = None
    """By how much sites of regions are shifted: these are shown side by side."""
    _passing: int | None = None
    """The site whose steps have all been heard of since it began."""
    _outcomes: Outcomes = field(default_factory=Outcomes, init=False)
    _levelled_from: str = field(default="", init=False)
    """The result that the levelled heights are made of."""
    _levelled: int = field(default=-1, init=False)
    """The version of which the levelled heights are."""

    def __post_init__(self) -> None:
        self.outcome = np.zeros(self.x.size, np.uint8)
        self.when = self._empty()
        self.selected = np.zeros(self.x.size, bool)

    # ------------------------------------------------------------------------------ making

    @classmethod
    def of_run(cls, plan: Plan, listed: SiteList, sites: Sequence[Site]) -> Self:
        """Make the map of a run.

        Args:
            plan: that is carried out.
            listed: its sites so far.
            sites: those of them that are known, resolved.
        """
        table = np.array(listed.rows, float).reshape(-1, 7)
        ix, iy, condition = table[:, 2:5].T.astype(np.int64)
        made = cls(
            x=table[:, 0].copy(),
            y=table[:, 1].copy(),
            ix=ix,
            iy=iy,
            condition=condition,
            labels=_labels_of(conditions_among(plan, sites)),
            diameter=plan.probe.diameter,
            area=_area_words(plan),
            reference=plan.reference.name,
            common=plan.reference.common,
            over=pages_over(plan, plan.visits().patterns),
            main=_main_of(plan.visits().patterns),
            moves=plan.moves,
        )
        made.approaches = {s.condition: s.approach for s in reversed(sites)}
        made.called = names_of(sites)
        made._lay_out(plan, {s.number: s.region for s in sites if s.region})
        made._add(Quantity.of(HEIGHT, made._empty()))
        return made

    @classmethod
    def of_scan(cls, scan: Scan) -> Self:
        """Make the map of a data file, finished or growing, from its table of sites alone."""
        sites = scan.sites
        at = {
            axis: np.where(np.isfinite(sites[axis]), sites[axis], sites[f"{axis}_cmd"])
            for axis in "xy"
        }
        condition = np.asarray(sites["condition"]).astype(np.int64)
        made = cls(
            x=at["x"],
            y=at["y"],
            ix=np.asarray(sites["ix"]).astype(np.int64),
            iy=np.asarray(sites["iy"]).astype(np.int64),
            condition=condition,
            labels=[f"condition {k + 1}" for k in range(int(condition.max(initial=0)) + 1)],
            reference=scan.header.reference,
            signals=scan.signals,
            moves=kind_in(scan.plan_json).moves,
        )
        made._add(Quantity.of(HEIGHT, made._empty()))
        for column in scan.features:
            made._add(Quantity(column.name, column.unit, column.long_name, made._empty()))
        made._take(scan, slice(None))
        return made

    def describe(
        self,
        plan: Plan,
        sites: Sequence[Site] = (),
        called: Mapping[int, str] | None = None,
        regions: Mapping[int, str] | None = None,
    ) -> None:
        """Take names, the footprint and the approaches from what is in a file.

        Args:
            plan: of its run.
            sites: in their order, as they were meant to be.
            called: what sites are called, by their numbers.
            regions: of the sample, in which they lie.
        """
        self._lay_out(plan, regions or {})
        self.called = called or {}
        self.approaches = {site.condition: site.approach for site in reversed(sites)}
        self.labels = _labels_of(conditions_among(plan, sites))
        self.named = len(self.labels)
        self.diameter = plan.probe.diameter
        self.area = _area_words(plan)
        self.common = plan.reference.common
        self.over = pages_over(plan, sites)
        self.main = _main_of(sites)
        self.version += 1

    def _lay_out(self, plan: Plan, regions: Mapping[int, str]) -> None:
        """Show the regions of a sample side by side: their sites have the same coordinates."""
        if plan.regions is None:
            return
        self._apart, new = plan.shown_apart, {n: r for n, r in regions.items() if n < self.x.size}
        for number, shift in zip(new, plan.shown_apart([*new.values()]), strict=True):
            if number not in self.regions:
                self.x[number] += shift[0]
                self.y[number] += shift[1]
        self.regions = {**self.regions, **new}
        for name in ("placed", "_spacing"):
            self.__dict__.pop(name, None)

    # ------------------------------------------------------------------------------ following

    def look(self, scan: Scan) -> bool:
        """Take in what has become of sites in a growing file; return whether anything has.

        Only rows of sites that are in hand, or were not closed before, are read: a scan of very
        many sites is looked at as fast as a small one.
        """
        self._lengthen(scan)
        new = np.flatnonzero(scan.sites["status"] != self.outcome)
        if new.size == 0 and self.current is None:
            return False
        looked = new.tolist() + ([self.current] if self.current is not None else [])
        self._take(scan, slice(min(looked), max(looked) + 1))
        return bool(new.size)

    def _lengthen(self, scan: Scan) -> None:
        """Take in the sites that a planner has added to a growing file."""
        sites, known = scan.sites, self.x.size
        if len(sites) == known:
            return
        new = {name: sites.part(name, slice(known, len(sites))) for name in _PLACED}
        self._grow(*(np.asarray(new[name]) for name in _PLACED))
        more = int(self.condition.max(initial=-1)) + 1 - len(self.labels)
        self.labels += [f"condition {len(self.labels) + k + 1}" for k in range(more)]

    def _grow(self, x: ArrayLike, y: ArrayLike, ix: ArrayLike, iy: ArrayLike, c: ArrayLike) -> None:
        """Add sites at the end: their places, columns, rows and conditions."""
        old = self.x.size
        self.x, self.y = np.append(self.x, x), np.append(self.y, y)
        self.ix, self.iy = np.append(self.ix, ix), np.append(self.iy, iy)
        self.condition = np.append(self.condition, c).astype(np.int64)
        more = self.x.size - old
        self.outcome = np.append(self.outcome, np.zeros(more, np.uint8))
        self.when = np.append(self.when, np.full(more, np.nan))
        self.selected = np.append(self.selected, np.zeros(more, bool))
        for quantity in self.quantities.values():
            quantity.grow(more)
        for name in ("placed", "_spacing"):  # they are found again
            self.__dict__.pop(name, None)
        self.version += 1

    def add_site(self, site: Site, label: str) -> None:
        """Take in a site that the planner of a run has added; one that is known is left out."""
        if site.number != self.x.size:
            return
        x, y = site.x, site.y
        if self._apart is not None and site.region:
            ((right, up),) = self._apart([site.region]).tolist()
            x, y = x + right, y + up
            new = site.region not in self.regions.values()
            self.called = {**self.called, site.number: site.region} if new else self.called
            self.regions = {**self.regions, site.number: site.region}
        self._grow(x, y, site.ix, site.iy, site.condition)
        if site.condition == len(self.labels):
            self.labels.append(readable(label) or "all sites")
        self.approaches = {site.condition: site.approach, **self.approaches}
        if site.label:
            self.called = {**self.called, site.number: site.label}

    def _take(self, scan: Scan, rows: slice) -> None:
        sites = scan.sites
        self.outcome[rows] = sites.part("status", rows)
        self.when[rows] = sites.part("t_contact", rows)
        self.quantities[Z].values[rows] = sites.part("z_contact", rows)
        for column in scan.features:
            quantity = self.quantities[column.name]
            quantity.values[rows] = sites.part(column.name, rows)
            quantity.statuses[rows] = sites.part(f"{column.name}_status", rows)
            quantity.errors[rows] = sites.part(f"{column.name}_err", rows)
        self._settle()

    def recall(self, overview: Overview) -> None:
        """Take in what became of the sites before this window came."""
        self.outcome[:] = overview.status
        self.quantities[Z].values[:] = overview.z_contact
        for name, values in overview.features.items():
            if name in self.quantities:
                self.quantities[name].values[:] = values
                self.quantities[name].statuses[:] = overview.statuses[name]
                self.quantities[name].errors[:] = overview.errors[name]
        self._settle()

    def _settle(self) -> None:
        """Find the active site after the outcomes were taken again."""
        running = np.flatnonzero(self.outcome == Outcome.RUNNING)
        self.current = int(running[0]) if running.size else None
        self.version += 1

    def hear(self, event: Event) -> None:
        """Take in an event of the run."""
        became = self._outcomes.hear(event)
        match event:
            case SiteStarted() if became is not None:
                self.current = self._passing = event.site
                self.outcome[event.site] = became
            case Landed():
                self.quantities[Z].values[event.site] = event.landing.z_crossing
                self.when[event.site] = event.landing.row
            case StepFinished():
                self._pass(event)
            case SiteFinished() if became is not None:
                self.outcome[event.site] = became
                self.current = None if self.current == event.site else self.current
            case SiteAnalysed():
                for name, value in event.features.items():
                    if name not in self.quantities:
                        self._add(Quantity(name, "", "", self._empty()))
                    self.quantities[name].values[event.site] = value
                    self.quantities[name].statuses[event.site] = event.statuses.get(name, 0)
                    self.quantities[name].errors[event.site] = event.errors.get(name, np.nan)
            case _:
                return
        self.version += 1

    def name_units(self, units: Mapping[str, tuple[str, str]]) -> None:
        """Say which unit and which words belong to each feature, before the run begins."""
        for name, (unit, words) in units.items():
            if name not in self.quantities:
                self._add(Quantity(name, unit, words, self._empty()))

    def add(self, quantity: Quantity) -> None:
        """Add a quantity that was computed for this map, such as a current at a potential."""
        self._add(quantity)
        self.version += 1

    # ------------------------------------------------------------------------------ giving out

    @property
    def names(self) -> tuple[str, ...]:
        """What can be mapped: the telling features first, then the rest, then categories."""
        self.level()
        known = [n for n, q in self.quantities.items() if np.isfinite(q.values).any()]
        names = sorted((name for name in known if name != Z), key=self._place)
        first = [name for name in names if self.quantities[name].declared.tabulated]
        rest = [name for name in names if name not in first]
        # A tip that does not come down has no contact; before the first one there is nothing else.
        height = (Z,) if self.moves and (Z in known or not names) else ()
        return (*first, *height, *rest, *CATEGORIES)

    def level(self) -> None:
        """Level the heights of a surface that the analysis has determined, if there are any new."""
        if self._levelled == self.version:
            return
        self._levelled = self.version
        columns: dict[str, npt.NDArray[np.generic]] = {"ix": self.ix, "iy": self.iy}
        timed = True
        for name in (result.name for result in sources()):
            if name in self.quantities:
                quantity = self.quantities[name]
                columns |= {name: quantity.values, f"{name}_status": quantity.statuses}
                timed &= bool(np.isfinite(self.when[np.isfinite(quantity.values)]).all())
        if len(columns) == 2 or self.regions:  # no plane goes through several regions
            return
        # A window that came late knows no times of the sites before it: then drift is in the tilt.
        found = heights_of(columns, self.x, self.y, self.when if timed else None, quick=True)
        self._levelled_from = found.source.name if found.source is not None else ""
        above = None if found.plane is None else found.plane.residual
        for result, values in ((PLANE, above), (LINES, found.lines)):
            if values is not None:
                self._add(Quantity.of(result, values))

    def _place(self, name: str) -> tuple[bool, float, tuple[int, str, int, str]]:
        """Return the place of a quantity in menus.

        Those of which most numbers are doubtful come last, those that the steps are made for
        first; a height that is levelled comes before the one that it is made of.
        """
        quantity = self.quantities[name]
        known = np.isfinite(quantity.values)
        doubtful = known.any() and np.mean(quantity.statuses[known] >= UNTRUSTED) > 0.5
        result = quantity.declared
        first: float = len(self.main)
        if result.name in self.main:
            first = self.main.index(result.name)
        elif name in (PLANE.name, LINES.name) and self._levelled_from in self.main:
            first = self.main.index(self._levelled_from) - 0.5
        return bool(doubtful), first, place(result, name)

    def values(self, name: str) -> FloatArray:
        """Return what is mapped; categories as whole numbers."""
        if name in (PLANE.name, LINES.name):
            self.level()
        if name == CONDITION:
            return self.condition.astype(np.float64)
        if name == OUTCOME:
            return self.outcome.astype(np.float64)
        return self.quantities[name].values

    def codes(self, name: str) -> tuple[str, ...]:
        """Return what the numbers of a quantity stand for; none where they are numbers."""
        found = self.quantities.get(name)
        return () if found is None else found.declared.codes

    def is_category(self, name: str) -> bool:
        """Tell whether a quantity has kinds, not numbers."""
        return name in CATEGORIES or bool(self.codes(name))

    def trusted(self, name: str, number: int) -> float:
        """Return the number of one site if it may be averaged with others; else NaN."""
        found = self.quantities.get(name)
        if found is None or int(found.statuses[number]) >= UNTRUSTED:
            return math.nan
        return float(found.values[number])

    def unit(self, name: str) -> str:
        """Return the SI unit of a quantity; empty for categories."""
        return "" if name in CATEGORIES else self.quantities[name].unit

    @property
    def is_grid(self) -> bool:
        """Whether every site has a column along x and a row along y; a turned grid has not."""
        return is_grid(self.x, self.y, self.ix, self.iy, self.placed)

    @property
    def pitch(self) -> float:
        """A distance of neighbours, in metres, above zero; the footprint where there are none."""
        if self._spacing > 0.0:
            return self._spacing
        return self.diameter if self.diameter > 0.0 else SOME_SIZE

    @cached_property
    def placed(self) -> BoolArray:
        """Which sites have a place that is known; shape (sites,)."""
        known: BoolArray = np.isfinite(self.x) & np.isfinite(self.y)
        return known

    @cached_property
    def _spacing(self) -> float:
        return spacing(self.x, self.y, self.ix, self.iy, self.placed)

    def upcoming(self, count: int = 3) -> npt.NDArray[np.int64]:
        """Return the sites that come next."""
        return np.flatnonzero(self.outcome == Outcome.PLANNED)[:count]

    def nearest(self, x: float, y: float, within: float) -> int | None:
        """Return the site at a place, None if there is none so near."""
        if self.x.size == 0:
            return None
        distance = np.nan_to_num(np.hypot(self.x - x, self.y - y), nan=np.inf)
        k = int(np.argmin(distance))
        return k if distance[k] <= within else None

    def tell(self, number: int, name: str, value: str) -> str:
        """Return what is known of one site, in a line or two."""
        outcome = Outcome(int(self.outcome[number])).words
        head = f"{self.who(number)} · {self.label(number)} · {outcome}"
        return f"{head}\n{name}: {value}{self.why(number, name)}"

    def why(self, number: int, name: str) -> str:
        """Return why a site has no number, or what is to be said about it; mostly nothing."""
        found = self.quantities.get(name)
        if found is None:
            return ""
        code = int(found.statuses[number])
        if code == 0 or code not in _LABELS:
            return ""
        return f" ({_LABELS[code]})"

    def who(self, number: int) -> str:
        """Return which site it is: its number, and what the plan calls it."""
        name = self.called.get(number, "")
        return f"site {number} ({name})" if name else f"site {number}"

    def label(self, number: int) -> str:
        """Return the condition of a site in words; none for one that nobody has told of yet."""
        known = number < self.condition.size
        return self.condition_label(int(self.condition[number])) if known else ""

    def condition_label(self, k: int) -> str:
        """Return a condition in words."""
        return self.labels[k] if k < len(self.labels) else f"condition {k + 1}"

    def rule(self, number: int) -> ContactRule | None:
        """Return how contact is known at a site; None while the plan is not known."""
        approach = self.approaches.get(int(self.condition[number]))
        return None if approach is None else approach.rule

    # ------------------------------------------------------------------------------ selecting

    def select(self, number: int | None, *, more: bool = False) -> None:
        """Select one site; with `more`, add it to the selection or take it out."""
        if number is None:
            if not more:
                self.selected[:] = False
        elif more:
            self.selected[number] = not self.selected[number]
        else:
            self.selected[:] = False
            self.selected[number] = True
        self.picked += 1

    def select_condition(self, condition: int | None) -> None:
        """Select all sites of one condition; None selects nothing."""
        self.selected[:] = False if condition is None else self.condition == condition
        self.picked += 1

    @property
    def selection(self) -> tuple[int, ...]:
        """The numbers of the selected sites."""
        return tuple(np.flatnonzero(self.selected).tolist())

    def _pass(self, event: StepFinished) -> None:
        """Add up the charge of a site; of one that was joined late, the file knows better."""
        if CHARGE not in self.quantities:
            self._add(Quantity.of(NET_CHARGE, self._empty()))
        if event.site == self._passing:
            values = self.quantities[CHARGE].values
            values[event.site] = np.nan_to_num(values[event.site]) + event.charge

    def _empty(self) -> FloatArray:
        return np.full(self.x.size, np.nan)

    def _add(self, quantity: Quantity) -> None:
        self.quantities[quantity.name] = quantity
