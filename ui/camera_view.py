"""The camera of the run, live: its picture or what changed in it, sites over it, and how it is."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from seccm.events import Outcome
from ui import pieces
from ui.models.desk import Desk
from ui.models.live_camera import LiveCamera
from ui.models.palette import DARK, Palette, Sizes
from ui.picture_plot import CENTRED, GREY, PicturePlot
from ui.plots import pen

BEATS = 2
"""From one drawing to the next: fifteen a second."""
MOST = 400
"""Sites that are drawn."""
EMPTY = "The live picture appears here during a run\nwhose rig file has a camera."
NO_REFERENCE = (
    "No frame from before this landing was seen: there is nothing to compare with. Take a "
    "reference now, or wait for the next landing."
)
_LOOKS = {"": "notice", "warning": "notice", "bad": "alarm"}


class CameraView(QWidget):
    """A picture with levels that stay, and what is to be known of the camera around it."""

    def __init__(self) -> None:
        super().__init__()
        self.camera = LiveCamera()
        self.picture = LivePicture()
        self.head = pieces.label("", "heading", wrap=True)
        self.alert = pieces.label("", "notice", wrap=True)
        self.counts = pieces.label("", "muted", wrap=True)
        self.words = pieces.label("", "muted", wrap=True)
        self.change = QCheckBox("&Change since before landing")
        self.change.toggled.connect(self._turn)
        self.sites = QCheckBox("&Sites")
        self.sites.setChecked(True)
        self.sites.toggled.connect(lambda _: self._again())
        self.levels = QPushButton("&Levels from this frame")
        self.levels.setToolTip("Between the 1st and the 99th percentile of what is shown")
        self.levels.clicked.connect(lambda: self._show(again=True))
        self.refer = QPushButton("&Reference now")
        self.refer.setToolTip("Show changes against the frame that is shown")
        self.refer.clicked.connect(self._refer)
        row = QHBoxLayout()
        for widget in (self.change, self.sites, self.levels, self.refer):
            row.addWidget(widget)
        row.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(8, 6, 8, 6)
        whole.addWidget(self.head)
        whole.addWidget(self.alert)
        whole.addWidget(self.picture, 1)
        whole.addLayout(row)
        whole.addWidget(self.counts)
        whole.addWidget(self.words)
        self._drawn: tuple[object, ...] = ()
        self._changed = False
        """Whether what is shown is a change."""
        self._fresh = True
        """Whether levels are still to be found."""
        self.picture.hint(EMPTY)
        self._say(-1, 0.0)

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        self.picture.dress(palette, sizes.font)

    def draw(self, beat: int, desk: Desk) -> None:
        """Draw what is new, some times a second; reads nothing while nobody looks.

        Args:
            beat: how many there have been.
            desk: what is known of the run.
        """
        progress = desk.news.progress if desk.news is not None else None
        before = self.camera.state
        self.camera.take(progress.camera if progress is not None else before)
        if beat % BEATS or not self.isVisible():
            return
        now = time.monotonic()
        if self.camera.state is not None and before is None:
            self._fresh = True
        if self.camera.look(now):
            self._show(again=self._fresh)
            self._fresh = False
            self._learn(desk)
        self._lay_sites(desk)
        self._say(progress.disk_free if progress is not None else -1, now)

    def shut(self) -> None:
        """Let go of the camera's memory."""
        self.camera.close()

    def _learn(self, desk: Desk) -> None:
        """Learn from the droplet that is seen where the picture lies on the stage."""
        state = self.camera.state
        site = desk.sites.get(state.landing) if state is not None else None
        if site is not None and self.camera.where is None:
            self.camera.note_landing(site.x, site.y)

    def _say(self, free: int, now: float) -> None:
        camera = self.camera
        self.head.setText(camera.head())
        level, words = camera.alert(now)
        self.alert.setVisible(bool(words))
        self.alert.setText(words)
        if words:
            pieces.look(self.alert, _LOOKS[level])
            self.alert.updateGeometry()  # another look has other margins
        self.counts.setText(camera.counts(free))
        state = camera.state
        for widget in (self.change, self.sites, self.levels, self.refer):
            widget.setEnabled(state is not None)
        if state is None:
            self.words.setText("")
            return
        said = []
        if self.change.isChecked():
            of = camera.of_reference
            said.append(f"Change against {of}." if of else NO_REFERENCE)
        if self.sites.isChecked():
            where = camera.where
            unknown = "No sites are drawn: the first landing that is seen shows where they are."
            said.append(f"Sites are placed {where.words}." if where else unknown)
        self.words.setText(" ".join(said))

    def _turn(self, _: bool) -> None:
        self._show(again=True)

    def _refer(self) -> None:
        self.camera.refer_now()
        self._show(again=self.change.isChecked())

    def _again(self) -> None:
        self._drawn = ()

    def _show(self, again: bool = False) -> None:
        """Show the frame, or what changed in it."""
        camera, state = self.camera, self.camera.state
        if state is None or camera.shown is None:
            return
        pixel = state.pixel or 1.0
        change = camera.change() if self.change.isChecked() else None
        picture = camera.shown.picture
        changed = change is not None and bool(np.isfinite(change).any())
        # Changes have another unit: levels of the one are none for the other.
        again = again or changed != self._changed
        self._changed = changed
        if change is not None and changed:
            self.picture.show_picture(change, pixel, CENTRED, again=again)
        else:
            self.picture.show_picture(picture.astype(np.float64), pixel, GREY, again=again)
        full = (1 << state.bits) - 1
        self.picture.redden(picture >= full, pixel)

    def _lay_sites(self, desk: Desk) -> None:
        """Draw sites over the picture where it is known how it lies on the stage."""
        wanted = self.sites.isChecked() and desk.plan is not None
        where = self.camera.where if wanted else None
        snapshot = desk.link.snapshot if desk.link is not None else None
        status = snapshot.overview.status if snapshot is not None else np.zeros(0, np.uint8)
        now = (where, desk.run.site, len(desk.sites), bytes(status[:MOST].tobytes()))
        if now == self._drawn:
            return
        self._drawn = now
        if where is None or desk.plan is None:
            self.picture.lay_sites({}, {}, 1e-6)
            return
        sites = {n: (site.x, site.y) for n, site in list(desk.sites.items())[:MOST]}
        kinds = {
            number: "active"
            if number == desk.run.site
            else "planned"
            if number >= len(status) or status[number] == Outcome.PLANNED
            else "visited"
            for number in sites
        }
        self.picture.lay_sites(self.camera.places(sites), kinds, desk.plan.probe.diameter)


