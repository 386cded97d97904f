"""What to do: plans as frozen data, checked before anything moves."""

from seccm.factors import Condition, Level
from seccm.plan.library import find_plan, find_rig, plans, rigs
from seccm.plan.plan import Plan, load_plan
from seccm.plan.probe import Probe, Reference
from seccm.plan.site import ApproachSpec, Hold, Lift, NoContact, Site
from seccm.program.segment import Segment

__all__ = [
    "ApproachSpec",
    "Condition",
    "Hold",
    "Level",
    "Lift",
    "NoContact",
    "Plan",
    "Probe",
    "Reference",
    "Segment",
    "Site",
    "find_plan",
    "find_rig",
    "load_plan",
    "plans",
    "rigs",
]
