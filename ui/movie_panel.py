"""The movie of a site beside its potential: the frame that is shown, and where that was."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from seccm.errors import DataFileError
from ui import pieces
from ui.models.palette import Palette
from ui.models.pictures import SiteMovie
from ui.picture_plot import CENTRED, GREY, PicturePlot, levels_of
from ui.plots import Plot, pen


class MoviePanel(QWidget):
    """Slider and cursor are one: moving one moves the other, and the frame follows."""

    def __init__(self) -> None:
        super().__init__()
        self.movie: SiteMovie | None = None
        self._footprint: tuple[float, float, float] | None = None
        self.picture = PicturePlot()
        self.curve = Plot()
        self.curve.bottom.name("time since contact", "s")
        self.curve.left.name("<i>E</i>", "V")
        self._line = self.curve.plot()
        self.marker = pg.InfiniteLine(angle=90, movable=True)
        self.curve.addItem(self.marker)
        self.marker.sigPositionChanged.connect(self._follow_cursor)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Frame of the movie")
        self.slider.valueChanged.connect(self._show)
        self.change = QCheckBox("Change since before contact")
        self.change.toggled.connect(self._turn)
        self.levels = QPushButton("Levels from this frame")
        self.levels.setToolTip("Between the 1st and the 99th percentile of what is shown")
        self.levels.clicked.connect(lambda: self._show(self.slider.value(), again=True))
        self.words = pieces.label("", "muted", wrap=True)
        row = QHBoxLayout()
        for widget in (self.change, self.levels):
            row.addWidget(widget)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.addWidget(self.picture, 3)
        whole.addWidget(self.slider)
        whole.addLayout(row)
        whole.addWidget(self.curve, 1)
        whole.addWidget(self.words)

    def dress(self, palette: Palette, font: int) -> None:
        """Take colours and sizes."""
        for plot in (self.picture, self.curve):
            plot.dress(palette, font)
        self._line.setPen(pen(palette.potential, 1.5))
        self.marker.setPen(pen(palette.accent, 2.0))

    def show_movie(
        self, movie: SiteMovie | None, footprint: tuple[float, float, float] | None, why: str = ""
    ) -> None:
        """Show the movie of a site.

        Args:
            movie: None where there is none.
            footprint: x, y and diameter, metres, where a film was analysed.
            why: said where there is no movie.
        """
        self.movie, self._footprint = movie, footprint
        for widget in (self.slider, self.change, self.levels, self.marker):
            widget.setEnabled(movie is not None)
        if movie is None:
            self.picture.hint(why)
            self.words.setText(why)
            return
        self._line.setData(movie.seconds, movie.potential)
        self.curve.bottom.fit(float(movie.t[-1]))
        self.curve.left.fit(1.0)
        self.slider.setRange(0, len(movie) - 1)
        self.picture.outline(footprint)
        self.slider.setValue(movie.nearest(0.0))
        self._show(self.slider.value(), again=True)

    def _turn(self, change: bool) -> None:
        """Show frames or changes, with levels that the whole movie fits into."""
        if self.movie is not None and change:
            # What grows is largest in the end.
            self.picture.levels = levels_of(self.movie.change(len(self.movie) - 1), centred=True)
        self._show(self.slider.value(), again=not change)

    def _follow_cursor(self) -> None:
        if self.movie is not None:
            self.slider.setValue(self.movie.nearest(float(self.marker.value())))

    def _show(self, number: int, again: bool = False) -> None:
        movie = self.movie
        if movie is None:
            return
        try:
            seen = movie.change(number) if self.change.isChecked() else movie.raw(number)
        except DataFileError as error:
            self.words.setText(str(error))
            return
        colours = CENTRED if self.change.isChecked() else GREY
        self.picture.show_picture(seen, movie.pixel, colours, again=again)
        self.marker.blockSignals(True)
        self.marker.setValue(float(movie.t[number]))
        self.marker.blockSignals(False)
        at = f"{movie.t[number]:+.2f} s since contact".replace("-", "−")
        self.words.setText(f"Frame {number + 1} of {len(movie)}, {at}. {movie.words}.")
