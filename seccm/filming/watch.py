"""What is to be said of a camera while it films: losses, darkness, saturation, and its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from seccm.movie.facts import SATURATED
from seccm.movie.pages import NO_PAGE

DARK = 0.2
"""Share of the usual brightness below which the light counts as off."""
DARK_FRAMES = 3
USUAL = 8
"""Frames that tell what is usual."""
_PAGE, _NUMBER, _MEAN, _SATURATED = 0, 1, 7, 8
_ENDS = {
    "": "",
    "camera-overflow": "frames came faster than they could be taken",
    "disk-too-slow": "the disk is too slow for the movie",
    "camera-unplugged": "the camera does not answer",
    "camera-died": "the camera's process has ended",
    "movie-failed": "the movie cannot be written",
}


class Watch:
    """Looks at the numbers of frames.

    Args:
        required: whether the run pauses when the camera fails.
        blinks: frames for which the lamp may be off because the rig blinks it.
    """

    def __init__(self, *, required: bool = False, blinks: int = 0) -> None:
        self._patience = DARK_FRAMES + blinks
        self.required = required
        self._then = (
            "The run pauses, because its plan requires the camera."
            if required
            else "The run goes on without it."
        )
        self._dark_then = self._then if required else "The run goes on."
        self._news: list[tuple[str, str]] = []
        self._last = -1
        self._usual: list[float] = []
        self._dark = 0
        self._off = self._bright = False
        self.arrived = self.lost = 0
        """Frames."""
        self.ended = ""
        """The code of why no frames come any more; empty while they do."""
        self.why = ""
        """The same as a sentence."""
        self.told = ""
        """The newest that was said."""
        self.kept = 0
        """Frames that are in the movie."""
        self.closed = False
        """Whether the camera's process has ended as it should."""

    def see(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Look at frames, in their order."""
        for row in rows:
            self.kept += row[_PAGE] != NO_PAGE
            self._count(int(row[_NUMBER]))
            self._look(float(row[_MEAN]), float(row[_SATURATED]))

    def end(self, code: str, words: str) -> None:
        """Take note that no frames come any more, and why; not if that was asked for."""
        if self.ended or not code:
            return
        self.ended = code
        short = _ENDS.get(code, "the camera failed")
        # What a driver says of itself, and then what it means.
        said = words[:1].upper() + words[1:]
        self.why = f"The movie ends here: {short}. {said} {self._then}"
        self._say(code, self.why)

    def news(self) -> Sequence[tuple[str, str]]:
        """Return what is to be said since last asked."""
        news, self._news = self._news, []
        return news

    @property
    def dark(self) -> bool:
        """Whether the camera sees no light."""
        return self._off

    @property
    def bright(self) -> bool:
        """Whether pixels were at full scale."""
        return self._bright

    def _count(self, number: int) -> None:
        lost = number - self._last - 1
        if lost > 0:
            self.lost += lost
            first = self._last + 1
            which = f"frame {first}" if lost == 1 else f"frames {first} to {number - 1}"
            self._say(
                "frames-lost",
                f"The camera lost {lost} {'frame' if lost == 1 else 'frames'} ({which}); "
                f"{self.lost} of {number + 1} so far.",
            )
        self._last = number
        self.arrived += 1

    def _look(self, mean: float, saturated: float) -> None:
        if len(self._usual) < USUAL:
            self._usual.append(mean)
            return
        usual = sorted(self._usual)[USUAL // 2]
        self._dark = self._dark + 1 if mean < DARK * usual else 0
        if self._dark == self._patience and not self._off:
            self._off = True
            self._say(
                "light-off",
                f"The camera sees no light since frame {self._last - self._patience + 1}: "
                f"{mean:.0f} counts, usually {usual:.0f}. Is the lamp off? {self._dark_then}",
            )
        if self._off and self._dark == 0:
            self._off = False
            self._say("light-on", f"The camera sees light again from frame {self._last} on.")
        if saturated > SATURATED and not self._bright and math.isfinite(saturated):
            self._bright = True
            self._say(
                "saturated",
                f"{100 * saturated:.2g} % of the pixels are at full scale in frame {self._last}: "
                "reduce light or exposure.",
            )

    def _say(self, code: str, words: str) -> None:
        self.told = words
        self._news.append((code, words))
