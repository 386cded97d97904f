"""A site that a planner thought of, as an event, and the site that such an event tells of."""

from __future__ import annotations

from seccm.events import SiteAdded
from seccm.plan.decision import Decision
from seccm.plan.recipe import Recipe
from seccm.plan.site import Site


def told(site: Site, recipe: Recipe, row: int) -> SiteAdded:
    """Return the event that tells of a site.

    Args:
        site: with its number.
        recipe: what it was made from.
        row: the sample clock.
    """
    return SiteAdded(
        row=row,
        site=site.number,
        x=site.x,
        y=site.y,
        ix=site.ix,
        iy=site.iy,
        condition=site.condition,
        repeat=site.repeat,
        recipe=recipe.text,
        label=recipe.condition.label,
        decision="" if site.decision is None else site.decision.text,
    )


def why(event: SiteAdded) -> str:
    """Return why the planner asked for the site, in sentences; empty if it did not say."""
    try:
        return Decision.read(event.decision).reason if event.decision else ""
    except ValueError:  # of another version of the program at the other end of the channel
        return ""


def site_of(event: SiteAdded) -> Site:
    """Return the site that an event tells of.

    Raises:
        ValueError: it has a kind of step, contact or way that is not installed here.
    """
    pattern = Recipe.read(event.recipe).site(event.condition)
    return pattern.at(event.x, event.y, event.ix, event.iy, number=event.site, repeat=event.repeat)
