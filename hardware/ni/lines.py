"""Digital lines: for modes, for the cell switch, and for marks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from nidaqmx import Task

from hardware.ni.daqmx_errors import DAQMX, spoken
from seccm.errors import LimitError


class Lines:
    """Digital lines, each touched only when it is first set.

    Args:
        device: whose lines they are.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._tasks: dict[str, Task] = {}

    def set(self, line: str, *, high: bool) -> None:
        """Set a line.

        Raises:
            RigError: the driver refuses.
        """
        with spoken(f"{self._device}/{line}"):
            if line not in self._tasks:
                task = self._tasks[line] = Task()
                task.do_channels.add_do_chan(f"{self._device}/{line}")
            self._tasks[line].write(high, auto_start=True)

    def close(self) -> None:
        """Let go of the lines; they keep their levels."""
        for task in self._tasks.values():
            with suppress(*DAQMX):
                task.close()
        self._tasks.clear()


class Marks:
    """Lines that are raised for other recorders, for about the length of a block.

    Args:
        named: the line of each mark.
        lines: of the card.
    """

    def __init__(self, named: Mapping[str, str], lines: Lines) -> None:
        self._named, self._lines = named, lines
        self._raised: list[str] = []

    def up(self, name: str) -> None:
        """Raise a mark.

        Raises:
            LimitError: there is none of that name.
            RigError: the driver refuses.
        """
        if name not in self._named:
            known = ", ".join(sorted(self._named)) or "none"
            what = f"{name!r} is not a mark line of this rig; known: {known}."
            raise LimitError("no-such-line", "marks", what, "Name it in the rig file under marks.")
        self._lines.set(self._named[name], high=True)
        self._raised.append(self._named[name])

    def down(self) -> None:
        """Lower all marks.

        Raises:
            RigError: the driver refuses.
        """
        while self._raised:
            self._lines.set(self._raised.pop(), high=False)
