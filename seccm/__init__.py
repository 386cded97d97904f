"""Hopping-mode control for scanning electrochemical cell microscopy (SECCM).

    load_plan, Plan, check            what to do, and whether a rig can do it
    run, resume, Run                  from a plan to its data file, event by event
    SiteFinished, Landed, RunStopped, ...   the events of a run, each of which prints as one line
    open, Scan, SiteTrace, analyze    a data file, finished or growing
    take_areas                        wetted areas of single sites, into a file
    import_file, Reader               a file of another program
    Outcome, Phase, Status            what the codes of sites, data points and results mean
    Result, Value, Values             a result, and what was found for it
    load_rig, build_rig, Rig, RigInfo, Block, Signal      rigs in Python
    Planner, Finished, PlannerKind    sites that are thought of while a run goes on
    Kind, ContactKind, WayKind, parts_of, rig_of          what a package of your own adds

`import seccm; help(seccm.run)` says how each is used. The page docs/api.md names the modules that
a package of your own may import from; everything else may change with any version.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seccm.data.scan import Scan
    from seccm.data.scan import open_scan as open
    from seccm.data.trace import SiteTrace
    from seccm.errors import (
        DataFileError,
        LimitError,
        NotNow,
        PlanError,
        PlannerError,
        Problem,
        RigError,
        SeccmError,
    )
    from seccm.events import (
        Approaching,
        Event,
        FalseContact,
        Fault,
        Landed,
        Landing,
        Note,
        Outcome,
        Paused,
        Phase,
        PhaseBegan,
        Resumed,
        RunStarted,
        RunStopped,
        SiteAdded,
        SiteAnalysed,
        SiteFinished,
        SiteStarted,
        StepFinished,
    )
    from seccm.plan.contacts import ContactKind
    from seccm.plan.plan import Plan, load_plan
    from seccm.plan.planner import Finished, Planner, PlannerKind, PlannerSpec
    from seccm.plan.site import Site
    from seccm.plan.ways import WayKind, WaySpec
    from seccm.program.kind import Kind, StepSpec
    from seccm.program.registry import register
    from seccm.readers import Reader, ReadScan, ReadSite, ReadStep
    from seccm.remote.host.attended import resume, run
    from seccm.results import Result, Status, Value, Values
    from seccm.rig import Block, Mounted, Rig, RigInfo, Signal, parts_of, rig_of
    from seccm.rigs import build_rig, load_rig
    from seccm.session import Run, analyze, check, import_file, take_areas

__all__ = [
    "Approaching",
    "Block",
    "ContactKind",
    "DataFileError",
    "Event",
    "FalseContact",
    "Fault",
    "Finished",
    "Kind",
    "Landed",
    "Landing",
    "LimitError",
    "Mounted",
    "NotNow",
    "Note",
    "Outcome",
    "Paused",
    "Phase",
    "PhaseBegan",
    "Plan",
    "PlanError",
    "Planner",
    "PlannerError",
    "PlannerKind",
    "PlannerSpec",
    "Problem",
    "ReadScan",
    "ReadSite",
    "ReadStep",
    "Reader",
    "Result",
    "Resumed",
    "Rig",
    "RigError",
    "RigInfo",
    "Run",
    "RunStarted",
    "RunStopped",
    "Scan",
    "SeccmError",
    "Signal",
    "Site",
    "SiteAdded",
    "SiteAnalysed",
    "SiteFinished",
    "SiteStarted",
    "SiteTrace",
    "Status",
    "StepFinished",
    "StepSpec",
    "Value",
    "Values",
    "WayKind",
    "WaySpec",
    "analyze",
    "build_rig",
    "check",
    "import_file",
    "load_plan",
    "load_rig",
    "open",
    "parts_of",
    "register",
    "resume",
    "rig_of",
    "run",
    "take_areas",
]

_HOMES: Mapping[str, str] = {
    "seccm.data.scan": "Scan",
    "seccm.data.trace": "SiteTrace",
    "seccm.errors": (
        "DataFileError LimitError NotNow PlanError PlannerError Problem RigError SeccmError"
    ),
    "seccm.events": (
        "Approaching Event FalseContact Fault Landed Landing Note Outcome Paused Phase "
        "PhaseBegan Resumed RunStarted RunStopped SiteAdded SiteAnalysed SiteFinished "
        "SiteStarted StepFinished"
    ),
    "seccm.plan.contacts": "ContactKind",
    "seccm.plan.plan": "Plan load_plan",
    "seccm.plan.planner": "Finished Planner PlannerKind PlannerSpec",
    "seccm.plan.site": "Site",
    "seccm.plan.ways": "WayKind WaySpec",
    "seccm.program.kind": "Kind StepSpec",
    "seccm.program.registry": "register",
    "seccm.readers": "ReadScan ReadSite ReadStep Reader",
    "seccm.remote.host.attended": "resume run",
    "seccm.results": "Result Status Value Values",
    "seccm.rig": "Block Mounted Rig RigInfo Signal parts_of rig_of",
    "seccm.rigs": "build_rig load_rig",
    "seccm.session": "Run analyze check import_file take_areas",
}
"""The public names of each module, which is imported when one of them is first asked for."""
_HOME = {name: (module, name) for module, names in _HOMES.items() for name in names.split()}
_HOME["open"] = ("seccm.data.scan", "open_scan")


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
