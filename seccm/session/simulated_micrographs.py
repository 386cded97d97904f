"""Micrographs of what a simulated run has grown: drawn, counted, and joined to its sites."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from seccm.analysis.step_trace import steps_ran
from seccm.data import Scan, SiteRecord, open_scan
from seccm.errors import PlanError, Problem
from seccm.imaging.sem.files import Counted
from seccm.imaging.sem.micrograph import EXTRA, needed
from seccm.imaging.sem.simulated import SIDE, counts, in_view, picture_beside, write_picture
from seccm.installing import install_hint
from seccm.plan.site import Site
from seccm.rig.grown import Driven, Grown, GrowsAgain
from seccm.rigs import build_rig
from seccm.session.micrographs import count_particles, join_particles
from seccm.session.past import read_what_ran
from seccm.session.site_columns import site_in


def grown_at(scan: Scan, site: int) -> Grown:
    """Return the particles that the virtual cell of a site has grown.

    Args:
        scan: a data file of a simulated run.
        site: its number.

    Raises:
        PlanError: nothing is known to have grown there.
        DataFileError: the file is damaged.
    """
    where = str(scan.path)
    site_in(scan, site)
    plan, file, seed, _ = read_what_ran(scan)
    if not (scan.header.virtual and file.simulated):
        what = "was measured on a real rig: there is no virtual cell whose particles could be drawn"
        raise PlanError(where, [Problem("file", f"{what}.", "Give its micrographs, TIFF files.")])
    if plan.regions is not None:
        what = "the sample was moved between regions, and micrographs are drawn of one region only."
        raise PlanError(where, [Problem("regions", what)])
    record = scan.record(site)
    if not math.isfinite(record.t_contact) or record.t.size < 2:
        raise PlanError(where, [Problem("site", f"site {site} has no contact.")])
    config = {name: table for name, table in file.config.items() if name != "pace"}
    rig = build_rig(replace(file, config=config), plan.mounted, seed=seed)
    earlier = int(np.count_nonzero(scan.sites["landed"][:site]))
    found = None
    if isinstance(rig, GrowsAgain):
        found = rig.grown(driven(scan.planned[site], record, earlier))
    if found is None:
        what = f"no lithium can grow on {plan.sample!r} of this rig."
        raise PlanError(where, [Problem("sample", what)])
    return found


def driven(site: Site, record: SiteRecord, landing: int) -> Driven:
    """Return how the droplet of a site was driven.

    Args:
        site: what was planned.
        record: of it.
        landing: how many landings there were before.
    """
    wet = record.t > record.t_contact
    held = np.zeros(record.t.size, bool)
    ran = steps_ran(site, record)
    first = min((record.steps[k].start for k in ran), default=record.t.size)
    held[:first] = site.approach.hold.mode == "potential"
    for index, segment in ran.items():
        held[record.steps[index]] = segment.mode == "potential"
    at = int(np.argmax(wet))
    return Driven(
        landing, site.x, site.y, record.t[wet] - record.t_contact, record.z[at] - record.z[wet],
        record.E[wet], record.I[wet], held[wet],
    )  # fmt: skip


def draw_micrograph(scan: Scan, site: int) -> Path:
    """Draw the micrograph of the middle of a footprint beside the data file; return its path.

    Args:
        scan: a data file of a simulated run.
        site: its number.

    Raises:
        PlanError: nothing is known to have grown there, or it cannot be written.
        DataFileError: the file is damaged.
    """
    grown = grown_at(scan, site)
    path = picture_beside(scan.path, site)
    rng = np.random.default_rng([scan.header.seed or 0, site])
    image = counts(in_view(grown), SIDE, rng)
    try:
        write_picture(path, image, f"the virtual cell of site {site} of {scan.path.name}")
    except ModuleNotFoundError as error:
        missing = Problem("file", needed(error), install_hint(EXTRA))
        raise PlanError(str(path), [missing]) from None
    except OSError as error:
        what = f"the picture cannot be written ({error.strerror})."
        raise PlanError(str(path), [Problem("file", what)]) from None
    return path


def simulate_micrographs(path: str | Path, site: int | None = None) -> Iterator[Counted]:
    """Draw and count micrographs of a simulated run, and store the numbers with its sites.

    Args:
        path: a closed data file of a simulated run.
        site: its number; every site that has landed unless given.

    Yields:
        What was counted, site by site.

    Raises:
        PlanError: nothing is known to have grown there, or it cannot be written.
        DataFileError: the file cannot be read or written.
    """
    path = Path(path)
    with open_scan(path) as scan:
        landed = np.flatnonzero(scan.sites["landed"]).tolist()
    if not landed:
        raise PlanError(str(path), [Problem("sites", "none has landed.")])
    for number in landed if site is None else [site]:
        with open_scan(path) as scan:
            picture = draw_micrograph(scan, number)
        found = count_particles(picture)
        join_particles(path, number, found, footprint=False)
        yield found
