"""A run from its plan to its file: the wiring of plan, rig, engine, store and analysis.

Headless runs, scripts and the command line all come through here.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np

from seccm.analysis.features import Features, reanalyse
from seccm.commissioning.standing import doubts
from seccm.conductor.opening import look_at, open_for_motion
from seccm.conductor.scan import Runner
from seccm.data import (
    SPARE,
    Columns,
    Header,
    Scan,
    Store,
    Unsaved,
    finish_apart,
    open_scan,
    rewrite_features,
)
from seccm.data.journal import Code
from seccm.data.redo import restore
from seccm.data.whereabouts import Whereabouts
from seccm.errors import DataFileError, NotNow, Problem
from seccm.events import Event, Outcome, RunStopped
from seccm.hopping.engine import Budget, Engine, Status
from seccm.hopping.life import Request, State
from seccm.hopping.terrain import Terrain
from seccm.interruption import FROM_KEYBOARD, SUSPEND, Interruption, are_taken, name_of, told
from seccm.plan import Plan, load_plan
from seccm.plan.reach import room_problems
from seccm.plan.site import Site
from seccm.rig import Block, RawChannel, Rig, RigInfo, SafeReport, more_than_basic
from seccm.rigs import RigFile, build_rig, load_rig

Events = Generator[Event, None, None]
LOOK = 0.1
"""Seconds from one look at what was left to do in the end to the next."""


class Analysed(int):
    """How many sites were analysed, and what is wrong with those that could not be."""

    damaged: Mapping[int, str]
    """A sentence for each site that is damaged in the file, by its number."""
    changed: str
    """Which sites another program has changed since the run, in a sentence; usually empty."""

    def __new__(cls, count: int, damaged: Mapping[int, str], changed: str) -> Self:
        """Make the count, with what is to be said of the others."""
        made = super().__new__(cls, count)
        made.damaged, made.changed = damaged, changed
        return made


class Run:
    """A run that is ready: checked, its rig connected, its file laid out, nothing moved yet.

    Iterate over it to carry it out; each item is an event. The rig is safe and the file closed
    when the iteration ends, however it ends.
    """

    def __init__(
        self,
        plan: Plan,
        rig: Rig,
        store: Store,
        sites: Sequence[Site],
        *,
        path: Path,
        run_id: str,
        total: int,
        warnings: Sequence[Problem],
        terrain: Terrain | None = None,
    ) -> None:
        self.plan = plan
        self.run_id = run_id
        """Names the run, in its file too, whatever the file is called."""
        self.info: RigInfo = rig.info
        self.sites = tuple(sites)
        """The sites of this run; fewer than the plan's when it was resumed."""
        self.total = total
        """How many sites the plan has."""
        self.warnings = tuple(warnings)
        """What the check of the plan found worth saying."""
        self.packing = ""
        """How checking and compressing the file went, in a sentence, once a run is complete."""
        self.moved = ""
        """What became of the file where it was renamed, moved or deleted during the run."""
        self.alone = ""
        """Why other programs cannot find this run, if they cannot."""
        self.company: Callable[[Events], Events] = lambda events: events
        """Whoever hears every event on its way, and may steer meanwhile."""
        budget = Budget(plan.budget.consecutive, plan.budget.total)
        self._engine = Engine(
            sites, rig.info, title=plan.title, total=total, budget=budget, terrain=terrain
        )
        self._runner = Runner(rig, self._engine, store, raw=plan.record.raw)
        self._store = store
        self._file = Whereabouts(path)
        self._left = threading.Event()

    @property
    def path(self) -> Path:
        """The data file, where it was seen last."""
        return self._file.path

    @property
    def status(self) -> Status:
        """A snapshot of the run; may be taken from any thread."""
        return self._engine.status

    @property
    def kept(self) -> Mapping[Outcome, int]:
        """How many sites of the plan the file has of each outcome, once the run is over.

        They are fewer than what the events told where the file could not be written.
        """
        with self.open() as scan:
            counted = Counter(scan.sites["status"].tolist())
        return {Outcome(code): count for code, count in sorted(counted.items())}

    def open(self) -> Scan:
        """Open the data file of this run, wherever it is by now.

        Raises:
            DataFileError: it cannot be read, or is not found: another one may have its name.
        """
        scan = open_scan(self.path)
        if scan.header.uuid != self.run_id:
            scan.close()
            raise DataFileError(
                f"{self.path}: holds another run by now; where run {self.run_id} is, is not known."
            )
        return scan

    @property
    def unsaved(self) -> Unsaved:
        """What of the record is not safe on the disk yet; may be asked from any thread."""
        return self._store.unsaved

    def ask(self, request: Request | str, reason: str = "asked by the operator") -> None:
        """Ask for pause, resume, skip, stop, halt or emergency; may be called from any thread.

        Raises:
            NotNow: the request makes no sense at present; nothing changed.
        """
        request = Request(request)
        if request is Request.HALT:
            self.halt()
        elif request is Request.EMERGENCY:
            self.emergency()
        else:
            self._engine.ask(request, reason)

    def halt(self) -> None:
        """Freeze outputs and switch the cell off with the next block, or without it.

        Raises:
            NotNow: the run is over.
        """
        self._runner.halt()

    def emergency(self) -> None:
        """Leave the surface and end the run, with the next block or without it.

        Raises:
            NotNow: the run is over.
        """
        self._runner.emergency()

    def on_lifted(self, told: Callable[[SafeReport], None]) -> None:
        """Have somebody told, beside those who are told already, what an emergency achieved.

        Args:
            told: called from any thread: must return at once, never raise.
        """
        self._runner.on_lifted(told)

    def interrupt(self, number: int) -> str:
        """End the run because of a signal; return what was done about it, in words.

        The run is stopped: the tip goes up, and the file can be continued. A second signal from
        the keyboard halts it instead.

        Args:
            number: of the signal.
        """
        stopping = self.status.state is State.STOPPING
        try:
            if stopping and number in FROM_KEYBOARD:
                self.halt()
                return "Halting: everything is frozen where it is."
            self.ask("stop", name_of(number))
        except NotNow:
            if stopping:
                return "The run is being stopped already: the pipette retracts."
            self._left.set()
            return "The run has ended already."
        return "Stopping: the pipette retracts. Ctrl-C once more to halt."

    def watch(self, watcher: Callable[[Block], None]) -> None:
        """Have every block of rows shown to someone as it comes, before the events it brings.

        Args:
            watcher: called in the thread that runs the rig: must return at once, never raise.
        """
        self._runner.watcher = watcher

    def close(self) -> None:
        """Let go of a run that was not carried out; one that was is closed already."""
        self._runner.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        """Carry the run out.

        Yields:
            Every event as it becomes known, `RunStopped` last.

        Raises:
            RigError: the rig or the record failed; the last events said so.
        """
        if are_taken():
            yield from self.company(self._carry_out())
        else:
            yield from self._taking_signals(self.company(self._carry_out()))

    def _taking_signals(self, events: Events) -> Events:
        """Carry the run out in a script that takes no signals itself.

        A signal stops the run, or ends whatever the script does with an event; in either case the
        script hears of it when the rig is safe.

        Raises:
            Interruption: a signal came.
        """
        came: list[int] = []
        inside = False

        def remember(number: int, _: object) -> None:
            if number == SUSPEND:
                return
            came.append(number)
            if not inside:
                raise Interruption(name_of(number))

        with told(self.interrupt, lambda words: None, also=remember):
            try:
                while True:
                    inside = True
                    event = next(events, None)
                    inside = False
                    if event is None:
                        break
                    yield event
            finally:
                inside = True
                events.close()
        if came:
            raise Interruption(name_of(came[0]))

    def _carry_out(self) -> Events:
        """Run, and have the file of a complete run compressed and checked."""
        packing: subprocess.Popen[str] | None = None
        try:
            for event in self._runner.run():
                if isinstance(event, RunStopped):
                    self._find_file()
                    if event.status == "complete" and self._file.look() is not None:
                        # A file that may be resumed stays as it is: filters hurt while it grows.
                        packing = finish_apart(self.path, self.run_id)
                yield event
            if packing is not None:
                self._await(packing)
        finally:
            self._file.close()

    def _find_file(self) -> None:
        """Find the file at the end of a run, wherever it is by now."""
        before = self.path
        try:
            rescued = self._file.rescue(self.run_id)
        except DataFileError as error:
            self.moved = str(error)
            return
        now = self._file.look()
        if rescued is not None:
            self.moved = f"The file was deleted during the run, and was written again: {rescued}."
        elif now is None:
            self.moved = f"{before}: the file was moved during the run; where to is not known."
        elif now != before:
            self.moved = f"The file was renamed or moved during the run: it is {now} now."

    def _await(self, packing: subprocess.Popen[str]) -> None:
        """Wait for the end of packing, or until a signal says that nobody wants to wait."""
        while not self._left.is_set():
            with suppress(subprocess.TimeoutExpired):
                self.packing = packing.communicate(timeout=LOOK)[0].strip()
                self._file.look_for_copy(self.run_id)
                return
        # It belongs to a session of its own, and goes on; nobody complains of it.
        packing.returncode = 0
        self.packing = "The file is complete; it is still being compressed and checked."


