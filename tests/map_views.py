"""A map as the window shows it, by itself."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from ui.map import MapView
from ui.models.palette import DARK, Sizes
from ui.models.showing import Showing


def map_view(qtbot: QtBot, width: int, height: int, showing: Showing | None = None) -> MapView:
    """Return a dark map without gloves that is shown, of no sites yet.

    Args:
        qtbot: takes it down in the end.
        width: in pixels.
        height: in pixels.
        showing: how potentials and currents are shown; as a new map does unless given.
    """
    made = MapView()
    qtbot.addWidget(made)
    made.dress(DARK, Sizes.of(96.0, glove=False, scale=1.0))
    made.resize(width, height)
    if showing is not None:
        made.show_as(showing, 0.0)
    made.show()
    return made
