"""Records of a pipette that comes down through a bath onto a surface, with known lengths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from listed_steps import Listed
from programmes import plan_of

from seccm.analysis.step_trace import step_traces
from seccm.arrays import FloatArray
from seccm.data import SiteRecord
from seccm.events import Landing, Outcome, Phase
from seccm.factors import Condition
from seccm.plan.contacts import ion_current
from seccm.plan.site import Site
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.rig import Flag

ROW = 2.5e-3
REST, STAY, RISE = 40, 30, 60
"""Rows before the descent, at the surface and in the retract."""


@dataclass(frozen=True)
class World:
    """What is planted."""

    far: float = 1e-9
    felt: float = 2.7e-9
    surface: float = 50e-6
    fraction: float = 0.98
    noise: float = 1e-13
    """A, of a data point."""
    later: float = 1.0
    """The current far away after the retract, over that before."""
    hop: float = 3e-6
    """How high the tip is above its stop before it comes down, metres."""

    def current(self, z: FloatArray) -> FloatArray:
        return self.far / (1.0 + self.felt / (z - self.surface))


def segment(**keys: Any) -> Segment:
    """A step "surface height" as a plan would write it."""
    kind = kind_of("surface height")
    given = {"step": "surface height", "potential": 0.1, "duration": STAY * ROW, **keys}
    act = kind.resolve(kind.spec.model_validate(given), Setting(Condition(), 0.0, 1e-12))
    return Segment.of(act, kind.name, 0, (0,))


def visit(world: World = World(), seed: int = 1, **keys: Any) -> tuple[Site, SiteRecord]:
    """The record of a site in that world."""
    rng = np.random.default_rng(seed)
    stop = world.felt * world.fraction / (1.0 - world.fraction)
    # 5 nm a row, and two rows past the setpoint.
    down = world.surface + np.arange(stop + world.hop, stop - 10e-9, -5e-9)
    at = np.full(STAY, down[-1] - 4e-9)
    up = np.linspace(at[-1], at[-1] + world.hop, RISE)
    z = np.concatenate([np.full(REST, down[0]), down, at, up])
    current = world.current(z)
    current[-RISE:] *= world.later
    current += world.noise * rng.standard_normal(z.size)
    counts = [REST, down.size, STAY, RISE]
    phase = np.repeat([Phase.SETTLE, Phase.APPROACH, Phase.STEP, Phase.RETRACT], counts)
    contact = REST + down.size - 1
    # The contact row belongs to the step that goes on with the hold.
    phase[contact] = Phase.STEP
    t = ROW * np.arange(1, z.size + 1)
    baseline = float(current[REST // 2 : REST].mean())
    site = plan_of({"step": "open circuit", "duration": "1 s"}).sites()[0]
    approach = replace(
        site.approach, settle=REST * ROW, rule=ion_current(world.fraction), continues=True
    )
    one = segment(**keys)
    record = SiteRecord(
        number=0,
        outcome=Outcome.OK,
        t=t,
        E=np.full(z.size, 0.1),
        I=current,
        z=z + 1e-10 * rng.standard_normal(z.size),
        x=np.zeros(z.size),
        y=np.zeros(z.size),
        phase=phase.astype(np.uint8),
        step=np.zeros(z.size, np.uint16),
        flag=np.repeat([0, Flag.MOVING, 0, Flag.MOVING], counts).astype(np.uint8),
        landing=Landing(
            contact, float(at[0]), float(down[-1]), float(current[contact]), baseline, 3e-3,
            4e-9, 0,
        ),
        t_contact=float(t[contact]),
        events=(one.finished(0, contact, contact + STAY, "time", 0.0),),
    )  # fmt: skip
    return replace(site, approach=approach, program=Listed((one,))), record


def trace(world: World = World(), seed: int = 1, **keys: Any) -> StepTrace:
    """The step of that site."""
    (found,) = step_traces(*visit(world, seed, **keys), 0.0, Area(1e-12, 0.0, "nominal"))
    return found
