"""A question about an earlier step: whether what it came to is above or below a value, or there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seccm.earlier import TAKEN, Take
from seccm.errors import Problem
from seccm.factors import Level
from seccm.mistakes import Mistakes, OneOf
from seccm.quantities import Model, Words
from seccm.results import Value
from seccm.suggestion import Suggestion
from seccm.units import example


class Comparison(Model):
    """Asks whether what an earlier step came to is above or below a value, or was found at all."""

    source: Annotated[Words, Field(alias="from", examples=["rest"])]
    """The name of the earlier step, or the last of a kind, such as "last open circuit"; of one that
    ran several times, the last run counts."""
    take: Take | None = None
    """E: the last potential. i: the last current. charge: the net charge. time: its
    duration. count: how many times it has run at this site. Give this, or result."""
    result: Annotated[Words, Field(examples=["CE"])] | None = None
    """A result of its analysis, such as CE, from the data points up to its end."""
    above: Level | None = None
    """It is so if the value is above this."""
    below: Level | None = None
    """It is so if the value is below this."""
    found: Annotated[Literal["yes", "no"], Field(examples=["no"])] | None = None
    """Of a result: whether there is a value, whatever it is. One that is missing is neither above
    nor below anything."""
    of: Literal["first"] | None = None
    """First: what is compared is the share of what the step came to the first time it ran, such as
    a capacity that has faded to below 80 %."""

    @model_validator(mode="after")
    def _one_limit(self) -> Comparison:
        if (self.take is None) == (self.result is None):
            raise OneOf(("take", "result"), [n for n in ("take", "result") if getattr(self, n)])
        sides = ("above", "below") if self.result is None else ("above", "below", "found")
        given = [name for name in sides if getattr(self, name) is not None]
        if len(given) != 1:
            raise OneOf(sides, given)
        for name in ("found",) if self.take is not None else ("of",):
            if getattr(self, name) is not None:
                goes = 'goes with "result" only.' if name == "found" else 'goes with "take" only.'
                out = Suggestion((name,), "remove")
                raise Mistakes([Problem(name, goes, "Remove it.", suggestion=out)])
        if self.take is not None:
            self._check_limit(self.take, given[0])
        return self

    def _check_limit(self, take: Take, key: str) -> None:
        """Refuse a limit of another kind than what is taken."""
        if self.of is not None and take == "E":
            what = "cannot be a share: a potential depends on its reference."
            out = Suggestion(("of",), "remove")
            raise Mistakes([Problem("of", what, "Give a potential as limit.", suggestion=out)])
        unit = TAKEN[take][0] if self.of is None else "1"
        if self.limit is not None and self.limit.unit != unit:
            usual = "1" if unit == "1" else example(unit)
            what = f'{self.limit} is not a limit for "{take}", such as {usual}.'
            put = Suggestion((key,), "put", usual)
            raise Mistakes([Problem(key, what, suggestion=put)])

    @property
    def limit(self) -> Level | None:
        """What is compared with; None where only asked whether it was found."""
        return self.above if self.above is not None else self.below

    def holds(self, taken: float) -> bool:
        """Tell whether it is so, given what the earlier step came to in SI."""
        limit = self.limit
        assert limit is not None
        return taken > limit.value if self.above is not None else taken < limit.value

    def holds_for(self, result: Value | None) -> bool:
        """Tell whether it is so, given the result; None where there is none."""
        there = result is not None and result.status.has_value
        if self.found is not None:
            return there == (self.found == "yes")
        return there and result is not None and self.holds(result.value)

    @property
    def words(self) -> str:
        """The question in words."""
        of = f"{TAKEN[self.take][1] if self.take else self.result} of {self.source}"
        if self.found is not None:
            return f"{of} is {'found' if self.found == 'yes' else 'missing'}"
        side = "above" if self.above is not None else "below"
        first = "" if self.of is None else " of that of its first run"
        return f"{of} {side} {self.limit}{first}"
