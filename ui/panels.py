"""The panels that show curves: E-t, I-t, I-E, E-Q and the approach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg

from ui.models.live import Curve
from ui.models.palette import Palette
from ui.models.showing import Showing, largest
from ui.plots import Plot, pen

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a panel draws against what."""

    name: str
    words: str
    x: str
    y: str

    @property
    def telling(self) -> str:
        """The column whose peaks must not be lost."""
        return "I" if self.y == "I" else "E"


KINDS = {
    "E-t": Kind("E-t", "E – t", "t", "E"),
    "I-t": Kind("I-t", "I – t", "t", "I"),
    "I-E": Kind("I-E", "I – E", "E", "I"),
    "E-Q": Kind("E-Q", "E – Q", "Q", "E"),
}
APPROACH = "approach"


class CurvePanel(Plot):
    """Draws sites: the one in hand in colour, earlier ones grey, and their mean."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        self._showing, self._offset = Showing(), 0.0
        self._before = self.plot(connect="finite")
        self._mean = self.plot()
        self._now = self.plot(skipFiniteCheck=True)
        self._overlays: list[pg.PlotDataItem] = []
        self._colours: tuple[str, ...] = ("#888888",)
        self._data: dict[str, FloatArray] = {}
        self._drawn: tuple[Sequence[Curve], Curve | None] = ((), None)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        colour = {"E": palette.potential, "I": palette.current}[self.kind.y]
        self._now.setPen(pen(colour))
        self._before.setPen(pen(palette.before))
        self._mean.setPen(pen(palette.mean, dashed=True))
        self._colours = palette.overlays
        for k, item in enumerate(self._overlays):
            item.setPen(pen(self._colours[k % len(self._colours)]))

    def show_as(self, showing: Showing, offset: float) -> None:
        """Choose convention and reference; `offset` turns raw potentials into those of the plan."""
        self._showing, self._offset = showing, offset
        names = {
            "t": ("<i>t</i>", "s"),
            "E": (f"<i>E</i> vs {showing.against}", "V"),
            "I": ("<i>I</i>", "A"),
            "Q": ("<i>Q</i>", "C"),
        }
        self.bottom.name(*names[self.kind.x])
        self.left.name(*names[self.kind.y])
        self.plotItem.vb.invertX(self.kind.x == "E" and showing.polarographic)
        self.corner(showing.convention if self.kind.y == "I" or self.kind.x == "Q" else "")
        if self._data:
            self.draw(self._data)
        self.draw_before(*self._drawn)

    def draw(self, data: dict[str, FloatArray]) -> None:
        """Draw the site in hand; raw columns t, E, I, Q."""
        self._data = data
        x, y = self._shown(self.kind.x, data), self._shown(self.kind.y, data)
        self._now.setData(x, y)
        self._fit(x, y)

    def draw_before(self, curves: Sequence[Curve], mean: Curve | None) -> None:
        """Draw earlier sites behind it."""
        self._drawn = (curves, mean)
        if not curves:
            self._before.setData([], [])
        else:
            gap = np.array([np.nan])
            xs, ys = [], []
            for curve in curves:
                data = _columns(curve)
                xs += [self._shown(self.kind.x, data), gap]
                ys += [self._shown(self.kind.y, data), gap]
            x, y = np.concatenate(xs), np.concatenate(ys)
            self._before.setData(x, y)
            if not self._data or not self._data["t"].size:
                self._fit(x, y)
        if mean is None:
            self._mean.setData([], [])
        else:
            data = _columns(mean)
            self._mean.setData(self._shown(self.kind.x, data), self._shown(self.kind.y, data))

    def overlay(self, curves: Sequence[Curve]) -> None:
        """Draw several sites in colours of their own, in place of all else."""
        while len(self._overlays) < len(curves):
            colour = self._colours[len(self._overlays) % len(self._colours)]
            self._overlays.append(self.plot(pen=pen(colour)))
        drawn = []
        for item, curve in zip(self._overlays, curves, strict=False):
            data = _columns(curve)
            x, y = self._shown(self.kind.x, data), self._shown(self.kind.y, data)
            item.setData(x, y)
            drawn.append((x, y))
        for item in self._overlays[len(curves) :]:
            item.setData([], [])
        if drawn:
            self._fit(np.concatenate([x for x, _ in drawn]), np.concatenate([y for _, y in drawn]))

    def _fit(self, x: FloatArray, y: FloatArray) -> None:
        if self.kind.x in ("Q",):
            self.bottom.fit(largest(x))
        if self.kind.y == "I":
            self.left.fit(largest(y))

    def _shown(self, column: str, data: dict[str, FloatArray]) -> FloatArray:
        values = data[column]
        if column == "E":
            return self._showing.potential(values + self._offset)
        if column in ("I", "Q"):
            return self._showing.current(values)
        return values


class ApproachPanel(Plot):
    """Draws the signal on the way down against the height of the tip, with the threshold."""

    def __init__(self) -> None:
        super().__init__()
        self._now = self.plot(skipFiniteCheck=True)
        self._lines = [pg.InfiniteLine(angle=0), pg.InfiniteLine(angle=0)]
        for line in self._lines:
            self.addItem(line, ignoreBounds=True)
            line.setVisible(False)
        self._showing, self._electrode = Showing(), ""
        self.bottom.name("<i>z</i>", "m")
        self.corner("threshold dashed")

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._now.setPen(pen(palette.signal))
        for line in self._lines:
            line.setPen(pen(palette.warn, dashed=True))

    def show_as(self, showing: Showing, electrode: str) -> None:
        """Choose the convention; the signal's potential is raw, against the rig's electrode."""
        self._showing, self._electrode = showing, electrode

    def draw(
        self, z: FloatArray, signal: FloatArray, quantity: str, thresholds: Sequence[float]
    ) -> None:
        """Draw the descent.

        Args:
            z: metres.
            signal: raw volts or amperes.
            quantity: "E" or "I".
            thresholds: of the same kind as the signal.
        """
        sign = self._showing.sign if quantity == "I" else 1.0
        if quantity == "I":
            self.left.name("<i>I</i>", "A")
        else:
            self.left.name(f"<i>E</i> vs {self._electrode or 'QRCE'}, raw", "V")
        self._now.setData(z, sign * signal)
        self.bottom.fit(largest(z))
        bounds = np.array([sign * value for value in thresholds])
        self.left.fit(largest(sign * signal, bounds))
        for line, value in zip(self._lines, [*bounds, None, None], strict=False):
            line.setVisible(value is not None)
            if value is not None:
                line.setValue(value)


def _columns(curve: Curve) -> dict[str, FloatArray]:
    return {"t": curve.t, "E": curve.E, "I": curve.I, "Q": curve.Q}
