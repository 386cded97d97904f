"""A question about an earlier step: whether what it came to is above or below a value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seccm.earlier import TAKEN, Take
from seccm.errors import Problem
from seccm.factors import Level
from seccm.mistakes import Mistakes, OneOf
from seccm.quantities import Model, Words
from seccm.suggestion import Suggestion
from seccm.units import example


class Comparison(Model):
    """Asks whether what an earlier step came to is above or below a value."""

    source: Annotated[Words, Field(alias="from", examples=["rest"])]
    """The name of the earlier step, or the last of a kind, such as "last open circuit"; of one that
    ran several times, the last run counts."""
    take: Take
    """E: the last potential. i: the last current. charge: the net charge. time: how long it
    lasted. count: how many times it has run at this site."""
    above: Level | None = None
    below: Level | None = None
    of: Literal["first"] | None = None
    """First: what is compared is the share of what the step came to the first time it ran, such as
    a capacity that has faded to below 80 %."""

    @model_validator(mode="after")
    def _one_limit(self) -> Comparison:
        given = [name for name in ("above", "below") if getattr(self, name) is not None]
        if len(given) != 1:
            raise OneOf(("above", "below"), given)
        if self.of is not None and self.take == "E":
            what = "is no share of anything: a potential depends on its reference."
            out = Suggestion(("of",), "remove")
            raise Mistakes([Problem("of", what, "Give a potential as limit.", suggestion=out)])
        unit = TAKEN[self.take][0] if self.of is None else "1"
        if self.limit.unit != unit:
            usual = "1" if unit == "1" else example(unit)
            what = f'{self.limit} is no limit for "{self.take}", such as {usual}.'
            put = Suggestion((given[0],), "put", usual)
            raise Mistakes([Problem(given[0], what, suggestion=put)])
        return self

    @property
    def limit(self) -> Level:
        """What is compared with."""
        limit = self.above if self.above is not None else self.below
        assert limit is not None
        return limit

    def holds(self, taken: float) -> bool:
        """Tell whether it is so, given what the earlier step came to in SI."""
        value = self.limit.value
        return taken > value if self.above is not None else taken < value

    @property
    def words(self) -> str:
        """The question in words."""
        side = "above" if self.above is not None else "below"
        first = "" if self.of is None else " of that of its first run"
        return f"{TAKEN[self.take][1]} of {self.source} {side} {self.limit}{first}"
