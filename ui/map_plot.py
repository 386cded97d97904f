"""The map itself: sites in colour to scale, what failed, what comes next, what is selected."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainterPath, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsPolygonItem

from seccm.arrays import BoolArray
from seccm.events import Outcome
from ui.models.colours import Rgba
from ui.models.doubt import SIGN
from ui.models.limits import Range
from ui.models.palette import DARK, OUTCOME_COLOURS, Palette
from ui.models.raster import Raster
from ui.models.showing import largest
from ui.models.site_map import LABELS, SiteMap
from ui.plots import Axis, Plot, decades, line_width
from ui.site_names import SiteNames

ROUND = 1500
"""Up to so many sites are drawn one by one, as round as they are; more become one image."""
LARGE = 0.5
"""Footprints smaller than this share of the pitch would be lost: their cells are filled."""
MOST_MARKS = 2000
WIDEST = 6.0
"""Room for the numbers beside the colours and their label, in heights of letters."""
POINT = 0.04
"""How long the point at an end of the colour scale is, as a share of the scale."""
_MARKS = {
    Outcome.NO_CONTACT: "x", Outcome.SKIPPED: "t", Outcome.ABORTED: "d", Outcome.FAULT: "+",
    Outcome.NO_CONTACT_AT_THE_KNOWN_SURFACE: "t1",
}  # fmt: skip
_NO_VALUE, _UNDER, _DOUBTFUL = "_", "o", SIGN
_SYMBOLS = (*_MARKS.values(), _NO_VALUE, _UNDER, _DOUBTFUL)


class MapPlot(Plot):
    """Draws a `SiteMap`; calls back when the mouse is over a site or clicks one."""

    def __init__(
        self, over: Callable[[int | None], None], click: Callable[[int | None, bool], None]
    ) -> None:
        super().__init__()
        self._over, self._click = over, click
        self._sites: SiteMap | None = None
        self._size, self._symbol = 1.0, "o"
        self._zoomed = False
        """Whether somebody has chosen what part is in view."""
        self._raster: Raster | None = None
        """Where sites are that are too many to be drawn one by one, and that form no grid."""
        self._marked: dict[str, npt.NDArray[np.int64]] = {}
        self._image = pg.ImageItem(axisOrder="row-major")
        self._spots = pg.ScatterPlotItem(pxMode=False, pen=None)
        drawn = {symbol: symbol for symbol in _SYMBOLS} | {_DOUBTFUL: _letter(SIGN)}
        self._marks = {name: pg.ScatterPlotItem(symbol=symbol) for name, symbol in drawn.items()}
        self._next = pg.ScatterPlotItem(pxMode=False, brush=None)
        self._current = pg.ScatterPlotItem(pxMode=False, brush=None)
        self._chosen = pg.ScatterPlotItem(pxMode=False, brush=None)
        self._rings = (self._next, self._chosen, self._current)
        for item in (self._image, self._spots, *self._marks.values(), *self._rings):
            self.addItem(item)
        self.setAspectLocked(True)
        self.getViewBox().sigRangeChangedManually.connect(self._zoom)
        self.bottom.name("<i>x</i>", "m")
        self.left.name("<i>y</i>", "m")
        self._brushes: dict[int, QBrush] = {}
        self.names = SiteNames(self, inside=True)
        self.scene().sigMouseMoved.connect(self._moved)
        self.scene().sigMouseClicked.connect(self._clicked)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self.names.dress(palette, font)
        for outcome, symbol in _MARKS.items():
            self._marks[symbol].setBrush(QColor(OUTCOME_COLOURS[outcome.words]).lighter(150))
            self._marks[symbol].setPen(pg.mkPen("#10141a"))
        self._marks[_NO_VALUE].setPen(pg.mkPen(palette.muted, width=1.5 * line_width(font)))
        for item in self._marks.values():
            item.setSize(round(font * 0.7))
        # A letter on a plate of its own can be read on every colour of the map.
        self._marks[_UNDER].setBrush(QColor("#10141a"))
        self._marks[_UNDER].setPen(pg.mkPen(DARK.warn))
        self._marks[_UNDER].setSize(round(font * 1.4))
        self._marks[_DOUBTFUL].setBrush(QColor(DARK.warn))
        self._marks[_DOUBTFUL].setPen(None)
        self._marks[_DOUBTFUL].setSize(round(font * 0.9))
        self._next.setPen(pg.mkPen(palette.muted, width=1.5, style=Qt.PenStyle.DotLine))
        self._current.setPen(pg.mkPen(palette.accent, width=3 * line_width(font)))
        self._chosen.setPen(pg.mkPen(palette.text, width=2 * line_width(font)))

    def follow(self, sites: SiteMap | None) -> None:
        """Draw these sites from now on."""
        self._sites = sites
        self._image.clear()
        self._marked.clear()
        for item in (self._spots, *self._marks.values(), *self._rings):
            item.setData([], [])
        self._raster, self._zoomed = None, False
        self.names.write((), np.empty(0), np.empty(0))
        if sites is None or not sites.placed.any():
            return
        pitch = sites.pitch
        fits = np.isfinite(sites.diameter) and LARGE * pitch <= sites.diameter
        self._size = min(sites.diameter, 0.95 * pitch) if fits else 0.95 * pitch
        self._symbol = "o" if fits or not sites.is_grid else "s"
        for item in self._rings:
            item.setSymbol(self._symbol)
        if sites.x.size <= LABELS and sites.called:
            called = [sites.called.get(k, "") for k in range(sites.x.size)]
            self.names.write(called, sites.x, sites.y + 0.5 * self._size, pitch)
        if sites.x.size > ROUND and not sites.is_grid:
            self._raster = Raster.of(sites.x, sites.y, self._size, disc=self._symbol == "o")
        x, y = sites.x[sites.placed], sites.y[sites.placed]
        reach = max(largest(x, y), 1e-9)
        self.bottom.fit(reach)
        self.left.fit(reach)
        room = 0.75 * pitch  # a single site has no extent of its own
        self.setRange(
            xRange=(x.min() - room, x.max() + room),
            yRange=(y.min() - room, y.max() + room), padding=0.02,
        )  # fmt: skip

    def whole(self) -> None:
        """Show all sites again."""
        self.follow(self._sites)

    def grow(self) -> None:
        """Take in sites that a planner has added; a part that somebody chose stays in view."""
        zoomed, (across, up) = self._zoomed, self.viewRange()
        self.follow(self._sites)
        if zoomed:
            self.setRange(xRange=across, yRange=up, padding=0)
            self._zoomed = True

    def _zoom(self, *_: object) -> None:
        self._zoomed = True

    def paint(self, colours: Rgba, without: BoolArray, doubts: BoolArray) -> None:
        """Draw every site.

        Args:
            colours: shape (sites, 4).
            without: sites that came to their regular end, but have no value; shape (sites,).
            doubts: sites whose value is doubtful; shape (sites,).
        """
        sites = self._sites
        if sites is None or not sites.placed.any():
            return
        if self._raster is not None:
            self._show_image(self._raster.picture(colours), *self._raster.place)
        elif sites.x.size > ROUND:
            self._paint_image(sites, colours)
        else:
            at = sites.placed
            whole = colours[at].astype(np.uint32)
            codes = (whole[:, 0] << 16) | (whole[:, 1] << 8) | whole[:, 2]
            brushes = [self._brush(int(code)) for code in codes]
            self._spots.setData(
                x=sites.x[at], y=sites.y[at], brush=brushes, size=self._size, symbol=self._symbol
            )
        self._mark(sites, without, doubts)

    def select(self) -> None:
        """Draw the selection, the active site and those that come next."""
        sites = self._sites
        if sites is None:
            return
        chosen = np.flatnonzero(sites.selected)[:MOST_MARKS]
        self._ring(self._chosen, sites, chosen)
        here = [] if sites.current is None else [sites.current]
        self._ring(self._current, sites, np.array(here, int))
        self._ring(self._next, sites, sites.upcoming())

    def _ring(self, item: pg.ScatterPlotItem, sites: SiteMap, which: npt.NDArray[np.int64]) -> None:
        which = which[sites.placed[which]]
        item.setData(x=sites.x[which], y=sites.y[which], size=self._size, symbol=self._symbol)

    def _paint_image(self, sites: SiteMap, colours: Rgba) -> None:
        columns, rows = int(sites.ix.max()) + 1, int(sites.iy.max()) + 1
        picture = np.zeros((rows, columns, 4), np.uint8)
        picture[sites.iy, sites.ix] = colours
        px, py = (
            float(np.ptp(axis) / span) if (span := int(np.ptp(index))) else sites.pitch
            for axis, index in ((sites.x, sites.ix), (sites.y, sites.iy))
        )
        x0 = float(np.median(sites.x - sites.ix * px))
        y0 = float(np.median(sites.y - sites.iy * py))
        self._show_image(picture, x0 - px / 2, y0 - py / 2, columns * px, rows * py)

    def _show_image(self, picture: Rgba, x: float, y: float, width: float, height: float) -> None:
        self._image.setImage(picture, autoLevels=False, levels=None)
        self._image.setRect(QRectF(x, y, width, height))

    def _mark(self, sites: SiteMap, without: BoolArray, doubts: BoolArray) -> None:
        """Mark sites without a regular end, or a value to be trusted: colour would not tell."""
        which = {symbol: sites.outcome == outcome for outcome, symbol in _MARKS.items()}
        which[_NO_VALUE] = without
        which[_UNDER] = which[_DOUBTFUL] = doubts
        for symbol, chosen in which.items():
            numbers = np.flatnonzero(chosen & sites.placed)[:MOST_MARKS]
            before = self._marked.get(symbol)
            if before is None or not np.array_equal(numbers, before):
                self._marked[symbol] = numbers
                self._marks[symbol].setData(x=sites.x[numbers], y=sites.y[numbers])

    def _brush(self, code: int) -> QBrush:
        if code not in self._brushes:
            self._brushes[code] = QBrush(QColor(code >> 16, code >> 8 & 255, code & 255))
        return self._brushes[code]

    def _at(self, position: object) -> int | None:
        if self._sites is None:
            return None
        place = self.plotItem.vb.mapSceneToView(position)
        return self._sites.nearest(place.x(), place.y(), 0.6 * self._sites.pitch)

    def _moved(self, position: object) -> None:
        self._over(self._at(position))

    def _clicked(self, event: object) -> None:
        if event.button() is Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            more = event.modifiers() & Qt.KeyboardModifier.ControlModifier  # type: ignore[attr-defined]
            self._click(self._at(event.scenePos()), bool(more))  # type: ignore[attr-defined]


def _letter(text: str) -> QPainterPath:
    """Return a letter as the symbol of a mark: around the origin, and as high as 1."""
    font = QFont()
    font.setBold(True)
    path = QPainterPath()
    path.addText(0.0, 0.0, font, text)
    box = path.boundingRect()
    size = 1.0 / (box.height() or 1.0)
    return QTransform.fromScale(size, size).map(path.translated(-box.center()))


class ColourBar(Plot):
    """The scale of the map's colours; an end beyond which there are values is pointed.

    Args:
        touch: called with "low" or "high" when that half is clicked.
    """

    def __init__(self, touch: Callable[[str], None] = lambda _: None) -> None:
        super().__init__()
        self._touch = touch
        self.axis = Axis("right")
        self.plotItem.setAxisItems({"right": self.axis})
        self.plotItem.hideAxis("bottom")
        self.plotItem.hideAxis("left")
        self.plotItem.showAxis("right")
        self.plotItem.vb.setMouseEnabled(x=False, y=False)
        self.setToolTip("Click the upper or the lower half to set a limit of the colours.")
        self._image = pg.ImageItem(axisOrder="row-major")
        self.addItem(self._image)
        self.axis.setStyle(showValues=False)
        self._ends = QGraphicsPolygonItem(), QGraphicsPolygonItem()
        for end in self._ends:
            self.plotItem.vb.addItem(end, ignoreBounds=True)
        self._named = ("", "")
        self.scene().sigMouseClicked.connect(self._clicked)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self.axis.dress(palette, font)
        self.axis.setWidth(round(WIDEST * font))
        for end in self._ends:
            end.setPen(pg.mkPen(palette.muted))
        self.setFixedWidth(round((WIDEST + 1.8) * font))

    def show_range(
        self,
        span: Range,
        lut: Rgba,
        name: str,
        unit: str,
        *,
        logarithmic: bool = False,
        told: bool = True,
    ) -> None:
        """Draw the colours from the lower to the upper limit.

        Args:
            span: the range, in decimal logarithms if `logarithmic`.
            lut: the colours, shape (n, 4).
            name: of the quantity, HTML.
            unit: as shown.
            logarithmic: whether the numbers beside the colours go by decades.
            told: whether there are values; else the colours stand for no numbers.
        """
        low, high = span.low, span.high
        self._image.setImage(lut[:, None, :], autoLevels=False, levels=None)
        self._image.setRect(QRectF(0.0, low, 1.0, high - low))
        # Both ends have the room of a point, whether they have one or not: nothing jumps.
        reach = POINT * (high - low)
        for end, count, base, tip, colour in zip(
            self._ends, (span.below, span.above), (low, high), (low - reach, high + reach),
            (lut[0], lut[-1]), strict=True,
        ):  # fmt: skip
            corners = ((0.0, base), (1.0, base), (0.5, tip))
            end.setPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
            end.setBrush(QColor(*colour.tolist()))
            end.setVisible(count > 0)
        self.setRange(xRange=(0, 1), yRange=(low - reach, high + reach), padding=0.0)
        self.axis.setTicks(decades() if logarithmic else None)
        self.axis.name(f"{name} ({unit})" if unit else name, "")
        if name == self._named[0] and unit != self._named[1]:
            self.axis.notice()
        self._named = (name, unit)
        self.axis.setStyle(showValues=told)

    def _clicked(self, event: object) -> None:
        middle = self.plotItem.vb.sceneBoundingRect().center().y()
        upper = event.scenePos().y() < middle  # type: ignore[attr-defined]
        self._touch("high" if upper else "low")
