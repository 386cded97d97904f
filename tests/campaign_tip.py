"""Manual control and coarse approach of a campaign: random verbs, jogs, faults and stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any
from unittest.mock import patch

from campaign_draws import draw_faults, draw_plan
from test_coarse_safety import TOP, Bench
from test_manual_safety import LEFT_DOWN, Script, Session, jog

from seccm.conductor.coarse import CoarseApproach
from seccm.errors import RigError, SeccmError
from seccm.events import Note
from seccm.plan import Plan
from seccm.plan.site import Site
from seccm.rig import RigInfo
from sim.truth import Truth

UM = 1e-6
BLIND = ("clogged-tip", "stuck-signal", "saturated-input", "hum", "spikes", "nan", "gap",
         "lost-meniscus")  # fmt: skip
"""Faults with which a contact may be missed, or one that was there is gone."""
GONE = ("unplugged",)


def _drips_unseen(plan: Plan, faults: tuple[str, ...]) -> bool:
    """At the potential where lithium neither comes nor goes, a drip shows no current."""
    rule = plan.sites()[0].approach.rule
    shown = rule.lasting or plan.sample == "redox"
    return _any(faults, ("wet-at-start",)) and not shown


def _sites(rng: Random) -> Iterator[tuple[Site, Plan]]:
    """Sites of random plans."""
    while True:
        plan = draw_plan(rng)
        yield plan.sites()[0], plan


def _any(faults: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return any(fault.startswith(names) for fault in faults)


def _script(rng: Random) -> Script:
    verbs: list[tuple[str, dict[str, Any]]] = [
        ("approach", {}),
        ("approach", {}),
        ("retract", {}),
        ("off", {}),
        ("hold", {}),
        ("emergency", {}),
        ("halt", {}),
        ("drive", {"mode": "current", "value": -1e-10}),
        ("drive", {"mode": "potential", "value": rng.uniform(-2.0, 2.0)}),
        jog(rng.choice("xy"), rng.uniform(-8, 8) * UM),
        jog(rng.choice("xy"), rng.uniform(-8, 8) * UM, rng.choice([2, 20, 100]) * UM),
        jog("z", rng.choice([-30, -3, -0.5, 0.05, 1, 20]) * UM),
        jog("z", rng.uniform(-10, 10) * UM, rng.choice([0.2, 2, 100]) * UM),
    ]
    return [rng.choice(verbs) for _ in range(rng.randint(2, 8))]


def manual(seed: int) -> Iterator[str]:
    """Drive a tip manually; yield what went wrong."""
    rng = Random(seed)
    site, plan = next(_sites(rng))
    # Only a potential drop tells of a meniscus that was there before anybody looked, or that a
    # retract has left.
    seen = site.approach.rule.lasting
    if seen and rng.random() < 0.2:
        site = replace(site, retract=replace(site.retract, distance=0.3 * UM))
    faults = draw_faults(rng)
    verbs = ("hold", "retract", "emergency", "halt", "off")
    meanwhile = {rng.randint(1, 200): rng.choice(verbs) for _ in range(rng.randrange(3))}
    start = LEFT_DOWN if seen and rng.random() < 0.2 else rng.uniform(53, 60) * UM
    session = Session(
        _script(rng), faults, meanwhile, site, start, rng.randrange(10**6), plan.mounted
    )
    # Nobody waits on the clock of the wall for a rig that is silent.
    with patch("seccm.conductor.safety.PATIENCE", 60.0):
        try:
            session.run()
        except RigError:
            if not _any(faults, GONE):
                raise
            return  # it was gone before anything began
    rig, info = session.rig, session.rig.info
    yield from (f"dragged: {sin}" for sin in session.sins if not _drips_unseen(plan, faults))
    unknowable = start == LEFT_DOWN
    if not (_any(faults, BLIND) or unknowable):
        yield from _pressed(site, info, session.deepest, rig.truth)
        if not _any(faults, ("wet-at-start", "no-surface")):
            yield from _contacts(session)
    if session.error is not None and not _any(faults, ("unplugged", "stalled-read", "gap")):
        code = getattr(session.error, "code", "")
        if not _any(faults, BLIND):
            yield f"failed, though its rig did not: {code}: {session.error}"
    if not _any(faults, GONE):
        if rig.drive.mode != "open":
            yield f"the cell was left on: {rig.drive.mode}"
        if abs(rig.height - info.axes["z"].travel.upper) > 0.1 * UM:
            yield f"the tip was left at {rig.height * 1e6:.2f} um"


def _pressed(site: Site, info: RigInfo, deepest: float, truth: Truth) -> Iterator[str]:
    spec = site.approach
    allowed = max(spec.overtravel, info.overtravel(spec.speed, spec.rule.consecutive)) + 20e-9
    if deepest > allowed:
        yield f"{deepest * 1e9:.0f} nm past contact, {allowed * 1e9:.0f} allowed"
    yield from (f"glass touched: {crash}" for crash in truth.crashes)


def _contacts(session: Session) -> Iterator[str]:
    """No contact is said that never was."""
    said = sum("Contact at" in event.text for event in session.heard if isinstance(event, Note))
    true = len(session.rig.truth.landings)
    if said > true:
        yield f"{said} contacts said, {true} landings"


def coarse(seed: int) -> Iterator[str]:
    """Approach coarsely; yield what went wrong."""
    rng = Random(seed)
    plan = next(plan for site, plan in _sites(rng) if site.approach.speed > 1e-6)
    faults = draw_faults(rng)
    below = rng.choice([-40, -5, 2, 5, 15, 25]) * UM
    stop = rng.choice([0, 0, round(10 ** rng.uniform(0, 2.5))])
    bench = Bench(below, *faults, stop_at=stop, plan=plan)
    refuses = rng.randrange(6)
    asked: list[str] = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return len(asked) != refuses

    ended = bench.run(confirm)
    yield from (f"motor: {sin}" for sin in bench.sins if not _drips_unseen(plan, faults))
    spec, info = plan.sites()[0].approach, bench.rigs[-1].info
    if not _any(faults, BLIND):
        allowed = max(spec.overtravel, info.overtravel(spec.speed)) + 20e-9
        if bench.deepest > allowed:
            yield f"{bench.deepest * 1e9:.0f} nm past contact, {allowed * 1e9:.0f} allowed"
        # A surface that is not there lets the motor go on; with the next rig it is there again.
        rigs = [] if _any(faults, ("no-surface",)) else bench.rigs
        for rig in rigs:
            yield from (f"glass touched: {crash}" for crash in rig.truth.crashes)
    if isinstance(ended, CoarseApproach) and ended.found:
        landed = any(rig.truth.landings for rig in bench.rigs)
        if not landed and not _any(faults, (*BLIND, "wet-at-start")):
            yield "a surface was found that no tip touched"
    elif isinstance(ended, SeccmError) and not faults and not stop:
        yield f"failed without a fault: {ended}"
    for rig in bench.rigs:
        if _any(faults, GONE):
            continue
        if rig.drive.mode != "open":
            yield f"the cell was left on: {rig.drive.mode}"
        if abs(rig.height - TOP) > 0.1 * UM:
            yield f"the tip was left at {rig.height * 1e6:.2f} um"
