"""Screens without a rig: a planner asks, and a planted law answers with scatter."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from small_scan import small_scan

from seccm.events import Outcome
from seccm.plan import Plan
from seccm.plan.decision import Decision
from seccm.plan.planner import KINDS, Finished, Planner
from seccm.plan.site import Site
from seccm.results import Status, Value

Law = Callable[[Site, np.random.Generator], dict[str, Value]]
LOW, HIGH = -2.0, -30.0
"""A/m2, the range of current densities."""
RANGE = {"between": ["-0.2 mA/cm^2", "-3 mA/cm^2"], "scale": "logarithmic"}


def screen(table: dict[str, Any], columns: int = 8, rows: int = 8, **changes: Any) -> Plan:
    """A plan of a galvanostatic step at a free current density, with a planner."""
    return small_scan(
        columns, rows, planner=table, design={}, factors={"j": ["-1 mA/cm^2"]}, **changes
    )


def planner_of(plan: Plan) -> Planner:
    """The planner of a plan, as a run makes it."""
    made = KINDS.of(plan.planner.kind).begin(plan.planner, plan)
    assert made is not None
    return made


def carried_on(
    planner: Planner, law: Law, rng: np.random.Generator, most: int = 100
) -> tuple[list[Finished], Decision | None]:
    """Ask and tell until the planner asks for no more, or for more sites than that.

    Returns:
        The sites, and what the planner said at the end.
    """
    sites: list[Finished] = []
    while len(sites) < most:
        asked = planner.ask()
        if not isinstance(asked, Site):
            return sites, asked
        found = law(asked, rng)
        sites.append(Finished(asked, Outcome.OK, None, found, ended=20.0 * (len(sites) + 1)))
        planner.tell(sites[-1])
    return sites, None


def density(site: Site) -> float:
    """The current density at a site, A/m2."""
    assert site.recipe is not None
    return site.recipe.condition["j"]


def share(j: float) -> float:
    """Where a current density lies in the range."""
    return math.log(j / LOW) / math.log(HIGH / LOW)


def level(at: float) -> float:
    """The current density at a share of the range."""
    return LOW * (HIGH / LOW) ** at


def nucleation(scatter: float = 0.1, limit: float = 5.0, quiet: float = 2e-3) -> Law:
    """Nucleation at a current density: a time that falls by 1.3 decades a decade, a potential.

    Both belong to the same site: who nucleates late does so at a lower potential.
    """

    def law(site: Site, rng: np.random.Generator) -> dict[str, Value]:
        j = density(site)
        off = float(rng.standard_normal())
        t = time_at(j) * math.exp(scatter * off)
        e = potential_at(j) - 0.5 * quiet * off + quiet * float(rng.standard_normal())
        common = {"j": Value(j, 0.0)}
        if t > limit:
            none = Value.none(Status.NO_MINIMUM)
            seen = Value(e + 0.01, 1e-4)  # it has not come down to the minimum
            return {
                **common, "t_nuc": none, "E_nuc": none, "t_seen": Value(limit, 0.01), "E_far": seen,
            }  # fmt: skip
        return {
            **common, "t_nuc": Value(t, 0.01), "E_nuc": Value(e, 2e-4),
            "t_seen": Value(min(limit, 1e9), 0.01), "E_far": Value(e, 1e-4),
        }  # fmt: skip

    return law


def time_at(j: float) -> float:
    """Planted median time of nucleation, s."""
    return 2.0 * (j / -10.5) ** -1.3


def potential_at(j: float) -> float:
    """Planted nucleation potential, V: a Tafel law that bends at high currents."""
    x = share(j)
    return -0.09 - 0.10 * x - 0.03 * x**3
