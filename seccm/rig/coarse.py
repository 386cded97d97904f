"""The coarse stage: steps that bring the surface into reach of the piezo, and are not exact."""

from __future__ import annotations

from typing import Protocol


class CoarseStage(Protocol):
    """A motor that brings pipette and surface closer by steps.

    Its count is not a position: steps are open loop, and unequal up and down.
    """

    @property
    def step(self) -> float:
        """The longest that one step can be, in metres."""

    def identity(self) -> str:
        """Say which device answers.

        Raises:
            RigError: none does.
        """

    def position(self) -> int:
        """Return the count of steps; positive is closer.

        Raises:
            RigError: the device does not answer.
        """

    def closer(self, steps: int) -> int:
        """Bring them closer by so many steps (away if negative), wait, and return the count.

        Raises:
            LimitError: more steps than are allowed at once; nothing moved.
            RigError: it is not known to have done so; says what is known.
        """

    def stop(self) -> None:
        """Stop at once.

        Raises:
            RigError: the device does not answer.
        """

    def close(self) -> None:
        """Let go of the device. May be called twice."""
