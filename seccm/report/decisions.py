"""What a planner believed at the end of a run, the sites it came from, and how it got there."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seccm.analysis import scales
from seccm.analysis.declared import declared
from seccm.arrays import FloatArray
from seccm.plan.decision import HALF, SURE, Belief, Decision, Direction
from seccm.plan.regions import OF_REGIONS, positions_in
from seccm.report import style
from seccm.report.study import Study
from seccm.typography import readable

_UM = 1e6
FIXED = "half of the 95 % interval of a fixed design"
"""What planners call it among the numbers of their model."""
_WHO = (
    ("first design", "o", "white"),
    ("planner", "o", style.BLUE),
    ("a person", "D", style.ORANGE),
)
"""Who asked for a site, and how it is marked: shape and filling."""


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

    Of more than two directions, two are drawn. None where no planner said what it expects.
    """
    decision = last(study)
    if decision is None:
        return None
    beliefs = [one if len(one.directions) == 1 else one.plane() for one in decision.beliefs]
    rows = [*beliefs, None]
    potentials = any(declared(belief.result).against_reference for belief in beliefs)
    fig = study.figure(
        style.TWO_COLUMNS, 0.4 + 2.2 * len(rows), currents=True, potentials=potentials
    )
    parts = fig.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, belief, whole in zip(parts, rows, [*decision.beliefs, None], strict=True):
        if belief is None or whole is None:
            left, right = part.subplots(1, 2)
            _draw_order(study, left, beliefs[0])
            _draw_curve(right, _curve(study), scales.symbol(beliefs[0].result))
        elif len(belief.directions) == 1:
            _draw_law(study, part.subplots(), belief)
        else:
            left, right = part.subplots(1, 2)
            over = [d.name for d in whole.directions if d not in belief.directions]
            mean = f", mean over {' and '.join(over)}" if over else ""
            _draw_map(study, left, belief, belief.mean, f"expected{mean}")
            _draw_map(study, right, belief, SURE * belief.deviation, "half of the 95 % interval")
    return fig


def _curve(study: Study) -> tuple[FloatArray, str]:
    """Return after how many sites half of the interval was how wide, and what was asked for.

    Returns:
        Shape (decisions, 4), the last that of a fixed design of as many sites, by the model; and
        the unit.
    """
    found = [
        (number, one.value, one.aim, decision.state.get(FIXED, math.nan), one.unit)
        for number, decision in study.scan.decisions.items()
        for one in decision.progress
        if one.words == HALF
    ]
    unit = found[-1][4] if found else "1"
    return np.array([row[:4] for row in found], float).reshape(-1, 4), unit


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
    at, sizes = belief.points[:, 0], SURE * belief.deviation
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
    """Return where each site that was visited lies along a direction, in SI."""
    found: dict[int, float] = {}
    positions = positions_in(study.scan.plan_json) if name in OF_REGIONS else {}
    for number in study.measured.tolist():
        site = study.scan.planned.get(number)
        if site is None:
            continue
        if name in ("x", "y"):
            found[number] = float((study.x if name == "x" else study.y)[number])
        elif name in OF_REGIONS and site.region in positions:
            found[number] = positions[site.region][OF_REGIONS.index(name)]
        elif site.recipe is not None and name in site.recipe.condition:
            found[number] = site.recipe.condition[name]
        elif site.recipe is not None and name in site.recipe.values:
            found[number] = site.recipe.values[name].value
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


def _axis(direction: Direction, levels: FloatArray) -> tuple[scales.Scale, str]:
    """Return how levels along a direction are shown, and what stands at the axis."""
    if direction.name in OF_REGIONS:
        scale, name = scales.scale("m", levels), f"{direction.name[-1]} on the sample"
    else:
        place = direction.name in ("x", "y") and direction.unit == "m"
        name = f"${direction.name}$" if place else style.literal(direction.name)
        scale = scales.scale(direction.unit, levels)
    magnitude = direction.logarithmic and bool((levels <= 0.0).all())
    return scale, scale.label(f"|{name}|" if magnitude else name)


def _shown(direction: Direction, scale: scales.Scale, levels: FloatArray) -> FloatArray:
    """Return levels as they are drawn: of cathodic ones on a logarithmic axis, magnitudes."""
    shown: FloatArray = scale(levels)
    return np.abs(shown) if direction.logarithmic else shown


def _draw_map(study: Study, axes: Axes, belief: Belief, values: FloatArray, words: str) -> None:
    """Draw what is expected over two directions, and where sites were."""
    scale = scales.feature_scale(belief.unit, values)
    drawn = _frame(axes, belief)
    x, y = (_shown(d, s, belief.points[:, k]) for k, (d, s) in enumerate(drawn))
    size = max(4.0, 2.2e3 / len(values))
    shown = axes.scatter(x, y, c=scale(values), cmap="viridis", marker="s", s=size, lw=0)
    shown.set_clim(*scale(np.array(belief.span(values))).tolist())
    sites = _visited(study, belief)
    x, y = (_shown(d, s, sites[:, 1 + k]) for k, (d, s) in enumerate(drawn))
    axes.plot(x, y, ls="none", marker="o", ms=3, mfc="none", mew=0.7, color="white")
    bar = axes.figure.colorbar(shown, ax=axes)
    bar.set_label(scale.label(scales.symbol(belief.result)))
    axes.set_title(words)


