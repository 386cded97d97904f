"""What the program itself does and sees in a bench procedure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from hardware.wec_fpga.codes import TICKS
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.library import find_driver
from hardware.wec_fpga.rows import Piece
from seccm.errors import LimitError
from seccm.plan.contacts import current_threshold
from seccm.quantities import validate
from seccm.rig import Constant, Drive, Flag, Freeze, Mounted, Move
from seccm.units import show

STEP = 10e-3
"""Volts of the command."""
WAY, SPEED = 2e-6, 1e-6
"""Metres, and metres per second."""
SLOWLY = 0.1e-6
"""Metres per second of ways in which somebody has to do something."""
DOWN, LONG = 1.5e-6, 30.0
"""Metres that the tip comes down for the comparators, and seconds that it goes up to be killed."""


@contextmanager
def opened(tables: Mapping[str, Any], source: str) -> Iterator[Any]:
    """Open the rig of a file without asking for a record; let go of it in the end.

    Raises:
        PlanError: a mistake in the file.
        RigError: it cannot be opened.
    """
    from hardware.wec_fpga.rig import WecFpgaRig

    config = validate(WecFpgaConfig, _with_any_sensor(tables), source, from_file=True)
    mounted = Mounted("dummy-resistor", 6e-6)
    library = find_driver(config, mounted, source=source, seed=0, faults=(), pace=0.0, first_site=0)
    rig = WecFpgaRig(config, library)
    try:
        rig.open()
        rig.start()
        yield rig
    finally:
        rig.close()


def _with_any_sensor(tables: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a rig file whose sensors may show what they like: nothing is calibrated yet."""
    found = copy.deepcopy(dict(tables))
    for axis in found.get("axes", {}).values():
        if isinstance(axis, dict) and isinstance(axis.get("sensor"), dict):
            axis["sensor"]["agrees"] = "1 m"
    return found


def attach(tables: Mapping[str, Any], source: str) -> str:
    """Open the rig, and say where the outputs are."""
    with opened(tables, source) as rig:
        at = rig.open().position
        where = ", ".join(f"{axis} = {show(value, 'm')}" for axis, value in at.items())
        rows = [rig.read() for _ in range(10)]
        spread = max(float(np.ptp(np.concatenate([b.data[a] for b in rows]))) for a in at)
        return f"Attached: {where} by the outputs; sensors moved by {show(spread, 'm', 2)} since."


def idle_rows(tables: Mapping[str, Any], source: str) -> str:
    """Read rows for a second, and see whether some come while the target is paused."""
    with opened(tables, source) as rig:
        count, period = 0, rig.info.clock.period
        while count * period < 1.0:
            count += rig.read().rows
        rig.driver.hold()
        paused = sum(len(piece.words) for piece in rig.driver.rows.glance(0.5))
        idle = show(count * period, "s")
        return f"{count} rows came in {idle} while idle, {paused} in 0.5 s while paused."


def row_age(tables: Mapping[str, Any], source: str) -> str:
    """Let the command jump, and see how many rows later it shows."""
    with opened(tables, source) as rig:
        mode = "potential" if "potential" in rig.info.modes else "open"
        if mode == "open":
            raise LimitError("no-potential", "cell", "there is no potentiostat; nothing moved.")
        for _ in range(4):
            rig.read()
        rows = rig.driver.rows
        before = rows.next
        rig.apply(Drive("potential", Constant(STEP)))
        seen: list[Piece] = []
        rig.driver.step()
        while rows.next < before + 400:
            seen += rows.fetch(1)
            codes = np.concatenate([piece.words[:, 3] for piece in seen])
            jumped = np.flatnonzero(np.abs(codes - codes[0]) > 2)
            if len(jumped):
                break
        age = (rows.next - before) * rows.period
        rig.apply(Drive("potential", Constant(0.0)))
        rig.read()
        return f"The first row that shows the jump came {show(age, 's', 2)} after it was sent."


