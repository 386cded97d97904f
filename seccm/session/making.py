"""Making a run: a plan is checked, its rig connected and its file laid out; nothing moves yet."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from seccm.analysis.features import Features, area_at
from seccm.conductor.asking import Asking
from seccm.conductor.instructed import Instructed
from seccm.conductor.opening import Opened, open_for_motion
from seccm.data import (
    Columns,
    Header,
    Store,
    open_scan,
)
from seccm.data.redo import restore
from seccm.data.whereabouts import Whereabouts
from seccm.errors import DataFileError, Problem
from seccm.filming.film import Filming
from seccm.plan import Plan, load_plan
from seccm.plan.decision import Decision
from seccm.plan.instruction import Instruction
from seccm.plan.placing import Placing
from seccm.plan.planner import Finished, Planner, known_ahead, planner_of, with_script
from seccm.plan.site import Site
from seccm.rig import Channel, Mounted, RawChannel, Rig, RigInfo, more_than_basic
from seccm.rigs import RigFile, build_rig, load_rig
from seccm.session import notes
from seccm.session.analysing import same_file
from seccm.session.checking import calibration_doubts, room
from seccm.session.filmed import film_of
from seccm.session.past import (
    before,
    finished,
    known_surface,
    passed,
    read_what_ran,
    region_below,
    stored,
)
from seccm.session.running import Run
from seccm.text_files import named_after


def run(
    plan: Plan | str | Path,
    rig: RigFile | str | Path = "virtual",
    *,
    path: str | Path | None = None,
    seed: int = 0,
    faults: Sequence[str] = (),
    pace: float = 0.0,
    planner: Planner | None = None,
) -> Run:
    """Check a plan, connect its rig and lay out its file; iterating over the run carries it out.

    Args:
        plan: a plan, the path of one, or the name of a shipped one.
        rig: a rig file as read, the path of one, or the name of a shipped one.
        path: the data file to make; by default named after the plan and the time, here.
        seed: for virtual rigs: same plan and seed, same data.
        faults: for virtual rigs: what goes wrong, by name.
        pace: for virtual rigs: 1 for real time, 0 for as fast as possible.
        planner: thinks of the sites, in place of the plan's own list or planner; see
            `seccm.Planner`. The plan in the data file says so.

    Raises:
        PlanError: the plan or the rig file is wrong; nothing moved.
        DataFileError: the data file cannot be made.
        RigError: the rig cannot be opened.
    """
    plan = plan if isinstance(plan, Plan) else load_plan(plan)
    rig_file = rig if isinstance(rig, RigFile) else load_rig(rig)
    if planner is not None:
        plan = with_script(plan, planner)
    sites, asked = known_ahead(plan), planner_of(plan, planner)
    target = Path(path) if path is not None else Path(default_name(plan))
    features = Features(plan, sites=sites)
    opened, found = _open(plan, rig_file, target, 0, 1.0, seed, faults, pace)
    film = None
    try:
        film = film_of(plan, rig_file, opened, target, seed=seed)
        header, raw = _header(plan, rig_file, found.info, seed, faults), _raw(plan, opened)
        store = Store(
            target,
            header,
            sites,
            _columns(features, found.info),
            found.info.clock,
            features,
            raw=raw,
            raw_of_steps=not plan.record.raw,
            film=film,
        )
        return Run(
            plan,
            opened,
            store,
            sites,
            raw=bool(raw),
            path=target,
            run_id=header.uuid,
            planned=sites,
            known=len(sites),
            warnings=_warnings(rig_file, found),
            asking=_asking(
                asked, sites, Placing(plan, found.info, sites, found.at), features, store
            ),
            total=len(sites) if asked is None else asked.total,
            film=film,
        )
    except BaseException:
        _let_go(opened, film)
        raise


def resume(path: str | Path, *, pace: float = 0.0, planner: Planner | None = None) -> Run:
    """Prepare the rest of a run from its data file alone.

    Sites that were finished are done; a site whose approach had begun counts as touched and is
    not landed on again. Where nothing moves it goes on instead, at the step that was under way,
    after a rest. Plan and sites are those in the file. What its landings say of the surface
    bounds the next descents. Where no site is left, the run only
    closes what its program could not close. A planner is told of all finished sites, visits those
    that it had asked for, and is asked for more.

    Args:
        path: the data file of a stopped, failed or killed run.
        pace: as for `run`.
        planner: where the run had one of a script: the same again, as it was before the run.

    Raises:
        DataFileError: there is nothing to resume, or the file cannot be used.
        PlanError: the rig in the file cannot be built here, or the disk has no room; nothing
            moved, and the file is as it was.
        RigError: the rig cannot be opened.
    """
    path = Path(path)
    # After a power cut the file may be behind what was touched, or unreadable.
    restore(path)
    with open_scan(path) as scan:
        file = Whereabouts(path)
        run_id = scan.header.uuid
        plan, rig_file, seed, faults = read_what_ran(scan)
        known, ended = len(scan.sites), scan.state
        inputs = scan.raw_channels
        filmed = scan.frames.facts
        sites, left = stored(scan)
        broken, charges = scan.broken_off, passed(scan, sites)
        region = region_below(scan, sites, left) if plan.regions is not None else ""
    if not left and ended == "complete":
        raise DataFileError(f"{path}: all {known} sites were visited; there is nothing to resume.")
    asked = planner_of(plan, planner)
    features = Features(plan, sites=sites)
    first, share = (left[0].number if left else known), len(left) / max(known, 1)
    mounted = dataclasses.replace(plan.mounted, passed=charges, region=_below(plan, region))
    opened, found = _open(plan, rig_file, path, first, share, seed, faults, pace, mounted)
    film = None
    try:
        if filmed is not None:
            film = film_of(plan, rig_file, opened, path, seed=seed, known=filmed)
        same_file(file, path)
        # A file that was begun without raw samples goes on without them.
        raw = _raw(plan, opened) if inputs else ()
        store = Store.resume(
            path,
            sites,
            _columns(features, found.info),
            found.info.clock,
            features,
            raw=raw,
            raw_of_steps=not plan.record.raw,
            goes_on=broken,
            film=film,
        )
        with open_scan(path) as scan:
            terrain = known_surface(scan, store.begins_at, sites if plan.regions else ())
            done = {
                site.number: before(scan, site, plan.reference.offset, area_at(plan, site))
                for site in left
                if site.number == broken
            }
            told = finished(scan) if asked is not None else ()
            said, decided = dict(scan.instructions), scan.decisions.values()
            followed = {one.instruction for one in decided if one.instruction is not None}
        placing = Placing(plan, found.info, sites, found.at)
        return Run(
            plan,
            opened,
            store,
            left,
            raw=bool(raw),
            path=path,
            run_id=run_id,
            planned=sites,
            known=known,
            warnings=_warnings(rig_file, found),
            asking=_asking(asked, left, placing, features, store, told, said, followed),
            total=known if asked is None else asked.total,
            terrain=terrain,
            before=done,
            region=region,
            film=film,
        )
    except BaseException:
        _let_go(opened, film)
        raise


def _below(plan: Plan, region: str) -> Channel | None:
    """Return the region that lies below the tip already; None where nobody knows."""
    if plan.regions is None or not region:
        return None
    return Channel(region, *plan.regions.of(region).position)


def _let_go(rig: Rig, film: Filming | None) -> None:
    """Let go of what was opened for a run that is not to be."""
    rig.close()
    if film is not None:
        film.end()
        if film.fresh:
            film.movie.unlink(missing_ok=True)


def default_name(plan: Plan) -> str:
    """Return a file name from the plan's title and the time."""
    return f"{named_after(plan.title, 'scan')}-{datetime.now():%Y%m%d-%H%M%S}.h5"


