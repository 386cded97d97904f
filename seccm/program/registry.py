"""The kinds of steps that plans may use: the built-in ones, and those of other packages.

A package offers its kinds by entry points of the group `seccm.steps`, each of which names a
`Kind`; a script calls `register`.
"""

from __future__ import annotations

import pkgutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

from seccm.program.kind import Kind

GROUP = "seccm.steps"
"""The package of the built-in kinds, and the group of entry points of all others."""
_registered: dict[str, Kind[Any]] = {}
_listeners: list[Callable[[], None]] = []


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind[Any]]:
    """Return every kind of step by its name, those of the lowest rank first."""
    found: dict[str, Kind[Any]] = {}
    for kind in (*_built_in(), *_installed(), *_registered.values()):
        if found.setdefault(kind.name, kind) is not kind:
            what = f'There are two kinds of step "{kind.name}"; the first one found is used.'
            warnings.warn(what, RuntimeWarning, stacklevel=2)
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[1].rank)))


def kind_of(name: str) -> Kind[Any]:
    """Return a kind by its name.

    Raises:
        LookupError: there is none; says which there are.
    """
    found = kinds().get(name)
    if found is None:
        known = ", ".join(f'"{one}"' for one in kinds())
        raise LookupError(f'"{name}" is no kind of step. There are {known}.')
    return found


def register(kind: Kind[Any]) -> None:
    """Add a kind of step; plans that are read from now on may use it.

    Raises:
        ValueError: another kind has that name.
    """
    if kinds().get(kind.name, kind) is not kind:
        raise ValueError(f'There is a kind of step "{kind.name}" already. Choose another name.')
    _registered[kind.name] = kind
    kinds.cache_clear()
    for listener in _listeners:
        listener()


def on_register(listener: Callable[[], None]) -> None:
    """Have a function called whenever a kind has been added."""
    _listeners.append(listener)


def _built_in() -> Iterator[Kind[Any]]:
    for module in pkgutil.iter_modules(import_module(GROUP).__path__, f"{GROUP}."):
        kind = getattr(import_module(module.name), "KIND", None)
        if isinstance(kind, Kind):
            yield kind


def _installed() -> Iterator[Kind[Any]]:
    for point in entry_points(group=GROUP):
        try:
            kind = point.load()
            if not isinstance(kind, Kind):
                raise TypeError(f"{point.value} is no seccm.Kind")
        except Exception as error:  # a package of somebody else must not stop this program
            what = f'The step "{point.name}" of {point.value} cannot be used: {error!r}.'
            warnings.warn(what, RuntimeWarning, stacklevel=2)
            continue
        yield kind
