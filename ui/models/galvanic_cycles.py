"""Curves of a site that are made of its cycles of constant current, not of one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from seccm.analysis.step_features import Drawn
from seccm.data import Scan
from seccm.program.any_results import E_MID
from seccm.results import Result
from ui.models.step_pages import OF_ALL, cycle_curve, drawn_by_cycle

FEWEST = 2
"""Whole cycles from which on they are a curve."""
COLUMNS = {
    "Q_out": Result("Q_out", "C", "charge of the second half of each cycle"),
    "CE": Result("CE", "1", "coulombic efficiency of each cycle"),
    "E_mid_in": replace(
        E_MID, name="E_mid_in", words="potential at half of the charge, first half"
    ),
    "E_mid_out": replace(
        E_MID, name="E_mid_out", words="potential at half of the charge, second half"
    ),
}  # fmt: skip


def cycles_drawn(
    scan: Scan, number: int, middles: Mapping[int, float] | None = None
) -> tuple[Drawn, ...]:
    """Return charge, efficiency and potentials of the whole cycles of a site, if there are some.

    Args:
        scan: finished or growing.
        number: of the site.
        middles: potentials at half of the charge of its steps, V, of a site that is not closed:
            the file has them as soon as it is.
    """
    told = {(number, step): volts for step, volts in (middles or {}).items()}
    table = scan.cycles_with(told) if told else scan.cycles
    mine = (table["site"] == number) & (table["whole"] == 1)
    if mine.sum() < FEWEST:
        return ()
    cycle = table["cycle"][mine] + 1.0
    drawn = (
        drawn_by_cycle(cycle_curve(result, "cycles"), OF_ALL, cycle, table[name][mine])
        for name, result in COLUMNS.items()
    )
    return tuple(one for one in drawn if one.x.size >= FEWEST)
