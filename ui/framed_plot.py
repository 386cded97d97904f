"""A plot whose range follows what is worth seeing, until the user chooses another."""

from __future__ import annotations

from ui.models.frames import Frame
from ui.models.palette import Palette
from ui.plots import Plot


class FramedPlot(Plot):
    """Shows a frame; Home shows it again, and a second time everything.

    Args:
        empty: what it says while there is nothing to draw, such as what to do.
    """

    def __init__(self, empty: str = "") -> None:
        super().__init__()
        self.empty = empty
        self._frame_wanted: Frame | None = None
        self._framed: Frame | None = None
        self._follows = "worth"
        """Whether the range follows the curves: "worth" seeing, "all" of them, or "" if the user
        has chosen another."""
        self._notes = ""
        self.plotItem.vb.disableAutoRange()
        self.plotItem.vb.sigRangeChangedManually.connect(self._leave)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self.say_if_empty(self._frame_wanted is None)

    def start_anew(self) -> None:
        """Forget every range: another scan is shown."""
        self._frame_wanted = self._framed = None
        self._follows = "worth"
        for axis in (self.left, self.bottom):
            axis.begin()
        self.plotItem.vb.setRange(xRange=(0.0, 1.0), yRange=(0.0, 1.0), padding=0.0)
        self.note(self._notes)
        self.say_if_empty(True)

    def note(self, words: str) -> None:
        """Write some words into the corner, and whether there is more to see than is shown."""
        self._notes = words
        more = self._framed is not None and self._framed.cut and self._follows == "worth"
        self.corner(" · ".join(part for part in ("Home: show all" if more else "", words) if part))

    def frame(self, wanted: Frame | None) -> None:
        """Show a frame from now on, unless the user has chosen another range."""
        self._frame_wanted = wanted
        self.say_if_empty(wanted is None)
        if self._follows == "all":
            self.enableAutoRange()
            self.note(self._notes)
        elif self._follows and wanted is not None and wanted != self._framed:
            self._framed = wanted
            self.fit(wanted)
            self.plotItem.vb.setRange(xRange=wanted.x, yRange=wanted.y, padding=0.0)
            self.note(self._notes)

    def fit(self, frame: Frame) -> None:
        """Choose the prefixes of the axes for a frame."""

    def whole(self) -> None:
        """Follow the curves again; a second time, with every transient."""
        self._follows = "all" if self._follows == "worth" else "worth"
        self._framed = None
        self.frame(self._frame_wanted)

    def say_why_empty(self, words: str) -> None:
        """Say something else while there is nothing to draw, such as why."""
        self.empty = words
        self.say_if_empty(self._frame_wanted is None)

    def say_if_empty(self, empty: bool) -> None:
        """Say what to do where there is nothing to draw."""
        self.hint(self.empty if empty else "")

    def _leave(self) -> None:
        self._follows = ""
