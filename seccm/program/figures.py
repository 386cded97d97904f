"""What a report draws of a kind of step, beside its curves: data, which name results.

A kind declares its figures; no figure knows the name of a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    alone: bool = False
    """Whether every site has a panel of its own in the report: noisy records hide one another."""
    words: str = ""
    """What is marked, and what else has to be said of it."""


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


Figure = Trend | Scatter | ByCycle | OwnCurve | Histogram
