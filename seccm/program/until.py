"""What ends a step before its time, as a plan says it."""

from __future__ import annotations

from pydantic import model_validator

from seccm.errors import Problem
from seccm.mistakes import Mistakes
from seccm.program.quantities import Charge, Current, Pause, Potential
from seccm.quantities import Model
from seccm.rig.waveform import SETTLING
from seccm.suggestion import Suggestion


class Until(Model):
    """What ends a step before its time; the first to come true does.

    A potential or a current has to be past its limit in three rows in succession (8 ms), and not
    while the step settles: see `after`.
    """

    charge: Charge | None = None
    """Magnitude of the net charge passed in the step, from its very start."""
    potential_below: Potential | None = None
    potential_above: Potential | None = None
    current_below: Current | None = None
    current_above: Current | None = None
    after: Pause = SETTLING
    """Time from the start of the step before which potential and current do not count: the double
    layer charges, and a galvanostat comes out of overload."""

    @model_validator(mode="after")
    def _says_something(self) -> Until:
        limits = [name for name in type(self).model_fields if name != "after"]
        if all(getattr(self, name) is None for name in limits):
            what = f"is empty. Give one or more of {', '.join(limits)}."
            charge = Suggestion(("charge",), "put", "45 nC")
            remedy = 'For example: charge = "45 nC".'
            raise Mistakes([Problem("", what, remedy, suggestion=charge)])
        return self
