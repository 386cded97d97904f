"""What the pieces of a hop share: the newest block, and what is still to be said.

The pieces are generators without a clock, a file or a driver. They yield what should happen
(events for the listeners, actions for the rig, in order) and receive the next block of rows.
They never ask how long a block is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np

from seccm.errors import RigError
from seccm.events import Event, Outcome
from seccm.hopping.before import Before
from seccm.rig import Action, Axis, Block, Constant, Drive, Flag, Move, Wake
from seccm.units import show

T = TypeVar("T")
Out = tuple[Action | Event, ...]
Steps = Generator[Out, Block, T]

_MOVING = int(Flag.MOVING)
OFF = Drive("open", Constant(0.0))
PATIENCE = 2.0
"""Seconds beyond its calculated time after which a motion is taken to have failed."""


class GivenUp(Exception):
    """Thrown into a hop by the engine: leave the surface and close the site."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome, self.reason = outcome, reason
        super().__init__(reason)


class Course:
    """The course of one motion, such as a hop, as far as it has gone.

    Whatever moves a tip hands its actions out through here, so that no tip goes sideways before
    it is known to have left the surface.

    Args:
        block: the newest rows when the motion begins.
        spare: metres by which the tip is higher than the plan's retract would have left it.
        clear: whether the tip is known to have left the surface.
        moves: whether anything may move at all.
        before: what an earlier session did at the site.
    """

    def __init__(
        self,
        block: Block,
        spare: float = 0.0,
        *,
        clear: bool = False,
        moves: bool = True,
        before: Before | None = None,
    ) -> None:
        self.block = block
        self.before = before
        """What an earlier session did at the site; None where this one begins it."""
        self._moves = moves
        self.stays = False
        """Set by a way that leaves the tip in contact on purpose: it goes nowhere sideways."""
        self.clear = clear
        """Whoever has lifted the tip and looked at the circuit says so; a descent ends it."""
        self.spare = spare
        """Liquid that did not let go took the tip higher; the next approach comes down again."""
        self._untold: list[Event] = []

    @property
    def row(self) -> int:
        """Number of the row that comes next."""
        return self.block.stop

    @property
    def moving(self) -> bool:
        """Whether a commanded motion is still under way."""
        return bool(self.block.flags[-1] & _MOVING)

    def position(self, axis: Axis, rows: int = 8) -> float:
        """Return where an axis is, in metres: the mean of the last few rows, against noise."""
        return float(np.mean(self.block.data[axis][-rows:]))

    def tell(self, *events: Event) -> None:
        """Say something with the next actions, and before them."""
        self._untold.extend(events)

    def untold(self) -> tuple[Event, ...]:
        """Take what has been told but not handed out yet."""
        events = tuple(self._untold)
        self._untold.clear()
        return events

    def next(self, *actions: Action) -> Steps[Block]:
        """Hand out what was told and some actions; receive the next rows.

        Raises:
            RigError: the tip was to go sideways and is not known to be clear of the surface, or
                nothing may move.
        """
        for action in actions:
            if isinstance(action, Move):
                self._follow(action)
        self.block = yield (*self.untold(), *actions)
        return self.block

    def _follow(self, move: Move) -> None:
        """Refuse a motion sideways of a tip that may be in contact, and notice a descent."""
        if not self._moves:
            raise RigError(
                "stays",
                move.axis,
                f"{move.axis} was to go to {show(move.to, 'm')} in a way in which nothing moves. "
                "It did not move.",
                "This is an error of the program, or of the package that brings the way.",
            )
        if move.axis != "z" and not self.clear:
            raise RigError(
                "not-clear",
                move.axis,
                f"the tip was to go to {move.axis} = {show(move.to, 'm')}, and the circuit was not "
                "seen to be open since its last descent. It did not move.",
                "Retract, and check the pipette for liquid.",
            )
        if move.axis == "z" and move.to < self.position("z", 3):
            self.clear = False

    def rest(self, seconds: float, *actions: Action) -> Steps[None]:
        """Let some time pass."""
        due = self.row + self.block.clock.rows(seconds)
        yield from self.next(*actions, Wake(due))
        while self.row < due:
            yield from self.next()

    def go(self, *moves: Move) -> Steps[None]:
        """Carry out unconditional moves together and wait until all have arrived.

        Raises:
            RigError: they have not arrived long after they should have.
        """
        seconds = max(m.seconds(self.position(m.axis)) for m in moves)
        due = self.row + self.block.clock.rows(seconds) + 1
        yield from self.next(*moves, Wake(due))
        while self.moving:
            self.expect_end(due, seconds, *moves)
            yield from self.next()

    def expect_end(self, due: int, seconds: float, *moves: Move) -> None:
        """Lose patience with a motion that is still under way long after it should have ended.

        Args:
            due: the row in which it should have ended.
            seconds: how long it should have taken.
            moves: what was asked for.

        Raises:
            RigError: it is too late.
        """
        clock = self.block.clock
        allowance = clock.rows(seconds * 0.2 + PATIENCE)
        if self.row > due + allowance:
            wanted = ", ".join(f"{m.axis} to {show(m.to, 'm')}" for m in moves)
            raise RigError(
                "not-arrived",
                "stage",
                f"a motion ({wanted}) should take {show(seconds, 's')} and was not finished "
                f"{show(allowance * clock.period, 's')} after that time.",
                "Check the servo, the wiring and the speed limits of the stage.",
            )


def guarded(body: Steps[T], cleanup: Callable[[], Steps[None]]) -> Steps[T]:
    """Run a body, then its clean-up, on success and on any `Exception` but a `RigError`.

    A rig that failed is not asked to do more: the runner makes it safe, and reports the first
    thing that went wrong rather than the last.

    There is no `yield` inside a `finally`: a generator that is closed or dropped must not
    yield. Whoever drops it (a halt, a failed rig) makes the rig safe by itself.
    """
    try:
        result = yield from body
    except RigError:
        raise
    except Exception:
        yield from cleanup()
        raise
    yield from cleanup()
    return result
