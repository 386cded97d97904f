"""Which frames are kept in the movie; what is asked may be known only after a frame came."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

KINDS = re.compile(r"sites|all|every ([1-9]\d{0,5})")


@dataclass
class Choice:
    """Decides for one frame after the other, in their order.

    Args:
        frames: "sites" for those from shortly before a contact to the end of the retract, "all",
            or "every 10".
        before: seconds before a contact from which on frames are kept.
    """

    frames: str
    before: float = 1.0
    _spans: list[tuple[float, float]] = field(default_factory=list)
    """When frames are kept, in seconds; the last span may be open."""
    _known: float = float("-inf")
    """Until when everything has been told."""

    def tell(self, now: float, keeping: bool | None = None) -> None:
        """Take in that a moment has come, and whether frames are kept from it on."""
        if keeping is True and not (self._spans and self._spans[-1][1] == float("inf")):
            self._spans.append((now - self.before, float("inf")))
        if keeping is False and self._spans:
            self._spans[-1] = self._spans[-1][0], min(self._spans[-1][1], now)
        self._known = max(self._known, now)

    def of(self, number: int, host: float) -> bool | None:
        """Tell whether a frame is kept; None where that is not known yet."""
        if self.frames == "all":
            return True
        if self.frames != "sites":
            every = KINDS.fullmatch(self.frames)
            return every is None or number % int(every[1]) == 0
        while len(self._spans) > 1 and self._spans[0][1] < host:
            del self._spans[0]
        if any(start <= host <= stop and host <= self._known for start, stop in self._spans):
            return True
        return False if host < self._known - self.before else None
