"""Cycles of constant current: charge and efficiency against their number, charge against rate."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.arrays import FloatArray
from seccm.report import style
from seccm.report.cycles import MOST
from seccm.report.groups import Group
from seccm.report.study import Study, evenly

FEWEST = 2
"""Whole cycles of a site from which on they are drawn."""
SPREAD = 1.2
"""Ratio of the largest to the smallest current at a site from which on these are rates."""


@style.styled
def by_number(study: Study) -> Figure | None:
    """Draw charges (a) and efficiency (b) against the number of the cycle; None without cycles."""
    drawn = _groups(study)
    if not drawn:
        return None
    fig = study.figure(style.TWO_COLUMNS, 2.5, currents=False)
    left, right = fig.subplots(1, 2)
    everything = np.concatenate([t[name].ravel() for _, t in drawn for name in ("Q_in", "Q_out")])
    scale = scales.scale("C", everything)
    several = study.groups.several
    for group, table in drawn:
        colour = group.colour if several else style.BLUE
        label = f"{group.label}  ({len(table['Q_in'])})" if several else "second half"
        _against(left, scale(table["Q_out"]), colour, "o", label)
        _against(left, scale(table["Q_in"]), colour if several else style.ORANGE, "^",
                 "" if several else "first half", hollow=True)  # fmt: skip
        _against(right, table["CE"], colour, "o", "")
    left.set_ylabel(scale.label("$|Q|$"))
    right.set_ylabel("coulombic efficiency")
    left.set_ylim(0.0, 1.15 * float(np.nanmax(scale(everything))))
    most = max(table["Q_in"].shape[1] for _, table in drawn)
    for letter, axes in zip("ab", (left, right), strict=True):
        axes.set_xlabel("cycle")
        axes.set_xlim(0.4, most + 0.6)
        axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(8, integer=True))
        axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        style.panel(axes, letter)
    if several:
        fig.legend(*left.get_legend_handles_labels(), title=study.groups.legend_title or None,
                   loc="outside right center")  # fmt: skip
    else:
        left.legend(loc="best")
    return fig


@style.styled
def by_rate(study: Study) -> Figure | None:
    """Draw charge (a) and potential at half of it (b) against the current of the second half.

    Returns:
        None unless the sites were cycled at several currents.
    """
    drawn = [(group, table) for group, table in _groups(study) if _rates(table).any()]
    if not drawn:
        return None
    fig = study.figure(style.TWO_COLUMNS, 2.5, potentials=True)
    left, right = fig.subplots(1, 2)
    charges = scales.scale("C", np.concatenate([t["Q_out"].ravel() for _, t in drawn]))
    currents = scales.scale("A", np.concatenate([t["i_out"].ravel() for _, t in drawn]))
    for group, table in drawn:
        colour = group.colour if study.groups.several else style.BLUE
        for row in np.flatnonzero(_rates(table)):
            rate = currents(np.abs(table["i_out"][row]))
            order = np.argsort(rate, kind="stable")
            for axes, name, scale in ((left, "Q_out", charges), (right, "E_mid_out", None)):
                values = table[name][row] if scale is None else scale(table[name][row])
                axes.plot(rate[order], values[order], "o-", color=colour, lw=0.9)
        left.plot([], [], "o-", color=colour, label=f"{group.label}  ({len(table['Q_out'])})")
    left.set_ylabel(charges.label(r"$|Q|$ of the second half of a cycle"))
    left.set_ylim(0.0, 1.15 * max(float(np.nanmax(charges(t["Q_out"]))) for _, t in drawn))
    right.set_ylabel(scales.potential_label(study.reference).replace("$E$", r"$E_\mathrm{mid}$"))
    for letter, axes in zip("ab", (left, right), strict=True):
        axes.set_xscale("log")
        axes.set_xlabel(currents.label("$|i|$"))
        style.panel(axes, letter)
    if study.groups.several:
        fig.legend(*left.get_legend_handles_labels(), title=study.groups.legend_title or None,
                   loc="outside right center")  # fmt: skip
    return fig


def _rates(table: dict[str, FloatArray]) -> npt.NDArray[np.bool_]:
    """Tell of each site whether its cycles differ in their current, shape (sites,)."""
    current = np.abs(table["i_out"])
    low, high = np.nanmin(current, axis=1, initial=np.inf), np.nanmax(current, axis=1, initial=0.0)
    different: npt.NDArray[np.bool_] = high > SPREAD * low
    return different


def _groups(study: Study) -> list[tuple[Group, dict[str, FloatArray]]]:
    """Return the whole cycles of the sites of each condition, as arrays of (sites, cycles)."""
    table = study.scan.cycles
    whole = table["whole"] == 1
    columns = {n: table[n] for n in ("site", "cycle", "Q_in", "Q_out", "CE", "i_out", "E_mid_out")}
    found = []
    for k in evenly(np.arange(len(study.groups)), MOST):
        group = study.groups[k]
        sites = study.repeats(group)
        mine = whole & np.isin(columns["site"], sites)
        if not mine.any():
            continue
        _, row = np.unique(columns["site"][mine], return_inverse=True)
        cycle = columns["cycle"][mine].astype(np.int64)
        shape = int(row.max()) + 1, int(cycle.max()) + 1
        if shape[1] < FEWEST:
            continue
        arrays = {}
        for name in ("Q_in", "Q_out", "CE", "i_out", "E_mid_out"):
            arrays[name] = np.full(shape, np.nan)
            arrays[name][row, cycle] = columns[name][mine]
        found.append((group, arrays))
    return found


def _against(
    axes: Axes, values: FloatArray, colour: str, marker: str, label: str, *, hollow: bool = False
) -> None:
    """Draw sites thin, and their mean with markers."""
    cycle = np.arange(1, values.shape[1] + 1)
    if values.shape[0] > 1:
        axes.plot(cycle, values.T, color=colour, lw=0.4, alpha=0.4)
    known = np.isfinite(values).any(axis=0)
    mean = np.full(cycle.size, np.nan)
    mean[known] = np.nanmean(values[:, known], axis=0)
    size = 3.0 if cycle.size <= 30 else 1.5
    axes.plot(cycle, mean, marker + "-", color=colour, lw=0.8, ms=size, label=label,
              mfc="white" if hollow else colour)  # fmt: skip
