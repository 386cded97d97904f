"""The map of a run that is about to begin."""

from __future__ import annotations

from seccm.plan import Plan
from seccm.remote import SiteList
from ui.models.site_map import SiteMap


def map_of(plan: Plan) -> SiteMap:
    """Return what the window makes of a plan's sites."""
    sites = plan.sites()
    return SiteMap.of_run(plan, SiteList.of(sites), sites)
