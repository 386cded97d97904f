"""The kinds of steps that plans may use: the built-in ones, and those of other packages.

A package offers its kinds by entry points of the group `seccm.steps`, each of which names a
`Kind`; a script calls `register`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from seccm.open_kinds import OpenKinds
from seccm.program.kind import Kind

GROUP = "seccm.steps"
"""The package of the built-in kinds, and the group of entry points of all others."""


def _built_in() -> Iterator[Kind[Any]]:
    for module in pkgutil.iter_modules(import_module(GROUP).__path__, f"{GROUP}."):
        kind = getattr(import_module(module.name), "KIND", None)
        if isinstance(kind, Kind):
            yield kind


def _refuse_other(kind: object) -> None:
    if not isinstance(kind, Kind):
        raise TypeError(f"{kind!r} is not a seccm.Kind")


_KINDS: OpenKinds[Kind[Any]] = OpenKinds(
    "step", GROUP, _built_in, lambda kind: kind.name, _refuse_other, lambda kind: kind.rank
)


def kinds() -> Mapping[str, Kind[Any]]:
    """Return every kind of step by its name, those of the lowest rank first."""
    return _KINDS.all()


def kind_of(name: str) -> Kind[Any]:
    """Return a kind by its name.

    Raises:
        LookupError: there is none; says which there are.
    """
    return _KINDS.of(name)


def register(kind: Kind[Any]) -> None:
    """Add a kind of step; plans that are read from now on may use it.

    Raises:
        TypeError: it is not a kind.
        ValueError: another kind has that name.
    """
    _KINDS.register(kind)


def on_register(listener: Callable[[], None]) -> None:
    """Have a function called whenever a kind has been added."""
    _KINDS.on_register(listener)