def _open(
    plan: Plan,
    rig_file: RigFile,
    path: Path,
    first: int,
    share: float,
    seed: int,
    faults: Sequence[str],
    pace: float,
    mounted: Mounted | None = None,
) -> tuple[Rig, Opened]:
    """Build and open the rig; check it, and the disk against the share of the sites to come.

    Args:
        plan: that is carried out.
        rig_file: what the rig is built from.
        path: of the data file.
        first: the number of the site that is visited first.
        share: of the plan's sites that are left.
        seed: for virtual rigs, as the next two.
        faults: what goes wrong.
        pace: how fast.
        mounted: what is on the rig, where an earlier session has left something behind.
    """
    mounted = plan.mounted if mounted is None else mounted
    rig = build_rig(rig_file, mounted, seed=seed, faults=faults, pace=pace, first_site=first)
    return rig, open_for_motion(
        rig, plan, further=lambda info: room(plan, info, path.parent, share)
    )


def _warnings(rig_file: RigFile, found: Opened) -> tuple[Problem, ...]:
    """Return everything that is worth saying of a rig that may move."""
    return (*found.problems, *calibration_doubts(rig_file, found.info))


def _asking(
    planner: Planner | None,
    left: Sequence[Site],
    placing: Placing,
    features: Features,
    store: Store,
    told: Sequence[Finished] = (),
    said: Mapping[int, Instruction] | None = None,
    followed: Collection[int] = (),
) -> Asking | None:
    """Return who asks the planner of a run; None where it has none."""

    def add(site: Site) -> None:
        features.add(site)
        store.extend([site])
        store.barrier()

    def conclude(decision: Decision) -> None:
        store.decide(placing.count, decision)
        store.barrier()

    def keep(number: int, instruction: Instruction) -> None:
        store.instruct(number, instruction)
        store.barrier()

    if planner is None:
        return None
    return Asking(
        planner,
        left,
        placing.place,
        add,
        conclude,
        told,
        thinking=placing.plan.planner.thinking,
        instructed=Instructed(placing, keep, said, followed),
        seconds=lambda row: store.begins_at + placing.info.clock.time(row),
    )


def _columns(features: Features, info: RigInfo) -> Columns:
    """Return all columns of a new file that depend on plan, analysis or rig."""
    return dataclasses.replace(features.layout, signals=more_than_basic(info.signals))


def _raw(plan: Plan, rig: Rig) -> tuple[RawChannel, ...]:
    """Return the channels of which raw samples are recorded."""
    return rig.info.raw if plan.keeps_raw(rig.info) else ()


def _header(
    plan: Plan, rig_file: RigFile, info: RigInfo, seed: int, faults: Sequence[str]
) -> Header:
    rig = {
        "source": rig_file.source,
        "config": rig_file.config,
        "faults": list(faults),
        "info": _plain(dataclasses.asdict(info)),
    }
    return Header(
        title=plan.title,
        plan_json=plan.to_json(),
        rig_json=json.dumps(rig, ensure_ascii=False),
        virtual=info.virtual,
        reference=plan.reference.name,
        reference_offset=plan.reference.offset,
        reference_uncertainty=plan.reference.uncertainty,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        uuid=str(uuid4()),
        seed=seed if info.virtual else None,
        extra=notes.attributes(),
    )


def _plain(value: Any) -> Any:
    """Turn what a rig says of itself into what JSON can hold."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return sorted(value) if isinstance(value, frozenset) else value
