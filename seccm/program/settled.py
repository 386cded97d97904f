"""Puts numbers in the place of quantities that follow something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from seccm.factors import Placeholder

M = TypeVar("M", bound=BaseModel)


def settled(model: M, number: Callable[[Any], Any]) -> M:
    """Return a part of a plan with numbers for what follows a factor.

    Args:
        model: the part, with all that is inside of it.
        number: gives the SI value of a quantity that follows something else.
    """
    changed = {}
    for name, value in model:
        other = _settled(value, number)
        if other is not value:
            changed[name] = other
    return model.model_copy(update=changed) if changed else model


def _settled(value: Any, number: Callable[[Any], Any]) -> Any:
    if isinstance(value, Placeholder):
        return number(value)
    if isinstance(value, BaseModel):
        return settled(value, number)
    if isinstance(value, tuple):
        items = tuple(_settled(item, number) for item in value)
        same = all(a is b for a, b in zip(items, value, strict=True))
        return value if same else items
    return value
