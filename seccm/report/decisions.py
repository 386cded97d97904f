"""What a planner believed at the end of a run, the sites it came from, and how it got there."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seccm.analysis import scales
from seccm.analysis.declared import declared
from seccm.arrays import FloatArray
from seccm.plan.decision import Belief, Decision
from seccm.plan.regions import OF_REGIONS, positions_in
from seccm.report import style
from seccm.report.study import Study
from seccm.typography import readable

_SURE = 1.96
"""Standard deviations of half a 95 % interval."""
_UM = 1e6
FIXED = "half of the 95 % interval of a fixed design"
"""What planners call it among the numbers of their model."""


def last(study: Study) -> Decision | None:
    """Return the newest decision that has a belief; None where there is none."""
    found = [one for one in study.scan.decisions.values() if one.beliefs]
    return found[-1] if found else None


def words(study: Study) -> str:
    """Return why the run ended, or what was thought last, in sentences."""
    decisions = study.scan.decisions
    return readable(decisions[max(decisions)].reason) if decisions else ""


@style.styled
def learnt(study: Study) -> Figure | None:
    """Draw what is expected of each result, with the sites, and the way to the end of the run.

    None where no planner said what it expects of one factor, or of places.
    """
    decision = last(study)
    if decision is None:
        return None
    beliefs = [belief for belief in decision.beliefs if _drawn(belief)]
    path = _path(study)
    if not beliefs and len(path) < 2:
        return None
    rows = [*beliefs, *([None] if len(path) > 1 else [])]
    potentials = any(declared(belief.result).against_reference for belief in beliefs)
    fig = study.figure(
        style.TWO_COLUMNS, 0.4 + 2.2 * len(rows), currents=True, potentials=potentials
    )
    for part, belief in zip(fig.subfigures(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        if belief is None:
            _draw_path(part.subplots(), path)
        elif len(belief.directions) == 1:
            _draw_law(study, part.subplots(), belief)
        else:
            left, right = part.subplots(1, 2)
            _draw_map(study, left, belief, belief.mean, "expected")
            _draw_map(study, right, belief, _SURE * belief.deviation, "half of the 95 % interval")
    return fig


def _drawn(belief: Belief) -> bool:
    names = tuple(direction.name for direction in belief.directions)
    return len(names) == 1 or names in (("x", "y"), OF_REGIONS)


def _path(study: Study) -> FloatArray:
    """Return after how many sites half of the interval was how wide, and what was asked for.

    Returns:
        Shape (decisions, 4); the last is that of a fixed design of as many sites, by the model.
    """
    found = [
        (number, one.value, one.aim, decision.state.get(FIXED, math.nan))
        for number, decision in study.scan.decisions.items()
        for one in decision.progress
        if one.words == "half of the 95 % interval"
    ]
    return np.array(found, float).reshape(-1, 4)


def _label(study: Study, belief: Belief, scale: scales.Scale) -> str:
    result = declared(belief.result)
    if result.against_reference:
        return (
            f"{scales.symbol(belief.result)}: {scales.potential_label(study.reference, scale.unit)}"
        )
    return scale.label(scales.symbol(belief.result))


def _draw_law(study: Study, axes: Axes, belief: Belief) -> None:
    """Draw a result against a factor: mean, 95 % interval, and the sites with their numbers."""
    direction = belief.directions[0]
    scaled = scales.scale(direction.unit, belief.points[:, 0])

    def x(levels: FloatArray) -> FloatArray:
        # Cathodic levels have no logarithm: of them, magnitudes are drawn.
        shown: FloatArray = scaled(levels)
        return np.abs(shown) if direction.logarithmic else shown

    y = scales.feature_scale(belief.unit, belief.mean)
    at, sizes = belief.points[:, 0], _SURE * belief.deviation
    axes.fill_between(
        x(at), y(belief.mean - sizes), y(belief.mean + sizes), color=style.BLUE, alpha=0.2, lw=0,
        label="95 % of what is expected",
    )  # fmt: skip
    axes.plot(x(at), y(belief.mean), color=style.BLUE, lw=1.0, label="expected")
    known, values = _sites(study, belief)
    axes.plot(x(known), y(values), ls="none", marker="o", ms=3, mfc="none", mew=0.7, color="black",
              label="sites")  # fmt: skip
    late = _late(study, belief)
    if late.size:
        low = float(axes.get_ylim()[0])
        axes.plot(x(late), np.full(late.size, low), ls="none", marker=2, color=style.ORANGE,
                  label="sites without a number", clip_on=False)  # fmt: skip
        axes.set_ylim(bottom=low)
    if direction.logarithmic:
        axes.set_xscale("log")
        style.nice_log_ticks(axes, "x", axes.get_xlim())
    name = style.literal(direction.name)
    axes.set_xlabel(
        scaled.label(f"|{name}|" if (at < 0.0).all() and direction.logarithmic else name)
    )
    axes.set_ylabel(_label(study, belief, y))
    axes.legend(loc="best")


def _levels(study: Study, name: str) -> dict[int, float]:
    """Return the level of a factor at each site that was visited."""
    found = {}
    for number in study.measured.tolist():
        site = study.scan.planned.get(number)
        if site is not None and site.recipe is not None and name in site.recipe.condition:
            found[number] = site.recipe.condition[name]
    return found


def _sites(study: Study, belief: Belief) -> tuple[FloatArray, FloatArray]:
    """Return the levels and the numbers of the sites that have one."""
    levels, feature = _levels(study, belief.directions[0].name), study.features.get(belief.result)
    if feature is None:
        return np.empty(0), np.empty(0)
    both = [(level, feature.value(number)) for number, level in levels.items()]
    some = np.array([pair for pair in both if math.isfinite(pair[1])]).reshape(-1, 2)
    return some[:, 0], some[:, 1]


def _late(study: Study, belief: Belief) -> FloatArray:
    """Return the levels of the sites that have none."""
    levels, feature = _levels(study, belief.directions[0].name), study.features.get(belief.result)
    if feature is None:
        return np.empty(0)
    return np.array([x for number, x in levels.items() if not feature.trusted[number]])


def _draw_map(study: Study, axes: Axes, belief: Belief, values: FloatArray, words: str) -> None:
    """Draw what is expected at each place, and where sites were."""
    scale = scales.feature_scale(belief.unit, values)
    of_regions = belief.directions[0].name in OF_REGIONS
    unit, factor = ("mm", 1e3) if of_regions else ("µm", _UM)
    x, y = (belief.points * factor).T
    steps = [b - a for a, b in pairwise(sorted(set(np.round(x, 6).tolist()))) if b > a]
    shown = axes.scatter(
        x, y, c=scale(values), cmap="viridis", marker="s", s=max(4.0, 2.2e3 / len(x)), lw=0
    )
    at_x, at_y = (
        _regions_measured(study).T * factor
        if of_regions
        else (each[study.measured] * factor for each in (study.x, study.y))
    )
    axes.plot(at_x, at_y, ls="none", marker="o", ms=3, mfc="none", mew=0.7, color="white")
    room = 0.6 * (min(steps) if steps else 1.0)
    axes.set(xlim=(x.min() - room, x.max() + room), ylim=(y.min() - room, y.max() + room))
    axes.set_aspect("equal")
    of = " on the sample" if of_regions else ""
    axes.set(xlabel=f"x{of} ({unit})", ylabel=f"y{of} ({unit})")
    bar = axes.figure.colorbar(shown, ax=axes)
    bar.set_label(f"{scale.label(scales.symbol(belief.result))}, {words}")


def _regions_measured(study: Study) -> FloatArray:
    """Return where the regions with measured sites are on the sample, in metres, shape (n, 2)."""
    known = positions_in(study.scan.plan_json)
    here = dict.fromkeys(study.region_of(number) for number in study.measured.tolist())
    return np.array([known[region] for region in here if region in known]).reshape(-1, 2)


def _draw_path(axes: Axes, path: FloatArray) -> None:
    """Draw how half of the interval became narrower, against the number of sites."""
    axes.plot(path[:, 0], path[:, 1] / path[:, 2], marker="o", ms=3, lw=0.8, color=style.BLUE,
              label="sites of the planner")  # fmt: skip
    if np.isfinite(path[:, 3]).any():
        axes.plot(path[:, 0], path[:, 3] / path[:, 2], marker="s", ms=3, mfc="none", lw=0.8,
                  color=style.ORANGE, label="as many of a fixed design, by the model")  # fmt: skip
        axes.legend(loc="best")
    axes.axhline(1.0, color=style.GREY, ls="--", lw=0.8)
    axes.set_yscale("log")
    style.nice_log_ticks(axes, "y", axes.get_ylim())
    axes.set_xlabel("sites")
    axes.set_ylabel("interval over that asked for")
