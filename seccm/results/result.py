"""What a result of the analysis means, declared once: name, unit, words, and how it is shown.

Maps, menus, tables, figures, conversions and the window read these declarations; no other list
of names exists. Each kind of step declares its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DETAIL = 1000
"""The rank of a result that is neither tabulated nor offered before the others."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a number means, whichever site and step it is of."""

    name: str
    """As in the data file; a later step of a kind adds its number."""
    unit: str
    """SI."""
    words: str
    """The meaning, in a phrase that begins in lower case."""
    symbol: str = ""
    """For axes, in the notation of TeX; empty if the name serves."""
    against_reference: bool = False
    """Whether it is a potential against the reference electrode; a difference of two is not.

    Such a potential moves with the zero of the reference, and shares its uncertainty.
    """
    signed: bool = False
    """Whether its sign is that of a current, anodic positive (IUPAC), and turns with the sign
    convention. The others are magnitudes, or have no direction: |Q| is a cathodic charge."""
    waited: str = ""
    """Of an event that may come too late: the result that says how long was waited for it."""
    beyond: str = ""
    """Of a potential that turns when an event comes: the result beyond which it lies, in the
    direction of the current, where that was awaited in vain."""
    rank: int = DETAIL
    """The place in menus and tables, from the first; `DETAIL` for what belongs into neither."""
    dims: tuple[str, ...] = ()
    """The dimensions of an array, such as ("cycle",); none for a single number."""
    mapped: bool = False
    """Whether a report draws it as a map, if there is room."""
    follows: Literal["", "current", "potential"] = ""
    """Where a step imposes this, the result only repeats the plan: it is neither tabulated nor,
    while there is something better, drawn."""
    deposits: bool = False
    """Whether it is a potential at which a cathodic current deposits a metal: 0 V against the
    metal and its ion at the most."""
    zero_chosen: bool = False
    """Whether its zero is a choice, as that of a height is."""

    surface: int = 0
    """Of a height of the surface, how directly it says that: such heights are levelled, those of
    the largest number if there are several. 0 of anything else."""

    codes: tuple[str, ...] = ()
    """What its numbers stand for, from 0; none where it is a quantity."""

    @property
    def tabulated(self) -> bool:
        """Whether a report has statistics of it."""
        return self.rank < DETAIL

    @property
    def has_zero(self) -> bool:
        """Whether zero means that nothing is there, so that ratios and logarithms make sense."""
        return not (self.against_reference or self.zero_chosen)

    def step(self, name: str) -> str:
        """Return the number of a later step in a full name such as E_nuc_3: _3; else nothing."""
        return name.removeprefix(self.name)


def potential(name: str, words: str, symbol: str, rank: int = DETAIL, *,
              mapped: bool = False) -> Result:  # fmt: skip
    """Declare a potential against the reference electrode."""
    return Result(name, "V", words, symbol, against_reference=True, rank=rank, mapped=mapped)


def signed(name: str, unit: str, words: str, symbol: str, rank: int = DETAIL, *,
           mapped: bool = False) -> Result:  # fmt: skip
    """Declare what has the sign of a current, anodic positive."""
    return Result(name, unit, words, symbol, signed=True, rank=rank, mapped=mapped)
