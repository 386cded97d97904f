"""The figure of a comparison: how the error falls with the sites, by who chose them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from seccm.report import style

LINE = 34
"""Letters beside the figure, which is not higher."""
COLOURS = {"planner": style.BLUE, "grid": "black", "random": style.ORANGE}


@style.styled
def draw(curves: Mapping[str, Sequence[tuple[Sequence[int], Sequence[float]]]], what: str,
         path: Path) -> None:  # fmt: skip
    """Draw the median error over samples, and where the middle half of them lies.

    Args:
        curves: for whoever chose, the numbers of sites and the errors of each sample.
        what: the error, with its unit in brackets.
        path: of the picture; its suffix says the format.
    """
    fig = style.figure(style.ONE_COLUMN, 2.6, virtual=True, convention=False)
    axes = fig.subplots()
    for who, samples in curves.items():
        last = min(counts[-1] for counts, _ in samples)
        first = max(counts[0] for counts, _ in samples)
        at = np.unique(np.geomspace(first, max(first, last), 12).round())
        every = np.array([np.interp(at, counts, errors) for counts, errors in samples])
        low, middle, high = np.quantile(every, (0.25, 0.5, 0.75), axis=0)
        axes.fill_between(at, low, high, color=COLOURS[who], alpha=0.15, lw=0)
        axes.plot(at, middle, color=COLOURS[who], lw=1.0, marker="o", ms=2.5, label=who)
    axes.set(xscale="log", yscale="log", xlabel="sites",
             ylabel=style.literal(textwrap.fill(what, LINE)))  # fmt: skip
    style.nice_log_ticks(axes, "x", axes.get_xlim())
    style.nice_log_ticks(axes, "y", axes.get_ylim())
    axes.legend(loc="best")
    style.save(fig, path, 200)
