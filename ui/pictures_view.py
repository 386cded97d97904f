"""Pictures of a scan: the movie and the maps of each site, and micrographs with what is in them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from seccm.data import Scan
from seccm.errors import DataFileError, PlanError
from seccm.imaging.irm.seen import maps_beside
from seccm.text_files import Unreadable
from seccm.typography import readable
from ui import pieces
from ui.dialogs import choose_file
from ui.maps_panel import MapsPanel
from ui.models.palette import Palette, Sizes
from ui.models.pictures import Maps, SiteMovie, known_pixel, maps_of, marked
from ui.movie_panel import MoviePanel
from ui.particles_panel import ParticlesPanel
from ui.picture_plot import PicturePlot
from ui.registration_panel import RegistrationPanel

NO_MAPS = "No film of this site was looked at: seccm irm."
NO_PICTURE = "Open a picture: its particles, targets and landmarks are drawn over it."


class PicturesView(QDialog):
    """Movie, maps and pictures, each on a page.

    Args:
        scan: an open data file.
        path: of it.
        site: that is shown first.
        parent: the window.
    """

    def __init__(self, scan: Scan, path: Path, site: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Pictures: {path.name}")
        self.setObjectName("page")
        self._scan, self._path = scan, path
        self.site = QSpinBox()
        self.site.setAccessibleName("Site")
        self.site.setRange(0, max(0, len(scan.sites) - 1))
        self.movie, self.maps, self.picture = MoviePanel(), MapsPanel(), PicturePlot()
        self.particles, self.registration = ParticlesPanel(), RegistrationPanel()
        self.open_maps = QPushButton("Maps of a film …")
        self.open_maps.clicked.connect(self._choose_maps)
        self.open_picture = QPushButton("Picture …")
        self.open_picture.clicked.connect(self._choose_picture)
        self.words = pieces.label(NO_PICTURE, "muted", wrap=True)
        page = QWidget()
        column = QVBoxLayout(page)
        column.addWidget(self.picture, 1)
        column.addWidget(self.words)
        self.tabs = QTabWidget()
        for widget, words in (
            (self.movie, "Movie"), (self.maps, "Maps"), (page, "Picture"),
            (self.particles, "Particles"), (self.registration, "Landmarks"),
        ):  # fmt: skip
            self.tabs.addTab(widget, words)
        self._page = page
        self.particles.belongs_to(path, site)
        self.finished.connect(self.particles.shut)
        row = QHBoxLayout()
        row.addWidget(pieces.label("Site"))
        row.addWidget(self.site)
        row.addStretch(1)
        row.addWidget(self.open_maps)
        row.addWidget(self.open_picture)
        whole = QVBoxLayout(self)
        whole.addLayout(row)
        whole.addWidget(self.tabs, 1)
        self.resize(760, 860)
        self.picture.hint(NO_PICTURE)
        self.site.setValue(site)
        self.site.valueChanged.connect(self.show_site)
        self.show_site(self.site.value())

    def dress(self, palette: Palette, sizes: Sizes) -> None:
        """Take colours and sizes."""
        panels = (self.movie, self.maps, self.picture, self.particles, self.registration)
        for panel in panels:
            panel.dress(palette, sizes.font)

    def show_site(self, number: int) -> None:
        """Show movie and maps of a site."""
        self.particles.belongs_to(self._path, number)
        maps, why = self._maps_of(maps_beside(self._path, number), NO_MAPS)
        self.maps.show_maps(maps, why)
        movie, why = None, ""
        try:
            movie = SiteMovie(self._scan, number)
        except PlanError as error:
            why = " ".join(f"{p.what} {p.remedy}".strip() for p in error.problems)
        except DataFileError as error:
            why = str(error)
        self.movie.show_movie(movie, maps.footprint if maps is not None else None, why.capitalize())
        if movie is None and maps is not None:
            self.tabs.setCurrentWidget(self.maps)

    def show_maps(self, path: Path) -> None:
        """Show the maps of a film from a file."""
        self.maps.show_maps(*self._maps_of(path, f"There is no file {path.name}."))
        self.tabs.setCurrentWidget(self.maps)

    def show_picture(self, path: Path) -> None:
        """Show a picture on the page that is open, or on its own; says why if it cannot be."""
        here = self.tabs.currentWidget()
        if here is self.particles:
            self.particles.open(path)
        elif here is self.registration:
            try:
                pixel = known_pixel(path)
            except (ValueError, LookupError, TypeError, Unreadable):
                pixel = None  # the file beside it is not what says how large a pixel is
            self.registration.show_picture(path, pixel)
        else:
            self._mark(path)

    def _mark(self, path: Path) -> None:
        self.tabs.setCurrentWidget(self._page)
        try:
            found = marked(path)
        except PlanError as error:
            self.words.setText(f"{path.name}: {' '.join(str(p) for p in error.problems)}")
            return
        self.picture.show_picture(found.image, found.pixel, again=True)
        self.picture.lay_over(found.circles, found.arrows, found.image.shape[1] * found.pixel)
        self.words.setText(f"{found.name}: {readable('; '.join(found.words))}")

    def _maps_of(self, path: Path, missing: str) -> tuple[Maps | None, str]:
        if not path.exists():
            return None, missing
        try:
            return maps_of(path), ""
        except DataFileError as error:
            return None, str(error)

    def _choose_maps(self) -> None:
        kinds = "Maps of a film (*.irm.h5)"
        choose_file(self, "Maps of a film", kinds, self.show_maps, start=self._path.parent)

    def _choose_picture(self) -> None:
        kinds = "Pictures (*.tif *.tiff)"
        choose_file(self, "Picture", kinds, self.show_picture, start=self._path.parent)
