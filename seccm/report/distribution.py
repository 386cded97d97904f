"""How a result is distributed over the sites: a histogram, or a row of points per condition."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from seccm import typography
from seccm.analysis import scales
from seccm.analysis.decades import spans_decades
from seccm.analysis.spread import spread
from seccm.analysis.statistics import FEWEST_FOR_SD
from seccm.arrays import FloatArray
from seccm.report import style
from seccm.report.groups import Group
from seccm.report.study import Study, evenly

MOST_ROWS = 12
"""Conditions that get a row; of more, evenly chosen ones are drawn."""
_LANE = 0.28
"""Half the width of a row of points, as a share of the distance between rows."""


def distribution(axes: Axes, study: Study, name: str) -> None:
    """Draw how a feature is distributed: never several conditions in one heap."""
    if not study.groups.several:
        _histogram(axes, study, name, study.groups[0])
        return
    chosen = evenly(np.arange(len(study.groups)), MOST_ROWS)
    _rows(axes, study, name, [study.groups[k] for k in chosen])


def _own(study: Study, name: str, group: Group) -> npt.NDArray[np.int64]:
    """Return the sites of a condition that have a number which may be averaged."""
    return group.counted[study.features[name].trusted[group.counted]]


@dataclass(frozen=True, slots=True)
class _Along:
    """The axis along which a feature is distributed; by decades where its values span some."""

    scale: scales.Scale
    label: str
    logarithmic: bool

    @classmethod
    def of(cls, study: Study, name: str) -> _Along:
        feature = study.features[name]
        values = feature.values[study.measured]
        label = study.symbol(name)
        if feature.declared.against_reference:
            label = f"{label} vs {typography.superscripted(study.reference)}"
        own = feature.values[study.measured[feature.trusted[study.measured]]]
        logarithmic = feature.declared.has_zero and spans_decades(own)
        if logarithmic and own[0] < 0.0:
            label = f"magnitude of {label}"
        return cls(scales.feature_scale(feature.column.unit, values), label, logarithmic)

    def __call__(self, values: FloatArray) -> FloatArray:
        """Return values as they are drawn."""
        shown: FloatArray = self.scale(values)
        return np.abs(shown) if self.logarithmic else shown

    def bins(self, shown: FloatArray) -> FloatArray:
        """Return the edges of a histogram, equally wide on the paper."""
        if not self.logarithmic:
            return bins(shown)
        edges: FloatArray = 10.0 ** bins(np.log10(shown))
        # Rounding must not leave the outermost values outside.
        edges[0], edges[-1] = min(edges[0], shown.min()), max(edges[-1], shown.max())
        return edges

    def draw(self, axes: Axes) -> None:
        """Name the axis and choose its kind."""
        axes.set_xlabel(self.scale.label(self.label))
        if self.logarithmic:
            axes.set_xscale("log", nonpositive="clip")
            style.nice_log_ticks(axes, "x", axes.get_xlim())


def _told(study: Study, name: str, sites: npt.NDArray[np.int64]) -> str:
    feature = study.features[name]
    scale = scales.feature_scale(feature.column.unit, feature.values[study.measured])
    if sites.size == 0:
        return "no value"
    found = spread(feature.values[sites], feature.errors[sites])
    return f"{scales.told(found, scale.factor, scale.unit)}, $n$ = {found.n}"


def _histogram(axes: Axes, study: Study, name: str, group: Group) -> None:
    """Draw the sites of one condition; values with a caveat in open bars."""
    feature, along = study.features[name], _Along.of(study, name)
    sites = _own(study, name, group)
    shown = along(feature.values[sites])
    edges, open_ones = along.bins(shown).tolist(), feature.qualified[sites]
    if not open_ones.all():
        axes.hist(shown[~open_ones], edges, color=style.BLUE, alpha=0.75, edgecolor="white", lw=0.4)
    if open_ones.any():
        axes.hist(shown[open_ones], edges, facecolor="none", edgecolor=style.BLUE, lw=0.7)
    axes.axvline(float(shown.mean()), color="black", lw=0.9)
    axes.set_title(_told(study, name, sites), fontsize=6.5, pad=3, loc="right")
    along.draw(axes)
    axes.set_ylabel("sites")
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5, integer=True))
    axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())


def _rows(axes: Axes, study: Study, name: str, groups: list[Group]) -> None:
    """Draw every condition in a row of its own: each site, and the mean with its error."""
    feature, along = study.features[name], _Along.of(study, name)
    for row, group in enumerate(groups):
        sites = _own(study, name, group)
        shown = along(feature.values[sites])
        lane = row + _LANE * (np.linspace(-1, 1, shown.size) if shown.size > 1 else np.zeros(1))
        for some, face in ((~feature.qualified[sites], group.colour),
                           (feature.qualified[sites], "none")):  # fmt: skip
            axes.plot(shown[some], lane[some], "o", ms=2.0, color=group.colour, mfc=face, mew=0.5)
        if sites.size:
            found = spread(shown, along.scale.factor * feature.errors[sites])
            error = found.error if found.n >= FEWEST_FOR_SD else np.nan
            axes.errorbar(found.mean, row, xerr=error, fmt="|", color="black", ms=7, lw=0.9)
        # Above the row, where no point of it is.
        axes.annotate(
            _told(study, name, sites), (0.0, row - _LANE), xycoords=("axes fraction", "data"),
            xytext=(2, 1), textcoords="offset points", fontsize=4.8, color="0.25", va="bottom",
        )  # fmt: skip
    axes.set_ylim(len(groups) - 0.5, -0.75)
    axes.set_yticks(range(len(groups)), [group.label for group in groups], fontsize=6)
    axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.set_ylabel(study.groups.legend_title)
    along.draw(axes)


def bins(values: FloatArray) -> FloatArray:
    """Choose edges of a histogram (Freedman and Diaconis), 5 to 40, also for equal values."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        width = max(abs(low) * 1e-3, 1e-12)
        return np.linspace(low - width, high + width, 6)
    quartiles = np.percentile(values, [25, 75])
    width = 2 * float(quartiles[1] - quartiles[0]) / values.size ** (1 / 3)
    count = (high - low) / width if width > 0.0 else 10.0
    return np.linspace(low, high, int(np.clip(round(count), 5, 40)) + 1)
