"""Two kinds of contact of somebody else, as a package of their own would bring them.

`LockInContact` resolves to the program's own comparison on a signal that only this rig has.
`BandContact` brings a rule of its own, which the program knows by its methods alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from seccm.arrays import BoolArray, FloatArray
from seccm.errors import Problem
from seccm.plan.contacts import ContactKind, Number
from seccm.quantities import Current, Ratio
from seccm.rig import Block, ContactRule, Crossing, Deaf, Mode, StopCondition


class LockInContact(ContactKind):
    """The amplitude of a lock-in amplifier rises at contact."""

    kind: Literal["lock-in"] = "lock-in"
    rise: Annotated[Current, Field(gt=0, examples=["5 pA"])]

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for."""
        return Crossing("amplitude", "from baseline", self.rise, "above", measured_in="A")


@dataclass(frozen=True)
class Band:
    """A rule that shares nothing with those of the program: the signal leaves a band around zero.

    It names the rows that are outside, or inside once it is turned round.
    """

    width: float
    outside: bool = True
    signal: str = "current"
    unit: str = "A"
    consecutive: int = 2
    lasting: bool = False

    def past(self, baseline: float, values: FloatArray) -> BoolArray:
        out: BoolArray = ~(np.abs(values) <= self.width)
        return out if self.outside else ~out

    def levels(self, baseline: float) -> tuple[float, ...]:
        return -self.width, self.width

    def heard(self, rows: Block) -> Band:
        return self

    def gone(self) -> StopCondition:
        return Band(self.width, not self.outside)

    def holds(self, baseline: float, rows: Block) -> BoolArray:
        return self.past(baseline, rows.data[self.signal])

    def least(self, baseline: float) -> float:
        return 0.2 * self.width

    def deaf(self, baseline: float, rows: Block) -> Deaf | None:
        if abs(baseline) > self.width:
            return Deaf("wet-at-start", "the current is outside the band before the descent")
        return None

    def open(self, rows: Block) -> BoolArray | None:
        found: BoolArray = np.abs(rows.data[self.signal]) <= self.width
        return found


class BandContact(ContactKind):
    """The current leaves a band around zero."""

    needs: ClassVar[Mode | None] = "potential"
    kind: Literal["band"] = "band"
    width: Annotated[Current, Field(gt=0, examples=["5 pA"])]
    share: Ratio = 1.0

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for."""
        return Band(self.width * self.share)

    def words(self) -> str:
        """Say what counts as contact."""
        return "the current leaves a band"

    def problems(self, subject: Any, site: Any) -> Iterator[Problem]:
        """Refuse what the rig cannot measure."""
        if self.width > subject.info.current.upper:
            yield Problem("approach.contact.width", "is beyond the range.", "Lower it.")


class NotAContact:
    """What an installed package may offer by mistake."""
