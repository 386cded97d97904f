"""Finds what is wrong with the values that repeats go over: their names, and who uses them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, get_args

from seccm.errors import Problem
from seccm.factors import Follows
from seccm.placeholder import Placeholder
from seccm.program.settled import following
from seccm.program.tree import arms
from seccm.program.words import If, Repeat, Step
from seccm.suggestion import Suggestion, key_of


def value_problems(program: Sequence[Step], factors: Collection[str]) -> Iterator[Problem]:
    """Find names that stand for two things, and values that no quantity follows.

    Args:
        program: the steps.
        factors: names of the factors of the plan.
    """
    taken = dict.fromkeys(factors, "the name of a factor or of a value of the sites")
    return _problems(program, "program", taken, {})


def _problems(
    steps: Sequence[Step], where: str, taken: Mapping[str, str], units: dict[str, tuple[str, str]]
) -> Iterator[Problem]:
    """Go through a list of steps.

    Args:
        steps: the list.
        where: its key.
        taken: names that stand for something here, and what that is.
        units: of every name so far, the unit of its values, and where it was given.
    """
    for index, step in enumerate(steps):
        key = f"{where}[{index}]"
        if isinstance(step, Repeat):
            yield from _of_repeat(step, key, taken, units)
            inside = dict.fromkeys(step.over, f"what {key} goes over")
            yield from _problems(step.program, f"{key}.program", {**taken, **inside}, units)
        elif isinstance(step, If):
            for name, arm in arms(step):
                yield from _problems(arm, f"{key}.{name}", taken, units)


def _of_repeat(
    step: Repeat, key: str, taken: Mapping[str, str], units: dict[str, tuple[str, str]]
) -> Iterator[Problem]:
    used = set(_used(step.program))
    for name, levels in step.over.items():
        where, unit = f"{key}.over.{name}", levels[0].unit
        other, place = units.setdefault(name, (unit, where))
        if name in taken:
            what = f"{name} is {taken[name]} already: it would be unclear which one ${name} is."
            yield Problem(where, what, "Choose another name.")
        elif name not in used:
            remedy = f'Write "${name}" for a quantity of the steps of this repeat, or remove it.'
            change = Suggestion(key_of(where), "remove") if len(step.over) > 1 else None
            fits = next(_quantities(step.program, f"{key}.program", levels[0].unit), None)
            if fits is not None:
                place, quantity = fits
                remedy = f'Write {quantity} = "${name}" in {place}, or remove it.'
                change = Suggestion((*key_of(place), quantity), "put", f"${name}")
            what = f"no step of this repeat uses ${name}."
            yield Problem(where, what, remedy, suggestion=change)
        elif other != unit:
            what = f"{levels[0]} is not a quantity like those of {place}, which has the same name."
            yield Problem(where, what, "Choose another name.")


def _quantities(steps: Sequence[Step], where: str, unit: str) -> Iterator[tuple[str, str]]:
    """Yield the quantities of a kind that steps give as plain values: the step's key, and theirs.

    Args:
        steps: of a repeat.
        where: their key.
        unit: the SI unit of the kind.
    """
    for index, step in enumerate(steps):
        key = f"{where}[{index}]"
        if isinstance(step, Repeat):
            yield from _quantities(step.program, f"{key}.program", unit)
        elif isinstance(step, If):
            for name, arm in arms(step):
                yield from _quantities(arm, f"{key}.{name}", unit)
        else:
            for name, field in type(step).model_fields.items():
                marks = (*field.metadata, *_marks(field.annotation))
                units = {mark.unit for mark in marks if isinstance(mark, Follows)}
                if unit in units and isinstance(getattr(step, name), float):
                    yield key, name


def _marks(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation is marked with, anywhere inside of it."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)


def _used(steps: Sequence[Step]) -> Iterator[str]:
    """Yield the names that quantities of steps follow, as they stand."""
    for step in steps:
        if isinstance(step, Repeat):
            yield from _used(step.program)
        elif isinstance(step, If):
            for _, arm in arms(step):
                yield from _used(arm)
        else:
            for _, quantity in following(step):
                named = quantity if isinstance(quantity, Placeholder) else quantity.offset
                if isinstance(named, Placeholder):
                    yield from named.names
