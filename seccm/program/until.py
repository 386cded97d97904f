"""What ends a step before its time, as a plan says it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from seccm.errors import Problem
from seccm.factors import Follows, ScanRate, Value
from seccm.in_toml import toml
from seccm.mistakes import Mistakes
from seccm.program.quantities import Charge, Current, Duration, Pause, Potential
from seccm.quantities import Count, Model
from seccm.rig.waveform import SETTLING
from seccm.suggestion import Suggestion

Share = Annotated[Value, Follows("1", above=0)]
SmallPotential = Annotated[Value, Follows("V", at_least=0)]
SmallCurrent = Annotated[Value, Follows("A", at_least=0)]
_NAMES = {"e": "potential", "v": "potential", "potential": "potential", "voltage": "potential",
          "i": "current", "current": "current"}  # fmt: skip
_AS_TEXT = re.compile(rf"(?P<what>{'|'.join(_NAMES)})\s*(?P<sign>[<>])=?\s*(?P<limit>.+)", re.I)


class Until(Model):
    """What ends a step before its time; the first to come true does.

    A potential or a current has to be past its limit in three data points in succession (8 ms), and
    not while the step settles: see `rows` and `after`.
    """

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    charge: Charge | None = None
    """Magnitude of the net charge passed in the step, from its very start."""
    potential_below: Potential | None = None
    """The potential is below this."""
    potential_above: Potential | None = None
    """The potential is above this."""
    current_below: Current | None = None
    """The current is below this: more cathodic."""
    current_above: Current | None = None
    """The current is above this: more anodic."""
    current_magnitude_below: Current | None = None
    """The current is closer to zero than this, whichever sign both have; a mean over five periods
    of the mains."""
    current_share_below: Annotated[Share, Field(examples=["5 %"])] | None = None
    """The current is closer to zero than this share of that with which the step began: of the mean
    over the first five periods of the mains after `after`."""
    potential_drift_below: ScanRate | None = None
    """The potential changes by less than this, up or down: an open circuit has come to rest. Has to
    be so for half of `drift_over`."""
    drift_over: Duration = 10.0
    """The time over which a drift is measured: longer sees slower drifts through the noise."""
    after: Pause = SETTLING
    """Time from the start of the step before which potential and current do not count: the double
    layer charges, and a galvanostat comes out of overload."""
    rows: Annotated[Count, Field(le=100_000)] = 3
    """Data points in succession that have to be past a limit on potential or current."""
    potential_hysteresis: SmallPotential = 0.0
    """A data point that is back by less than this does not interrupt the succession: for noise."""
    current_hysteresis: SmallCurrent = 0.0
    """The same for limits on the current."""

    @model_validator(mode="before")
    @classmethod
    def _is_a_table(cls, given: Any) -> Any:
        """Refuse a limit that is written as a text, such as "E < 0 V"."""
        if isinstance(given, str) and (found := _AS_TEXT.fullmatch(given.strip())):
            name = _NAMES[found["what"].lower()] + ("_below" if found["sign"] == "<" else "_above")
            table = {name: found["limit"]}
            what, put = "must be a table.", Suggestion((), "put", table)
            raise Mistakes([Problem("", what, f"Write {toml(table)}.", suggestion=put)])
        return given

    @model_validator(mode="after")
    def _says_something(self) -> Until:
        limits = [name for name, field in type(self).model_fields.items() if field.default is None]
        if all(getattr(self, name) is None for name in limits):
            what = f"is empty. Give one or more of {', '.join(limits)}."
            charge = Suggestion(("charge",), "put", "45 nC")
            remedy = 'For example: charge = "45 nC".'
            raise Mistakes([Problem("", what, remedy, suggestion=charge)])
        return self