def _frame(axes: Axes, belief: Belief) -> list[tuple[Direction, scales.Scale]]:
    """Label the axes of a map, and leave room around its points."""
    found = []
    for k, (name, direction) in enumerate(zip("xy", belief.directions, strict=True)):
        scale, label = _axis(direction, belief.points[:, k])
        at = np.unique(np.round(_shown(direction, scale, belief.points[:, k]), 6))
        if direction.logarithmic and at[0] > 0.0:
            room = (at[-1] / at[0]) ** (0.6 / max(1, len(at) - 1))
            limits, log = (at[0] / room, at[-1] * room), True
        else:
            room = 0.6 * float(np.diff(at).min() if len(at) > 1 else 1.0)
            limits, log = (at[0] - room, at[-1] + room), False
        axes.set(**{f"{name}label": label, f"{name}lim": limits})
        if log:
            axes.set(**{f"{name}scale": "log"})
            style.nice_log_ticks(axes, name, limits)
        found.append((direction, scale))
    units = {direction.unit for direction in belief.directions}
    if len(units) == 1 and not any(direction.logarithmic for direction in belief.directions):
        axes.set_aspect("equal")
    return found


def _visited(study: Study, belief: Belief) -> FloatArray:
    """Return number and place of the sites that were visited, shape (sites, 1 + directions)."""
    along = [_levels(study, direction.name) for direction in belief.directions]
    numbers = sorted(set.intersection(*map(set, along)))
    found = [[float(number), *(one[number] for one in along)] for number in numbers]
    return np.array(found, float).reshape(-1, 1 + len(along))


def _draw_order(study: Study, axes: Axes, belief: Belief) -> None:
    """Draw the path of the decisions: what was asked for, site by site, and by whom."""
    sites, decisions = _visited(study, belief), study.scan.decisions
    who = np.array([_asked_by(decisions.get(int(number))) for number in sites[:, 0]], int)
    if len(belief.directions) == 1:
        (direction,) = belief.directions
        scale, label = _axis(direction, belief.points[:, 0])
        x, y = sites[:, 0] + 1.0, _shown(direction, scale, sites[:, 1])
        axes.set(xlabel="site in its order", ylabel=label)
        if direction.logarithmic:
            axes.set_yscale("log")
            levels = _shown(direction, scale, belief.points[:, 0])
            style.nice_log_ticks(axes, "y", (float(levels.min()), float(levels.max())))
    else:
        drawn = _frame(axes, belief)
        x, y = (_shown(d, s, sites[:, 1 + k]) for k, (d, s) in enumerate(drawn))
        for k in range(0, len(sites), max(1, len(sites) // 12)):
            axes.annotate(f"{sites[k, 0] + 1:.0f}", (x[k], y[k]), xytext=(2.5, 2.5),
                          textcoords="offset points", fontsize=5)  # fmt: skip
    axes.plot(x, y, color=style.GREY, lw=0.6, zorder=1)
    for k, (name, marker, filling) in enumerate(_WHO):
        if (mine := who == k).any():
            axes.plot(x[mine], y[mine], ls="none", marker=marker, ms=3.5,
                      mfc=filling, mec="black", mew=0.5, label=name)  # fmt: skip
    if len(belief.directions) == 1:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if len(sites):
        # Above the frame: the path may come to every place inside.
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(_WHO))


def _asked_by(decision: Decision | None) -> int:
    """Return whose a decision is, as the place in `_WHO`."""
    if decision is None or not decision.beliefs:
        return 2 if decision is not None and decision.instruction is not None else 0
    return 2 if decision.instruction is not None else 1


def _draw_curve(axes: Axes, curve: tuple[FloatArray, str], symbol: str) -> None:
    """Draw how half of the interval of a result became narrower, against the number of sites."""
    rows, measure = curve
    if not len(rows):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No site had a number.", ha="center", va="center")
        return
    # On a logarithmic scale it is a share.
    y = scales.Scale(100.0, "%") if measure == "1" else scales.feature_scale(measure, rows[:, 1])
    axes.plot(rows[:, 0], y(rows[:, 1]), marker="o", ms=3, lw=0.8, color=style.BLUE,
              label="sites of the planner")  # fmt: skip
    if np.isfinite(rows[:, 3]).any():
        axes.plot(rows[:, 0], y(rows[:, 3]), marker="s", ms=3, mfc="none", lw=0.8,
                  color=style.ORANGE, label="as many of a fixed design, by the model")  # fmt: skip
    if np.isfinite(rows[-1, 2]):
        axes.axhline(float(y(rows[-1:, 2])[0]), color=style.GREY, ls="--", lw=0.8,
                     label="asked for")  # fmt: skip
    axes.set_yscale("log")
    axes.legend(loc="best")
    style.nice_log_ticks(axes, "y", axes.get_ylim())
    axes.set_xlabel("sites")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_ylabel(y.label(f"half interval of {symbol}, 95 %"))
