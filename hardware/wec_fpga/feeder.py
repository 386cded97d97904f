"""Lines that are due one after the other, handed out shortly before they are."""

from __future__ import annotations

from collections.abc import Iterable

from hardware.wec_fpga.ramp import Timed


class Feeder:
    """Hands out lines.

    Args:
        lines: with the times at which they are due, rising.
        origin: when their time begins, in seconds since the stream opened.
        horizon: seconds by which they are handed out early.
    """

    def __init__(self, lines: Iterable[Timed], origin: float, horizon: float) -> None:
        self._lines, self._origin, self._horizon = iter(lines), origin, horizon
        self._next = next(self._lines, None)

    @property
    def over(self) -> bool:
        """Whether there are no more."""
        return self._next is None

    def due(self, now: float) -> list[list[int]]:
        """Return the words of every line that is due by now, or soon."""
        found = []
        while self._next is not None and self._origin + self._next.begins < now + self._horizon:
            found.append(self._next.words)
            self._next = next(self._lines, None)
        return found
