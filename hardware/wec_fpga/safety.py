"""Making a target safe: nothing moves, the cell goes off, and only then the tip goes up."""

from __future__ import annotations

from contextlib import suppress

from hardware.agreement import SETTLED
from hardware.wec_fpga import contract
from hardware.wec_fpga.driver import Driver
from hardware.wec_fpga.frames import WORDS
from seccm.errors import RigError
from seccm.rig import Constant, Drive, Move, SafeReport
from seccm.rig.safe_words import cell_words, tip_words

RETRACTED = 50e-9
"""Metres from the top of the travel at which the tip counts as fully retracted."""


def make_safe(driver: Driver, why: str, by: float, remarks: tuple[str, ...] = ()) -> SafeReport:
    """Switch the cell off and lift the tip; the target is paused already. Never raises.

    What is in the queue by rule is the rest of a ramp, or of a motion sideways, or a motion of z
    that ends at the next row; it runs out first.

    Args:
        driver: whose turn is held.
        why: what the report gives as the cause.
        by: metres to lift the tip by; 0 to hold it.
        remarks: what a person should know of all that happened.
    """
    off, said, height = False, "", None
    try:
        _run_out(driver)
        off = _switch_off(driver)
        if by:
            _lift(driver, by)
        height = driver.position()["z"]
    except RigError as error:
        said = f" {error}"
        driver.trouble = driver.trouble or error
    held = True if not said else driver.hold()
    if held and not off:
        with suppress(RigError):  # Whatever failed: an output that was off, or went off, is off.
            off = _is_off(driver)
    if driver.trouble is not None:
        driver.delivery.drop()  # What failed has been told; nothing is delivered after that.
    up = by > 0.0 and not said
    top = height is not None and driver.info.axes["z"].travel.upper - height <= RETRACTED
    loose = "tip not held: the target does not answer" if said and not held else ""
    tip = tip_words(up=up, at_top=top, height=height, instead=loose)
    what = f"{cell_words(off=off)}, {tip}: {why}.{said}"
    return SafeReport(held, off, up, what, height, top, remarks=remarks)


def _run_out(driver: Driver) -> None:
    """Let what was sent come to its end, and empty the queue of what was sent in part.

    Raises:
        RigError: the target does not answer, or has stopped.
    """
    driver.refuse_stopped()
    driver.give_up()
    driver.link.write(contract.PAUSE, 0)
    if driver.lines.uncertain:
        driver.pass_time(driver.config.stop.horizon + driver.config.stop.travel)
        _complete(driver)
    driver.settled()


def _complete(driver: Driver) -> None:
    """Complete a line that was sent in part, so that it moves nothing: its flags are zero.

    Raises:
        RigError: it cannot be.
    """
    begun = driver.link.read(contract.LINE)
    for _ in range(WORDS):
        driver.lines.send_word()
        driver.pass_time(0.03)
        if driver.link.read(contract.LINE) > begun:
            driver.lines.count()
            return
    raise RigError("no-line", driver.link.where, "the target does not begin a line that was sent.")


def _switch_off(driver: Driver) -> bool:
    """Switch the cell off; tell whether the outputs say so.

    Raises:
        RigError: the library refuses.
    """
    driver.trouble, trouble = None, driver.trouble
    try:
        driver.drive(Drive("open", Constant(0.0)))
        driver.step()
        driver.await_idle()
    finally:
        driver.trouble = trouble
    return _is_off(driver)


def _is_off(driver: Driver) -> bool:
    """Tell whether the outputs carry what leaves the cell off.

    Raises:
        RigError: the library refuses.
    """
    zero, level = driver.cell.coded("open").code(0.0, "command"), driver.cell.level("open")
    chosen = level is None or driver.link.read(contract.V2) == level
    return chosen and driver.link.read(contract.V) == zero


def _lift(driver: Driver, by: float) -> None:
    """Lift the tip, at most to the top.

    Raises:
        RigError: it does not arrive in time, or the target has stopped meanwhile.
    """
    z, reach = driver.position()["z"], driver.info.axes["z"]
    to = min(z + by, reach.travel.upper)
    if to - z <= RETRACTED:
        return
    driver.trouble, trouble = None, driver.trouble
    try:
        driver.move(Move("z", to, reach.fastest))
        seconds = (to - z) / reach.fastest + driver.config.patience
        for _ in range(int(seconds / driver.rows.period) + 1):
            driver.step()
            if not driver.moving:
                break
            driver.pass_time(driver.rows.period)
        else:
            driver.refuse_stopped()
            raise RigError("not-lifted", "z", "the tip did not arrive in time.")
    finally:
        driver.trouble = trouble
    driver.pass_time(SETTLED * driver.config.lag)
