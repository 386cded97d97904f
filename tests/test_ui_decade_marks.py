"""Numbers at logarithmic axes: enough to read values, never so many that they overlap."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from ui.models.decade_marks import marks, number
from ui.models.palette import DARK
from ui.plots import Plot

ENDS = [(-3.6, -2.3), (-13.4, -11.6), (0.3, 3.5), (-9.0, 9.0), (6.5, 8.0), (2.31, 2.38), (0.0, 1.0),
        (-1.05, 0.5), (-0.001, 0.001), (4.7, 4.95)]  # fmt: skip


@pytest.mark.parametrize("most", [2, 4, 8, 20])
@pytest.mark.parametrize(("low", "high"), ENDS)
def test_there_are_never_more_numbers_than_there_is_room_for(low: float, high: float, most: int):
    told, silent = marks(low, high, most)
    assert len(told) <= most + 1 or high - low < 1.0
    assert all(low - 1e-9 <= mark <= high + 1e-9 for mark in (*told, *silent))
    assert not set(told) & set(silent)


@pytest.mark.parametrize(("low", "high"), ENDS)
def test_with_some_room_two_values_can_be_read(low: float, high: float):
    told, _ = marks(low, high, 8)
    assert len(told) >= 2
    written = [number(mark) for mark in told]
    assert len(set(written)) == len(written), "no two marks have one number"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (20.0, "20"), (0.001, "0.001"), (5e3, "5000"), (1e4, "10⁴"), (2e-12, "2·10⁻¹²"),
     (4e-4, "4·10⁻⁴"), (215.0, "215"), (1e-9, "10⁻⁹")],
)  # fmt: skip
def test_numbers_are_written_as_people_read_them(value: float, text: str):
    assert number(np.log10(value)) == text


@pytest.mark.parametrize("size", [(300, 200), (700, 500), (160, 120)])
@pytest.mark.parametrize(("low", "high"), ENDS)
def test_numbers_of_a_plot_do_not_overlap(
    qtbot: QtBot, size: tuple[int, int], low: float, high: float
):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.dress(DARK, 13)
    plot.resize(*size)
    for axis in (plot.bottom, plot.left):
        axis.setLogMode(x=True, y=True)
        axis.setRange(low, high)
    room, metrics = {"bottom": size[0] - 80, "left": size[1] - 60}, QFontMetrics(plot.font())
    for axis in (plot.bottom, plot.left):
        levels = axis.tickValues(low, high, room[axis.orientation])
        texts = [
            (v, t)
            for spacing, values in levels
            for v, t in zip(values, axis.tickStrings(values, 1.0, spacing), strict=True)
            if t
        ]
        per_unit = room[axis.orientation] / (high - low)
        for (one, text), (other, _) in pairwise(texts):
            upright = axis.orientation == "left"
            needed = metrics.height() * 0.8 if upright else metrics.horizontalAdvance(text) * 0.8
            assert (other - one) * per_unit >= needed
