"""The page of a spectrum: marks with the fit as a line, and one scale for both axes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from seccm.analysis.step_features import Drawn
from seccm.program.figures import OwnCurve
from seccm.program.registry import kind_of
from ui.models.palette import DARK
from ui.own_panel import OwnPanel

F = np.geomspace(1.0, 1e4, 30)
NONE = np.empty(0)
Z = 1e6 + 1e8 / (1.0 + 2j * np.pi * F * 2e-3)


def _figure(slug: str) -> OwnCurve:
    for what in kind_of("impedance").figures:
        if isinstance(what, OwnCurve) and what.slug == slug:
            return what
    raise KeyError(slug)


def _page(qtbot: QtBot, slug: str, x: np.ndarray, y: np.ndarray) -> OwnPanel:
    what = _figure(slug)
    panel = OwnPanel(what)
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.dress(DARK, 10)
    panel.draw([Drawn(what, 0, x, y, x, y, NONE, NONE)], ["#44aaff"])
    panel.show()
    return panel


def test_a_length_means_as_much_along_both_axes_of_a_nyquist_plot(qtbot: QtBot) -> None:
    panel = _page(qtbot, "nyquist", Z.real, -Z.imag)
    (x0, x1), (y0, y1) = panel.plotItem.vb.viewRange()
    box = panel.plotItem.vb.rect()
    assert (x1 - x0) / box.width() == pytest.approx((y1 - y0) / box.height(), rel=0.01)
    assert x0 < Z.real.min()
    assert x1 > Z.real.max()
    assert y1 > (-Z.imag).max()


def test_points_of_a_spectrum_are_marks_and_the_fit_is_a_line(qtbot: QtBot) -> None:
    panel = _page(qtbot, "bode-modulus", F, np.abs(Z))
    points, model, _ = panel.plotItem.listDataItems()
    assert points.opts["symbol"] == "o"
    assert points.opts["pen"].style() is Qt.PenStyle.NoPen
    assert model.opts["symbol"] is None
    assert model.opts["pen"].style() is not Qt.PenStyle.NoPen
    np.testing.assert_allclose(points.getData()[0], np.log10(F))


def test_prefixes_of_a_nyquist_plot_are_the_same_on_both_axes(qtbot: QtBot) -> None:
    panel = _page(qtbot, "nyquist", Z.real, -Z.imag / 1e4)
    units = [axis.label.toPlainText().split("(")[-1] for axis in (panel.bottom, panel.left)]
    assert units[0] == units[1]
    assert "M" in units[0]
