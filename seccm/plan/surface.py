"""How far below the surface a plan lets the tip go, once the surface is known."""

from __future__ import annotations

from collections.abc import Iterator

from seccm.errors import Problem
from seccm.plan.site import Site
from seccm.plan.subject import Subject
from seccm.plan.visits import Visits
from seccm.plan.ways import asked_of
from seccm.units import show

STAYS = "Nothing moves in this plan: whatever happens, the cell is switched off and nothing else."


def asked_words(visits: Visits) -> str:
    """Say what a person will be asked, in a sentence; empty if nothing."""
    asked = [words for site in visits.patterns if (words := asked_of(site))]
    if not asked:
        return ""
    times = f"{len(visits)} times, first" if len(visits) > 1 else "once"
    return (
        f'A person is asked {times}: "{asked[0]}" The run waits for the answer without a time '
        "limit; that time is not counted here."
    )


def surface_words(visits: Visits) -> str:
    """Say where a descent that meets nothing ends, and why, in sentences."""
    site = max(visits.patterns, key=_depth)
    approach = site.approach
    return (
        f"The first descent goes at most approach.travel, {show(approach.travel, 'm')}. From the "
        f"first landing on, a descent without contact ends {show(_depth(site), 'm')} below the "
        f"known surface (surface_margin {show(approach.surface_margin, 'm')} and overtravel "
        f"{show(approach.overtravel, 'm')}), or deeper where the landings scatter or are far away."
    )


def surface_problems(subject: Subject) -> Iterator[Problem]:
    """Find margins with which the known surface protects nothing."""
    for site in subject.patterns() if subject.plan.moves else ():
        approach = site.approach
        if _depth(site) >= approach.travel:
            what = (
                f"{show(approach.surface_margin, 'm')} below the known surface is as far as "
                f"approach.travel goes, {show(approach.travel, 'm')}: a clogged pipette would be "
                "driven into the surface."
            )
            remedy = "Lower it to the height of the sample's steps."
            yield Problem("approach.surface_margin", what, remedy, "warning")
            return


def _depth(site: Site) -> float:
    """Return how far below the known surface the tip may go at a site, in metres."""
    return site.approach.surface_margin + site.approach.overtravel
