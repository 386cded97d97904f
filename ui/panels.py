"""The panels that show curves: E-t, I-t, I-E, E-Q and the approach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyqtgraph as pg

from seccm.arrays import FloatArray
from seccm.rig import Signal
from ui.framed_plot import FramedPlot
from ui.models.descent import Descent
from ui.models.frames import Frame, approach_frame, frame_of
from ui.models.palette import Palette
from ui.models.passage import Curve
from ui.models.showing import Showing, largest
from ui.plots import line_width, pen

FEW = 4
"""More curves than these over one another are drawn with fewer points each."""
COARSE = 250
"""Stretches of each of them: more than can be told apart there."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a panel draws against what."""

    name: str
    words: str
    x: str
    y: str
    signal: Signal | None = None
    """What `y` is, where the rig file adds it."""

    @property
    def telling(self) -> str:
        """The column whose peaks must not be lost."""
        return self.y if self.signal is not None or self.y == "I" else "E"


KINDS = {
    "E-t": Kind("E-t", "E – t", "t", "E"),
    "I-t": Kind("I-t", "I – t", "t", "I"),
    "I-E": Kind("I-E", "I – E", "E", "I"),
    "E-Q": Kind("E-Q", "E – Q", "Q", "E"),
}
APPROACH = "approach"


def kind_of(signal: Signal) -> Kind:
    """Return the panel of a signal that the rig file adds: it over time."""
    return Kind(f"{signal.name}-t", f"{signal.words} – t", "t", signal.name, signal)


