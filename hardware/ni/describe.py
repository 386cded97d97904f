"""What a rig on an NI card says of itself."""

from __future__ import annotations

import math

from hardware.ni.card import Card, StopKind
from hardware.ni.cell import Cell
from hardware.ni.config import AXES, CARD, LARGEST_STEP, NidaqConfig
from seccm.calibration import entries_of
from seccm.rig import AxisRange, Leads, RigInfo, StopAbility

STEPS = 2**16
"""Of a plain card's converter over its whole range."""
NOISE, OFFSET = "noise of a data point", "offset at zero current"
"""The names of what commissioning found."""
STRAY = "stray capacitance"
_NOISE_BEFORE = "noise of a row"
"""What calibration files of earlier versions call the noise."""


def describe(config: NidaqConfig, cell: Cell, card: Card | None) -> RigInfo:
    """Return what the rig can do.

    Args:
        config: the rig file.
        cell: how it is driven.
        card: once it has been looked at; None for what the file hopes for.
    """
    kind = _hoped(config) if card is None else card.stop
    axes = {axis: config.axes[axis].range() for axis in AXES}
    if kind == "stepped":
        most = LARGEST_STEP / config.stop.block
        axes = {name: AxisRange(one.travel, min(one.fastest, most)) for name, one in axes.items()}
    return RigInfo(
        name=config.name,
        virtual=config.library != "ni",
        axes=axes,
        modes=cell.modes,
        potential=cell.span("potential"),
        current=cell.span("current"),
        overload=cell.overload,
        stop=stop_ability(config, kind),
        clock=config.clock.rows(),
        stage_lag=config.lag,
        idle_current=idle_current(config),
        signals=config.declared(),
        device="" if card is None else card.name,
        words=() if card is None else card.words,
        update=config.stop.block if kind == "stepped" else 1.0 / config.output_rate,
        leads=leads_of(config),
    )


def leads_of(config: NidaqConfig) -> Leads:
    """Return what wires and electrometer do to fast signals.

    What the rig file says, or the stray capacitance that `seccm rig capacitance` has found.
    """
    said = config.inputs.leads
    found = _figures(config).get(STRAY, (0.0, ""))[0]
    constant = 0.0 if said.bandwidth is None else 1.0 / (2.0 * math.pi * said.bandwidth)
    return Leads(found if said.stray is None else said.stray, constant, said.delay)


def _figures(config: NidaqConfig) -> dict[str, tuple[float, str]]:
    """Return the newest of each figure that commissioning found with this wiring, with its unit."""
    figures: dict[str, tuple[float, str]] = {}
    for entry in entries_of({"calibration": config.calibration}):
        figures |= entry.figures
        if _NOISE_BEFORE in entry.figures:
            figures[NOISE] = entry.figures[_NOISE_BEFORE]
    return figures


def idle_current(config: NidaqConfig) -> float:
    """Return the most that a row's current usually reads while nothing touches, in amperes.

    A step of the converter, or what `seccm rig noise` has found with this wiring.
    """
    step = (CARD.upper - CARD.lower) / STEPS / config.inputs.current.chosen().gain
    figures = _figures(config)
    noise, offset = (figures.get(name, (0.0, ""))[0] for name in (NOISE, OFFSET))
    return max(step, 4.0 * noise + abs(offset))


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
