"""Starting the program on the target: the one thing here that moves outputs by itself.

x and y jump to the middle of the converter's range, z and the voltages to zero, before any pause is
looked at: nobody can keep the target from it. So it is a command of its own, which asks first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from hardware.wec_fpga import contract
from hardware.wec_fpga.comparators import DEAF
from hardware.wec_fpga.config import AXES, WecFpgaConfig
from hardware.wec_fpga.library import bitfile_of, find_driver
from hardware.wec_fpga.lines import HOLD_SCALE
from hardware.wec_fpga.link import Link
from hardware.wec_fpga.rows import Rows
from seccm.errors import RigError
from seccm.quantities import validate
from seccm.rig import Mounted
from seccm.units import show

MIDDLE = 0x3FFF
"""Code at which x and y are after the start."""
APPLIED = {
    contract.X: MIDDLE, contract.Y: MIDDLE, contract.Z: 0, contract.V: 0, contract.V2: 0,
}  # fmt: skip
LOOKS = 200


def power_up(tables: Mapping[str, Any], source: str, confirm: Callable[[str], bool]) -> str:
    """Start the program on the target; entry point of the group `seccm.power_up`.

    Args:
        tables: the rig file.
        source: its name, for messages.
        confirm: asked before anything can move.

    Returns:
        What was done, in sentences.

    Raises:
        PlanError: a mistake in the rig file.
        RigError: the target is missing, or did not do what it was told.
    """
    config = validate(WecFpgaConfig, tables, source, from_file=True)
    mounted = Mounted("dummy-resistor", 6e-6)
    library = find_driver(config, mounted, source=source, seed=0, faults=(), pace=0.0, first_site=0)
    with library() as plugged:
        link = Link(bitfile_of(config, plugged, source), config.resource)
        try:
            if not confirm(question(config, runs=link.running)):
                return "Nothing was changed, nothing moved."
            return start(config, link)
        finally:
            with suppress(RigError):
                link.close()


def question(config: WecFpgaConfig, *, runs: bool) -> str:
    """Say what will move, and ask.

    Args:
        config: of the rig.
        runs: whether the program runs already.
    """
    at = {axis: config.command(axis).one(0 if axis == "z" else MIDDLE) for axis in AXES}
    where = ", ".join(f"{axis} to {show(at[axis], 'm')}" for axis in AXES)
    again = "The program runs already; it is stopped and started again. " if runs else ""
    return (
        f"{again}Starting the program on the target MOVES THE STAGE AT ONCE: {where}; the command "
        "of the cell to 0 V. The tip must be far away from everything, and the amplifier off. "
        "Start it?"
    )


def start(config: WecFpgaConfig, link: Link) -> str:
    """Start the program again, paused, as the rig file says; return how long a row takes, in words.

    Raises:
        RigError: the target did not do what it was told.
    """
    link.reset()
    if link.running:
        what = "its program still runs after a reset. Outputs may have moved."
        raise RigError("not-reset", link.where, what, "Close LabVIEW, and switch the target off.")
    link.settle(
        {
            contract.STOP: 0,
            contract.PAUSE: 1,
            contract.OWN_PAUSE: 0,
            contract.END_LINE: 0,
            contract.ON_HOLD: 0,
            contract.SAMPLE_TICKS: config.clock.sample_ticks,
            contract.AVERAGED: config.clock.exponent,
            contract.HOLD_SCALE: HOLD_SCALE,
            contract.STEP_LIMIT: 10,
            contract.AVERAGE: 1,
            contract.AVERAGE_LESS: 0,
            **dict.fromkeys(contract.DISTANCES, 0),
            **DEAF.registers(),
        }
    )
    link.no_feedback()
    link.prepare()
    link.run()
    for _ in range(LOOKS):
        if link.read(contract.WAITING):
            break
        link.take(1, 0.025)
    else:
        what = "its program was started and is not ready. Outputs have moved."
        raise RigError("not-ready", link.where, what, "Look at the stage, and try again.")
    strange = {name: link.read(name) for name in APPLIED if link.read(name) != APPLIED[name]}
    if strange:
        name, code = next(iter(strange.items()))
        what = f'"{name}" is {code} after the start, not {APPLIED[name]}.'
        raise RigError("strange-start", link.where, what, "This is another program: do not use it.")
    link.write(contract.PAUSE, 0)
    rows = Rows(link, config.clock.ticks, config.patience)
    rows.find()
    link.write(contract.PAUSE, 1)
    period = rows.period * 1e3
    return f'The program runs, paused. A row takes {period:.6f} ms: row = "{period:.6f} ms".'
