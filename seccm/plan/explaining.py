"""A plan as it will be run, in lines: values with defaults, steps, order of visits, times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from seccm.plan.estimate import shares_of
from seccm.plan.plan import Plan
from seccm.plan.site import Site
from seccm.plan.visits import Visits
from seccm.plan.written import explained
from seccm.program.outline import outline
from seccm.program.program import Program
from seccm.program.segment import Segment
from seccm.rig import RigInfo
from seccm.typography import counted
from seccm.units import lasting, show, since

MOST_STEPS = 30
"""Steps of a site that are told one by one."""
MOST_SITES = 400
"""Sites that are told one by one."""
_EMPTY = ("[]", "{  }")


def explanation(plan: Plan, info: RigInfo) -> Iterator[str]:
    """Yield the lines that say what a plan comes to on a rig.

    Args:
        plan: without errors.
        info: of the rig, for the times.
    """
    yield from ("", "Every value; * is a default:")
    for key, value, is_default in explained(plan):
        if value not in _EMPTY:
            yield f"{'*' if is_default else ' '} {key} = {value}"
    sites = plan.sites()
    yield from _steps(plan, sites)
    yield from _order(plan, plan.visits(), info, sites)


def _steps(plan: Plan, sites: Sequence[Site]) -> Iterator[str]:
    """Yield what runs at a site of each condition, with what it imposes in volts or amperes."""
    firsts: dict[int, Site] = {}
    for site in sites:
        firsts.setdefault(site.condition, site)
    for number, site in sorted(firsts.items()):
        label = plan.conditions[number].label
        of = f" with {label}" if label else ""
        yield from ("", f"Steps at each site{of}; potentials against the electrode in the pipette:")
        if isinstance(site.program, Program):
            yield from (f"  {'  ' * depth}{line}" for depth, line in outline(site.program))
        planned = site.segments
        yield f"  {counted(len(planned), 'step')}, as they come one after the other:"
        yield from (_line(one) for one in planned[:MOST_STEPS])
        if len(planned) > MOST_STEPS:
            yield f"    ... and {len(planned) - MOST_STEPS} more"


def _line(step: Segment) -> str:
    imposed = step.imposed
    unit = {"potential": "V", "current": "A"}.get(step.mode)
    lowest, highest = sorted((imposed.lowest, imposed.highest))
    values = "nothing imposed"
    if unit is not None:
        ends = [show(value, unit) for value in dict.fromkeys((lowest, highest))]
        values = f"{step.mode} {' to '.join(ends)}"
    name = f" ({step.name})" if step.name else ""
    return f"    {step.index + 1}. {step.kind}{name}: {values}, {lasting(step.waveform.duration)}"


def _order(plan: Plan, visits: Visits, info: RigInfo, sites: Sequence[Site]) -> Iterator[str]:
    """Yield the sites in the order of their visits, with the time at which each begins."""
    takes = shares_of(visits, info).total.tolist()
    begins = [0.0, *accumulate(takes)]
    yield from ("", "Order of visits; times are the longest, without retries:")
    shown = sites if len(sites) <= MOST_SITES else sites[: MOST_SITES // 2]
    for site in shown:
        place = f"column {site.ix}, row {site.iy}" if site.ix >= 0 else ""
        at = f"x {show(site.x, 'm')}, y {show(site.y, 'm')}" if plan.moves else ""
        what = plan.conditions[site.condition].label
        parts = (site.label, place, at, what)
        k = site.number
        yield (
            f"  {k:>4}  {'; '.join(filter(None, parts))}; begins after {since(begins[k])}, "
            f"takes {lasting(takes[k])}"
        )
    if len(shown) < len(sites):
        yield f"  ... and {len(sites) - len(shown)} more, to the last"
