"""Every way of coming to a place, as a small plan with a virtual rig and a virtual card for it.

`WAYS` is the one list: whoever registers a kind of way adds a plan of it here, and has it tried by
every test that must hold for all of them. `test_every_way` says if a kind is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from barrel_world import FILM, barrel_rig, card_tables
from barrel_world import small_map as barrel_map
from nidaq_bench import rig_table
from secm_plans import GLASS, spots
from small_scan import near_surface, small_scan
from test_channels import CHANNELS, HERE, plan_of
from test_channels_card import RELAYS
from test_channels_card import card as channels_card

import seccm
from hardware.ni.nidaq import NidaqRig
from seccm.errors import DriverError, LimitError, RigError, SeccmError, StreamError
from seccm.events import (
    Approaching,
    Event,
    Outcome,
    RunStopped,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.plan import Plan, load_plan
from seccm.rig import Action, Block, Flag, Rig
from seccm.rigs import RigFile
from sim.virtual_rig import VirtualRig
from sim.world import World

UM = 1e-6
RIGS = ("virtual", "card")
Tables = dict[str, Any]


def _drop(**way: Any) -> Plan:
    """Two sites of a droplet cell."""
    return small_scan(
        2,
        1,
        way=way,
        retract={"distance": "6 um", "speed": "20 um/s"},
        program=[{"step": "constant current", "current_density": "$j", "duration": "0.1 s"}],
    )


def _fast() -> Plan:
    plan = _drop(kind="fast hopping").to_dict()
    plan["retract"]["detachment"] = {"margin": "1 um"}
    return Plan.from_dict(plan, source="fast")


def _topography() -> Plan:
    shipped = load_plan("sicm-topography").to_dict()
    sites = {**shipped["sites"], "columns": 2, "rows": 1, "origin": ["47 um", "48 um"]}
    slow = {**shipped["approach"], "speed": "0.28 um/s", "travel": "5 um"}
    low = {**shipped["retract"], "distance": "0.5 um"}
    tables = {**shipped, "sites": sites, "approach": slow, "retract": low}
    return Plan.from_dict(tables, source="topography")


BESIDE = {"drive": "substrate", "potential": "0.2 V"}
HELD = {"step": "constant potential", "potential": "0.3 V", "duration": "0.1 s", "beside": BESIDE}
"""The second drive is on."""


def _secm(*places: tuple[float, float], **tables: Any) -> Plan:
    up = {"distance": "12 um", "speed": "80 um/s"}
    down = {**spots(GLASS).to_dict()["approach"], "travel": "15 um"}
    return spots(*places, approach=down, retract=up, program=[HELD], **tables)


def _level() -> Plan:
    way = {"kind": "constant height", "above": "1 um"}
    return _secm((20.0, 38.0), (50.0, 38.0), (50.0, 66.0), (80.0, 38.0), way=way)


SHORT = [
    {"step": "constant potential", "potential": 1.1, "duration": 0.3},
    {"step": "open circuit", "duration": 0.1},
    {"step": "constant potential", "potential": 1.2, "duration": 0.3},
]
QUIET: Tables = {
    "electrometer": {"hum": "0 A", "offset": "0 A"},
    "samples": {"dummy": {"kind": "circuit", "parallel": "100 Mohm"}},
}


def _channels() -> Plan:
    sites = {**CHANNELS, "labels": ["P1", "P2"], "areas": 100e-12}
    way = {"switch": "rig", "settle": 0.1, "rest": 0.1}
    return plan_of(sites, way=way, program=SHORT)


def _here() -> Plan:
    return plan_of(HERE, way={"settle": 0.1, "rest": 0.1}, program=SHORT)


def _barrel_card() -> RigFile:
    stop = {"horizon": "30 ms"}
    return RigFile("card", rig_table(stop, **card_tables(FILM)))


@dataclass(frozen=True)
class WayStory:
    """A small plan of one kind of way."""

    plan: Callable[[], Plan]
    rigs: Mapping[str, Callable[[], RigFile]]
    """A virtual rig and a virtual card."""
    seconds: float
    """How long it takes about, in the time of the rig."""
    second: bool = False
    """Whether a second drive is on."""


def _two(virtual: Callable[[], RigFile], card: Callable[[], RigFile]) -> Mapping[str, Any]:
    return {"virtual": virtual, "card": card}


def _pads() -> RigFile:
    return RigFile("pads", {"kind": "virtual", "switch": {"channels": ["P1", "P2", "P3"]}, **QUIET})


WAYS: Mapping[str, WayStory] = {
    "plain hops": WayStory(
        lambda: _drop(kind="hopping"),
        _two(
            lambda: near_surface("53 um", "virtual"), lambda: near_surface("53 um", "virtual-nidaq")
        ),
        6.0,
    ),
    "fast hops": WayStory(
        _fast,
        _two(
            lambda: near_surface("53 um", "virtual"), lambda: near_surface("53 um", "virtual-nidaq")
        ),
        6.0,
    ),
    "topography": WayStory(
        _topography,
        _two(
            lambda: near_surface("50.9 um", "virtual-sicm"),
            lambda: near_surface("50.9 um", "virtual-nidaq"),
        ),
        5.0,
    ),
    "feedback": WayStory(
        lambda: _secm(GLASS, (20.0, 38.0)),
        _two(
            lambda: near_surface("36 um", "virtual-secm"),
            lambda: near_surface("36 um", "virtual-nidaq-secm"),
        ),
        4.0,
        second=True,
    ),
    "constant height": WayStory(
        _level,
        _two(
            lambda: near_surface("36 um", "virtual-secm"),
            lambda: near_surface("36 um", "virtual-nidaq-secm"),
        ),
        9.0,
        second=True,
    ),
    "double barrel": WayStory(
        lambda: barrel_map(2, approach={**barrel_map().to_dict()["approach"], "speed": "0.5 um/s"}),
        _two(lambda: RigFile("barrels", barrel_rig(FILM)), _barrel_card),
        8.0,
    ),
    "channels": WayStory(_channels, _two(_pads, lambda: channels_card(RELAYS)), 2.4),
    "here": WayStory(_here, _two(_pads, lambda: channels_card(RELAYS)), 1.2),
}


@dataclass
class Seen:
    """What was seen of a run, and what is true behind it."""

    path: Path
    heard: list[Event] = field(default_factory=list)
    raised: BaseException | None = None
    struck: bool = False
    """Whether what was to go wrong has happened."""
    world: World | None = None
    moves: bool = True
    """Whether its way moves a tip at all."""
    started: float = 0.0
    """Height of the tip at the beginning, metres."""
    top: float = 0.0
    height: float = 0.0
    """Of the tip at the end, metres."""
    later: float = 0.0
    """Of the tip a second after the end."""


TO_COME = (Outcome.PLANNED, Outcome.RUNNING)
LONGEST = 100.0
"""Seconds in the time of the rig in which each of them comes to an end, whatever happens."""
Fault = Callable[[Rig, Block], Block]


def _raises(error: Callable[[], BaseException]) -> Fault:
    def spoil(rig: Rig, block: Block) -> Block:
        raise error()

    return spoil


def _refuses(rig: Rig, block: Block) -> Block:
    def apply(action: Action) -> None:
        raise DriverError("busy", "outputs", "error -200292.")

    rig.apply = apply  # type: ignore[method-assign]
    return block


def _with_numbers(value: float, flag: Flag | None = None) -> Fault:
    """From now on potential and current are one value."""

    def spoiled(block: Block) -> Block:
        names = [name for name in block.data if name not in ("x", "y", "z")]
        flags = block.flags | np.uint8(0 if flag is None else flag)
        data = {**block.data, **{name: np.full(block.rows, value) for name in names}}
        return replace(block, data=data, flags=flags)

    def spoil(rig: Rig, block: Block) -> Block:
        reads = rig.read
        rig.read = lambda: spoiled(reads())  # type: ignore[method-assign]
        return spoiled(block)

    return spoil


def _flagged(flag: Flag) -> Fault:
    return lambda rig, block: replace(block, flags=block.flags | np.uint8(flag))


def _lost(rig: Rig, block: Block) -> Block:
    return replace(block, start=block.start + 7, flags=block.flags | np.uint8(Flag.GAP))


FAULTS: Mapping[str, Fault] = {
    "none": lambda rig, block: block,
    "rig error": _raises(lambda: RigError("odd", "rig", "odd.")),
    "stream error": _raises(lambda: StreamError("stalled-read", "daq", "no rows.")),
    "limit error": _raises(lambda: LimitError("range", "z", "out of range.")),
    "program error": _raises(lambda: IndexError("a bug")),
    "interrupt": _raises(KeyboardInterrupt),
    "refused": _refuses,
    "not a number": _with_numbers(float("nan")),
    "stuck": _with_numbers(7.0),
    "no signal": _with_numbers(0.0),
    "saturated": _with_numbers(2e-8, Flag.SATURATED),
    "frozen": _flagged(Flag.FROZEN),
    "moving": _flagged(Flag.MOVING),
    "gap": _lost,
}
"""What a rig may do at any moment."""
REQUESTS = ("", "pause", "skip", "stop", "halt", "emergency")


def run_of(story: WayStory, on: str, path: Path) -> seccm.Run:
    """The run of a story on the virtual rig or on the card."""
    return seccm.run(story.plan(), story.rigs[on](), path=path, seed=3)


def seen(
    run: seccm.Run, path: Path, at: float = 0.0, fault: str = "none", request: str = ""
) -> Seen:
    """Carry a run out, with a fault and a request at a moment.

    Args:
        run: to be carried out.
        path: of its file.
        at: seconds in the time of the rig.
        fault: a name of `FAULTS`.
        request: what is asked at that moment; empty for nothing.
    """
    rig, found = run._runner._rig, Seen(path, moves=run.plan.moves)
    plugged: list[Any] = []
    reads, due = rig.read, round(at / run.info.clock.period)

    def read() -> Block:
        if isinstance(rig, NidaqRig) and not plugged:
            plugged.append(rig.bench.plugged)
        block = reads()
        assert block.start * block.clock.period < LONGEST, "it comes to an end"
        if found.struck or block.stop < due:
            return block
        found.struck = True
        if request:
            with suppress(SeccmError):
                run.ask(request)
        return FAULTS[fault](rig, block)

    rig.read = read  # type: ignore[method-assign]
    try:
        for event in run:
            found.heard.append(event)
            if run.status.waiting:
                with suppress(SeccmError):
                    run.ask("resume" if len(found.heard) < 400 else "stop")
    except (SeccmError, IndexError, KeyboardInterrupt) as error:
        found.raised = error
    found.top = run.info.axes["z"].travel.upper
    if isinstance(rig, VirtualRig):
        found.world, found.started = rig._world, rig._config.stage.start_z
        z, after = rig._world.stage.axes["z"], rig._now + np.array([0.5, 1.5])
        found.height, found.later = z.at(after).tolist()
    else:
        (card,) = plugged
        card.card._live(card.card.now + 5 * 10**7)
        card.card.look()
        found.height = card.height
        card.card._live(card.card.now + 10**8)
        card.card.look()
        found.later, found.world = card.height, card.plant.world
        found.started = card.plant._config.stage.start_z
    return found


def ended_well(found: Seen, request: str) -> None:
    """Assert what must hold of a run whatever happened in it, by what is true and what was told."""
    assert found.world is not None
    assert found.world.drive.mode == "open", "the cell is off"
    assert found.world.others == {}, "the second drive is off"
    assert found.later == pytest.approx(found.height, abs=2e-9), "the tip is at rest"
    (end,) = [event for event in found.heard if isinstance(event, RunStopped)]
    assert found.heard[-1] is end
    interrupted = isinstance(found.raised, KeyboardInterrupt)
    assert (end.status == "fault") == (found.raised is not None and not interrupted)
    at_top = found.height == pytest.approx(found.top, abs=0.1 * UM)
    if request == "emergency" and found.moves:
        assert found.world.bridge is None, "the tip is clear of the surface"
    else:
        # A halt holds it, also where the program fails before it is heard of.
        assert at_top or request == "halt" or not found.moves
    assert found.moves or found.height == pytest.approx(found.started, abs=3e-9), "nothing moved"
    ends = {e.site: e for e in found.heard if isinstance(e, SiteFinished)}
    assert [*ends] == [e.site for e in found.heard if isinstance(e, SiteStarted)]
    touched = {e.site for e in found.heard if isinstance(e, Approaching)}
    with seccm.open(found.path) as scan:
        assert scan.check() == {}
        for site, told in ends.items():
            status = scan.sites["status"][site]
            left = told.goes_on or site not in touched
            assert status == told.outcome or (left and status in TO_COME), (site, told, status)
        kept = set(zip(scan.steps["site"].tolist(), scan.steps["number"].tolist(), strict=True))
        steps = [(e.site, e.step) for e in found.heard if isinstance(e, StepFinished)]
        assert len(set(steps)) == len(steps), "no step is measured twice"
        last = {site: step for site, step in sorted(steps) if ends[site].goes_on}
        assert {*steps} - {*last.items()} <= kept, "but for one that goes on, each step is kept"
        assert not {*scan.remaining()} & {site for site in touched if not ends[site].goes_on}