def run(
    plan: Plan | str | Path,
    rig: RigFile | str | Path = "virtual",
    *,
    path: str | Path | None = None,
    seed: int = 0,
    faults: Sequence[str] = (),
    pace: float = 0.0,
) -> Run:
    """Check a plan, connect its rig and lay out its file; iterating over the run carries it out.

    Args:
        plan: a plan, the path of one, or the name of a shipped one.
        rig: a rig file as read, the path of one, or the name of a shipped one.
        path: the data file to make; by default named after the plan and the time, here.
        seed: for virtual rigs: same plan and seed, same data.
        faults: for virtual rigs: what shall go wrong, by name.
        pace: for virtual rigs: 1 for real time, 0 for as fast as possible.

    Raises:
        PlanError: the plan or the rig file is wrong; nothing moved.
        DataFileError: the data file cannot be made.
        RigError: the rig cannot be opened.
    """
    plan = plan if isinstance(plan, Plan) else load_plan(plan)
    rig_file = rig if isinstance(rig, RigFile) else load_rig(rig)
    sites = plan.sites()
    target = Path(path) if path is not None else Path(default_name(plan))
    features = Features(plan)
    opened, warnings = _open(plan, rig_file, target, sites, len(sites), seed, faults, pace)
    try:
        header = _header(plan, rig_file, opened.info, seed, faults)
        store = Store(
            target,
            header,
            sites,
            _columns(features, opened.info),
            opened.info.clock,
            features,
            raw=_raw(plan, opened),
        )
        return Run(
            plan,
            opened,
            store,
            sites,
            path=target,
            run_id=header.uuid,
            total=len(sites),
            warnings=warnings,
        )
    except BaseException:
        opened.close()
        raise


