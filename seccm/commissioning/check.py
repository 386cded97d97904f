"""What a rig says of itself, in words an operator can hold against the bench."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from seccm.commissioning.record import at_rest
from seccm.rig import Block, Rig, RigInfo
from seccm.rig.block import CHANNELS
from seccm.units import show

SPEEDS = (0.5e-6, 1e-6, 2e-6, 5e-6)
"""Approach speeds in m/s for which the overtravel is told."""
WIRED = frozenset(
    {"device", "library", "terminal", "output", "command", "mode_line", "cell_line", "counter"}
)
"""Keys of a rig file that name something with a plug."""
_STOPS = {
    "virtual": "The stop is simulated. It protects nothing real.",
    "stepped": "Stepped by the program: the tip only moves while the program runs. It cannot stop "
    "between two blocks.",
    "streamed": "Streamed: if the program hangs or is killed, the tip goes on until the queue of "
    "the card is empty, which is in the worst case below, and then holds.",
    "hardware": "By hardware: the card stops its outputs itself, with or without the program. It "
    "sees one signal with one polarity only.",
}


def check_rig(rig: Rig, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Open a rig, read its rows for a moment and say what there is; nothing moves or is driven.

    Args:
        rig: not opened yet; closed at the end.
        config: its file, for what is wired.

    Raises:
        RigError: it cannot be opened or does not answer.
    """
    with at_rest(rig) as block:
        # Only an opened rig knows which stop its card can do.
        return (*describe(rig.info), *wiring(config), *readings(block))


def describe(info: RigInfo) -> tuple[str, ...]:
    """Say what a rig can do, and what its stop can protect."""
    said = [f"{info.name}{': VIRTUAL, no hardware is involved' if info.virtual else ''}."]
    for axis, one in info.axes.items():
        span = f"{show(one.travel.lower, 'm')} to {show(one.travel.upper, 'm')}"
        said.append(f"Axis {axis}: {span}, up to {show(one.fastest, 'm/s')}.")
    said.append(f"The cell can be: {', '.join(sorted(info.modes))}.")
    if "potential" in info.modes:
        limits = f"{show(info.potential.lower, 'V')} to {show(info.potential.upper, 'V')}"
        said.append(f"Potential: {limits} against the quasi-reference.")
    else:
        said.append("There is no potentiostat: no sweeps, no contact by a current.")
    said.append(f"Current: {show(info.current.lower, 'A')} to {show(info.current.upper, 'A')}.")
    if "current" in info.modes:
        said.append(f"Without a closed circuit the potential reads {show(info.overload, 'V')}.")
    else:
        said.append("There is no galvanostat: no contact by the potential.")
    clock = info.clock
    said.append(
        f"A row every {show(clock.period, 's')}, the mean of {clock.averaged} samples at "
        f"{show(clock.rate, 'Hz')}."
    )
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
        _STOPS[stop.kind],
        f"From contact to halt: {times}; the stage lags {show(info.stage_lag, 's')}.",
        f"Farthest past contact: {past}.",
    )


def wiring(config: Mapping[str, Any]) -> tuple[str, ...]:
    """List every device, terminal and line that a rig file names."""
    return tuple(f"Wired: {key} = {value}" for key, value in _named(config, ""))


def _named(table: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            if key != "virtual":
                yield from _named(value, here)
        elif key in WIRED or path == "marks":
            yield here, value


def readings(block: Block) -> tuple[str, ...]:
    """Say what every channel reads now."""
    units = {"potential": "V", "current": "A"}
    return tuple(
        f"Reads now: {name} = {show(float(np.mean(block.data[name])), units.get(name, 'm'))}"
        for name in CHANNELS
    )
