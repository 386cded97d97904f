"""A pipette with two barrels over metal and film, small enough for tests."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from little_world import Memory

from seccm.conductor.scan import Runner
from seccm.errors import NotNow, RigError
from seccm.events import Event, Landed, Paused, SiteFinished
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine, Request
from seccm.plan import Plan, load_plan
from seccm.quantities import read_toml, validate
from seccm.rig import Block, Mounted, Move
from sim.config import VirtualConfig
from sim.truth import Truth
from sim.virtual_rig import VirtualRig

CONFIGS = Path(__file__).parent.parent / "configs" / "rigs"
FILM: list[dict[str, str]] = [{"x": "50 um", "y": "50 um", "diameter": "90 um"}]
"""A film all over."""
METAL: list[dict[str, str]] = []
HALF: list[dict[str, str]] = [{"x": "38 um", "y": "50 um", "diameter": "22 um"}]
"""A film under the first half of the sites of `small_map`."""


@lru_cache
def _rig_text() -> dict[str, Any]:
    return read_toml(CONFIGS / "virtual-double-barrel.toml")


def barrel_rig(insulators: Sequence[dict[str, str]] = METAL, **tables: Any) -> dict[str, Any]:
    """The shipped rig file over a sample with a film in some spots, and some tables replaced."""
    shipped = _rig_text()
    samples = {
        name: {**one, "insulators": [*insulators]} for name, one in shipped["samples"].items()
    }
    near = {**shipped["stage"], "start_z": "51.5 um"}
    return {**shipped, "stage": near, "samples": samples, **tables}


def small_map(columns: int = 4, rows: int = 1, **tables: Any) -> Plan:
    """The shipped plan at a few sites; the first of them are at x = 44 um and 47 um."""
    shipped = load_plan("double-barrel-map").to_dict()
    sites = {**shipped["sites"], "columns": columns, "rows": rows, "origin": ["44 um", "50 um"]}
    short = [{**step, "duration": "60 ms"} for step in shipped["program"]]
    return Plan.from_dict({**shipped, "sites": sites, "program": short, **tables}, source="small")


@dataclass
class Played:
    """What came of a run."""

    heard: list[Event] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)
    wet_sideways: list[Move] = field(default_factory=list)
    """Motions sideways that began while liquid joined tip and surface."""
    swinging_sideways: list[Move] = field(default_factory=list)
    """Those with which the tip still swung."""
    failure: RigError | None = None

    @property
    def landings(self) -> dict[int, Landed]:
        """Those that were told, by site."""
        return {event.site: event for event in self.heard if isinstance(event, Landed)}

    @property
    def ends(self) -> list[SiteFinished]:
        """How the sites ended."""
        return [event for event in self.heard if isinstance(event, SiteFinished)]


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


@contextlib.contextmanager
def rig_file(table: dict[str, Any]) -> Iterator[Path]:
    """A rig file in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rig.toml"
        lines = [f"{name} = {toml(value)}" for name, value in table.items()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield path


def play(
    plan: Plan,
    rig: dict[str, Any],
    *faults: str,
    seed: int = 0,
    spoil: Callable[[int, Block], Block] | None = None,
) -> Played:
    """Run a plan without a file, and watch every motion sideways.

    Args:
        plan: to be run.
        rig: the rig file.
        faults: of the world.
        seed: of the world.
        spoil: changes the block of a number, or raises.
    """
    table = validate(VirtualConfig, rig, "rig", from_file=True)
    mounted = Mounted(plan.sample, plan.probe.aperture)
    real = VirtualRig(table, mounted, seed=seed, faults=faults)
    real.open()
    engine = Engine(plan.sites(), real.info, title="t", total=0, budget=Budget())
    runner, played = Runner(real, engine, Memory()), Played(truth=real.truth)
    _watch(real, played)
    if spoil is not None:
        _spoil(real, spoil)
    try:
        for event in runner.run():
            played.heard.append(event)
            if isinstance(event, Paused):
                with contextlib.suppress(NotNow):
                    engine.ask(Request.STOP)
    except RigError as error:
        played.failure = error
    return played


def _watch(rig: VirtualRig, played: Played) -> None:
    moves, world = rig._move, rig._world

    def move(wanted: Move) -> None:
        if wanted.axis != "z" and world.bridge is not None:
            played.wet_sideways.append(wanted)
        moves(wanted)
        swing = world.stage.axes["z"].swing
        if wanted.axis != "z" and swing is not None and swing.on:
            played.swinging_sideways.append(wanted)

    rig._move = move  # type: ignore[method-assign]


def _spoil(rig: VirtualRig, spoil: Callable[[int, Block], Block]) -> None:
    reads, count = rig.read, 0

    def read() -> Block:
        nonlocal count
        count += 1
        return spoil(count, reads())

    rig.read = read  # type: ignore[method-assign]


def card_tables(insulators: Sequence[dict[str, str]] = METAL, **world: Any) -> dict[str, Any]:
    """The tables by which the shipped card has two barrels, in the world of the shipped rig.

    Args:
        insulators: spots of film.
        world: keys of the table [virtual] that are others.
    """
    here = barrel_rig(insulators)
    signal = {
        "unit": "A",
        "role": "current",
        "terminal": "ai7",
        "sign": 1,
        "gain": "0.5 V/nA",
        "offset": "0 V",
        "calibrated": "as sim.daqmx is wired",
    }
    names = ("stage", "surface", "barrels", "samples")
    shared = {name: here[name] for name in names} | {
        "wiring": {"signals": {"also": {"ai7": "barrels"}}}
    }
    return {
        "clock": here["clock"],
        "modulation": here["modulation"],
        "lock_in": here["lock_in"],
        "barrels": {"bias": here["barrels"]["bias"]},
        "signals": {"barrel_current": signal},
        "virtual": shared | world,
    }