def resume(path: str | Path, *, pace: float = 0.0) -> Run:
    """Prepare the rest of a run from its data file alone.

    Sites that were finished are done; a site whose approach had begun counts as touched and is
    not landed on again; the plan is the one in the file. What its landings say of the surface
    bounds the next descents. Where no site is left, the run only
    closes what its program could not close.

    Args:
        path: the data file of a stopped, failed or killed run.
        pace: as for `run`.

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
        plan, rig_file, seed, faults = _what_ran(scan)
        remaining = set(scan.remaining())
        total = len(scan.sites)
        ended = scan.state
    sites = plan.sites()
    left = [site for site in sites if site.number in remaining]
    if not left and ended == "complete":
        raise DataFileError(f"{path}: all {total} sites were visited; there is nothing to resume.")
    features = Features(plan)
    opened, warnings = _open(plan, rig_file, path, left, len(sites), seed, faults, pace)
    try:
        _same(file, path)
        store = Store.resume(
            path,
            sites,
            _columns(features, opened.info),
            opened.info.clock,
            features,
            raw=_raw(plan, opened),
        )
        with open_scan(path) as scan:
            terrain = _known_surface(scan, store.begins_at)
        return Run(
            plan,
            opened,
            store,
            left,
            path=path,
            run_id=run_id,
            total=total,
            warnings=warnings,
            terrain=terrain,
        )
    except BaseException:
        opened.close()
        raise


def default_name(plan: Plan) -> str:
    """Return a file name from the plan's title and the time."""
    words = "".join(c if c.isalnum() else " " for c in plan.title.lower()).split()
    return f"{'-'.join(words[:6])}-{datetime.now():%Y%m%d-%H%M%S}.h5"


def check(
    plan: Plan, rig_file: RigFile, *, folder: Path = Path(), lifts_first: bool = False
) -> tuple[RigInfo, tuple[Problem, ...]]:
    """Check a plan against a rig, which is opened for its position and closed again.

    Args:
        plan: what shall be done.
        rig_file: what shall do it.
        folder: where the data file will lie.
        lifts_first: whether the tip goes to the top before it comes down.

    Returns:
        What the rig says of itself, and everything found: errors and warnings.

    Raises:
        PlanError: the rig file is wrong.
        RigError: the rig cannot be opened.
    """
    opened = look_at(
        build_rig(rig_file, plan.mounted),
        plan,
        lifts_first=lifts_first,
        further=lambda info: _room(plan, info, folder),
    )
    return opened.info, (*opened.problems, *_doubts(rig_file, opened.info))


def analyze(path: str | Path) -> Analysed:
    """Determine all features of a file again and store them; return how many sites have any.

    A site that is damaged in the file gets no numbers, and the result says so; the others do.

    Raises:
        DataFileError: the file cannot be read or written.
        PlanError: the plan in the file is not one.
    """
    path = Path(path)
    with open_scan(path) as scan:
        file = Whereabouts(path)
        features = Features(Plan.from_json(scan.plan_json, source=str(path)))
        found = reanalyse(scan, features)
        changed = scan.changed
    _same(file, path)
    rewrite_features(path, found.features, features.layout.statuses, found.quality)
    return Analysed(found.analysed, found.damaged, changed)


