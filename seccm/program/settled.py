"""Puts numbers in the place of quantities that follow something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from seccm.earlier import Earlier
from seccm.placeholder import Placeholder

M = TypeVar("M", bound=BaseModel)


def settled(model: M, number: Callable[[Any], Any]) -> M:
    """Return a part of a plan with numbers for what follows something else.

    Args:
        model: the part, with all that is inside of it.
        number: gives the SI value of a quantity that follows a factor or an earlier step, or the
            quantity itself where that is not known yet.
    """
    if not following(model):
        return model
    changed = {}
    for name, value in vars(model).items():
        other = _settled(value, number)
        if other is not value:
            changed[name] = other
    return model.model_copy(update=changed) if changed else model


def _settled(value: Any, number: Callable[[Any], Any]) -> Any:
    if isinstance(value, Placeholder | Earlier):
        return number(value)
    if isinstance(value, BaseModel):
        return settled(value, number)
    if isinstance(value, tuple):
        items = tuple(_settled(item, number) for item in value)
        same = all(a is b for a, b in zip(items, value, strict=True))
        return value if same else items
    return value


def following(model: BaseModel) -> tuple[tuple[str, Earlier | Placeholder], ...]:
    """Return what follows something else, each with its key in the part of the plan."""
    return _found_in(_Same(model))


def earlier_in(model: BaseModel) -> list[tuple[str, Earlier]]:
    """Return what follows an earlier step, each with its key in the part of the plan."""
    return [(key, one) for key, one in following(model) if isinstance(one, Earlier)]


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A part of a plan that equals itself alone: comparing what is inside would take too long."""

    model: BaseModel

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.model is self.model

    def __hash__(self) -> int:
        return id(self.model)


@lru_cache(maxsize=4096)
def _found_in(same: _Same) -> tuple[tuple[str, Earlier | Placeholder], ...]:
    """Go through a part of a plan; each of its sites and turns asks again for the same parts."""
    return tuple(one for name, value in vars(same.model).items() for one in _following(name, value))


def _following(key: str, value: Any) -> list[tuple[str, Earlier | Placeholder]]:
    if isinstance(value, Earlier | Placeholder):
        return [(key, value)]
    if isinstance(value, BaseModel):
        return [(f"{key}.{name}", one) for name, one in following(value)]
    if isinstance(value, tuple):
        items = (_following(f"{key}[{k}]", item) for k, item in enumerate(value))
        return [one for item in items for one in item]
    return []
