"""A table of every cycle of constant current, made from the table of steps.

Nothing is determined again for it: a cycle follows from the charges of its steps, so that it is
there as soon as these have ended, whoever measured them, and costs the same for one site and for
ten thousand.

Steps of one direction in succession are one half of a cycle, whatever lies between them at open
circuit: a constant current, and a constant potential that goes on with it. A step of constant
potential begins a half of its own only if it moves at least 1 % of the largest charge of a current
at the site the other way; smaller ones go on with what was before. The first half at a site is
what goes in, the second one what comes out, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.arrays import BoolArray, FloatArray, IntArray

SMALL = 0.01
"""Share of the largest charge of a current below which a held potential begins no half."""
OPEN_ENDED = ("lost contact", "given up")
"""What ends a step whose cycle is not whole."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a scan, ordered by site and in the order in which they ran; shape (steps,)."""

    site: IntArray
    number: IntArray
    mode: npt.NDArray[np.str_]
    """What is imposed: "current", "potential" or "open"."""
    constant: BoolArray
    """Whether that stays the same."""
    imposed: FloatArray
    """V or A, at the start."""
    charge: FloatArray
    """C, anodic positive; NaN where it is not known."""
    lasted: FloatArray
    """s."""
    whole: BoolArray
    """Whether it came to an end that its plan knows."""
    middle: FloatArray
    """The potential when half of the charge had passed, V; NaN where it is not known."""


COLUMNS = {
    "site": "", "cycle": "", "Q_in": "C", "Q_out": "C", "CE": "1", "retention": "1",
    "i_in": "A", "i_out": "A", "t_in": "s", "t_out": "s", "E_mid_in": "V", "E_mid_out": "V",
    "first_step": "", "last_step": "", "whole": "",
}  # fmt: skip
"""Of the table, with their units."""


def cycles_of(steps: Steps) -> dict[str, npt.NDArray[np.generic]]:
    """Return the table of the cycles, a row each, by the names of its columns.

    `Q_in`, `Q_out`: magnitudes of the charges of the first and of the second half. `CE`: their
    ratio. `retention`: `Q_out` over that of the first whole cycle of the site. `i_in`, `i_out`:
    the current of the half. `t_in`, `t_out`: how long its steps took. `E_mid_in`, `E_mid_out`: the
    potential at half of the charge, for a half of a single step. `first_step`, `last_step`: numbers
    of steps at the site. `whole`: 1 if both halves came to their end. What is not there is NaN.
    """
    kept, sign = _counted(steps)
    if not kept.size:
        return {name: np.empty(0, int if not unit else float) for name, unit in COLUMNS.items()}
    site = steps.site[kept]
    begins = np.flatnonzero(np.r_[True, (np.diff(site) != 0) | (np.diff(sign) != 0)])
    counts = np.diff(np.r_[begins, kept.size])
    charge = np.abs(np.add.reduceat(steps.charge[kept], begins))
    lasted = np.add.reduceat(steps.lasted[kept], begins)
    whole = np.logical_and.reduceat(steps.whole[kept], begins)
    ends = begins + counts - 1
    # The current of a half is that of its first galvanostatic step, which it begins with or has.
    galvanic = np.where(steps.mode[kept] == "current", steps.imposed[kept], np.nan)
    current = np.array([np.nan]) if not begins.size else _first_known(galvanic, begins, counts)
    middle = np.where(counts == 1, steps.middle[kept][begins], np.nan)
    of = site[begins]
    first = np.flatnonzero(np.r_[True, np.diff(of) != 0])
    place = np.arange(of.size) - np.repeat(first, np.diff(np.r_[first, of.size]))
    ins = np.flatnonzero(place % 2 == 0)
    paired = np.r_[of[1:] == of[:-1], False][ins]
    outs = np.where(paired, np.minimum(ins + 1, of.size - 1), ins)

    def out(values: FloatArray) -> FloatArray:
        return np.where(paired, values[outs], np.nan)

    both = paired & whole[ins] & whole[outs]
    taken = out(charge)
    with np.errstate(divide="ignore", invalid="ignore"):
        efficiency = np.where(charge[ins] > 0.0, taken / charge[ins], np.nan)
        retention = taken / _of_first(taken, both, of[ins])
    numbers = steps.number[kept]
    return {
        "site": of[ins],
        "cycle": place[ins] // 2,
        "Q_in": charge[ins],
        "Q_out": taken,
        "CE": efficiency,
        "retention": retention,
        "i_in": current[ins],
        "i_out": out(current),
        "t_in": lasted[ins],
        "t_out": out(lasted),
        "E_mid_in": middle[ins],
        "E_mid_out": out(middle),
        "first_step": numbers[begins[ins]],
        "last_step": numbers[ends[outs]],
        "whole": both.astype(np.int64),
    }


def _counted(steps: Steps) -> tuple[IntArray, IntArray]:
    """Return which steps belong to cycles, and the direction of each: 1 anodic, -1 cathodic."""
    known = np.isfinite(steps.charge) & steps.constant
    galvanic = known & (steps.mode == "current") & (steps.imposed != 0.0)
    held = known & (steps.mode == "potential")
    # The last current before each step, at the same site.
    index = np.arange(steps.site.size)
    last = np.maximum.accumulate(np.where(galvanic, index, -1)) if index.size else index
    before = (last >= 0) & (steps.site[last] == steps.site)
    sign = np.where(galvanic, np.sign(steps.imposed), np.sign(steps.charge))
    small = np.abs(steps.charge) < SMALL * _largest(np.abs(steps.charge), galvanic, steps.site)
    # What is small goes on with what was before it, whichever that is.
    leads = galvanic | (held & before & ~small & (sign != 0.0))
    sign = sign[np.maximum.accumulate(np.where(leads, index, -1))]
    kept = np.flatnonzero(galvanic | (held & before))
    return kept, sign[kept].astype(np.int64)


def _largest(charge: FloatArray, galvanic: BoolArray, site: IntArray) -> FloatArray:
    """Return the largest charge of a current at the site of each step; 0 where there is none."""
    begins = np.flatnonzero(np.r_[True, np.diff(site) != 0])[: site.size]
    if not begins.size:
        return charge
    largest = np.maximum.reduceat(np.where(galvanic, charge, 0.0), begins)
    repeated: FloatArray = np.repeat(largest, np.diff(np.r_[begins, site.size]))
    return repeated


def _first_known(values: FloatArray, begins: IntArray, counts: IntArray) -> FloatArray:
    """Return the first finite value of each stretch, NaN where it has none."""
    stretch = np.repeat(np.arange(begins.size), counts)
    known = np.flatnonzero(np.isfinite(values))
    found = np.full(begins.size, np.nan)
    of, where = np.unique(stretch[known], return_index=True)
    found[of] = values[known[where]]
    return found


def _of_first(taken: FloatArray, whole: BoolArray, site: IntArray) -> FloatArray:
    """Return the charge of the first whole cycle of each cycle's site; NaN without one."""
    first: FloatArray = np.full(taken.size, np.nan)
    of, where = np.unique(site[whole], return_index=True)
    if of.size:
        place = np.minimum(np.searchsorted(of, site), of.size - 1)
        first = np.where(of[place] == site, taken[whole][where][place], np.nan)
    return first
