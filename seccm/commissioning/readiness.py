"""Whether the cell may be driven: looked at where a signal can show it, asked about elsewhere.

A step of commissioning drives the cell without an approach before it. Were the tip still in contact
with a sample, the step would run its currents and potentials through the droplet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from seccm.commissioning.noise import quiet
from seccm.conductor.conductor import Conductor
from seccm.errors import ContactError
from seccm.hopping.circuit import Circuit, look_at_circuit
from seccm.hopping.course import Course, Steps
from seccm.plan.open_circuit import TABLE, open_circuit_of
from seccm.plan.site import CircuitLook
from seccm.rig import Constant, Drive, RigInfo


class Needs(StrEnum):
    """What a step must have at the cell, as a statement that an operator confirms."""

    NOTHING = ""
    """The cell is not driven."""
    OPEN = "The tip is clear of the surface, or the cell is disconnected."
    RESISTOR = "The resistor is connected in place of the droplet, and nothing else."


def to_confirm(needs: Needs, config: Mapping[str, Any], source: str) -> str:
    """Return what an operator must confirm before a step; empty where nothing is to be asked.

    Args:
        needs: of the step.
        config: the rig file.
        source: its name, for messages.

    Raises:
        PlanError: the table `[commissioning]` of the rig file is wrong.
    """
    looks = open_circuit_of(config, source) is not None
    return "" if needs is Needs.OPEN and looks else needs.value


def refuse_unconfirmed(
    needs: Needs, config: Mapping[str, Any], source: str, *, confirmed: bool
) -> None:
    """Refuse a step whose need nobody has confirmed, and the program cannot see.

    Args:
        needs: of the step.
        config: the rig file.
        source: its name, for messages.
        confirmed: whether an operator has confirmed it.

    Raises:
        ContactError: it is refused; nothing was opened.
    """
    statement = to_confirm(needs, config, source)
    if not statement or confirmed:
        return
    what = (
        f'Not confirmed: "{statement}" The cell was not driven; nothing moved. Look at the tip '
        f"and the cell, and confirm it. {_OR_LOOK if needs is Needs.OPEN else ''}".rstrip()
    )
    raise ContactError("not-confirmed", what)


def make_ready(conductor: Conductor, needs: Needs, config: Mapping[str, Any]) -> tuple[str, ...]:
    """See that the circuit is open where a step needs it and the rig file says how; nothing moves.

    Args:
        conductor: whose rig's rows stream.
        needs: of the step.
        config: the rig file.

    Returns:
        On what ground the cell is driven, in sentences.

    Raises:
        ContactError: the circuit is closed, or cannot be told from a closed one. The cell is off.
    """
    look = open_circuit_of(config, conductor.info.name) if needs is Needs.OPEN else None
    if look is None:
        return (f"Confirmed before: {needs}",) if needs else ()
    if conductor.carry_out(lambda course: _look(course, look, conductor)):
        return ("Before and after the step, the circuit was seen to be open.",)
    what = (
        "The circuit is not seen to be open: the meniscus may be in contact. The step was not "
        "begun, the cell is off; nothing moved. Retract the tip or disconnect the cell, and "
        "repeat the step."
    )
    raise ContactError("circuit-closed", what)


def refuse_wet(conductor: Conductor, needs: Needs, config: Mapping[str, Any]) -> None:
    """See that the circuit is still open after a step; it was looked at before, see `make_ready`.

    A tip that is left close above a surface may come into contact meanwhile: with the drift, or
    because the pipette drips. Then what was measured is not what the step is to measure.

    Raises:
        ContactError: the circuit is closed, or cannot be told from a closed one. The cell is off.
    """
    look = open_circuit_of(config, conductor.info.name) if needs is Needs.OPEN else None
    if look is None or conductor.carry_out(lambda course: _is_open(course, look, conductor.info)):
        return
    what = (
        "The circuit is not seen to be open after the step: the meniscus may have come into "
        "contact while the cell was driven. There is no result, the cell is off; nothing moved. "
        "Retract the tip further or disconnect the cell, and repeat the step."
    )
    raise ContactError("circuit-closed", what)


_OR_LOOK = f"With a table [{TABLE}] in the rig file the program looks itself."


def _look(course: Course, look: CircuitLook, conductor: Conductor) -> Steps[bool]:
    """Tell whether the circuit is open; if it is, bring leads and filters back to rest."""
    if not (yield from _is_open(course, look, conductor.info)):
        return False
    drive = quiet(conductor.info)
    yield from course.rest(look.settle, Drive(drive.mode, drive.waveform, since=course.row))
    return True


def _is_open(course: Course, look: CircuitLook, info: RigInfo) -> Steps[bool]:
    """Tell whether the circuit is seen to be open.

    It must be seen in both directions: a droplet that has nothing to reduce, or nothing to oxidise,
    carries the current in one of them only, and looks open in the other.
    """
    for value in (look.hold.value, -look.hold.value):
        hold = replace(look.hold, value=value)
        yield from course.rest(look.settle, Drive(hold.mode, Constant(value), since=course.row))
        seen = yield from look_at_circuit(course, replace(look, hold=hold), info)
        if seen is not Circuit.OPEN:
            return False
    return True
