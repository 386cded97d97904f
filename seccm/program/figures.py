"""What a report draws of a kind of step, beside its curves: data, which name results.

A kind declares its figures; no figure knows the name of a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from seccm.arrays import FloatArray
from seccm.program.trace import StepTrace
from seccm.results import Result


@dataclass(frozen=True, slots=True)
class Turn:
    """The point at which the curves of a step turn, such as the nucleation of a metal.

    It is marked in every curve, and a mean puts the repeats on one another there.
    """

    time: Result
    """When, in seconds since the step began."""
    level: Result
    """Where: potential or current of that point."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Results against another one, every condition a point: a panel for each group of results."""

    slug: str
    """Of the file of the figure: lower case, with hyphens."""
    title: str
    """What is drawn, with the letters of the panels."""
    against: Result
    """What is imposed: a current is drawn as a magnitude on a logarithmic axis."""
    panels: tuple[tuple[Result, ...], ...]
    """Results that share a panel have one unit."""
    event: str = "the event"
    """What may come after the end of a record, such as "nucleation"."""

    @property
    def results(self) -> tuple[Result, ...]:
        """Everything that is drawn."""
        return tuple(result for panel in self.panels for result in panel)


@dataclass(frozen=True, slots=True)
class Scatter:
    """The last cycle of every site, and how some of its results scatter over the sites."""

    slug: str
    title: str
    results: tuple[Result, ...]
    """Each in a panel of its own; without the first one there is no figure."""
    words: str = ""
    """How the results come about if the sweep returns."""
    apart: Result | None = None
    """How far the two determinations are apart that the first result is the mean of."""


@dataclass(frozen=True, slots=True)
class ByCycle:
    """Results of each cycle against its number; results of one unit share a panel."""

    slug: str
    title: str
    results: tuple[Result, ...]
    """Arrays with the dimension "cycle"."""
    words: str = ""
    """How they are determined."""
    telling: Result | None = None
    """The figure is drawn where this result says something of the scan; always without it."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a curve."""

    words: str
    """What it is: "frequency"."""
    unit: str
    """SI; "1" for a number."""
    log: bool = False
    """Whether it is logarithmic: what is not positive is left out."""
    against_reference: bool = False
    """Whether it is a potential against the reference electrode."""
    signed: bool = False
    """Whether it has the sign of a current, anodic positive."""
    counts: bool = False
    """Whether it has whole numbers only, such as those of cycles."""


POTENTIAL = Axis("potential against the reference", "V", against_reference=True)
"""Of curves over the potential."""


class Page(Protocol):
    """What a page of the window is told of the curves that it draws."""

    @property
    def slug(self) -> str:
        """Of the page: lower case, with hyphens."""

    @property
    def title(self) -> str:
        """What is drawn."""

    @property
    def x(self) -> Axis:
        """The axis from left to right."""

    @property
    def y(self) -> Axis:
        """The axis from bottom to top."""

    @property
    def marks(self) -> bool:
        """Whether the points are drawn as marks, not as a line."""

    @property
    def equal(self) -> bool:
        """Whether a length means as much along x as along y, as in a complex plane."""

    @property
    def alone(self) -> bool:
        """Whether it is a noisy record over time, of which the first moment sets no axis."""

    @property
    def words(self) -> str:
        """What is marked, and what else has to be said of it."""

    @property
    def signed(self) -> bool:
        """Whether it shows currents with their sign."""


Points = Callable[[StepTrace], tuple[FloatArray, FloatArray]]
"""What works a curve out of the data points of a step: x and y."""


@dataclass(frozen=True, slots=True)
class OwnCurve:
    """A curve that a kind of step works out of the data points of one step, such as a spectrum.

    The report draws it by condition, the window for each selected site.
    """

    slug: str
    title: str
    """What is drawn; also the name of its page in the window."""
    x: Axis
    y: Axis
    points: Points
    """Works it out: two arrays of one length, SI; empty where there is nothing to draw. An error in
    it costs this curve, and nothing else."""
    model: Points | None = None
    """Works out what the points should be if the analysis is right: drawn as a thin line."""
    marks: bool = False
    """Whether the points are drawn as marks, not as a line."""
    equal: bool = False
    """Whether a length means as much along x as along y, as in a complex plane."""
    events: Points | None = None
    """Works out points of it that are marked, such as the events of a record."""
    seen: bool = False
    """Whether it is worked out of the data points that its kind makes to be drawn (`Kind.seen`)."""
    alone: bool = False
    """Whether every site has a panel of its own in the report: noisy records hide one another."""
    words: str = ""
    """What is marked, and what else has to be said of it."""

    @property
    def signed(self) -> bool:
        """Whether the sign convention of currents matters in it."""
        return self.x.signed or self.y.signed

    @property
    def against_reference(self) -> bool:
        """Whether it shows potentials against the reference electrode."""
        return self.x.against_reference or self.y.against_reference


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the numbers of arrays are distributed, those of all sites of a condition together."""

    slug: str
    title: str
    results: tuple[Result, ...]
    """Arrays; each in a panel of its own, as magnitudes if they have the sign of a current. One
    that no site has is left out."""
    counted: str
    """What there are so many of: "impacts"."""
    words: str = ""
    """How the numbers come about."""


@dataclass(frozen=True, slots=True)
class SeriesPanel:
    """One result of the steps of a series against another one: a panel, and a page of the window.

    The axes carry no names of results: what is drawn may be a power of one.
    """

    slug: str
    """Of the page in the window."""
    title: str
    x: Axis
    y: Axis
    """Magnitudes where it is logarithmic."""
    across: Result
    """What differs between the steps; an array with one number for each of them."""
    up: Result
    """What came of each of them; an array of the same length."""
    line: Result | None = None
    """What a fit gives for each of them, an array of the same length: drawn as a line."""
    power: float = 1.0
    """Of `across`, that is drawn: 1/2 for its square root."""
    slopes: tuple[Result, ...] = ()
    """The single results that the panel is drawn for; told in it where there are such."""
    heading: str = ""
    """What is said above it in the report, in the notation of TeX, where the axes do not say it."""
    marks: bool = True
    equal: bool = False
    alone: bool = False
    words: str = ""

    @property
    def signed(self) -> bool:
        """Whether it shows currents with their sign."""
        return self.x.signed or self.y.signed


@dataclass(frozen=True, slots=True)
class Series:
    """What came of the steps of a series at one site, such as sweeps at several scan rates.

    The last step of a series yields arrays with a number for each of its steps. The report draws
    every site by condition, the window each panel for the selected sites.
    """

    slug: str
    title: str
    """What is drawn, with the letters of the panels."""
    panels: tuple[SeriesPanel, ...]
    words: str = ""
    """How the line comes about."""

    @property
    def results(self) -> tuple[Result, ...]:
        """Everything that is drawn or told."""
        every = (r for p in self.panels for r in (p.across, p.up, p.line, *p.slopes))
        return tuple(dict.fromkeys(result for result in every if result is not None))


Figure = Trend | Scatter | ByCycle | OwnCurve | Histogram | Series
