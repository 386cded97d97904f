"""The library of plans: those that are shipped and one's own, the favourites first."""

from __future__ import annotations

from seccm.plan.library import own_plans
from seccm.plan.own_plans import favourites, in_order

STAR = "★"


def listed() -> dict[str, str]:
    """Return what stands in the list for every plan, by its name."""
    first, mine = favourites(), own_plans()
    return {
        name: f"{f'{STAR} ' if name in first else ''}{name}{' (yours)' if name in mine else ''}"
        for name in in_order()
    }
