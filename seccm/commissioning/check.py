"""What a rig says of itself, in words an operator can hold against the bench."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seccm.calibration import wiring
from seccm.rig import Block, Readback, RigInfo
from seccm.units import show
from seccm.words import SIMULATION

SPEEDS = (0.5e-6, 1e-6, 2e-6, 5e-6)
"""Approach speeds in m/s for which the overtravel is told."""
_BY_ROWS = (
    "By hardware: the device stops its outputs itself, with or without the program, at the end of "
    "the data point that shows the contact."
)
_STOPS = {
    "virtual": "The stop is simulated. It protects no hardware.",
    "stepped": "Stepped by the program: the tip moves only while the program runs. It cannot stop "
    "between two blocks.",
    "streamed": "Streamed: if the program hangs or is killed, the tip moves on until the queue of "
    "the card is empty, then holds its position. The worst case below includes this.",
    "serial": "By the program, over a line to the controller of the stage: the tip moves on until "
    "the order has arrived; if the program hangs or the cable is off, until the end of what was "
    "sent ahead. The worst case below includes this, and what was measured of it.",
    "hardware": "By hardware: the card stops its outputs itself, with or without the program. It "
    "watches one signal with one polarity only.",
}


def describe(info: RigInfo) -> tuple[str, ...]:
    """Say what a rig can do, and what its stop can protect."""
    said = [f"{info.name}{f': {SIMULATION}, no hardware' if info.virtual else ''}."]
    if info.device:
        said.append(f"It measures with {info.device}.")
    said += info.words
    for axis, one in info.axes.items():
        span = f"{show(one.travel.lower, 'm')} to {show(one.travel.upper, 'm')}"
        said.append(f"Axis {axis}: {span}, up to {show(one.fastest, 'm/s')}.")
    said.append(f"Cell modes: {', '.join(sorted(info.modes))}.")
    if "potential" in info.modes:
        limits = f"{show(info.potential.lower, 'V')} to {show(info.potential.upper, 'V')}"
        said.append(f"Potential: {limits} against the quasi-reference.")
    else:
        said.append("There is no potentiostat: no sweeps, no contact by a current.")
    said.append(f"Current: {show(info.current.lower, 'A')} to {show(info.current.upper, 'A')}.")
    if "current" in info.modes:
        said.append(
            f"With an open circuit the potential reads {show(info.overload, 'V')} at an anodic "
            "current; at a cathodic current it usually reads the other end of the range."
        )
    else:
        said.append("There is no galvanostat: no contact by the potential.")
    clock = info.clock
    said.append(
        f"A data point (mean of {clock.averaged} samples) every {show(clock.period, 's')}; "
        f"samples at {show(clock.rate, 'Hz')}."
    )
    if info.raw:
        names = ", ".join(channel.name for channel in info.raw)
        when = "" if info.raw_always else " in steps that ask for it"
        said.append(f"Every sample of {len(info.raw)} inputs can be recorded{when}: {names}.")
    if info.update:
        said.append(f"A new value is put out to the cell every {show(info.update, 's')}.")
    return (*said, *protection(info))


def protection(info: RigInfo) -> tuple[str, ...]:
    """Say what the stop at contact can protect, in metres past contact."""
    stop = info.stop
    times = f"{show(stop.typical, 's')} typically, {show(stop.worst, 's')} at worst"
    past = ", ".join(
        f"{show(info.overtravel(v), 'm', 3)} at {show(v, 'm/s')}"
        for v in SPEEDS
        if v <= info.axes["z"].fastest
    )
    return (
        _STOPS[stop.kind] if stop.rows is None else _BY_ROWS,
        f"From contact to halt: {times}; the stage lags {show(info.stage_lag, 's')}.",
        f"Largest overtravel past contact: {past}.",
        *(
            f"A contact that is seen in {one.name} is shown {show(one.delay, 's', 2)} later: "
            f"{show(one.delay * SPEEDS[1], 'm', 2)} more at {show(SPEEDS[1], 'm/s')}."
            for one in info.signals
            if one.watchable and one.delay
        ),
    )


def wired(config: Mapping[str, Any]) -> tuple[str, ...]:
    """List every device, terminal and line that a rig file names."""
    return tuple(
        f"Wired: {key} = {value}" for key, value in wiring(config).items() if key != "kind"
    )


def readings(info: RigInfo, found: Readback, block: Block) -> tuple[str, ...]:
    """Say where the outputs put the stage, and what every signal reads now."""
    put = (f"Put out now: {axis} = {show(at, 'm', 6)}" for axis, at in found.position.items())
    read = (
        f"Reads now: {one.name} = {show(float(np.mean(block.data[one.name])), one.unit, 6)}"
        for one in info.signals
    )
    return (*put, *read)