class LivePicture(PicturePlot):
    """A picture with sites over it, and what is at full scale in red."""

    def __init__(self) -> None:
        super().__init__()
        self._bright = pg.ImageItem(axisOrder="row-major")
        self._bright.setLookupTable(np.array([[0, 0, 0, 0], [255, 40, 40, 255]], np.uint8))
        self._sites = pg.ScatterPlotItem(pxMode=False, hoverable=True)
        for item in (self._bright, self._sites):
            self.addItem(item)

    def redden(self, bright: object, pixel: float) -> None:
        """Show in red what is at full scale.

        Args:
            bright: which pixels are, shape (rows, columns).
            pixel: metres.
        """
        which = np.asarray(bright)
        self._bright.setVisible(bool(which.any()))
        if which.any():
            self._bright.setImage(which.astype(np.uint8), autoLevels=False, levels=(0, 1))
            rows, columns = which.shape
            self._bright.setRect(QRectF(0.0, 0.0, columns * pixel, rows * pixel))

    def lay_sites(
        self, places: Mapping[int, tuple[float, float]], kinds: Mapping[int, str], diameter: float
    ) -> None:
        """Draw sites as footprints.

        Args:
            places: x and y in the picture by the number of the site, m.
            kinds: "planned", "active" or "visited" by the number.
            diameter: of a footprint, m.
        """
        look = DARK  # pictures are dark, whatever the window is
        colours = {"planned": look.muted, "active": look.accent, "visited": look.good}
        self._sites.setData(
            x=[x for x, _ in places.values()], y=[y for _, y in places.values()],
            size=max(diameter, 1e-9), brush=pg.mkBrush(None),
            pen=[pen(colours[kinds[n]], 2.5 if kinds[n] == "active" else 1.5) for n in places],
            data=[f"site {n}: {kinds[n]}" for n in places], tip=lambda x, y, data: data,
        )  # fmt: skip
