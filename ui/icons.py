"""The window's own icons, drawn in the colour of the text around them."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer


def icon(name: str, colour: str, faint: str = "", pixels: int = 64) -> QIcon:
    """Draw an icon.

    Args:
        name: of a file in `ui/icons`, without its ending.
        colour: of the lines.
        faint: of the lines while the button is disabled.
        pixels: size of the picture; it is scaled down as needed.
    """
    source = (files("ui") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, faint or colour)):
        drawn = QSvgRenderer(QByteArray(source.replace("currentColor", ink).encode()))
        picture = QPixmap(QSize(pixels, pixels))
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        drawn.render(painter)
        painter.end()
        made.addPixmap(picture, mode)
    return made
