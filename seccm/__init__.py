"""Hopping-mode control for scanning electrochemical cell microscopy (SECCM).

    load_plan, check, run, resume     from a plan to its data file
    open, analyze                     a data file, finished or growing
    Outcome, Status                   what the codes of sites and of results mean
    Kind, register                    a kind of step of your own

`import seccm; help(seccm.run)` says how each is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seccm.data.scan import open_scan as open
    from seccm.errors import DataFileError, NotNow, PlanError, RigError, SeccmError
    from seccm.events import Outcome
    from seccm.plan.plan import Plan, load_plan
    from seccm.program.kind import Kind
    from seccm.program.registry import register
    from seccm.remote.attended import resume, run
    from seccm.results import Status
    from seccm.session import Run, analyze, check

__all__ = [
    "DataFileError",
    "Kind",
    "NotNow",
    "Outcome",
    "Plan",
    "PlanError",
    "RigError",
    "Run",
    "SeccmError",
    "Status",
    "analyze",
    "check",
    "load_plan",
    "open",
    "register",
    "resume",
    "run",
]

_HOME = {
    "open": ("seccm.data.scan", "open_scan"),
    "Outcome": ("seccm.events", "Outcome"),
    "Status": ("seccm.results", "Status"),
    "Plan": ("seccm.plan.plan", "Plan"),
    "load_plan": ("seccm.plan.plan", "load_plan"),
    "Kind": ("seccm.program.kind", "Kind"),
    "register": ("seccm.program.registry", "register"),
    **{name: ("seccm.errors", name) for name in __all__ if name.endswith(("Error", "NotNow"))},
    **{name: ("seccm.remote.attended", name) for name in ("resume", "run")},
    **{name: ("seccm.session", name) for name in ("Run", "analyze", "check")},
}


def __dir__() -> list[str]:
    """Return what is meant to be used; `help` shows it."""
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: a child process needs few of them."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value
