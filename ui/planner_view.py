"""What the planner of a run believes: expected result and its uncertainty, next site, and progress.

In it an operator pins, adds, forbids and allows places while the run goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import cast

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from seccm.analysis import scales
from seccm.analysis.declared import declared
from seccm.arrays import FloatArray
from seccm.errors import DataFileError, PlanError
from seccm.plan.decision import Belief
from seccm.plan.instruction import Instruction, Kind, agreed
from ui import pieces
from ui.framed_plot import FramedPlot
from ui.instruction_line import InstructionLine
from ui.map_plot import ColourBar
from ui.models.limits import Range
from ui.models.own_curves import frame_around
from ui.models.palette import DARK, Palette, Sizes
from ui.models.planning import (
    Law,
    Plane,
    Planning,
    along,
    axis_name,
    counted_words,
    progress_words,
    share_of,
    shown_as,
)
from ui.models.run_file import RunFile
from ui.models.showing import Showing, html, largest
from ui.models.worker import Worker
from ui.plots import line_width, pen

LOOK_MS = 1000
"""From one look at the file to the next."""
EMPTY = "What the planner expects appears here\nafter its first sites."
NO_PATH = "How the uncertainty falls appears here\nwhen the planner decides."
EXPECTED, UNCERTAINTY, INTERVAL = "expected", "uncertainty", "half of the 95 % interval"
COLOURS = "viridis"


class BeliefPlot(FramedPlot):
    """Draws a belief: a law with its interval, or a map; a click on a map chooses a place."""

    def __init__(self, clicked: Callable[[float, float], None]) -> None:
        super().__init__(EMPTY)
        self._clicked = clicked
        self._plane = False
        self._low, self._high = self.plot(), self.plot()
        self._band = pg.FillBetweenItem(self._low, self._high)
        self._mean = self.plot()
        self._places = pg.ScatterPlotItem(pxMode=False, pen=None, symbol="s")
        self._sites = pg.ScatterPlotItem()
        self._forbidden = pg.ScatterPlotItem(symbol="x")
        self._next = pg.ScatterPlotItem(brush=None, symbol="o")
        for item in (self._band, self._places, self._sites, self._forbidden, self._next):
            self.addItem(item)
        self.scene().sigMouseClicked.connect(self._pick)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        width = line_width(font)
        colour = pg.mkColor(palette.current)
        colour.setAlpha(60)
        self._band.setBrush(colour)
        for edge in (self._low, self._high):
            edge.setPen(None)
        self._mean.setPen(pen(palette.current, 1.5 * width))
        # White in a dark ring can be seen on every colour of a map, and on both themes.
        self._sites.setBrush("#ffffff")
        self._sites.setPen(pg.mkPen("#10141a", width=width))
        self._sites.setSize(round(0.6 * font))
        self._forbidden.setPen(pg.mkPen(palette.bad, width=2.5 * width))
        self._forbidden.setSize(font)
        self._next.setPen(pg.mkPen(palette.warn, width=3 * width))
        self._next.setSize(round(1.3 * font))

    def draw_law(self, law: Law, y: tuple[str, str], value: Callable[[FloatArray], FloatArray],
                 coming: float | None) -> None:  # fmt: skip
        """Draw a result against a factor.

        Args:
            law: what is expected, and the sites.
            y: what stands at the axis of the result, and its unit.
            value: turns results into what is shown.
            coming: the level of the next site; None where it is not known.
        """
        self._lay_out(plane=False, logarithmic=(law.direction.logarithmic, False))
        self.bottom.name(*axis_name(law.direction))
        self.left.name(*y)
        x, low, mean, high = (
            along(law.direction, law.at),
            *map(value, (law.low, law.mean, law.high)),
        )
        self._low.setData(x, low)
        self._high.setData(x, high)
        self._mean.setData(x, mean)
        self._sites.setData(along(law.direction, law.sites), value(law.values))
        known = along(law.direction, np.array([] if coming is None else [coming], float))
        known = known[np.isfinite(known)]
        expected = np.interp(known, x, mean)
        self._next.setData(known, expected)
        points = [
            (x, low), (x, high), (along(law.direction, law.sites), value(law.values)),
            (known, expected),
        ]  # fmt: skip
        frame = frame_around([(a, b) for a, b in points if a.size])
        if not law.direction.logarithmic:
            self.bottom.fit(largest(x))
        self.left.fit(largest(low, high))
        self.frame(frame)

    def draw_plane(
        self, plane: Plane, colours: FloatArray, coming: FloatArray | None, forbidden: FloatArray
    ) -> None:
        """Draw a map of what is expected.

        Args:
            plane: the places and the sites.
            colours: of the places, shape (points, 4), 0 to 255.
            coming: where the next site is; None where it is not known.
            forbidden: places where no site may be, shape (n, 2).
        """
        first, second = plane.directions
        self._lay_out(plane=True, logarithmic=(first.logarithmic, second.logarithmic))
        self.bottom.name(*axis_name(first))
        self.left.name(*axis_name(second))
        x, y = along(first, plane.points[:, 0]), along(second, plane.points[:, 1])
        same = (first.unit, first.logarithmic) == (second.unit, second.logarithmic)
        self.setAspectLocked(same)
        step = min(_step(x), _step(y))
        self._places.setData(
            x=x, y=y, size=0.95 * step, brush=[pg.mkBrush(*c) for c in colours.astype(int).tolist()]
        )
        self._places.setPxMode(not same)
        if not same:
            self._places.setSize(9)
        sites = plane.sites
        self._sites.setData(along(first, sites[:, 0]), along(second, sites[:, 1]))
        self._forbidden.setData(forbidden[:, 0], forbidden[:, 1])
        at = np.empty((0, 2)) if coming is None else coming.reshape(1, 2)
        self._next.setData(along(first, at[:, 0]), along(second, at[:, 1]))
        for axis, direction, values in ((self.bottom, first, x), (self.left, second, y)):
            if not direction.logarithmic:
                axis.fit(largest(values))
        # A person may have wanted sites, or forbidden ground, beyond what the planner knows of.
        points = [plane.points, sites, at, forbidden]
        x, y = (along(axis, np.concatenate([p[:, k] for p in points]))
                for k, axis in enumerate(plane.directions))  # fmt: skip
        seen = np.isfinite(x) & np.isfinite(y)
        around = [(x[seen] + edge, y[seen] + edge) for edge in (-0.5 * step, 0.5 * step)]
        self.frame(frame_around(around))

    def clear_all(self) -> None:
        """Draw nothing."""
        for item in (
            self._low, self._high, self._mean, self._places, self._sites, self._forbidden,
            self._next,
        ):  # fmt: skip
            item.setData([], [])
        self.start_anew()

    def _lay_out(self, *, plane: bool, logarithmic: tuple[bool, bool]) -> None:
        if plane != self._plane:
            self.clear_all()
            self.setAspectLocked(False)
        self._plane = plane
        for axis, log in zip((self.bottom, self.left), logarithmic, strict=True):
            axis.setLogMode(x=log, y=log)

    def _pick(self, event: object) -> None:
        if not self._plane or event.button() is not Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return
        at = self.plotItem.vb.mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
        self._clicked(at.x(), at.y())


def _step(values: FloatArray) -> float:
    """Return the least distance between two different coordinates."""
    apart = np.diff(np.unique(np.round(values, 12)))
    return float(apart[apart > 0.0].min()) if (apart > 0.0).any() else 1e-6


class PathPlot(FramedPlot):
    """The learning curve: how half of the interval falls with the sites, and what is asked for."""

    def __init__(self) -> None:
        super().__init__(NO_PATH)
        self.bottom.counts = True
        self.bottom.name("sites", "")
        self._line = self.plot()
        self._aim = pg.InfiniteLine(angle=0)
        self.addItem(self._aim, ignoreBounds=True)
        self._aim.hide()

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        super().dress(palette, font)
        self._line.setPen(pen(palette.current, line_width(font)))
        self._line.setSymbol("o")
        self._line.setSymbolSize(round(0.45 * font))
        self._line.setSymbolBrush(palette.current)
        self._line.setSymbolPen(None)
        self._aim.setPen(pg.mkPen(palette.good, width=1.5 * line_width(font),
                                  style=Qt.PenStyle.DashLine))  # fmt: skip

    def draw(self, path: FloatArray, aim: float, unit: str) -> None:
        """Draw the curve."""
        factor, unit = (100.0, "%") if unit == "1" else (1.0, unit)
        self.left.name(INTERVAL, unit if len(path) else "")
        sites, halves = path[:, 0], factor * path[:, 1]
        self._line.setData(sites, halves)
        self._aim.setVisible(bool(np.isfinite(aim)))
        if np.isfinite(aim):
            self._aim.setPos(factor * aim)
        if unit != "%":
            self.left.fit(largest(halves))
        shown = np.concatenate([halves, [0.0], [factor * aim] if np.isfinite(aim) else []])
        self.frame(frame_around([(np.append(sites, sites.max() + 1), np.append(halves, 0.0)),
                                 (np.full(shown.size, sites.min()), shown)])
                   if sites.size else None)  # fmt: skip


class PlannerView(QDialog):
    """Shows the decisions of one run, live or finished.

    Args:
        file: its data file.
        showing: how potentials are shown.
        parent: the window.
    """

    def __init__(
        self,
        file: RunFile,
        showing: Showing,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Planner: {file.path.name}")
        self.setObjectName("page")
        self._file, self._showing = file, showing
        self._instruct: Callable[[Instruction], None] | None = None
        self._worker = Worker("planner view")
        self._reading: Future[Planning] | None = None
        self.planning: Planning | None = None
        self._palette = DARK
        self.head = pieces.label("Reading the file …", "", wrap=True)
        self.head.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.count = pieces.label("", "muted")
        self.which = pieces.box("Result that is drawn")
        self.which.activated.connect(self.redraw)
        self.what = pieces.box("What the colours show", EXPECTED, UNCERTAINTY)
        self.what.setMinimumContentsLength(len(UNCERTAINTY) + 2)
        self.what.activated.connect(self.redraw)
        self.belief, self.path = BeliefPlot(self._choose_place), PathPlot()
        self.bar = ColourBar()
        self.bar.setToolTip("")
        self.progress = QWidget()
        self._progress = QGridLayout(self.progress)
        self._progress.setContentsMargins(0, 0, 0, 0)
        self.said = pieces.label("", "small", wrap=True)
        self.line = InstructionLine(self._tell)
        self.line.hide()
        self._lay_out()
        self.resize(1120, 680)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK_MS)
        QTimer.singleShot(0, self.look)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.which)
        top.addWidget(self.what)
        top.addStretch(1)
        top.addWidget(self.count)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.belief, 1)
        middle.addWidget(self.bar)
        column.addLayout(middle, 1)
        right = QWidget()
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(pieces.label("Until the end", "heading"))
        beside.addWidget(self.progress)
        beside.addWidget(self.path, 1)
        beside.addWidget(self.said)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(left)
        split.addWidget(right)
        split.setSizes([1500, 1000])
        split.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.addWidget(self.head)
        whole.addWidget(split, 1)
        whole.addWidget(self.line)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self._palette = palette
        for plot in (self.belief, self.path, self.bar):
            plot.dress(palette, sizes.font)
        self.line.dress()
        self.redraw()

    def may_tell(self, instruct: Callable[[Instruction], None] | None) -> None:
        """Take who passes instructions on; None where the run is over."""
        self._instruct = instruct
        self.line.setVisible(instruct is not None)

    def told(self, instruction: Instruction, granted: bool, why: str) -> None:
        """Say what became of an instruction."""
        self.line.answer(agreed(instruction) if granted else why, good=granted)
        self.look()

    def look(self) -> None:
        """Read the file again, in a thread; a file that does not grow is read once."""
        if self._worker.over.is_set():  # the view is closed: what was still to be read is not
            return
        if self._reading is not None and self._reading.done():
            reading, self._reading = self._reading, None
            try:
                self.planning = reading.result()
                self.line.region.setVisible(bool(self.planning.regions))
            except (DataFileError, OSError) as error:
                self.head.setText(str(error))
            else:
                self.redraw()
        over = self.planning is not None and self.planning.state not in ("running",)
        if self._reading is None and not (over and self._instruct is None):
            self._reading = self._worker.do(self._read)
            QTimer.singleShot(100, self._soon)

    def _soon(self) -> None:
        if self._reading is not None and self._reading.done():
            self.look()

    def _read(self) -> Planning:
        with self._file.open() as scan:
            return Planning.of(scan)

    def redraw(self) -> None:
        """Draw what was read last."""
        planning = self.planning
        if planning is None:
            return
        self.head.setText(planning.head)
        self.count.setText(counted_words(planning))
        self._show_progress(planning)
        said = planning.said()
        self.said.setText(
            "\n".join(said[:4] + ([f"… and {len(said) - 4} before"] * (len(said) > 4)))
        )
        self.said.setVisible(bool(said))
        self.path.draw(*planning.path)
        beliefs = {belief.result: belief for belief in planning.beliefs}
        names = [self.which.itemText(k) for k in range(self.which.count())]
        if names != list(beliefs):
            self.which.clear()
            self.which.addItems(list(beliefs))
        self.which.setVisible(len(beliefs) > 1)
        belief = beliefs.get(self.which.currentText())
        if belief is None:
            self.belief.clear_all()
        else:
            self._draw(planning, belief)
        plane = belief is not None and len(belief.directions) > 1
        self.what.setVisible(plane)
        self.bar.setVisible(plane)

    def _draw(self, planning: Planning, belief: Belief) -> None:
        drawn = shown_as(belief, planning.measured.get(belief.result))
        result, scale = declared(belief.result), scales.feature_scale(belief.unit, belief.mean)
        against = result.against_reference

        def value(values: FloatArray) -> FloatArray:
            return self._showing.potential(values) if against else values

        words = html(scales.symbol(belief.result))
        words += f" vs {self._showing.against}" if against else ""
        if isinstance(drawn, Law):
            at = self._levels_of_next(planning, belief)
            unit = "" if belief.unit == "1" else belief.unit
            self.belief.draw_law(drawn, (words, unit), value, None if at is None else float(at[0]))
            return
        wanted = self.what.currentText() == UNCERTAINTY
        values = drawn.half if wanted else value(drawn.mean)
        span = Range.of(scale(np.array(belief.plane().span(values))), (None, None))
        values = scale(values)
        lut = pg.colormap.get(COLOURS).getLookupTable(nPts=256, alpha=True)
        place = np.clip(255 * (values - span.low) / max(span.high - span.low, 1e-300), 0, 255)
        coming = self._levels_of_next(planning, belief)
        if coming is not None:
            names = [direction.name for direction in belief.directions]
            coming = coming[[names.index(direction.name) for direction in drawn.directions]]
        of_places = {direction.name for direction in drawn.directions} == {"x", "y"}
        no = planning.forbidden if of_places else np.empty((0, 2))
        self.belief.draw_plane(drawn, lut[np.nan_to_num(place).astype(int)], coming, no)
        title = f"{words}: {INTERVAL}" if wanted else words
        self.bar.show_range(span, lut, title, html(scale.unit))

    def _levels_of_next(self, planning: Planning, belief: Belief) -> FloatArray | None:
        """Return where the next site lies in the directions of a belief."""
        measured = planning.measured.get(belief.result)
        if planning.next is None or measured is None:
            return None
        return cast(FloatArray, measured.points[planning.next])

    def _show_progress(self, planning: Planning) -> None:
        while (item := self._progress.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        ends = [np.isfinite(one.aim) for one in planning.progress]
        for row, one in enumerate(planning.progress):
            words = pieces.label(progress_words(one), "muted", wrap=True)
            self._progress.addWidget(words, row, 0, 1, 1 if ends[row] else 2)
            if ends[row]:
                bar = pieces.bar()
                bar.setMaximum(1000)
                bar.setValue(round(1000 * share_of(one)))
                self._progress.addWidget(bar, row, 1)
        if not any(ends):
            used = "It ends when every place of the plan is used."
            none = used if ends else "The planner has not said how far it is."
            self._progress.addWidget(pieces.label(none, "muted", wrap=True), len(ends), 0, 1, 2)

    def _choose_place(self, x: float, y: float) -> None:
        """Take the place that was clicked into the fields, if the map is one of places."""
        planning = self.planning
        if planning is None or not planning.beliefs:
            return
        points = shown_as(planning.beliefs[0], None)
        if not isinstance(points, Plane):
            return
        names = [direction.name for direction in points.directions]
        if (label := planning.nearest_region(names, x, y)) is not None:
            self.line.choose_region(label)
        elif set(names) == {"x", "y"}:
            apart = np.hypot(points.points[:, 0] - x, points.points[:, 1] - y)
            nearest = points.points[int(apart.argmin())]
            self.line.place(float(nearest[0]), float(nearest[1]))

    def _tell(self, kind: Kind) -> None:
        if self._instruct is None:
            return
        try:
            self._instruct(self.line.instruction(kind))
        except PlanError as error:
            self.line.answer(" ".join(map(str, error.problems)), good=False)
        else:
            self.line.answer("Asked …", good=True)

    def shut(self) -> None:
        """Let go of the file, without waiting for who reads it."""
        self._timer.stop()
        self._worker.end()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let go of the file."""
        self.shut()
        super().closeEvent(event)
