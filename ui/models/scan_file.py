"""A data file to be browsed: opened at once, its plan read later, looked at while it grows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.data import open_scan
from seccm.errors import DataFileError
from seccm.events import Outcome
from seccm.exports.content import SiteColumn, site_column
from seccm.exports.text import write_sites
from seccm.plan import Plan
from seccm.plan.planner import KINDS
from seccm.plan.site import Site
from seccm.results import Status
from seccm.typography import counted
from seccm.words import SIMULATION
from ui.models.run_file import RunFile
from ui.models.site_map import SiteMap, names_of
from ui.models.whole_files import whole


class ScanFile:
    """One open data file.

    Args:
        path: the file.

    Raises:
        DataFileError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.scan = open_scan(path)
        self.found = RunFile(path, self.scan.header.uuid)
        self.map = SiteMap.of_scan(self.scan)
        self.state = self.scan.state
        self.asks = False
        self.regions: dict[int, str] = {}
        self.called: dict[int, str] = {}
        """What the plan calls sites, by their numbers; known once the plan has been read."""
        """Whether its sites come from a planner, as far as the plan has been read."""

    @property
    def path(self) -> Path:
        """Where it was last seen."""
        return self.found.path

    def where(self) -> Path:
        """Find the file by what it is.

        Raises:
            DataFileError: it is not found any more; what has its name now is another file.
        """
        return self.found.where()

    def plan(self) -> tuple[Plan, tuple[Site, ...]]:
        """Read the plan in the file, and a site of each condition, as it was meant to be.

        Takes a while for a large one, so ask from a thread.

        Raises:
            PlanError: what is there is no plan.
        """
        plan = Plan.from_json(self.scan.plan_json, source=str(self.path))
        self.asks = KINDS.of(plan.planner.kind).asks
        planned = self.scan.planned.values()
        self.called = names_of(planned)
        self.regions = {site.number: site.region for site in planned if site.region}
        first = {s.condition: s for s in reversed(list(planned))}
        return plan, tuple(first[condition] for condition in sorted(first))

    @property
    def growing(self) -> bool:
        """Whether a program is writing it: the run goes on, or was resumed a moment ago."""
        return self.state == "running" or self.scan.being_written

    @property
    def outdated(self) -> bool:
        """Whether another file has taken its place: its run was resumed meanwhile, or packed."""
        try:
            return not self.scan.is_same
        except OSError:
            return False  # it is not where it was; `where` looks for it

    @property
    def resumable(self) -> bool:
        """Whether its run ended before all sites had been visited."""
        left = self.asks or bool((self.map.outcome == Outcome.PLANNED).any())
        return left and self.state not in ("running", "complete")

    def refresh(self) -> bool:
        """Look again; returns whether there is anything new.

        A file that was closed a moment ago cannot be opened again while another view of this
        program holds it as it was: it is tried again the next time. So is one that is not found.
        """
        try:
            self.scan.path = self.where()
            self.scan.refresh()
        except DataFileError:
            return False
        self.state = self.scan.state
        changed = self.map.look(self.scan)
        return changed or not self.growing

    def release(self) -> None:
        """Let go of the file, so that another may take its place; it is opened when that grows."""
        self.scan.close()

    @property
    def title(self) -> str:
        """The title of the scan; that of a simulation says so, once."""
        header = self.scan.header
        if not header.virtual:
            return header.title
        return f"{SIMULATION} · {header.title.removeprefix(SIMULATION).strip(' ·:')}"

    @property
    def words(self) -> str:
        """What the file is, in a line."""
        total = self.map.x.size
        closed = int((self.map.outcome > Outcome.RUNNING).sum())
        ok = int((self.map.outcome == Outcome.OK).sum())
        began = self.scan.header.started_at.replace("T", " ").removesuffix("+00:00")
        sites = f"{closed} of {counted(total, 'site')}"
        if self.asks:
            sites = counted(closed, "site") + ("" if self.state == "complete" else " so far")
        begun = "started" if self.scan.header.dated else "start not known, imported"
        return f"{self.state} · {sites}, {ok} ok · {begun} {began} UTC"

    def close(self) -> None:
        """Let go of the file."""
        self.scan.close()
        self.found.close()


def write_table(file: ScanFile, target: Path) -> None:
    """Write one line a site in SI units, as the export csv-sites does, with all that the map has.

    What was there before is replaced when the table is complete: there is never half of one.

    Raises:
        OSError: the file cannot be written.
    """
    sites = file.map
    sites.level()
    count = sites.x.size
    columns = [
        SiteColumn(np.arange(count), "site"),
        site_column("x", "m", sites.x),
        site_column("y", "m", sites.y),
        SiteColumn(np.array([sites.label(k) for k in range(count)], np.str_), "condition"),
        SiteColumn(_words(sites.outcome, {int(o): o.words for o in Outcome}), "outcome"),
    ]
    for name, quantity in sites.quantities.items():
        unit = sites.unit(name)
        columns.append(site_column(name, unit, quantity.values))
        if quantity.statuses.any() or np.isfinite(quantity.errors).any():
            columns.append(site_column(f"{name}_err", unit, quantity.errors))
            columns.append(
                SiteColumn(
                    _words(quantity.statuses, {int(s): s.label for s in Status}), f"{name}_status"
                )
            )
    with whole(target, newline="") as stream:
        write_sites(stream, columns)


def _words(codes: npt.NDArray[np.uint8], known: Mapping[int, str]) -> npt.NDArray[Any]:
    """Return what codes mean; a later version of the program may have others."""
    return np.array([known.get(code, f"code {code}") for code in codes.tolist()], np.str_)
