"""Why a planner asked for a site: its reason, what it believed, and how far it has come.

A decision is stored with its site, and shown while the run goes on. Nothing depends on it: a run
that is resumed asks its planner again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.plan.regions import OF_REGIONS

_DIGITS = 6
"""Of the numbers that are stored: more than a screen shows."""
HALF = "half of the 95 % interval"
"""What planners call it among their progress: the learning curve is made of it."""
SURE = 1.96
"""Standard deviations of half of that interval."""
MAPS = (("x", "y"), OF_REGIONS)
"""What a map is drawn over, where a belief has both."""
MOST_POINTS = 2000
"""Of one belief; the file keeps one for each site."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Something that the planner may vary: a factor, or a coordinate of the place."""

    name: str
    unit: str
    """SI."""
    logarithmic: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Belief:
    """What a planner expects of a result, at some conditions or places."""

    result: str
    """Its name, as in the data file."""
    unit: str
    """SI."""
    directions: tuple[Direction, ...]
    points: FloatArray
    """Shape (points, directions), in SI."""
    mean: FloatArray
    """The expected result without the scatter of single sites, shape (points,), in SI."""
    deviation: FloatArray
    """Its standard uncertainty, likewise."""

    def span(self, values: FloatArray) -> tuple[float, float]:
        """Return what colours of its values span: no less than half an interval.

        Within that all is alike, and is to look so.

        Args:
            values: at its points, such as the mean, shape (points,).
        """
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        half = SURE * float(np.nanmedian(self.deviation))
        short = 0.5 * max(0.0, half - (high - low))
        return low - short, high + short

    def plane(self) -> Belief:
        """Return the same over two of its directions: places, or else the first two.

        Over the others it is the mean; of uncertainties, the root of the mean square.
        """
        names = [direction.name for direction in self.directions]
        mapped = next((pair for pair in MAPS if set(pair) <= set(names)), None)
        pair = [0, 1] if mapped is None else [names.index(name) for name in mapped]
        points, where = np.unique(self.points[:, pair], axis=0, return_inverse=True)
        count = np.bincount(where.ravel())
        mean = np.bincount(where.ravel(), self.mean) / count
        deviation = np.sqrt(np.bincount(where.ravel(), self.deviation**2) / count)
        directions = self.directions[pair[0]], self.directions[pair[1]]
        return Belief(self.result, self.unit, directions, points, mean, deviation)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the planner has come towards the end of a run."""

    words: str
    """What is counted, in a phrase that begins in lower case."""
    value: float
    aim: float
    """The run ends when the value is there, or has passed it; NaN where it does not end so."""
    unit: str = "1"


@dataclass(frozen=True, eq=False, slots=True)
class Decision:
    """Why a planner asked for a site, or for no more."""

    reason: str
    """In sentences."""
    beliefs: tuple[Belief, ...] = ()
    progress: tuple[Progress, ...] = ()
    state: Mapping[str, float] = field(default_factory=dict)
    """Numbers of the model that another program needs to follow it, by a name."""
    seed: int | None = None
    """Of what was drawn by chance; None where nothing was."""
    instruction: int | None = None
    """The number of the instruction that it follows, of a person; None where a planner decided."""

    def __post_init__(self) -> None:
        """Refuse what would make a data file too large."""
        for belief in self.beliefs:
            if len(belief.points) > MOST_POINTS:
                raise ValueError(
                    f"a belief about {belief.result} has {len(belief.points)} points; at most "
                    f"{MOST_POINTS} are kept. Give a coarser net."
                )

    @property
    def text(self) -> str:
        """The decision as JSON in ASCII, from which `read` makes the same one."""
        table: dict[str, Any] = {"reason": self.reason}
        if self.seed is not None:
            table["seed"] = self.seed
        if self.instruction is not None:
            table["instruction"] = self.instruction
        if self.state:
            table["state"] = {name: _short(value) for name, value in self.state.items()}
        if self.progress:
            table["progress"] = [
                [p.words, _short(p.value), _short(p.aim), p.unit] for p in self.progress
            ]
        if self.beliefs:
            table["beliefs"] = [_belief(belief) for belief in self.beliefs]
        return json.dumps(table, allow_nan=False, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Decision:
        """Read what `text` gave.

        Raises:
            ValueError: it is no decision.
        """
        try:
            table = json.loads(text)
            return cls(
                str(table["reason"]),
                tuple(map(_read_belief, table.get("beliefs", ()))),
                tuple(
                    Progress(str(words), _number(value), _number(aim), str(unit))
                    for words, value, aim, unit in table.get("progress", ())
                ),
                {str(name): _number(value) for name, value in table.get("state", {}).items()},
                *(
                    None if table.get(name) is None else int(table[name])
                    for name in ("seed", "instruction")
                ),
            )
        except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise ValueError(f"is not a decision of a planner: {error!r}") from error


def _belief(belief: Belief) -> dict[str, Any]:
    return {
        "result": belief.result,
        "unit": belief.unit,
        "directions": [[d.name, d.unit, d.logarithmic] for d in belief.directions],
        "points": [[_short(x) for x in point] for point in belief.points.tolist()],
        "mean": [_short(value) for value in belief.mean.tolist()],
        "deviation": [_short(value) for value in belief.deviation.tolist()],
    }


def _read_belief(table: Mapping[str, Any]) -> Belief:
    directions = tuple(Direction(str(n), str(u), bool(log)) for n, u, log in table["directions"])
    points = [[_number(x) for x in point] for point in table["points"]]
    mean, deviation = ([_number(v) for v in table[name]] for name in ("mean", "deviation"))
    if not len(points) == len(mean) == len(deviation):
        raise ValueError("is not a decision of a planner: its columns differ in length")
    shaped = np.array(points, float).reshape(len(points), len(directions))
    return Belief(
        str(table["result"]), str(table["unit"]), directions, shaped,
        np.array(mean, float), np.array(deviation, float),
    )  # fmt: skip


def _short(value: float) -> float | None:
    """Return a number with a few digits; None for none."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _number(value: object) -> float:
    return math.nan if value is None else float(value)  # type: ignore[arg-type]
