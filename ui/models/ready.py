"""A run, made ready to be shown: by a thread, because large plans take a second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seccm.analysis.features import Features
from seccm.errors import DataFileError
from seccm.events import Outcome
from seccm.plan import Plan
from seccm.plan.pace import Pace
from seccm.plan.site import Site
from seccm.program.registry import kinds
from seccm.remote import Snapshot
from seccm.rig.signals import more_than_basic
from ui.models.curves import read_site
from ui.models.passage import Curve
from ui.models.run_file import RunFile
from ui.models.site_map import SiteMap


@dataclass(frozen=True, slots=True)
class Ready:
    """A run, made ready to be shown."""

    snapshot: Snapshot
    plan: Plan
    sites: dict[int, Site]
    """Those of the run, and of its planner as they are added; -1 is where the tip is driven
    manually, and comes down as at the first site of the plan."""
    map: SiteMap | None
    """None where the rig is driven manually."""
    pace: Pace | None
    """None where there are no sites to visit."""
    file: RunFile | None = None
    turning: tuple[int, str] | None = None
    """The first step whose curve may turn, and the result that says when; None without one."""

    def turns(self, site: int) -> tuple[int, float] | None:
        """Return in which step the curve of a site turns, and how many seconds after its start."""
        if self.map is None or self.turning is None:
            return None
        step, name = self.turning
        t = self.map.trusted(name, site)
        return (step, t) if math.isfinite(t) else None


def prepared(snapshot: Snapshot) -> Ready:
    """Make a run ready to be shown; for a thread, because large plans take a second."""
    plan = Plan.from_json(snapshot.plan_json, source=snapshot.path or "plan")
    if snapshot.total == 0:
        return Ready(snapshot, plan, {-1: plan.visits().patterns[0]}, None, None)
    sites = snapshot.sites.sites()
    made = SiteMap.of_run(plan, snapshot.sites, sites)
    made.signals = more_than_basic(snapshot.info.signals)
    features = Features(plan, sites=())
    made.name_units({c.name: (c.unit, c.long_name) for c in features.columns})
    pace = Pace.of(sites, len(snapshot.sites), snapshot.total, snapshot.info)
    pace.close((snapshot.overview.status > Outcome.RUNNING).nonzero()[0].tolist())
    by_number = {site.number: site for site in sites}
    turning = _turning(plan.visits().patterns[0], features)
    file = RunFile(Path(snapshot.path))
    return Ready(snapshot, plan, by_number, made, pace, file, turning)


def _turning(site: Site, features: Features) -> tuple[int, str] | None:
    """Return the first step of a site whose curve may turn, and the result that says when."""
    for segment in site.segments:
        kind = kinds().get(segment.kind)
        turn = kind.turn if kind is not None else None
        if turn is not None and (name := features.name(turn.time.name, segment.index)):
            return segment.index, name
    return None


def recalled(file: RunFile, numbers: Sequence[int]) -> tuple[Curve, ...]:
    """Read the curves of sites that were complete before this window came; for a thread.

    Those that cannot be read are left out: they are drawn for comparison only.
    """
    with suppress(DataFileError), file.open() as scan:
        sites = (read_site(scan, number) for number in numbers)
        return tuple(s.measured for s in sites if s is not None and s.measured is not None)
    return ()
