"""Heads of panels: broken into lines where they would run into each other in a narrow figure."""

from __future__ import annotations

import math
import textwrap
from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text

MOST_LINES = 4


def unlapped(figure: Figure) -> None:
    """Break heads of panels until none lies on another or is cut; letters keep their size.

    With one of them, all are broken that are wider than their panels, so that they look alike.
    """
    for lines in range(2, MOST_LINES + 1):
        figure.draw_without_rendering()
        found = heads(figure)
        crowded = {
            max(pair, key=lambda text: len(text.get_text()))
            for pair in combinations(found, 2)
            if lap(*pair)
        } | {text for text in found if cut(text, figure)}
        if not crowded:
            return
        for text in crowded | {text for text in found if _is_wide(text)}:
            text.set_text(broken(text.get_text(), lines))


def heads(figure: Figure) -> list[Text]:
    """Return what stands above the panels of a figure, to the left, in the middle, to the right."""
    found = []
    for axes in figure.axes:
        if axes.get_visible():
            # matplotlib has a name for the one in the middle only.
            sides = (getattr(axes, f"_{side}_title") for side in ("left", "right"))
            found += [text for text in (axes.title, *sides) if text.get_text().strip()]
    return found


def lap(one: Text, other: Text) -> bool:
    """Tell whether a part of one text lies on the other."""
    return bool(one.get_window_extent().overlaps(other.get_window_extent()))


def cut(text: Text, figure: Figure) -> bool:
    """Tell whether a text goes beyond the left or the right edge of a figure."""
    where = text.get_window_extent()
    return bool(where.x0 < figure.bbox.x0 or where.x1 > figure.bbox.x1)


def _is_wide(text: Text) -> bool:
    axes = text.axes
    return axes is not None and text.get_window_extent().width > axes.bbox.width


def broken(words: str, lines: int) -> str:
    """Break words into lines of about the same length; formulas stay whole."""
    flat = " ".join(words.split())
    if lines == 2 and flat.count(", ") == 1:
        return flat.replace(", ", ",\n")
    found = textwrap.wrap(flat, max(math.ceil(len(flat) / lines) + 1, 8), break_long_words=False)
    return words if any(line.count("$") % 2 for line in found) else "\n".join(found)
