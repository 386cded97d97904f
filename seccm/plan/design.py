"""Which condition is tried where: the design of a screen."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Literal

import numpy as np
from pydantic import model_validator

from seccm.arrays import IntArray
from seccm.errors import Problem
from seccm.factors import Condition, Level
from seccm.mistakes import Mistakes
from seccm.plan.places import Places, shuffled
from seccm.quantities import Count, Model, Seed, Words
from seccm.suggestion import Suggestion
from seccm.typography import counted

Factors = Mapping[str, tuple[Level, ...]]
MOST = 10_000
"""Conditions in one plan; a guard against factors that multiply."""


class Design(Model):
    """How conditions are made from the factors, and shared out among the sites."""

    kind: Literal["factorial", "listed"] = "factorial"
    """Factorial: every combination of levels. Listed: these and no others."""
    conditions: tuple[dict[Words, Level], ...] = ()
    """For a listed design: the level of each factor in each condition."""
    repeats: Count | None = None
    """How many sites each condition gets; without it, as many as there are."""
    assign: Literal["rows", "columns", "interleaved", "shuffled"] = "interleaved"
    """Rows, columns: a condition to each, from the first again when there are more. Interleaved:
    one condition after the other along the visits. Shuffled: the same, but each round of all
    conditions in a new random order, so that drift cannot pass for an effect."""
    seed: Seed = 0
    """For shuffling."""

    @model_validator(mode="after")
    def _listed_alike(self) -> Design:
        """Refuse conditions without a list, and lists whose conditions differ in kind."""
        if self.kind == "factorial":
            if self.conditions:
                raise ValueError('conditions go with kind = "listed"; a factorial has [factors]')
            return self
        if not self.conditions:
            raise Mistakes([Problem("conditions", "is missing; a listed design lists them.")])
        first = self.conditions[0]
        wrong = []
        if not first:
            wrong.append(Problem("conditions[0]", "sets nothing.", 'Write { j = "1 mA/cm^2" }.'))
        for index, condition in enumerate(self.conditions[1:], start=1):
            where = f"conditions[{index}]"
            if condition.keys() != first.keys():
                has, wanted = (", ".join(c) or "nothing" for c in (condition, first))
                wrong.append(Problem(where, f"sets {has}, but the first one sets {wanted}."))
            for name in condition.keys() & first.keys():
                if condition[name].unit != first[name].unit:
                    what = (
                        f"{condition[name]} is not a quantity like {first[name]} in the first one."
                    )
                    wrong.append(Problem(f"{where}.{name}", what))
        if wrong:
            raise Mistakes(wrong)
        return self


def levels_of(factors: Factors, design: Design) -> Factors:
    """Return the levels of each factor, whichever way the plan gives them."""
    if design.kind == "factorial":
        return factors
    names = design.conditions[0]
    return {name: tuple(c[name] for c in design.conditions) for name in names}


def conditions_of(factors: Factors, design: Design) -> tuple[Condition, ...]:
    """Return the conditions; one without levels if nothing varies. The last factor runs fastest."""
    if design.kind == "listed":
        return tuple(Condition(tuple(c.items())) for c in design.conditions)
    return tuple(
        Condition(tuple(zip(factors, levels, strict=True))) for levels in product(*factors.values())
    )


def assigned(design: Design, places: Places, conditions: int) -> IntArray:
    """Return the condition of each place, as indices, in the order of the visits."""
    if design.assign == "rows":
        return places.iy % conditions
    if design.assign == "columns":
        return places.ix % conditions
    if design.assign == "interleaved":
        return np.arange(len(places)) % conditions
    rounds = -(-len(places) // conditions)
    order = [i for r in range(rounds) for i in shuffled(conditions, design.seed * 1_000_003 + r)]
    return np.array(order[: len(places)])


def design_problems(factors: Factors, design: Design, places: Places | None) -> list[Problem]:
    """Find what does not fit between factors, design and places; None where they are unknown."""
    if design.kind == "listed" and factors:
        what = "cannot be used with a listed design, whose conditions have their own levels."
        remedy = "Remove [factors], or the conditions of [design]."
        return [Problem("factors", what, remedy, suggestion=Suggestion(("factors",), "remove"))]
    count = len(design.conditions) or math.prod(len(levels) for levels in factors.values())
    if count > MOST:
        return [Problem("factors", f"give {count} conditions, more than {MOST}.")]
    twice = [*_said_twice(factors, design)]
    return [*twice, *_sharing_problems(design, places, count)] if places is not None else twice


def _said_twice(factors: Factors, design: Design) -> Iterator[Problem]:
    for name, levels in factors.items():
        for level, number in Counter(levels).items():
            if number > 1:
                remedy = "Ask for more sites for each condition with design.repeats."
                yield Problem(f"factors.{name}", f"lists {level} {number} times.", remedy)
    for index, condition in enumerate(design.conditions):
        first = design.conditions.index(condition)
        if first < index:
            remedy = "Ask for more sites for each condition with design.repeats."
            where = f"design.conditions[{index}]"
            yield Problem(where, f"is the same as conditions[{first}].", remedy)


def _sharing_problems(design: Design, places: Places, count: int) -> Iterator[Problem]:
    if design.assign in ("rows", "columns") and not places.on_grid:
        what = f'"{design.assign}" needs a grid; the sites are a list of points.'
        put = Suggestion(("design", "assign"), "put", "interleaved")
        remedy = 'Assign them "interleaved" or "shuffled".'
        yield Problem("design.assign", what, remedy, suggestion=put)
        return
    sites = np.bincount(assigned(design, places, count), minlength=count)
    without = int((sites == 0).sum())
    if without:
        what = f"{without} of {count} conditions get none of the {len(places)} sites."
        more = design.assign if design.assign in ("rows", "columns") else "sites"
        yield Problem("design", what, f"Give the plan more {more}, or fewer conditions.")
    elif design.repeats is not None and (sites != design.repeats).any():
        has = f"{sites.min()} to {sites.max()} sites"
        what = f"asks for {counted(design.repeats, 'site')} for each condition, but they get {has}."
        remedy = (
            f"{count} conditions need {counted(design.repeats * count, 'site')}, not {len(places)}."
        )
        yield Problem("design.repeats", what, remedy)
