"""Landings by the hundred on the virtual rig, without a file: what truly came of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from little_world import Memory

from seccm.conductor.scan import Runner
from seccm.events import Landed, Paused, SiteFinished
from seccm.hopping.doubts import Budget
from seccm.hopping.engine import Engine, Request
from seccm.plan import Plan
from seccm.rig import Block
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

BUMPS = {"bumps_per_area": 2e10, "bump_width": (2e-6, 6e-6), "bump_height": (0.1e-6, 2e-6)}
"""Particles higher than any margin, at a third of the sites."""


@dataclass
class Landings:
    """What came of a run."""

    past: list[float] = field(default_factory=list)
    """How far each landing went past contact, as it was measured, metres."""
    outcomes: Counter[str] = field(default_factory=Counter)
    deepest: float = 0.0
    """How far the tip truly was below a contact, at most, metres."""
    crashes: int = 0
    pressed: float = 0.0
    """How deep glass was pressed on the surface, at most, metres."""


class _Forgetful(Memory):
    """A recorder that keeps no rows."""

    def record(self, block: Block | None, events: Any) -> None:
        pass


def landings(plan: Plan, seed: int, *faults: str, **tables: Any) -> Landings:
    """Carry out a plan on a virtual rig; a scan that pauses is stopped.

    Args:
        plan: what to do.
        seed: of the world.
        faults: that are played.
        tables: of the rig file.
    """
    config = VirtualConfig.model_validate(tables)
    rig = VirtualRig(config, plan.mounted, seed=seed, faults=faults)
    sites = plan.sites()
    engine = Engine(
        iter(sites), rig.info, title="often", total=len(sites), budget=Budget(10**6, 10**6)
    )
    rig.open()
    found = Landings()
    for event in Runner(rig, engine, _Forgetful()).run():
        if isinstance(event, Landed):
            found.past.append(event.landing.overtravel)
        if isinstance(event, SiteFinished):
            found.outcomes[event.outcome.words] += 1
        if isinstance(event, Paused):
            engine.ask(Request.STOP)
    found.crashes = len(rig.truth.crashes)
    found.pressed = max((one.depth for one in rig.truth.crashes), default=0.0)
    found.deepest = max((one.depth for one in rig.truth.wetted), default=0.0)
    return found