def abort(tables: Mapping[str, Any], source: str) -> str:
    """Move z up, break the motion off in its middle, and go back."""
    with opened(tables, source) as rig:
        z = rig.open().position["z"]
        top = rig.info.axes["z"].travel.upper
        to = z + WAY if z + WAY <= top else z - WAY
        rig.apply(Move("z", to, SPEED))
        clock = rig.info.clock
        due = clock.rows(0.5 * WAY / SPEED)
        while due > 0:
            due -= rig.read().rows
        rig.apply(Freeze("bench"))
        rows = 0
        while (block := rig.read()).flags[-1] & Flag.MOVING:
            rows += block.rows
        held = rig.open().position["z"]
        for _ in range(20):
            rig.read()
        later = rig.open().position["z"]
        rig.apply(Move("z", z, SPEED))
        while rig.read().flags[-1] & Flag.MOVING:
            pass
        return (
            f"Broken off at {show(held, 'm')} of {show(to, 'm')}, over {rows} rows later; z moved "
            f"by {show(abs(later - held), 'm', 2)} afterwards."
        )


def comparator(tables: Mapping[str, Any], source: str) -> str:
    """Come down slowly until the current is a tenth of its range; say where that was."""
    with opened(tables, source) as rig:
        info, z = rig.info, rig.open().position["z"]
        level = 0.1 * max(abs(info.current.lower), abs(info.current.upper))
        to = max(z - DOWN, info.axes["z"].travel.lower)
        while rig.read().start * info.clock.period < 0.1:
            pass
        rig.apply(Move("z", to, SLOWLY, until=current_threshold(level)))
        block = rig.read()
        while block.flags[-1] & Flag.MOVING:
            block = rig.read()
        at = rig.open().position["z"]
        stopped = bool(block.flags[-1] & Flag.FROZEN)
        rig.apply(Move("z", z, SPEED))
        while rig.read().flags[-1] & Flag.MOVING:
            pass
        how = (
            f"stopped at {show(at, 'm', 6)}, after {show(z - at, 'm', 3)}"
            if stopped
            else f"came to its end, {show(z - at, 'm', 3)}: the threshold was not passed"
        )
        return f"The way down at {show(SLOWLY, 'm/s')} until {show(level, 'A')} {how}."


def host_dies(tables: Mapping[str, Any], source: str) -> str:
    """Go up slowly, so that somebody can kill the program meanwhile."""
    with opened(tables, source) as rig:
        z = rig.open().position["z"]
        top = rig.info.axes["z"].travel.upper
        rig.apply(Move("z", min(z + SLOWLY * LONG, top), SLOWLY))
        while rig.read().flags[-1] & Flag.MOVING:
            pass
        at = rig.open().position["z"]
        return f"It was not killed: z went up from {show(z, 'm', 6)} to {show(at, 'm', 6)}."


def volts(tables: Mapping[str, Any], source: str) -> str:
    """Say what the position sensors show, and where the outputs put the stage."""
    with opened(tables, source) as rig:
        at = rig.open().position
        rows = [rig.read() for _ in range(4)]
        said = []
        for axis, told in at.items():
            seen = float(np.mean(np.concatenate([block.data[axis] for block in rows])))
            said.append(
                f"{axis} {show(seen, 'm', 6)} for {show(told, 'm', 6)} "
                f"({show(seen - told, 'm', 3)})"
            )
        return f"Position sensors, for what the outputs say: {', '.join(said)}."


def row_time(tables: Mapping[str, Any], source: str) -> str:
    """Say how long a row takes."""
    with opened(tables, source) as rig:
        period = rig.info.clock.period
        return f'A row takes {round(period * TICKS)} ticks: row = "{period * 1e3:.6f} ms".'


def other_words(tables: Mapping[str, Any], source: str) -> str:
    """Say what the words of the other inputs are."""
    with opened(tables, source) as rig:
        pieces = rig.driver.rows.fetch(40)
        words = np.concatenate([piece.words for piece in pieces])
        spans = ", ".join(
            f"word {place}: {words[:, place].min()} to {words[:, place].max()}"
            for place in (7, 10, 11)
        )
        return f"In {len(words)} rows, {spans}."
