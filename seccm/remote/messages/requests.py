"""What a client can ask of a host: requests, which cross the channel as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_args

from seccm.errors import SeccmError
from seccm.hopping.life import Request as Verb
from seccm.remote.channel.plain import from_plain, to_plain
from seccm.remote.messages.coarse import CoarseOrder
from seccm.remote.messages.commissioning import Order
from seccm.remote.messages.job import Job


class Action(StrEnum):
    """What can be done under manual control."""

    JOG = "jog"
    APPROACH = "approach"
    RETRACT = "retract"
    DRIVE = "drive"
    OFF = "off"
    HOLD = "hold"
    CLOSE = "close"
    """Raise the tip and let go of the rig."""


@dataclass(frozen=True, slots=True)
class Here:
    """A sign of life; nothing is asked."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Freeze and switch the cell off."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """Leave the surface at once."""


@dataclass(frozen=True, slots=True)
class TakeControl:
    """Take the controls."""

    force: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """Give the controls back."""


@dataclass(frozen=True, slots=True)
class Steer:
    """Ask the run for something."""

    verb: Verb
    reason: str


@dataclass(frozen=True, slots=True)
class Instruct:
    """Tell a run with a planner what a person wants of the sites to come."""

    instruction: str
    """As `seccm.plan.instruction.Instruction.text` gives it."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a run."""

    job: Job


@dataclass(frozen=True, slots=True)
class OpenRig:
    """Open the rig of a job for manual control."""

    job: Job


@dataclass(frozen=True, slots=True)
class Act:
    """Do something under manual control."""

    action: Action
    how: Mapping[str, Any] = field(default_factory=dict)
    """Axes and modes by name, numbers in SI units."""


@dataclass(frozen=True, slots=True)
class Commission:
    """Carry out a step of commissioning."""

    order: Order


@dataclass(frozen=True, slots=True)
class ApproachCoarsely:
    """Make a coarse approach."""

    order: CoarseOrder


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer a question."""

    question: str
    yes: bool


@dataclass(frozen=True, slots=True)
class StopStep:
    """End the step of commissioning, or the coarse approach."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Write the report of a step, and if asked its calibration."""

    step: str
    calibrate: bool


@dataclass(frozen=True, slots=True)
class Quit:
    """End an idle host."""


Request = (
    Here
    | Halt
    | Emergency
    | TakeControl
    | Release
    | Steer
    | Instruct
    | Begin
    | OpenRig
    | Act
    | Commission
    | ApproachCoarsely
    | Reply
    | StopStep
    | Keep
    | Quit
)
KINDS: Mapping[str, type[Request]] = {kind.__name__: kind for kind in get_args(Request)}


def request_to_plain(request: Request) -> dict[str, Any]:
    """Return a request as a table that says what kind of request it is."""
    return {"request": type(request).__name__, **to_plain(request)}


def request_from_plain(table: Mapping[str, Any]) -> Request:
    """Build the request that `request_to_plain` took apart.

    Raises:
        SeccmError: there is no such request.
        KeyError, TypeError, ValueError, AttributeError: it is not a valid one.
    """
    parts = {name: part for name, part in table.items() if name not in ("request", "ticket")}
    name = table["request"]
    if name not in KINDS:
        raise SeccmError(f"There is no request {name!r}; there are: {', '.join(KINDS)}.")
    request: Request = from_plain(KINDS[name], parts)
    return request
