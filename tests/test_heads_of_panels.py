"""Heads of panels in narrow figures: none lies on another, and no word is lost."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.figure import Figure

from seccm.report.heads import MOST_LINES, broken, cut, heads, lap, unlapped

LONG = "site 12, v = 0.50 V s$^{-1}$"


def panels(columns: int, width: float, words: str) -> Figure:
    figure = Figure(figsize=(width, 2.0), layout="constrained")
    for number, axes in enumerate(figure.subplots(1, columns)):
        axes.set_title("abc"[number], loc="left", fontsize=8.5)
        axes.set_title(words, loc="right", fontsize=7)
    return figure


@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("words", [LONG, "drift and tilt not separated"])
def test_no_head_lies_on_another_and_no_word_is_lost(columns: int, words: str) -> None:
    figure = panels(columns, 3.35, words)
    unlapped(figure)
    figure.draw_without_rendering()
    found = heads(figure)
    assert len(found) == 2 * columns
    assert not [pair for pair in combinations(found, 2) if lap(*pair)]
    assert not [text for text in found if cut(text, figure)]
    assert {" ".join(text.get_text().split()) for text in found} == {*"abc"[:columns], words}


def test_a_head_that_has_room_is_left_as_it_is() -> None:
    figure = panels(2, 12.0, LONG)
    unlapped(figure)
    assert {text.get_text() for text in heads(figure)} == {"a", "b", LONG}


@pytest.mark.parametrize("lines", range(2, MOST_LINES + 1))
@pytest.mark.parametrize("words", [LONG, "one", "$a b$ and $c d$", "drift and tilt not separated"])
def test_a_formula_is_never_broken(words: str, lines: int) -> None:
    found = broken(words, lines)
    assert found.replace("\n", " ") == words
    assert all(line.count("$") % 2 == 0 for line in found.splitlines())


def test_panels_that_are_not_shown_have_no_heads() -> None:
    figure = panels(2, 3.35, LONG)
    figure.axes[1].set_visible(False)
    assert len(heads(figure)) == 2


def test_heads_in_a_row_look_alike() -> None:
    """Where one has no room, all that are wider than their panels are broken, at the comma."""
    figure = Figure(figsize=(3.35, 2.0), layout="constrained")
    for axes in figure.subplots(1, 3):
        axes.set_title(LONG, fontsize=7)
    unlapped(figure)
    assert {text.get_text() for text in heads(figure)} == {LONG.replace(", ", ",\n")}
