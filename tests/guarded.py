"""How far a tip truly goes below the surface that it has to expect, by a witness of its own.

The witness knows the planted surface: at every data point of a descent it compares where the tip
is with where contact would come on the lowest part of the sample that was landed on before.
It shares nothing with the program's own picture of the surface.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from campaign_scan import world_of
from little_world import Memory
from nidaq_bench import nidaq_rig

from seccm.arrays import FloatArray
from seccm.conductor.scan import Runner
from seccm.errors import RigError
from seccm.events import (
    Approaching,
    Event,
    Landed,
    Paused,
    RunStopped,
    SiteFinished,
)
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine, Request
from seccm.plan import Plan
from seccm.rig import Block
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

TOUCH = 0.45
"""Gap at which the meniscus touches, in radii of the mouth, of the virtual pipette."""


@dataclass
class Witness(Memory):
    """A recorder that looks how deep the tip is at each data point."""

    world: Any = None
    """Of the simulator."""
    pressed: float = 0.0
    """How deep glass was pressed on the surface, at most, metres."""
    deepest: float = -math.inf
    """Metres below the expected contact, at most, of all descents after the first landing."""
    first: float = -math.inf
    """Likewise before the first landing."""
    at: tuple[int, int] = (-1, 0)
    """Site and data point of the deepest."""
    past: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    pauses: list[str] = field(default_factory=list)
    status: str = ""
    landed: set[bool] = field(default_factory=set)
    """Whether there were landings beyond the step of the sample, and before it."""
    down: bool = False
    site: int = -1
    landings: int = 0
    coming: bool | None = None
    error: str = ""

    def record(self, block: Block | None, events: Sequence[Event]) -> None:
        for event in events:
            self._hear(event)
        if block is None or not self.down:
            return
        clock = block.clock
        t = np.arange(block.start, block.stop) * clock.period
        deep = self._expected(block.data["x"], block.data["y"], t) - block.data["z"]
        worst = int(np.argmax(deep))
        if not self.landed:
            self.first = max(self.first, float(deep[worst]))
        elif deep[worst] > self.deepest:
            self.deepest, self.at = float(deep[worst]), (self.site, block.start + worst)

    def _expected(self, x: FloatArray, y: FloatArray, t: FloatArray) -> FloatArray:
        """Return where contact would come on the lowest part of the sample that was landed on."""
        world = self.world
        dx, dy, dz = world.drift.at(t)
        config = world.below.ground.surface._config
        beyond = x - dx >= config.edge
        height = (
            world.below.ground.surface.height(x - dx, y - dy) + dz + TOUCH * world._pipette.aperture
        )
        if self.landed:
            height += min(config.step * part for part in self.landed) - config.step * beyond
        return np.asarray(height, np.float64)

    def _hear(self, event: Event) -> None:
        match event:
            case Approaching():
                self.down, self.site = True, event.site
            case Landed():
                self.past.append(event.landing.overtravel)
                self.landings += 1
                edge = self.world.below.ground.surface._config.edge
                self.coming = (event.landing.x or 0.0) >= edge
            case SiteFinished():
                self.down = False
                if self.coming is not None:
                    self.landed.add(self.coming)
                self.coming = None
                self.outcomes[event.outcome.words] += 1
            case Paused():
                self.pauses.append(event.why)
            case RunStopped():
                self.status = event.status
            case _:
                pass


def watched(
    plan: Plan, seed: int, *faults: str, resumes: int = 2, card: bool = False, **tables: Any
) -> Witness:
    """Carry out a plan in a virtual world; whoever is asked resumes so often, and then stops.

    Args:
        plan: what to do.
        seed: of the world.
        faults: that are played.
        resumes: how often.
        card: whether the driver of a real card is in between.
        tables: of the world.
    """
    if card:
        sample = plan.mounted.sample
        with nidaq_rig(
            virtual={"stage": {}, **tables}, sample=sample, seed=seed, faults=faults
        ) as rig:
            return _carried_out(plan, rig, resumes)
    config = VirtualConfig.model_validate(tables)
    return _carried_out(plan, VirtualRig(config, plan.mounted, seed=seed, faults=faults), resumes)


def _carried_out(plan: Plan, rig: Any, resumes: int) -> Witness:
    sites = plan.sites()
    engine = Engine(iter(sites), rig.info, title="w", total=len(sites), budget=Budget(10**6, 10**6))
    rig.open()
    witness = Witness(world=world_of(rig))
    try:
        for event in Runner(rig, engine, witness).run():
            if isinstance(event, Paused):
                engine.ask(Request.RESUME if len(witness.pauses) <= resumes else Request.STOP)
    except RigError as error:
        witness.error = str(error)
    truth = witness.world.truth
    witness.pressed = max((one.depth for one in truth.crashes), default=0.0)
    return witness
