"""What a rig on an NI card says of itself."""

from __future__ import annotations

import math
from dataclasses import replace

from hardware.ni.card import Card, StopKind
from hardware.ni.cell import Cell
from hardware.ni.config import LARGEST_STEP, NidaqConfig
from hardware.ni.figures import CONSTANT, DELAY, STRAY, figures_of, idle_current
from hardware.ni.wires import AXES, CARD
from seccm.rig import Leads, RigInfo, StopAbility
from seccm.rig.modulation import inside
from seccm.rig.suspend import resolved

STEPS = 2**16
"""Of a plain card's converter over its whole range."""


def describe(config: NidaqConfig, cell: Cell, card: Card | None, delay: float = 0.0) -> RigInfo:
    """Return what the rig can do.

    Args:
        config: the rig file.
        cell: how it is driven.
        card: once it has been looked at; None for what the file hopes for.
        delay: seconds by which it converts the current later than the potential.
    """
    kind = _hoped(config) if card is None else card.stop
    axes = {axis: config.axes[axis].range() for axis in AXES}
    axes["z"] = inside(axes["z"], config.modulation)
    swings = config.modulation is not None and kind != "stepped"
    if kind == "stepped":
        most = LARGEST_STEP / config.stop.block
        axes = {name: replace(one, fastest=min(one.fastest, most)) for name, one in axes.items()}
    barrels = () if config.barrels is None else (config.barrels.sentence(),)
    others = filter(None, (drive.sentence(name) for name, drive in config.drives.items()))
    said = (*config.sentences(), *barrels, *others)
    return RigInfo(
        name=config.name,
        virtual=config.library != "ni",
        edges=config.exposures is not None,
        blink=0.0 if config.lamp is None else config.lamp.off,
        axes=axes,
        modes=cell.modes,
        potential=cell.span("potential"),
        current=cell.span("current"),
        overload=cell.overload,
        stop=stop_ability(config, kind),
        clock=config.clock.rows(),
        stage_lag=config.lag,
        idle_current=idle_current(config.calibration, step_of(config)),
        signals=config.every_signal(),
        suspends=resolved(config.suspend, config.every_signal()),
        device="" if card is None else card.name,
        words=(*said, *(() if card is None else card.words)),
        update=config.stop.block if kind == "stepped" else 1.0 / config.output_rate,
        leads=leads_of(config, delay),
        bias=0.0 if config.barrels is None else config.barrels.bias,
        at_mouth=0.0 if config.barrels is None else config.barrels.at_mouth,
        barrels_unknown=0.0 if config.barrels is None else config.barrels.unknown,
        modulation=config.modulation.modulation() if config.modulation and swings else None,
        switch=None if config.switch is None else config.switch.info(),
        ranges=cell.ranges,
        drives=tuple(drive.info(name) for name, drive in config.drives.items()),
    )


def leads_of(config: NidaqConfig, delay: float = 0.0) -> Leads:
    """Return what wires and electrometer do to fast signals.

    What the rig file says, or else what `seccm rig capacitance` and `seccm rig leads` have found.

    Args:
        config: the rig file.
        delay: seconds by which the card converts the current later than the potential.
    """
    said = config.inputs.leads
    constant = None if said.bandwidth is None else 1.0 / (2.0 * math.pi * said.bandwidth)
    own = config.inputs.current.chosen().time_constant
    constant = constant if own is None else own
    found = {name: value for name, (value, _) in figures_of(config.calibration).items()}
    return Leads(
        found.get(STRAY, 0.0) if said.stray is None else said.stray,
        found.get(CONSTANT, 0.0) if constant is None else constant,
        found.get(DELAY, delay) if said.delay is None else said.delay,
    )


def step_of(config: NidaqConfig) -> float:
    """Return a step of the converter of the current, in amperes."""
    return (CARD.upper - CARD.lower) / STEPS / config.inputs.current.chosen().gain


def stop_ability(config: NidaqConfig, kind: StopKind) -> StopAbility:
    """Return how soon a motion stops, in seconds from the crossing.

    The worst is what holds when the program hangs at the worst moment, not how slow it usually
    is. Streamed, that is when the outputs run out of samples. Stepped, nothing moves
    while the program hangs. By hardware, the program is not asked.
    """
    stop, update = config.stop, 1.0 / config.output_rate
    usual = (stop.window + stop.block) / 2.0 + stop.host
    match kind:
        case "stepped":
            return StopAbility(kind, usual, stop.window + 2.0 * stop.block, stop.window)
        case "streamed":
            worst = stop.window + stop.block + stop.horizon
            return StopAbility(kind, usual, worst, stop.window)
        case "hardware":
            return StopAbility(kind, update, stop.window + 2.0 * update, stop.window)


def _hoped(config: NidaqConfig) -> StopKind:
    if config.stop.kind != "auto":
        return config.stop.kind
    return "streamed" if config.stop.trigger is None else "hardware"
