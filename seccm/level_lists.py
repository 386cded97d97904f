"""Lists of levels: of factors, and of repeats over values; one by one, or as ranges.

A range is written `{ from = "4.1 V", to = "3.5 V", step = "100 mV" }`, or with `count = 7` in the
place of `step`; with `spacing = "log"` each of these is as many times the one before it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, TypeGuard

from pydantic import BeforeValidator, Field

from seccm.errors import Problem
from seccm.factors import Level
from seccm.mistakes import Mistakes, written
from seccm.units import NotAQuantity

MOST = 10_000
"""Levels in one range; a guard against slips of the keyboard."""
_KEYS = ("from", "to", "step", "count", "spacing")
_DIGITS = 12
"""Significant digits of the levels of a range: 3.8 V is 3.8 V, and not 3.7999999999999998 V."""


def spelled_out(given: object) -> object:
    """Return a list of levels with the levels of its ranges in their place.

    Raises:
        Mistakes: a range is wrong.
    """
    if _is_range(given):
        return _range(given, "")
    if not isinstance(given, list | tuple):
        return given
    found: list[Any] = []
    for index, one in enumerate(given):
        found += _range(one, f"[{index}]") if _is_range(one) else [one]
    return found


LevelList = Annotated[tuple[Level, ...], Field(min_length=1), BeforeValidator(spelled_out)]
"""One or more levels of a factor, or of what a repeat goes over."""


def named_levels(given: object) -> dict[str, tuple[Level, ...]]:
    """Return what can be read of lists of levels; an unreadable one is known by its name alone."""
    levels: dict[str, tuple[Level, ...]] = {}
    for name, values in given.items() if isinstance(given, Mapping) else ():
        try:
            listed = spelled_out(values)
            levels[str(name)] = tuple(Level.read(value) for value in listed)  # type: ignore[attr-defined]
        except (ValueError, TypeError):
            levels[str(name)] = ()
    return levels


def _is_range(given: object) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(given, Mapping) and bool(given.keys() & {"from", "to"})


def _range(given: Mapping[Any, Any], where: str) -> list[Level]:
    """Return the levels of a range."""

    def at(key: str) -> str:
        return f"{where}.{key}" if where else key

    wrong = [
        Problem(at(str(key)), "is not a known key of a range.", f"A range has {', '.join(_KEYS)}.")
        for key in given
        if key not in _KEYS
    ]
    ends: list[Level] = []
    for key in ("from", "to", *(("step",) if "step" in given else ())):
        try:
            ends.append(Level.read(given[key]))
        except KeyError:
            wrong.append(Problem(at(key), "is missing.", "A range has two ends."))
        except NotAQuantity as error:
            wrong.append(Problem(at(key), f"{error.told('')}."))
        except ValueError as error:
            wrong.append(Problem(at(key), f"{error}."))
    if wrong:
        raise Mistakes(wrong)
    first, last = ends[:2]
    if other := next((end for end in ends if end.unit != first.unit), None):
        what = f"{other} is not a quantity like {first}."
        raise Mistakes([Problem(where, what, "Give all of a range in units of one kind.")])
    spacing = given.get("spacing", "linear")
    if spacing not in ("linear", "log"):
        what = f'must be "linear" or "log", not {written(spacing)}.'
        raise Mistakes([Problem(at("spacing"), what)])
    if ("step" in given) == ("count" in given) or (spacing == "log" and "step" in given):
        key = "count" if spacing == "log" else "step or count"
        what = f"needs {key}, one of them: how far apart its values are, or how many there are."
        raise Mistakes([Problem(where, what, "Write a whole number of values as count.")])
    if "step" in given:
        count = _count_of_steps(first, last, ends[2], at("step"))
    else:
        count = given["count"]
        if not isinstance(count, int) or isinstance(count, bool) or not 2 <= count <= MOST:
            what = f"must be a whole number from 2 to {MOST}, not {written(count)}."
            raise Mistakes([Problem(at("count"), what)])
    if spacing == "log" and not first.value * last.value > 0.0:
        what = f"goes from {first} to {last}: both must have the same sign, and neither be zero."
        raise Mistakes([Problem(where, what, 'Use spacing = "linear".')])
    return [Level(_between(first.value, last.value, k / (count - 1), spacing), first.unit)
            for k in range(count)]  # fmt: skip


def _count_of_steps(first: Level, last: Level, step: Level, where: str) -> int:
    """Return how many levels a range has, both ends included."""
    way, size = last.value - first.value, abs(step.value)
    steps = abs(way) / size if size > 0.0 else math.inf
    if not 1.0 - 1e-9 <= steps <= MOST:
        what = f"{step} makes {'no' if steps < 1.0 else 'too many'} steps from {first} to {last}."
        raise Mistakes([Problem(where, what, "Give another one, or write count.")])
    if abs(steps - round(steps)) > 1e-6 * steps:
        what = f"{step} does not go into the way from {first} to {last}: {steps:.4g} times."
        raise Mistakes([Problem(where, what, "Change it, or an end, or write count instead.")])
    return round(steps) + 1


def _between(first: float, last: float, share: float, spacing: str) -> float:
    if share in (0.0, 1.0):
        return last if share else first
    way = last - first
    value = first * (last / first) ** share if spacing == "log" else first + way * share
    return float(f"{value:.{_DIGITS}g}")
