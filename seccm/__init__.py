"""Hopping-mode control for scanning electrochemical cell microscopy (SECCM)."""

from seccm.data import open_scan as open
from seccm.errors import DataFileError, NotNow, PlanError, RigError, SeccmError
from seccm.plan.plan import Plan, load_plan
from seccm.session import Run, analyze, check, resume, run

__all__ = [
    "DataFileError",
    "NotNow",
    "Plan",
    "PlanError",
    "RigError",
    "Run",
    "SeccmError",
    "analyze",
    "check",
    "load_plan",
    "open",
    "resume",
    "run",
]
