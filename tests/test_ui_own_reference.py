"""Own curves of steps are shown against the reference, and with the signs, that were chosen."""

from __future__ import annotations

import numpy as np
import pytest
from foreign.foreign_steps import STAIRCASE
from pytestqt.qtbot import QtBot

from seccm.analysis.step_features import Drawn
from seccm.program.figures import POTENTIAL, Axis, OwnCurve
from seccm.program.registry import kinds
from ui.models.palette import DARK
from ui.models.showing import Showing
from ui.own_panel import OwnPanel

E = np.linspace(-0.2, 0.3, 40)
CURRENT = 1e-9 * np.tanh(20.0 * E)
SHE = Showing("Ag wire", other="SHE", shift=0.2)


def nothing(_: object) -> tuple[np.ndarray, np.ndarray]:
    return np.empty(0), np.empty(0)


def declared_axes() -> list[tuple[str, Axis]]:
    """Every axis of an own curve that any kind declares, those of the foreign step included."""
    found = {**kinds(), STAIRCASE.name: STAIRCASE}.values()
    curves = [(k.name, w) for k in found for w in k.figures if isinstance(w, OwnCurve)]
    return [(f"{name}: {what.slug}", axis) for name, what in curves for axis in (what.x, what.y)]


def panel_of(
    qtbot: QtBot, x: Axis, y: Axis, showing: Showing, points: tuple[np.ndarray, np.ndarray]
) -> OwnPanel:
    what = OwnCurve("wave", "Wave", x, y, nothing, model=nothing, events=nothing)
    panel = OwnPanel(what)
    qtbot.addWidget(panel)
    panel.resize(500, 300)
    panel.dress(DARK, 11)
    one, two = points
    panel.draw([Drawn(what, 0, one, two, one, two, one[:3], two[:3])], ["#44aaff"])
    panel.show_as(showing)
    return panel


def lines(panel: OwnPanel) -> list[tuple[np.ndarray, np.ndarray]]:
    """The curve, the line through it, and its marks, as they are drawn."""
    return [item.getOriginalDataset() for item in panel.plotItem.listDataItems()]


@pytest.mark.parametrize(("name", "axis"), declared_axes())
def test_potentials_and_currents_of_own_curves_are_declared_as_such(name, axis):
    assert not axis.against_reference or axis.unit == "V", name
    if axis.unit == "V":
        assert axis.against_reference, f"{name}: {axis.words} would not be converted"
    if axis.unit in ("A", "A/m^2", "C", "C/m^2") and not axis.log:
        assert axis.signed, f"{name}: {axis.words} would keep its sign"


def test_curve_line_and_marks_move_to_the_other_reference_together(qtbot):
    panel = panel_of(qtbot, POTENTIAL, Axis("current", "A", signed=True), SHE, (E, CURRENT))
    for (x, y), end in zip(lines(panel), (None, None, 3), strict=True):
        np.testing.assert_allclose(x, E[:end] + 0.2)
        np.testing.assert_allclose(y, CURRENT[:end])
    assert "vs SHE" in panel.bottom.label.toPlainText()
    panel.show_as(Showing("Ag wire"))
    np.testing.assert_allclose(lines(panel)[0][0], E)
    assert "vs Ag wire" in panel.bottom.label.toPlainText()


def test_a_potential_along_y_is_converted_as_well(qtbot):
    panel = panel_of(qtbot, Axis("time", "s"), POTENTIAL, SHE, (E + 1.0, E))
    np.testing.assert_allclose(lines(panel)[0][1], E + 0.2)
    assert "vs SHE" in panel.left.label.toPlainText()


def test_in_polarographic_signs_currents_turn_and_potentials_run_to_the_right(qtbot):
    turned = Showing("SCE", polarographic=True)
    panel = panel_of(qtbot, POTENTIAL, Axis("current", "A", signed=True), turned, (E, CURRENT))
    np.testing.assert_allclose(lines(panel)[0][1], -CURRENT)
    assert panel.plotItem.vb.xInverted()
    assert panel._words == "polarographic · thin line: fit"


def test_what_is_neither_a_potential_nor_a_current_stays_as_it_is(qtbot):
    turned = Showing("SCE", polarographic=True, other="SHE", shift=0.2)
    panel = panel_of(qtbot, Axis("width", "s"), Axis("height", "m"), turned, (E + 1.0, CURRENT))
    np.testing.assert_allclose(lines(panel)[0], (E + 1.0, CURRENT))
    assert not panel.plotItem.vb.xInverted()
    assert panel._words == "thin line: fit"


def test_a_magnitude_by_decades_keeps_its_sign_in_either_convention(qtbot):
    turned = Showing("SCE", polarographic=True)
    log = Axis("|j|", "A/m^2", log=True, signed=True)
    panel = panel_of(qtbot, POTENTIAL, log, turned, (E, np.abs(CURRENT)))
    np.testing.assert_allclose(lines(panel)[0][1], np.log10(np.abs(CURRENT)))


def test_long_records_have_seconds_not_kiloseconds(qtbot):
    hours = np.linspace(0.0, 8000.0, 20)
    panel = panel_of(qtbot, Axis("time", "s"), POTENTIAL, SHE, (hours, 0.1 * hours))
    assert panel.bottom.label.toPlainText().strip() == "time (s)"
