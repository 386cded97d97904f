"""Who follows a site as it goes: whether it keeps its contact, and what its steps yield."""

from __future__ import annotations

from seccm.hopping.judge import Judge, Judges
from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.program.program import Program
from seccm.rig import Clock
from seccm.session.kept_contact import KeptContact
from seccm.session.live_results import LiveResults


def judges(plan: Plan, clock: Clock) -> Judges:
    """Return what gives the judge of a plan's site.

    There is none where every step imposes a current, unless its programme asks for results.
    """

    def judge(site: Site) -> Judge | None:
        imposes_potential = any(segment.mode != "current" for segment in site.segments)
        contact = KeptContact(site, clock, plan.reference.offset) if imposes_potential else None
        if isinstance(site.program, Program) and site.program.asked:
            return LiveResults(site, clock, plan, site.program.asked, contact)
        return contact

    return judge
