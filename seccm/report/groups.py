"""The sites of a scan by their conditions, with the words and the colour of each condition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from seccm import typography
from seccm.analysis import scales
from seccm.arrays import BoolArray
from seccm.factors import Condition
from seccm.plan import Plan
from seccm.plan.recipe import conditions_among
from seccm.plan.site import Site
from seccm.units import show

_DIGITS = (3, 4, 6, 9, 17)
"""Digits with which the levels of conditions are written: as few as tell them apart."""


@dataclass(frozen=True, slots=True)
class Group:
    """The sites of one condition."""

    condition: int
    label: str
    """The condition in words; short where a title says the rest."""
    colour: str
    sites: npt.NDArray[np.int64]
    """Numbers of all its sites, in visiting order."""
    counted: npt.NDArray[np.int64]
    """Those of them that came to their regular end: they enter means and statistics."""


class Groups:
    """The conditions by rising size of their levels, coloured from dark to light.

    Args:
        plan: None if it cannot be read; the conditions then have numbers only.
        planned: the sites whose own conditions are known.
        condition: number of each site's condition, shape (sites,).
        counted: which sites came to their regular end, shape (sites,).
    """

    def __init__(
        self,
        plan: Plan | None,
        planned: Collection[Site],
        condition: npt.NDArray[np.int64],
        counted: BoolArray,
    ) -> None:
        self._planned = planned
        self.conditions: Sequence[Condition] = conditions_among(plan, planned) if plan else ()
        """The conditions of the plan, and those that a planner thought of; none without a plan."""
        numbers = sorted(set(condition.tolist()))
        levels = {n: self._levels(n) for n in numbers}
        numbers.sort(key=lambda n: tuple(abs(v) for v in levels[n]))
        colours = scales.ordered(len(numbers))[: len(numbers)]
        labels = self._labels(numbers)
        self._groups = tuple(
            Group(
                n,
                label,
                colour,
                np.flatnonzero(condition == n),
                np.flatnonzero((condition == n) & counted),
            )
            for n, label, colour in zip(numbers, labels, colours, strict=True)
        )

    def __iter__(self) -> Iterator[Group]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)

    def __getitem__(self, index: int) -> Group:
        return self._groups[index]

    @property
    def several(self) -> bool:
        """Whether the sites are of more than one condition, so that nothing may be pooled."""
        return len(self._groups) > 1

    @cached_property
    def legend_title(self) -> str:
        """What the labels of the groups are about; empty if they say so themselves."""
        name = self._telling
        if name is None:
            return ""
        unit = self.conditions[0].units[name]
        return scales.scale(unit, self._levels_of(name)).label(scales.symbol(name))

    def named(self, group: Group) -> str:
        """Return a condition as the title of a panel: what varies, and its value."""
        name, _, unit = self.legend_title.partition(" (")
        return f"{name} = {group.label} {unit.rstrip(')')}".rstrip() if name else group.label

    def words(self, group: Group) -> str:
        """Return a condition in full, for tables."""
        chosen = self._chosen(group.condition)
        return (typography.readable(chosen.label) if chosen is not None else "") or group.label

    def besides_imposed(self, group: Group, step: int) -> str:
        """Return what of a condition does not say what a step imposes, in words; may be empty."""
        chosen = self._chosen(group.condition)
        if chosen is None:
            return ""
        return _in_words(chosen, [name for name in chosen if name not in self._imposing(step)])

    def _imposing(self, step: int) -> set[str]:
        """Return the factors each of whose levels goes with one value that a step imposes."""
        imposed = {
            site.condition: site.segments[step].waveform.extremes
            for site in self._planned
            if step < len(site.segments)
        }
        found = set()
        for name in self.conditions[0] if self.conditions else ():
            pairs = {(self.conditions[n][name], value) for n, value in imposed.items()}
            several = len({value for _, value in pairs}) > 1
            if several and len(pairs) == len({level for level, _ in pairs}):
                found.add(name)
        return found

    def _chosen(self, condition: int) -> Condition | None:
        """Return a condition by its number; None where the plan does not know it."""
        return self.conditions[condition] if condition < len(self.conditions) else None

    def _levels(self, condition: int) -> tuple[float, ...]:
        chosen = self._chosen(condition)
        return () if chosen is None else tuple(chosen.values())

    def _levels_of(self, name: str) -> list[float]:
        return [condition[name] for condition in self.conditions]

    @cached_property
    def _telling(self) -> str | None:
        """The first factor, if its level alone tells the conditions apart."""
        if len(self.conditions) < 2:
            return None
        first = next(iter(self.conditions[0]))
        levels = set(self._levels_of(first))
        return first if len(levels) == len(self.conditions) else None

    def _labels(self, conditions: Sequence[int]) -> list[str]:
        """Label conditions with as few digits as tell them apart."""
        found: list[str] = []
        for digits in _DIGITS:
            found = [self._label(n, digits) for n in conditions]
            if len(set(found)) == len(found):
                break
        return found

    def _label(self, condition: int, digits: int) -> str:
        chosen = self._chosen(condition)
        if chosen is None:
            return f"condition {condition + 1}"
        if not chosen:
            return "all sites"
        if self._telling is None:
            return _in_words(chosen, list(chosen), digits)
        scale = scales.scale(chosen.units[self._telling], self._levels_of(self._telling))
        return _rounded(float(scale(chosen[self._telling])), digits)


def _in_words(chosen: Condition, names: Sequence[str], digits: int = 3) -> str:
    parts = (f"{name} = {show(chosen[name], chosen.units[name], digits)}" for name in names)
    return typography.readable(", ".join(parts))


def _rounded(value: float, digits: int) -> str:
    """Write a level with so many digits and a real minus sign."""
    decimals = digits - 1 if 0.095 <= abs(value) < 100 else None
    text = f"{value:.{decimals}f}" if decimals is not None else f"{value:.{digits}g}"
    return text.replace("-", "−")
