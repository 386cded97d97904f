"""Curves of a site that are made of its cycles of constant current, not of one step."""

from __future__ import annotations

import numpy as np

from seccm.analysis.step_features import Drawn
from seccm.arrays import FloatArray
from seccm.data import Scan
from seccm.program.figures import Axis, OwnCurve
from seccm.program.trace import StepTrace

FEWEST = 2
"""Whole cycles from which on they are a curve."""


def _not_of_a_step(_: StepTrace) -> tuple[FloatArray, FloatArray]:
    return np.empty(0), np.empty(0)


CYCLE = Axis("cycle", "1")
CHARGES = OwnCurve(
    slug="cycles-charge",
    title="Charge of cycles",
    x=CYCLE,
    y=Axis("charge of the second half", "C"),
    points=_not_of_a_step,
    marks=True,
)
EFFICIENCIES = OwnCurve(
    slug="cycles-efficiency",
    title="Efficiency of cycles",
    x=CYCLE,
    y=Axis("coulombic efficiency", "1"),
    points=_not_of_a_step,
    marks=True,
)


def cycles_drawn(scan: Scan, number: int) -> tuple[Drawn, ...]:
    """Return charge and efficiency of the whole cycles of a site; nothing where there are few."""
    table = scan.cycles
    mine = (table["site"] == number) & (table["whole"] == 1)
    if mine.sum() < FEWEST:
        return ()
    cycle, none = table["cycle"][mine] + 1.0, np.empty(0)
    return tuple(
        Drawn(what, 0, cycle, table[name][mine], none, none, none, none)
        for what, name in ((CHARGES, "Q_out"), (EFFICIENCIES, "CE"))
    )
