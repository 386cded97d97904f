"""One scan of a campaign: run, disturbed, resumed until it is done, and everything seen of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from campaign_draws import Disturbance

import seccm
from hardware.ni.nidaq import NidaqRig
from seccm.errors import DataFileError, NotNow, PlanError, RigError
from seccm.events import Event, Paused, RunStopped, SiteAnalysed
from seccm.hopping.engine import Request
from seccm.plan import Plan
from seccm.rig import Action, Block, Move, Rig
from seccm.rigs import RigFile
from sim.truth import Truth
from sim.virtual_rig import VirtualRig
from sim.world import World

SESSIONS = 6
"""How often a scan is taken up at most."""
BLOCKS = 40_000
"""After so many blocks a run is stopped: none takes so many."""


def made_error(name: str) -> BaseException:
    """An error that is not of the program."""
    if name == "RigError":
        return RigError("planted", "campaign", "planted by the campaign.")
    kinds: tuple[type[BaseException], ...] = (KeyboardInterrupt, MemoryError, OSError)
    return next(kind("planted") for kind in kinds if kind.__name__ == name)


def world_of(rig: Rig) -> World:
    """The world behind a virtual rig or a virtual card."""
    if isinstance(rig, NidaqRig):
        return rig.bench.plugged.plant.world  # type: ignore[no-any-return]
    assert isinstance(rig, VirtualRig)
    return rig._world


@dataclass
class Session:
    """What was seen of one run of a file, by each witness."""

    heard: list[Event] = field(default_factory=list)
    rows: list[Block] = field(default_factory=list)
    """What the rig delivered."""
    truth: Truth = field(default_factory=Truth)
    error: BaseException | None = None
    planted: list[BaseException] = field(default_factory=list)
    """The errors that the campaign raised."""
    dropped: bool = False
    """Whether the caller went away."""
    sideways: list[str] = field(default_factory=list)
    """Motions sideways that began with a bridge."""
    depths: dict[int, float] = field(default_factory=dict)
    """By the landing in the truth: how far the tip went below its height at contact, metres."""
    begins_at: float = 0.0
    """Time in the file."""
    period: float = 0.0
    bridge: bool = False
    """Whether a bridge is left at the end."""
    height: float = np.nan
    moving: bool = False
    off: bool = True
    top: float = np.nan

    write_failed: bool = False
    """Whether the file could not be written at some moment."""


class Observed:
    """A session that is going on: watches its rig, and disturbs it.

    Args:
        run: ready.
        disturbances: what happens in its course.
    """

    def __init__(self, run: seccm.Run, disturbances: tuple[Disturbance, ...]) -> None:
        self.session = Session(begins_at=run._store.begins_at, period=run.info.clock.period)
        self._run, self._rig = run, run._runner._rig
        self._world = world_of(self._rig)
        self.session.truth = self._world.truth
        # At the potential where lithium neither comes nor goes, a pipette that drips shows no
        # current; and what begins to drip just now nobody has seen yet.
        lasts = bool(run.sites) and run.sites[0].approach.rule.lasting
        self._shows = lasts or run.plan.sample == "redox"
        self._left = list(disturbances)
        self._calls = dict.fromkeys(("read", "apply", "write", "event"), 0)
        self._read, self._apply = self._rig.read, self._rig.apply
        self._rig.read, self._rig.apply = self.read, self.apply  # type: ignore[method-assign]
        writer = run._store._writer
        self._take = writer.take
        writer.take = self.take  # type: ignore[method-assign]
        if any(one.kind == "write" for one in disturbances):
            self._record, self._store = run._store.record, run._store
            run._store.record = self.record  # type: ignore[method-assign]
        self._close = self._rig.close
        self._rig.close = self.close  # type: ignore[method-assign]

    def carry_out(self) -> Session:
        """Run to the end; answer each pause."""
        # Without those who may look on meanwhile, and without signals: they have no virtual time.
        stream = self._run._carry_out()
        session = self.session
        try:
            for event in stream:
                session.heard.append(event)
                if isinstance(event, SiteAnalysed):
                    continue  # when that comes is the affair of another thread
                self._disturb("event")
                if session.dropped:
                    stream.close()
                    break
                if isinstance(event, Paused):
                    self._ask("resume")
        except BaseException as error:
            if not isinstance(error, RigError) and error not in session.planted:
                raise
            session.error = error
        return session

    # Between the run and its rig.

    def read(self) -> Block:
        self._disturb("read")
        block = self._read()
        self.session.rows.append(block)
        bridge, landings = self._world.bridge, self._world.truth.landings
        if bridge is not None and landings and not bridge.flooded:
            index = len(landings) - 1
            self.session.depths[index] = max(self.session.depths.get(index, 0.0), bridge.depth)
        if len(self.session.rows) > BLOCKS:
            self._ask("stop")
        return block

    def apply(self, action: Action) -> None:
        self._disturb("apply")
        bridge = self._world.bridge
        if isinstance(action, Move) and action.axis != "z" and bridge is not None:
            now = self.session.rows[-1].stop * self.session.period
            if not (bridge.flooded and (now - bridge.since < 1.0 or not self._shows)):
                self.session.sideways.append(f"{action} in row {self.session.rows[-1].stop}")
        self._apply(action)

    def record(self, block: Block | None, events: Sequence[Event] = ()) -> None:
        """Hand over, and wait for the thread that writes: the same story whenever it is played."""
        self._record(block, events)
        self._store.barrier()

    def take(self, block: Block | None, events: Any) -> bool:
        self._disturb("write")
        return self._take(block, events)

    def close(self) -> None:
        """Look at how the tip and the cell are left, then let go of them."""
        session, world = self.session, self._world
        with suppress(Exception):
            session.bridge = world.bridge is not None and not world.bridge.flooded
            session.top, session.height = self._top, self._height()
            session.off = world.drive.mode == "open"
        self._close()

    @property
    def _top(self) -> float:
        return self._rig.info.axes["z"].travel.upper

    def _height(self) -> float:
        """True height of the tip, metres."""
        rig: Any = self._rig
        return float(rig.height if isinstance(rig, VirtualRig) else rig.bench.plugged.height)

    def _disturb(self, kind: str) -> None:
        self._calls[kind] += 1
        count = self._calls[kind]
        for one in tuple(self._left):
            where = "event" if one.at_event else "read" if one.kind == "verb" else one.kind
            if where != kind or count < one.when:
                continue
            self._left.remove(one)
            if one.kind == "verb":
                self._ask(one.what)
            elif one.kind == "close":
                self.session.dropped = True
            else:
                error = made_error(one.what)
                self.session.write_failed |= kind == "write"
                self.session.planted.append(error)
                raise error

    def _ask(self, verb: str) -> None:
        # Not through the runner, which waits for a silent rig on the clock of the wall.
        with suppress(NotNow):
            self._run._engine.ask(Request(verb))


@dataclass
class Scan:
    """A plan, a rig and what goes wrong, to be carried out in some sessions."""

    plan: Plan
    rig: RigFile
    faults: tuple[str, ...]
    disturbances: tuple[tuple[Disturbance, ...], ...]
    """For each session; none for the later ones."""
    seed: int
    path: Path
    refused: str = ""
    """Why the run did not begin."""
    sessions: list[Session] = field(default_factory=list)
    after: list[Any] = field(default_factory=list)
    """What was in the file after each session, see `campaign_file`."""

    def carry_out(self) -> Iterator[Session]:
        """Run, and resume as long as there is something left; yield after each session."""
        with unpacked():
            for number in range(SESSIONS):
                mine = self.disturbances[number] if number < len(self.disturbances) else ()
                try:
                    run = self._begin() if number == 0 else seccm.resume(self.path)
                except (PlanError, RigError, DataFileError) as error:
                    self.refused = str(error)
                    return
                session = Observed(run, mine).carry_out()
                self.sessions.append(session)
                yield session
                if self.finished:
                    return

    def _begin(self) -> seccm.Run:
        return seccm.run(self.plan, self.rig, path=self.path, seed=self.seed, faults=self.faults)

    @property
    def finished(self) -> bool:
        """Whether the newest session was the last that was needed."""
        ends = [e for s in self.sessions[-1:] for e in s.heard if isinstance(e, RunStopped)]
        return bool(ends) and ends[-1].status == "complete"


class _Packed:
    def communicate(self, timeout: float) -> tuple[str]:
        return ("",)


@contextmanager
def unpacked() -> Iterator[None]:
    """Let no process be started to compress the file."""
    with patch("seccm.session.running.finish_apart", lambda *of: _Packed()):
        yield