def _columns(features: Features, info: RigInfo) -> Columns:
    """Return all columns of a new file that depend on plan, analysis or rig."""
    return dataclasses.replace(features.layout, signals=more_than_basic(info.signals))


def _same(file: Whereabouts, path: Path) -> None:
    """Check that a path still leads to the file that was read.

    Raises:
        DataFileError: the file was moved meanwhile, and another one may have its name.
    """
    if file.look() != path:
        raise DataFileError(
            f"{path}: the file was moved, deleted or replaced meanwhile. Nothing was changed. Do "
            "it again with the file where it is now."
        )
    file.close()


def _open(
    plan: Plan,
    rig_file: RigFile,
    path: Path,
    sites: Sequence[Site],
    total: int,
    seed: int,
    faults: Sequence[str],
    pace: float,
) -> tuple[Rig, tuple[Problem, ...]]:
    """Build and open the rig; check it, and the disk against those sites of all that are left."""
    first = sites[0].number if sites else total
    rig = build_rig(rig_file, plan.mounted, seed=seed, faults=faults, pace=pace, first_site=first)
    share = len(sites) / total
    opened = open_for_motion(rig, plan, further=lambda info: _room(plan, info, path.parent, share))
    return rig, (*opened.problems, *_doubts(rig_file, rig.info))


def _doubts(rig_file: RigFile, info: RigInfo) -> tuple[Problem, ...]:
    """Warn of calibrations that are old."""
    return doubts(rig_file.config, datetime.now().astimezone(), info.device)


def _raw(plan: Plan, rig: Rig) -> tuple[RawChannel, ...]:
    """Return the channels of which raw samples are recorded."""
    return rig.info.raw if plan.record.raw else ()


def _room(plan: Plan, info: RigInfo, folder: Path, share: float = 1.0) -> tuple[Problem, ...]:
    """Find out whether the data, or the share that is left of them, have room in a folder."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        # Where that cannot be told, such as in a folder that is not there, the store has the word.
        return ()
    return tuple(room_problems(plan, info, free, reserve=SPARE, share=share))


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
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        uuid=str(uuid4()),
        seed=seed if info.virtual else None,
    )


def _plain(value: Any) -> Any:
    """Turn what a rig says of itself into what JSON can hold."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return sorted(value) if isinstance(value, frozenset) else value


def what_ran(path: str | Path) -> tuple[Plan, RigFile, int, tuple[str, ...]]:
    """Return plan, rig file, seed and faults of the run in a file.

    Raises:
        DataFileError: the file cannot be read.
        PlanError: the plan in the file is not one.
    """
    with open_scan(Path(path)) as scan:
        return _what_ran(scan)


def _what_ran(scan: Scan) -> tuple[Plan, RigFile, int, tuple[str, ...]]:
    """Read back from a file what its run was made of."""
    source = str(scan.path)
    plan = Plan.from_json(scan.plan_json, source=source)
    try:
        rig = json.loads(scan.header.rig_json)
        config, faults = dict(rig["config"]), [str(fault) for fault in rig["faults"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DataFileError(
            f"{source}: the rig that is stored in the file is damaged ({error}), so that the run "
            "cannot be resumed. Nothing moved. Use a copy of the file, if there is one."
        ) from error
    rig_file = RigFile(f"the rig in {source}", config)
    return plan, rig_file, scan.header.seed or 0, _lasting(scan, faults)


def _known_surface(scan: Scan, begins_at: float) -> Terrain:
    """Return what the sites of a file say of the surface, on the clock of a session.

    Args:
        scan: the file.
        begins_at: the time in it at which the session begins, in seconds.
    """
    terrain, sites = Terrain(), scan.sites
    ended = sites["t_end"]
    for number in sorted(np.flatnonzero(np.isfinite(ended)), key=lambda k: float(ended[k])):
        if sites["landed"][number]:
            x, y, z = (float(sites[name][number]) for name in ("x_cmd", "y_cmd", "z_contact"))
            terrain.tell(x, y, z, float(sites["t_contact"][number]) - begins_at)
        elif Outcome(int(sites["status"][number])).no_contact:
            terrain.miss()
        if terrain.in_doubt:
            terrain.asked()
    return terrain


def _lasting(scan: Scan, faults: Sequence[str]) -> tuple[str, ...]:
    """Leave out the faults of the site at which the run failed: who resumes it has repaired them.

    The site may be visited again, and a rig that fails there each time would never finish.
    """
    failed = np.flatnonzero(scan.events["code"] == Code.FAULT)
    if scan.state != "fault" or len(failed) == 0:
        return tuple(faults)
    there = f"site={scan.events['site'][failed[-1]]}"
    return tuple(fault for fault in faults if there not in re.split("[@,]", fault))
