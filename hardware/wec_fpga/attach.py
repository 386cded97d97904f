"""Attaching to a running target: it is looked at, and nothing in it is run, reset or downloaded."""

from __future__ import annotations

from hardware.wec_fpga import contract
from hardware.wec_fpga.codes import PER_VOLT, TICKS
from hardware.wec_fpga.comparators import DEAF
from hardware.wec_fpga.config import WecFpgaConfig
from hardware.wec_fpga.driver import Driver
from hardware.wec_fpga.frames import WORDS
from hardware.wec_fpga.lines import HOLD_SCALE
from hardware.wec_fpga.link import Link
from seccm.errors import RigError
from seccm.units import show

WORD = 0.03
"""Seconds in which the target would begin a line whose last word was sent."""
POWER_UP = "Power it up with `seccm rig power-up`, which says what will move."


def pause(link: Link) -> None:
    """Let nothing move any more.

    Raises:
        DriverError: the library refuses.
    """
    link.write(contract.PAUSE, 1)


def attach(config: WecFpgaConfig, link: Link, driver: Driver) -> tuple[str, ...]:
    """Attach to the running program; return what was found out, in sentences.

    Raises:
        RigError: it does not run, has stopped, is under way, or is set up otherwise. Nothing moved.
    """
    refuse_unusual(config, link)
    link.prepare()
    # Whatever a host was killed over ends at once.
    link.settle({**DEAF.registers(), contract.THRESHOLD_2: DEAF.abort})
    if link.read(contract.HOLD_SCALE) != HOLD_SCALE:
        link.settle({contract.HOLD_SCALE: HOLD_SCALE})
    link.write(contract.PAUSE, 0)
    driver.rows.find()
    driver.lines.count()
    left = _empty(link, driver)
    driver.lines.deaf()
    driver.look_at_sensors()
    return (*_left_on(link, driver), *_found(driver, left))


def _left_on(link: Link, driver: Driver) -> tuple[str, ...]:
    """Say so where a program that was killed has left the cell on; nothing is switched."""
    code = link.read(contract.V)
    if code == driver.cell.coded("open").code(0.0, "command"):
        return ()
    volts = show(code / PER_VOLT, "V")
    return (f"The cell was found on: ao3 carries {volts}, as a program that was killed leaves it.",)


def _found(driver: Driver, left: int) -> tuple[str, ...]:
    said = f"A row takes {show(driver.rows.ticks / TICKS, 's', 7)}, as measured."
    more = f"{left} words of a line were in the queue, and were emptied without a motion."
    return (said, more) if left else (said,)


def refuse_unusual(config: WecFpgaConfig, link: Link) -> None:
    """Refuse a target that does not run, or not as the rig file says.

    Raises:
        RigError: see above. Nothing moved.
    """
    where = link.where
    if not link.running:
        what = "its program does not run. Nothing moved."
        raise RigError("not-running", where, what, POWER_UP)
    for name in (contract.STOP, contract.OWN_STOP):
        if link.read(name):
            what = f'its program was stopped ("{name}" is set). Nothing moved.'
            raise RigError("stopped", where, what, POWER_UP)
    if link.read(contract.OWN_PAUSE):
        what = f'it waits at a contact for another program ("{contract.OWN_PAUSE}" is set).'
        remedy = "Let that program finish, and retract the tip with it."
        raise RigError("waits", where, f"{what} Nothing moved.", remedy)
    if not link.read(contract.WAITING):
        what = "a line is under way, which another program has sent. Nothing moved."
        raise RigError("under-way", where, what, "Let that program finish, and close it.")
    clock = config.clock
    for name, wanted in (
        (contract.SAMPLE_TICKS, clock.sample_ticks),
        (contract.AVERAGED, clock.exponent),
    ):
        found = link.read(name)
        if found != wanted:
            what = f'"{name}" is {found}, and {wanted} by [clock] of the rig file. Nothing moved.'
            remedy = f"Correct the rig file, or power the target up again. {POWER_UP}"
            raise RigError("clock", where, what, remedy)


def _empty(link: Link, driver: Driver) -> int:
    """Empty the queue of lines with words that move nothing; return how many were in it.

    A host that was killed may have left a part of a line, and every line after it would be read
    from a wrong word on. Zeros are sent one by one until a line begins: its flags are one of them,
    so that it moves nothing, whatever was before.

    Raises:
        RigError: no line begins.
    """
    before = link.read(contract.LINE)
    for count in range(1, WORDS + 1):
        driver.lines.send_word()
        driver.pass_time(WORD)
        if link.read(contract.LINE) > before:
            driver.lines.count()
            return WORDS - count
    driver.refuse_stopped()
    raise RigError(
        "no-line",
        link.where,
        "the target does not begin a line that moves nothing. Nothing moved.",
        f"See that it is not paused by another program. {POWER_UP}",
    )
