"""A task: something that is done with the rig to commission it, and what it may ask meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from seccm.commissioning.finding import Finding
from seccm.conductor.conductor import Conductor
from seccm.rig import Rig


class Bench(Protocol):
    """Where a task is carried out: it lends the rig, asks people, and can end the task."""

    words: str
    """What of the task is done just now, as a sentence; empty where there is nothing to say."""

    def conduct(self, rig: Rig, seconds: float) -> Conductor:
        """Return the one who reads a rig from now on, for about so many seconds."""

    def confirm(self, question: str) -> bool:
        """Ask, with the rig let go of, and wait until somebody has answered.

        Raises:
            StoppedError: somebody put an end to it instead.
        """

    def wait(self, seconds: float) -> None:
        """Let time pass while the rig is let go of.

        Raises:
            StoppedError: somebody put an end to it.
        """


class Task(Protocol):
    """Something that is done with the rig to commission it."""

    @property
    def procedure(self) -> str:
        """Its name, as its finding and its report have it."""

    @property
    def title(self) -> str:
        """What an operator calls it.

        Raises:
            SeccmError: there is no such thing.
        """

    @property
    def attended(self) -> bool:
        """Whether somebody must hold the controls as long as it takes."""

    @property
    def rig(self) -> Mapping[str, Any]:
        """The tables of the rig file."""

    @property
    def rig_source(self) -> str:
        """The rig file."""

    @property
    def folder(self) -> str:
        """Where reports are written; absolute."""

    def build(self) -> Rig:
        """Build the rig; nothing is opened.

        Raises:
            PlanError: the rig file is wrong.
        """

    def carry_out(self, bench: Bench) -> Finding:
        """Do it.

        Raises:
            ValueError: what was measured cannot be judged.
            StoppedError: somebody put an end to it.
            SeccmError: the rig, its file or a setting failed.
        """
