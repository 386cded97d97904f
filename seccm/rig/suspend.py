"""A run is suspended while a signal of the rig is past a limit, and goes on by itself.

A table `[suspend.NAME]` of a plan or of a rig file says so. Those of the rig hold for every plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from seccm.errors import Problem
from seccm.mistakes import Mistakes, OneOf, nearest
from seccm.quantities import Duration, Model
from seccm.rig.signals import Signal
from seccm.suggestion import Suggestion
from seccm.units import example, lasting, parse, parse_any, show

Side = Literal["above", "below"]


def _readable(text: str) -> str:
    """Refuse what is not a quantity of any kind.

    Raises:
        ValueError: it is none.
    """
    parse_any(text)
    return text


Amount = Annotated[str, AfterValidator(_readable)]
"""A quantity, in whatever unit the signal has."""


@dataclass(frozen=True, slots=True)
class Suspend:
    """A condition on a signal under which a run waits with its tip up and its cell off."""

    name: str
    """That of its table."""
    signal: str
    words: str
    """What the signal is."""
    unit: str
    side: Side
    limit: float
    """In the unit of the signal, as everything else of its kind."""
    back: float
    """Within this the run may go on: the limit, or a value further on the good side of it."""
    lasting: float
    """Seconds for which the signal has to be past its limit."""
    calm: float
    """Seconds for which it has to be back."""
    leave: bool = False
    """Whether a site that is being visited is left at once, and not measured to its end."""

    @property
    def why(self) -> str:
        """Why a run waits, as a clause: "humidity is above 5 ppm"."""
        return f"{self.words} is {self.side} {show(self.limit, self.unit)}"

    @property
    def until(self) -> str:
        """What it waits for, as a clause."""
        other = "below" if self.side == "above" else "above"
        return f"{other} {show(self.back, self.unit)} for {lasting(self.calm)}"


class SuspendTable(Model):
    """Suspends the run while a signal of the rig is past a limit: tip up, cell off.

    The run goes on by itself. A person can resume it earlier, or pause or stop it meanwhile.
    """

    signal: Annotated[str, Field(max_length=32, examples=["humidity"])] = ""
    """The signal that is watched, of any kind; that of the name of this table unless given."""
    above: Annotated[Amount, Field(examples=["5 ppm"])] | None = None
    """The run is suspended if the signal is above this. Give this, or below."""
    below: Annotated[Amount, Field(examples=["18 degC"])] | None = None
    """The run is suspended if the signal is below this."""
    lasting: Annotated[Duration, Field(alias="for", ge=0, le=86400)] = 10.0
    """For so long without a break, so that a spike does not count. A run that begins past the
    limit is suspended at once."""
    back: Annotated[Amount, Field(examples=["4 ppm"])] | None = None
    """The signal has to be back within this; within the limit unless given."""
    back_for: Annotated[Duration, Field(ge=0, le=86400)] = 60.0
    """For so long without a break before the run goes on."""
    site: Literal["finish", "leave"] = "finish"
    """What becomes of a site that is being visited: it is measured to its end first, or it is left
    at once, and counts as skipped if it was touched."""

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        given = [name for name in ("above", "below") if getattr(self, name) is not None]
        if len(given) != 1:
            raise OneOf(("above", "below"), given)
        if self.back is not None:
            (back, unit), (limit, other) = parse_any(self.back), parse_any(self.edge)
            if unit != other:
                what = f"{self.back} is of another kind than {self.edge}."
                raise Mistakes([_put_back(what, self.edge)])
            if (back > limit) if given == ["above"] else (back < limit):
                what = f"{self.back} is past the limit itself, {self.edge}: it would never go on."
                raise Mistakes([_put_back(what, self.edge)])
        return self

    @property
    def edge(self) -> str:
        """The limit as it is written."""
        return self.above or self.below or ""

    def resolved(self, name: str, signal: Signal) -> Suspend:
        """Return it for a signal.

        Raises:
            ValueError: the limit is of another kind than the signal.
        """
        limit = parse(self.edge, signal.unit)
        back = limit if self.back is None else parse(self.back, signal.unit)
        return Suspend(
            name,
            signal.name,
            signal.words,
            signal.unit,
            "above" if self.above is not None else "below",
            limit,
            back,
            self.lasting,
            self.back_for,
            self.site == "leave",
        )


def _put_back(what: str, edge: str) -> Problem:
    put = Suggestion(("back",), "put", edge)
    return Problem("back", what, "Write a value on the good side of the limit.", suggestion=put)


def suspend_problems(
    tables: Mapping[str, SuspendTable], signals: tuple[Signal, ...]
) -> Iterator[Problem]:
    """Find tables that the signals of a rig cannot serve."""
    known = {signal.name: signal for signal in signals}
    for name, table in tables.items():
        watched = table.signal or name
        key = "signal" if table.signal else ""
        if (signal := known.get(watched)) is None:
            where = ".".join(filter(None, ("suspend", name, key)))
            near = nearest(watched, list(known)) or "current"
            put = Suggestion(("suspend", name, "signal"), "put", near)
            what = f"{watched!r} is not a signal of this rig; it has: {', '.join(known)}."
            remedy = f'Write signal = "{near}", and a limit of its kind.'
            yield Problem(where, what, remedy, suggestion=put)
            continue
        for side in ("above", "below", "back"):
            text = getattr(table, side)
            if text is None:
                continue
            try:
                parse(text, signal.unit)
            except ValueError:
                usual = example(signal.unit)
                what = f"is {text}, and {watched} is measured in {signal.unit}."
                put = Suggestion(("suspend", name, side), "put", usual)
                remedy = f'Write it in that unit, such as "{usual}".'
                yield Problem(f"suspend.{name}.{side}", what, remedy, suggestion=put)


def resolved(
    tables: Mapping[str, SuspendTable], signals: tuple[Signal, ...]
) -> tuple[Suspend, ...]:
    """Return what the tables ask for; those that do not fit the signals are left out.

    Whoever begins a run has told of those before, see `suspend_problems`.
    """
    known = {signal.name: signal for signal in signals}
    wrong = {problem.where.split(".")[1] for problem in suspend_problems(tables, signals)}
    return tuple(
        table.resolved(name, known[table.signal or name])
        for name, table in tables.items()
        if name not in wrong
    )