class CurvePanel(FramedPlot):
    """Draws sites: the active one in colour, earlier ones grey, and their mean."""

    def __init__(self, kind: Kind, empty: str = "") -> None:
        super().__init__(empty)
        self.kind = kind
        self._showing, self._offset = Showing(), 0.0
        self._before = self.plot(connect="finite")
        self._mean = self.plot()
        self._now = self.plot(skipFiniteCheck=True)
        self._overlays: list[pg.PlotDataItem] = []
        self._overlaid: Sequence[Curve] = ()
        self._given: Sequence[str] = ()
        self._colours: tuple[str, ...] = ("#888888",)
        self._width = 1.0
        self._data: dict[str, FloatArray] = {}
        self._frames: dict[str, Frame | None] = {}
        self._longest = 0.0
        """Seconds that the curves behind the active one last."""
        self._drawn: tuple[Sequence[Curve], Curve | None] = ((), None)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._width = width = line_width(font)
        colour = {"E": palette.potential, "I": palette.current}.get(self.kind.y, palette.signal)
        self._now.setPen(pen(colour, width))
        self._before.setPen(pen(palette.before, width))
        self._mean.setPen(pen(palette.mean, width))
        self._colours = palette.overlays
        for k, item in enumerate(self._overlays):
            item.setPen(pen(self._colours[k % len(self._colours)], width))

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference; `offset` turns raw potentials into those of the plan."""
        self._showing, self._offset = showing, offset
        names = {
            "t": ("<i>t</i>", "s"),
            "E": (f"<i>E</i> vs {showing.against}", "V"),
            "I": ("<i>I</i>", "A"),
            "Q": ("<i>Q</i>", "C"),
        }
        if (added := self.kind.signal) is not None:
            names[added.name] = added.words, "" if added.unit == "1" else added.unit
        self.bottom.name(*names[self.kind.x])
        self.left.name(*names[self.kind.y])
        self.plotItem.vb.invertX(self.kind.x == "E" and showing.polarographic)
        signed = self.kind.y == "I" or self.kind.x == "Q"
        self.note(showing.convention if signed else "")
        if self._data:
            self.draw(self._data)
        self.draw_before(*self._drawn)
        self.overlay(self._overlaid, self._given)

    def begin(self) -> None:
        """Forget every curve and how far it reached: another scan is shown."""
        self._data, self._drawn, self._overlaid, self._given = {}, ((), None), (), ()
        self._frames, self._longest = {}, 0.0
        for item in (self._before, self._mean, self._now, *self._overlays):
            item.setData([], [])
        self.start_anew()

    def draw(self, data: dict[str, FloatArray]) -> None:
        """Draw the active site; raw columns t, E, I, Q."""
        self._data = data
        x, y = self._shown(self.kind.x, data), self._shown(self.kind.y, data)
        self._now.setData(x, y)
        self._frame("now", [(x, y, data["t"])])

    def draw_before(self, curves: Sequence[Curve], mean: Curve | None) -> None:
        """Draw earlier sites behind it."""
        self._drawn = (curves, mean)
        if not curves:
            self._before.setData([], [])
            self._frame("before", [])
        else:
            gap = np.array([np.nan])
            drawn = [self._pair(curve) for curve in curves]
            x = np.concatenate([part for x, _, _ in drawn for part in (x, gap)])
            y = np.concatenate([part for _, y, _ in drawn for part in (y, gap)])
            self._before.setData(x, y)
            self._frame("before", drawn)
        if mean is None:
            self._mean.setData([], [])
        else:
            data = mean.columns
            self._mean.setData(self._shown(self.kind.x, data), self._shown(self.kind.y, data))

    def overlay(self, curves: Sequence[Curve], colours: Sequence[str] = ()) -> None:
        """Draw several sites in place of all else.

        Args:
            curves: of the sites.
            colours: one for each of them; those of the palette in turn if there are none.
        """
        self._overlaid, self._given = curves, colours
        if len(curves) > FEW:
            curves = [curve.thinned(self.kind.telling, COARSE) for curve in curves]
        while len(self._overlays) < len(curves):
            colour = self._colours[len(self._overlays) % len(self._colours)]
            self._overlays.append(self.plot(pen=pen(colour, self._width)))
        drawn = [self._pair(curve) for curve in curves]
        for k, (item, (x, y, _)) in enumerate(zip(self._overlays, drawn, strict=False)):
            own = colours[k] if colours else self._colours[k % len(self._colours)]
            item.setPen(pen(own, self._width))
            item.setData(x, y)
        for item in self._overlays[len(curves) :]:
            item.setData([], [])
        self._frame("overlay", drawn)

    def _pair(self, curve: Curve) -> tuple[FloatArray, FloatArray, FloatArray]:
        data = curve.columns
        return self._shown(self.kind.x, data), self._shown(self.kind.y, data), curve.t

    def _frame(
        self, which: str, drawn: Sequence[tuple[FloatArray, FloatArray, FloatArray]]
    ) -> None:
        """Remember how far some curves reach, and show all that is worth it."""
        # A curve that has only begun is judged by the length of those before it.
        self._longest = max([float(t[-1]) for _, _, t in drawn if t.size], default=0.0) if (
            which != "now") else self._longest  # fmt: skip
        frames = [frame for each in drawn if (frame := frame_of(*each, self._longest)) is not None]
        self._frames[which] = reduce(Frame.around, frames) if frames else None
        known = [frame for frame in self._frames.values() if frame is not None]
        self.frame(reduce(Frame.around, known) if known else None)

    def fit(self, frame: Frame) -> None:
        """Choose the prefixes of charge and current; volts and seconds stay what they are."""
        if self.kind.x == "Q":
            self.bottom.fit(largest(np.array(frame.x)))
        if self.kind.y == "I" or self.kind.signal is not None:
            self.left.fit(largest(np.array(frame.y)))

    def _shown(self, column: str, data: dict[str, FloatArray]) -> FloatArray:
        values = data[column]
        if column == "E":
            return self._showing.potential(values + self._offset)
        if column in ("I", "Q"):
            return self._showing.current(values)
        return values


class ApproachPanel(FramedPlot):
    """Draws the signal of the approach against the height of the tip, with the threshold.

    Its range is that of baseline and threshold: the contact itself may be a thousand times larger.
    """

    def __init__(self, empty: str = "") -> None:
        super().__init__(empty)
        self._ways: list[pg.PlotDataItem] = []
        self._lines: list[pg.InfiniteLine] = []
        self._descents: Sequence[Descent] = ()
        self._colours: tuple[str, ...] = ("#888888",)
        self._line_pen: object = None
        self._width = 1.0
        self._showing, self._offset = Showing(), 0.0
        self.bottom.name("<i>z</i>", "m")
        self.note("– – threshold")

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._width = line_width(font)
        self._colours = (palette.signal, *(c for c in palette.overlays if c != palette.signal))
        self._line_pen = pen(palette.warn, self._width, dashed=True)
        for line in self._lines:
            line.setPen(self._line_pen)
        for k, way in enumerate(self._ways):
            way.setPen(self._pen(k))

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference, as for the curves."""
        self._showing, self._offset = showing, offset
        self.draw(*self._descents)

    def begin(self) -> None:
        """Forget what was drawn, and what the user zoomed to: another scan is shown."""
        self.draw()
        self.start_anew()

    def draw(self, *descents: Descent) -> None:
        """Draw ways down over one another; those of another quantity than the first are not."""
        quantity = descents[0].quantity if descents else "I"
        self._descents = descents = tuple(d for d in descents if d.quantity == quantity)
        if quantity == "I":
            self.left.name("<i>I</i>", "A")
        elif quantity == "E":
            self.left.name(f"<i>E</i> vs {self._showing.against}", "V")
        else:
            self.left.name(quantity.replace("_", " "), descents[0].unit)
        signals = [self._shown(quantity, d.signal) for d in descents]
        raw = np.array(sorted({value for d in descents for value in d.thresholds}))
        bounds = _told_apart(self._shown(quantity, raw))
        while len(self._ways) < len(descents):
            self._ways.append(self.plot(pen=self._pen(len(self._ways)), skipFiniteCheck=True))
        for way, signal, d in zip(self._ways, signals, descents, strict=False):
            way.setData(d.z, signal)
        for way in self._ways[len(descents) :]:
            way.setData([], [])
        while len(self._lines) < bounds.size:
            self._lines.append(pg.InfiniteLine(angle=0, pen=self._line_pen))
            self.addItem(self._lines[-1])
        for k, line in enumerate(self._lines):
            line.setVisible(k < bounds.size)
            if k < bounds.size:
                line.setValue(bounds[k])
        self.frame(approach_frame([d.z for d in descents], signals, bounds))

    def fit(self, frame: Frame) -> None:
        """Choose the prefixes of both axes."""
        self.bottom.fit(largest(np.array(frame.x)))
        self.left.fit(largest(np.array(frame.y)))

    def _pen(self, k: int) -> object:
        return pen(self._colours[k % len(self._colours)], self._width)

    def _shown(self, quantity: str, values: FloatArray) -> FloatArray:
        if quantity == "I":
            return self._showing.current(values)
        if quantity != "E":
            return values
        return self._showing.potential(values + self._offset)


def _told_apart(values: FloatArray) -> FloatArray:
    """Return lines of which none lies on another: those of one rule differ by the baseline's noise.

    Args:
        values: in any order, shape (n,).
    """
    rising: FloatArray = np.sort(values)
    if rising.size == 0:
        return rising
    apart: FloatArray = rising[np.diff(rising, prepend=-np.inf) > 0.01 * np.abs(rising).max()]
    return apart
