"""What a rig says to a plan, and how long it will take; asked from a thread, before Start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seccm.errors import PlanError, Problem, RigError
from seccm.plan import Plan
from seccm.plan.planner import who_plans
from seccm.plan.site import Site
from seccm.plan.time_spent import shares_words
from seccm.rig import RigInfo
from seccm.rigs import load_rig
from seccm.session import check
from seccm.typography import counted, readable
from seccm.units import lasting, show
from seccm.words import SIMULATION
from ui.models.footprints import Footprints


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected of a plan on a rig."""

    info: RigInfo | None
    """None if the rig could not be asked."""
    problems: tuple[Problem, ...]
    verdict: str
    facts: str
    plan: Plan
    places: Footprints


def outlook(plan: Plan, rig: str, known: RigInfo | None, busy: bool) -> Outlook:
    """Check a plan against a rig.

    Args:
        plan: without errors of its own.
        rig: its name or file.
        known: what it said of itself the last time; it is then not opened again.
        busy: whether a scan owns the rig, which is then left alone.
    """
    sites = plan.sites()
    places = Footprints.of(plan, sites)
    count = f"{counted(len(sites), 'site')}, {counted(len(plan.conditions), 'condition')}"
    count = who_plans(plan) + count
    if known is not None:
        return _outlook(plan, known, plan.check(known), count, sites, places)
    if busy:
        return Outlook(None, (), "Plan valid; rig busy.", count, plan, places)
    try:
        info, problems = check(plan, load_rig(rig), folder=Path.cwd())
    except PlanError as error:
        return Outlook(None, error.problems, "The rig cannot be checked.", count, plan, places)
    except RigError as error:
        failure = Problem("rig", error.what, error.remedy, "warning")
        return Outlook(
            None, (failure,), "Plan valid; the rig does not answer.", count, plan, places
        )
    return _outlook(plan, info, problems, count, sites, places)


def _outlook(
    plan: Plan,
    info: RigInfo,
    problems: tuple[Problem, ...],
    count: str,
    sites: tuple[Site, ...],
    places: Footprints,
) -> Outlook:
    shortest, length = (lasting(plan.duration(info, shortest=s)) for s in (True, False))
    length = length if shortest == length else f"{shortest} to {length}"
    size = f"{plan.bytes(info) / 1e6:.0f} MB"
    simulated = f", {SIMULATION}" if info.virtual else ""
    rules = {(site.approach.speed, site.approach.rule.signal) for site in sites}
    farthest = max(info.overtravel(speed, signal=signal) for speed, signal in rules)
    over = readable(show(farthest, "m", 2))
    last = f"overtravel at most {over}" if plan.moves else "nothing moves"
    facts = (
        f"{count} · about {length} · {shares_words(plan.visits(), info)} · {size} on disk · "
        f"on {info.name}{simulated} · {last}"
    )
    return Outlook(info, problems, "This plan can be run.", facts, plan, places)
