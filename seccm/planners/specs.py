"""The table `planner` of a plan that decides for itself: what varies, what is learnt, when to stop.

Quantities of results carry their unit: "5 mV" for a potential.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seccm.errors import Problem
from seccm.factors import Level
from seccm.mistakes import Mistakes
from seccm.plan.decision import SURE
from seccm.plan.planner import PATIENCE, PlannerSpec
from seccm.quantities import Count, Duration, Model, Seed, Words
from seccm.units import show

Scale = Literal["linear", "logarithmic"]
Among = Literal["in order", "by place", "by values"]


class Range(Model):
    """Between which levels a factor may vary."""

    between: Annotated[tuple[Level, Level], Field(examples=[["-0.2 mA/cm^2", "-3 mA/cm^2"]])]
    """The two ends, both included."""
    scale: Scale = "linear"
    """Whether equal steps are equal differences, or equal ratios."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        first, last = self.between
        wrong = ""
        if first.unit != last.unit:
            wrong = f"goes from {first} to {last}, which are different quantities."
        elif first.value == last.value:
            wrong = f"goes from {first} to {last}: nothing varies."
        elif self.scale == "logarithmic" and not first.value * last.value > 0.0:
            wrong = f"goes from {first} to {last}: on a logarithmic scale both have one sign."
        if wrong:
            raise Mistakes([Problem("between", wrong, "Give two ends of one kind of quantity.")])
        return self


class Varied(Range):
    """A factor that varies, and between which levels."""

    factor: Annotated[Words, Field(examples=["j"])]
    """Its name in the table of factors."""


class Learnt(Model):
    """A result that is to be learnt."""

    result: Annotated[Words, Field(examples=["E_nuc_2"])]
    """Its name, as in the table of sites."""
    scale: Scale = "linear"
    """"logarithmic" for what is positive and varies by factors, such as times: its scatter is then
    a share of it."""


class Explore(Model):
    """Learn the results everywhere: each site tells most of what is not known well enough yet."""

    kind: Literal["explore"] = "explore"


class Reach(Model):
    """Find where the first result has a value: a level of a factor, or the border of a patch."""

    kind: Literal["reach"] = "reach"
    value: Annotated[Level, Field(examples=["2 s"])]
    """Of the result."""


class Maximum(Model):
    """Find where the first result is largest."""

    kind: Literal["maximum"] = "maximum"


class Minimum(Model):
    """Find where the first result is smallest."""

    kind: Literal["minimum"] = "minimum"


Goal = Annotated[Explore | Reach | Maximum | Minimum, Field(discriminator="kind")]


class Stop(Model):
    """When the planner asks for no more; the first that holds."""

    uncertainty: Annotated[Level | None, Field(examples=["5 mV"])] = None
    """Half the width of the interval of the first result: everywhere that may be visited; at the
    place that was sought, for a goal "reach", "maximum" or "minimum". A share of the result, such
    as 0.05, on a logarithmic scale. It has to be so narrow after two sites in succession."""
    coverage: Annotated[float, Field(ge=0.5, le=0.999)] = 0.95
    """How many of such intervals hold the true value: 0.95 for 95 %, 0.68 for one standard
    deviation."""
    sites: Count | None = None
    """How many sites the run has at most, beside those that were broken off; without it, as many as
    the plan has places."""
    time: Duration | None = None
    """How long the run lasts, from its start to the end of a site."""
    no_gain: Count | None = None
    """After so many sites in succession that did not make the interval narrower by a tenth."""


def deviations(coverage: float) -> float:
    """Return how many standard deviations half of an interval has, of a normal distribution."""
    return SURE if coverage == Stop().coverage else NormalDist().inv_cdf(0.5 + 0.5 * coverage)


class Deciding(PlannerSpec):
    """What planners have in common that decide by what was measured."""

    seed: Seed = 0
    """Of what is drawn by chance: the first sites, and what the model supposes."""
    patience: Duration = PATIENCE
    """How long the planner may think about a site."""
    late: Literal["pause", "first design"] = "pause"
    """What happens when it takes longer, or fails: the run pauses, tip up; or it visits the next
    site of a design that fills the range evenly."""

    @property
    def thinking(self) -> float:
        """How long the planner may think about one site, in seconds."""
        return self.patience


class GaussianProcessSpec(Deciding):
    """Learns results as smooth functions of factors, or of the place, and chooses the next site."""

    kind: Literal["gaussian process"] = "gaussian process"
    vary: Annotated[
        tuple[Varied, ...],
        Field(max_length=6, examples=[[{"factor": "j", "between": ["-1 A/m^2", "-30 A/m^2"]}]]),
    ] = ()
    """The factors that vary, each with its range; the others keep their one level."""
    places: Literal["in order", "any"] = "in order"
    """Whether the places of the plan are used one after the other, or chosen: then the results are
    learnt as functions of x and y, too."""
    regions: Among = "in order"
    """Whether the regions of the sample are used one after the other, or chosen: then the results
    are learnt as functions of their places on the sample, or of what the plan knows of them, such
    as their composition."""
    learn: Annotated[
        tuple[Learnt, ...], Field(min_length=1, max_length=6, examples=[[{"result": "E_nuc_2"}]])
    ]
    """The results; the goal and the end of the run are about the first, if they are about one."""
    goal: Goal = Explore()
    first: Annotated[int, Field(ge=2, le=1000)] = 5
    """Sites that fill the range evenly before the first decision."""
    repeats: Count = 1
    """Sites in succession that are alike, on fresh places; of one region where these are chosen."""
    batch: Count = 1
    """How many conditions are chosen at once, each as if those before it were measured."""
    stop: Stop = Stop()

    @model_validator(mode="after")
    def _each_once(self) -> GaussianProcessSpec:
        names = [one.factor for one in self.vary]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            what = f"names {twice[0]} twice."
            raise Mistakes([Problem("vary", what, "Name each factor once.")])
        return self


class BisectionSpec(Deciding):
    """Finds the level of a factor at which a result has a value, though sites scatter."""

    kind: Literal["bisection"] = "bisection"
    factor: Annotated[Words, Field(examples=["j"])]
    """The factor."""
    between: Annotated[tuple[Level, Level], Field(examples=[["-0.2 mA/cm^2", "-3 mA/cm^2"]])]
    """The levels between which it is looked for."""
    scale: Scale = "linear"
    """Of the factor."""
    result: Annotated[Words, Field(examples=["t_nuc_2"])]
    """The name of the result, as in the table of sites; it rises or falls all along the range."""
    result_scale: Scale = "linear"
    """Of the result: "logarithmic" for what is positive and varies by factors."""
    target: Annotated[Level, Field(examples=["2 s"])]
    """The value of the result that is wanted."""
    stop: Stop = Stop()

    @model_validator(mode="after")
    def _is_a_range(self) -> BisectionSpec:
        _ = self.range
        return self

    @property
    def range(self) -> Range:
        """The range of the factor."""
        return Range(between=self.between, scale=self.scale)


def interval(half: float, unit: str, scale: Scale) -> str:
    """Return half the width of an interval in words: a share on a logarithmic scale."""
    if scale == "linear":
        return show(half, unit, 3)
    # Never "1e+02 %".
    return f"{float(f'{100.0 * half:.2g}'):.7g} %"
