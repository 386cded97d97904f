"""What is known of the steps that ran at a site, by the names that the plan gives them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from seccm.earlier import TAKEN, Earlier, Take
from seccm.errors import ContactError
from seccm.program.comparison import Comparison
from seccm.results import Value
from seccm.units import show


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows of a step said when it ended; raw volts, amperes, coulombs, seconds."""

    E: float
    """Potential: the mean of the last rows, over whole periods of the mains."""
    i: float
    """Current, likewise."""
    charge: float
    """Net charge of the step."""
    time: float
    """How long the step lasted."""
    count: int = 1
    """How many times a step of that name has run at this site."""


@dataclass(slots=True)
class Live:
    """What is known by now at a site: of each named step, and of each kind, the last run."""

    steps: dict[str, Known] = field(default_factory=dict)
    firsts: dict[str, Known] = field(default_factory=dict)
    """The first run of each."""
    found: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    """What the analysis found of the last run of each, where it was asked."""

    def tell(
        self,
        name: str,
        known: Known,
        kind: str = "",
        found: Mapping[str, Value] = MappingProxyType({}),
    ) -> None:
        """Take in how a step ended.

        Args:
            name: what the plan calls it; empty if nothing.
            known: what it came to.
            kind: of step, by which it can be asked for without a name.
            found: its results, where they are asked for.
        """
        for source in (name, last_of(kind) if kind else ""):
            if source:
                before = self.steps[source].count if source in self.steps else 0
                self.steps[source] = replace(known, count=before + 1)
                self.firsts.setdefault(source, self.steps[source])
                self.found[source] = found

    def taken(self, source: str, take: Take, offset: float) -> float:
        """Return what a step came to, in SI.

        Args:
            source: its name.
            take: what of it.
            offset: volts that turn a raw potential into one against the plan's reference.

        Raises:
            LookupError: no step of that name has run.
        """
        return _taken(self.steps[source], take, offset)

    def number(self, earlier: Earlier, offset: float) -> float:
        """Return a quantity that follows an earlier step, in SI.

        Raises:
            ContactError: it is outside of what the plan allows; nothing was imposed.
        """
        value = earlier.of(self.taken(earlier.source, earlier.take, offset))
        low, high = earlier.within
        if not low <= value <= high:
            unit = TAKEN[earlier.take][0]
            span = f"{show(low, unit)} to {show(high, unit)}"
            raise ContactError(
                "out-of-range",
                f"the next step would follow {earlier.taken} with {show(value, unit)}, outside of "
                f"the {span} that the plan allows. It did not run.",
            )
        return value

    def holds(self, question: Comparison, offset: float) -> bool:
        """Answer a question about an earlier step."""
        if question.take is None:
            results = self.found[question.source]
            return question.holds_for(results.get(question.result or ""))
        value = self.taken(question.source, question.take, offset)
        if question.of is not None:
            first = _taken(self.firsts[question.source], question.take, offset)
            value = value / first if first else math.nan
        return question.holds(value)


def last_of(kind: str) -> str:
    """Return by which words a plan asks for the last step of a kind."""
    return f"last {kind}"


def _taken(known: Known, take: Take, offset: float) -> float:
    value = float(getattr(known, take))
    return value + offset if take == "E" else value
