"""A table of a rig file that adds a signal: the part that is alike for every kind of rig."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from seccm.quantities import Model
from seccm.rig.signals import BASIC, Signal

SignalUnit = Literal[
    "V", "A", "m", "s", "Hz", "C", "F", "ohm", "S", "rad", "1", "degC", "%", "ppm", "Pa"
]
TAKEN = frozenset(
    {signal.name for signal in BASIC} | {"E", "I", "Q", "t", "phase", "step", "flag", "site"}
)
"""Names that mean something else already."""
_SPELLED = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")


def _spelled(name: str) -> str:
    """Refuse what cannot name a column of a file.

    Raises:
        ValueError: it cannot.
    """
    if _SPELLED.fullmatch(name) is None:
        raise ValueError(
            f'"{name}" cannot be the name of a signal; begin with a letter from a to z, and go on '
            'with letters, digits and "_", at most 32 in all, such as "second_current"'
        )
    return name


SignalName = Annotated[
    str, AfterValidator(_spelled), Field(examples=["amplitude", "second_current"])
]


def _not_taken(name: str) -> str:
    """Refuse the name of a signal that means something else already.

    Raises:
        ValueError: it does.
    """
    if name in TAKEN:
        raise ValueError(
            f'"{name}" means something else already; choose another name, such as "second_{name}"'
        )
    return name


AddedName = Annotated[SignalName, AfterValidator(_not_taken)]
"""The name of a signal that a rig file adds."""


class SignalTable(Model):
    """A signal that is measured in every data point, beside potential, current and position."""

    unit: Annotated[SignalUnit, Field(examples=["A"])]
    """The unit in which it is stored: that of the SI, or degC, % or ppm as instruments show it."""
    words: Annotated[str, Field(min_length=1, max_length=60, examples=["lock-in amplitude"])] = ""
    """What it is, for labels; the name of the table unless given."""
    role: Literal["potential", "current", "environment", "other"] = "other"
    """Whether it is a second potential or current, for its convention of sign; or what surrounds
    the cell, such as humidity, which is shown and reported for the whole run."""
    watchable: bool = False
    """Whether a contact may be seen in it."""
    mapped: bool = False
    """Whether a report draws its mean at every site as a map."""

    def signal(self, name: str) -> Signal:
        """Return the declaration of this signal.

        Args:
            name: that of the table.
        """
        words = self.words or name.replace("_", " ")
        return Signal(name, self.unit, words, self.role, self.watchable, self.mapped)

    @model_validator(mode="after")
    def _unit_fits_role(self) -> Self:
        wanted = {"potential": "V", "current": "A"}.get(self.role, self.unit)
        if self.unit != wanted:
            raise ValueError(
                f'role is "{self.role}", so unit must be "{wanted}", not "{self.unit}"; change one'
            )
        return self


def declared(tables: Mapping[str, SignalTable]) -> tuple[Signal, ...]:
    """Return every signal of a data point: what every rig measures, then what the tables add.

    Args:
        tables: of a rig file, by the names of their signals.
    """
    return (*BASIC, *(table.signal(name) for name, table in tables.items()))
