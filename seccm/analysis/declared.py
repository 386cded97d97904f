"""Every result of the analysis, declared once: name, unit, meaning, and how it is to be shown.

Maps, menus, tables, figures, conversions and the window read these declarations; no other list
of names exists. A later step of a kind adds its number to the name, such as `eta_nuc_2`, and is
found under the name without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

from seccm.events import EndReason

DETAIL = 1000
"""The rank of a result that is neither tabulated nor offered before the others."""
_STEP = re.compile(r"_\d+$")
_REASONS = ", ".join(f"{code} {reason}" for code, reason in enumerate(get_args(EndReason)))


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
    rank: int = DETAIL
    """The place in menus and tables, from the first; `DETAIL` for what belongs into neither."""
    mapped: bool = False
    """Whether a report draws it as a map, if there is room."""

    @property
    def tabulated(self) -> bool:
        """Whether a report has statistics of it."""
        return self.rank < DETAIL

    def step(self, name: str) -> str:
        """Return the number of a later step in a full name such as E_nuc_3: _3; else nothing."""
        return name.removeprefix(self.name)


def _potential(name: str, words: str, symbol: str, rank: int = DETAIL, *,
               mapped: bool = False) -> Result:  # fmt: skip
    return Result(name, "V", words, symbol, against_reference=True, rank=rank, mapped=mapped)


def _signed(name: str, unit: str, words: str, symbol: str, rank: int = DETAIL, *,
            mapped: bool = False) -> Result:  # fmt: skip
    return Result(name, unit, words, symbol, signed=True, rank=rank, mapped=mapped)


_ALL = (
    # Galvanostatic steps.
    _potential("E_nuc", "nucleation potential", r"$E_\mathrm{nuc}$", 10, mapped=True),
    Result("t_nuc", "s", "nucleation time, from contact", r"$t_\mathrm{nuc}$",
           waited="t_seen", rank=20, mapped=True),
    _potential("E_growth", "growth potential", r"$E_\mathrm{growth}$", 30, mapped=True),
    Result("CE", "1", "coulombic efficiency: charge of stripping over that of plating", "CE",
           rank=40, mapped=True),
    Result("Q_nuc", "C/m^2", "charge per area passed before nucleation, positive",
           r"$|Q_\mathrm{nuc}|$", waited="Q_seen", rank=50),
    Result("eta_nuc", "V", "nucleation overpotential: growth minus nucleation potential",
           r"$E_\mathrm{growth}-E_\mathrm{nuc}$", rank=60),
    Result("t_seen", "s", "end of the usable record: nucleation came later if there was none",
           r"$t_\mathrm{seen}$"),
    Result("Q_seen", "C/m^2", "charge per area up to the end of the usable record, positive",
           r"$|Q_\mathrm{seen}|$"),
    _signed("j", "A/m^2", "current density: median of the measured current over the area", "$j$"),
    # Sweeps.
    Result("CE_last", "1", "coulombic efficiency Q_a / |Q_c| of the last complete cycle",
           "CE, last cycle", rank=110, mapped=True),
    Result("CE_first", "1", "coulombic efficiency Q_a / |Q_c| of the first complete cycle",
           "CE, first cycle", rank=120),
    Result("Q_c_first", "C/m^2", "cathodic charge per area of the first complete cycle",
           r"$|Q_\mathrm{c}|$, first cycle", rank=130),
    Result("Q_c_last", "C/m^2", "cathodic charge per area of the last complete cycle",
           r"$|Q_\mathrm{c}|$, last cycle", rank=140),
    Result("Q_a_first", "C/m^2", "anodic charge per area of the first complete cycle",
           r"$Q_\mathrm{a}$, first cycle", rank=150),
    Result("Q_a_last", "C/m^2", "anodic charge per area of the last complete cycle",
           r"$Q_\mathrm{a}$, last cycle", rank=160),
    Result("cycles", "1", "complete cycles", "cycles"),
    _potential("E_half",
               "half-wave potential; where the sweep returns, the mean of forward and reverse "
               "sweep", r"$E_{1/2}$", 210, mapped=True),
    _signed("i_lim", "A", "limiting current, from the sloping line of the foot",
            r"$i_\mathrm{lim}$", 220, mapped=True),
    Result("dE_half", "V",
           "hysteresis: half-wave potential of the reverse sweep minus that of the forward sweep",
           r"$\Delta E_{1/2}$", rank=230),
    Result("tomes", "V", "|E3/4 - E1/4| of the wave", "$|E_{3/4}-E_{1/4}|$", rank=240),
    _signed("i_vertex", "A", "current at the first vertex", r"$i_\mathrm{vertex}$"),
    _potential("E_pa", "potential of the largest anodic peak", r"$E_\mathrm{pa}$", 250),
    _signed("j_pa", "A/m^2", "current density of the largest anodic peak, from zero",
            r"$j_\mathrm{pa}$", 260),
    _potential("E_pc", "potential of the largest cathodic peak", r"$E_\mathrm{pc}$", 270),
    _signed("j_pc", "A/m^2", "current density of the largest cathodic peak, from zero",
            r"$j_\mathrm{pc}$", 280),
    # Any step.
    _potential("E_end", "potential at the end of the step, median of its last tenth",
               r"$E_\mathrm{end}$", 310, mapped=True),
    _signed("i_end", "A", "current at the end of the step, median of its last tenth",
            r"$i_\mathrm{end}$", 320, mapped=True),
    _signed("Q", "C/m^2", "net charge of the step per area", "$Q$", 330, mapped=True),
    Result("ended_by", "1", f"what ended the step: {_REASONS}", "ended by"),
)  # fmt: skip
RESULTS: Mapping[str, Result] = {result.name: result for result in _ALL}
"""By name, in the order in which people ask for them within each kind of step."""


def declared(name: str, unit: str = "", words: str = "") -> Result:
    """Return what is declared of a result, by its name with or without the number of its step.

    Args:
        name: such as eta_nuc, or eta_nuc_2 for step 2.
        unit: SI unit of a result that nobody declared, as a file says it.
        words: its meaning.

    Returns:
        The declaration; of an unknown name one that claims nothing: no reference, no sign.
    """
    found = RESULTS.get(name) or RESULTS.get(_STEP.sub("", name))
    return found if found is not None else Result(name, unit, words)


def place(result: Result, name: str) -> tuple[int, str, int, str]:
    """Return the key that puts results into the order of menus; a later step after the first."""
    step = result.step(name).removeprefix("_")
    return result.rank, result.name, int(step) if step.isdigit() else 0, name


def by_rank(names: Iterable[str]) -> list[str]:
    """Put the names of results into the order of menus and tables."""
    return sorted(names, key=lambda name: place(declared(name), name))
