"""An open list of kinds: the program's own, those of installed packages, those that a script adds.

A package offers its kinds by entry points of one group; a script registers them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from seccm.installed import entry_points

T = TypeVar("T")
_EVERY: list[OpenKinds[Any]] = []


class OpenKinds(Generic[T]):
    """All kinds of one thing, by name, looked up when they are first asked for.

    Args:
        what: the thing in words, such as "step".
        group: of the entry points that installed packages offer.
        own: yields the program's own kinds.
        name: returns a kind's name.
        fits: refuses what is not a kind, with a TypeError.
        rank: kinds of the lowest rank come first.
    """

    def __init__(
        self,
        what: str,
        group: str,
        own: Callable[[], Iterable[T]],
        name: Callable[[T], str],
        fits: Callable[[T], None],
        rank: Callable[[T], float] = lambda _: 0.0,
    ) -> None:
        self.what, self._group, self._own = what, group, own
        self._name, self._fits, self._rank = name, fits, rank
        self._registered: list[T] = []
        self._found: Mapping[str, T] | None = None
        self._listeners: list[Callable[[], None]] = []
        _EVERY.append(self)

    def all(self) -> Mapping[str, T]:
        """Return every kind by its name, those of the lowest rank first."""
        if self._found is None:
            found: dict[str, T] = {}
            for kind in (*self._own(), *self._installed(), *self._registered):
                if found.setdefault(self._name(kind), kind) is not kind:
                    what = (
                        f'There are two kinds of {self.what} "{self._name(kind)}"; the first one '
                        "found is used."
                    )
                    warnings.warn(what, RuntimeWarning, stacklevel=2)
            ranked = sorted(found.items(), key=lambda item: self._rank(item[1]))
            self._found = MappingProxyType(dict(ranked))
        return self._found

    def of(self, name: str) -> T:
        """Return a kind by its name.

        Raises:
            LookupError: there is none; says which there are.
        """
        found = self.all().get(name)
        if found is None:
            known = ", ".join(f'"{one}"' for one in self.all())
            raise LookupError(f'"{name}" is not a kind of {self.what}. There are {known}.')
        return found

    def are_among(self, names: Collection[str]) -> bool:
        """Tell whether all kinds are among these names; not before they have been looked up."""
        return bool(self._found) and set(self._found or ()) <= set(names)

    def register(self, kind: T) -> None:
        """Add a kind; files that are read from now on may use it.

        Raises:
            TypeError: it is no such kind.
            ValueError: another kind has that name.
        """
        self._fits(kind)
        name = self._name(kind)
        if self.all().get(name, kind) is not kind:
            raise ValueError(
                f'There is a kind of {self.what} "{name}" already. Choose another name.'
            )
        self._registered.append(kind)
        self._found = None
        for listener in self._listeners:
            listener()

    def on_register(self, listener: Callable[[], None]) -> None:
        """Have a function called whenever a kind has been added."""
        self._listeners.append(listener)

    def _installed(self) -> Iterator[T]:
        for point in entry_points(group=self._group):
            try:
                kind: T = point.load()
                self._fits(kind)
            except Exception as error:  # a package of somebody else must not stop this program
                what = f'The {self.what} "{point.name}" of {point.value} cannot be used: {error!r}.'
                warnings.warn(what, RuntimeWarning, stacklevel=2)
                continue
            yield kind


def thing_of(names: Collection[str]) -> str:
    """Return of what packages may bring more kinds than those with these names, such as "step".

    Empty where the names are those of no open list. Whoever has the names of one has looked it up.
    """
    return next((kinds.what for kinds in _EVERY if kinds.are_among(names)), "")
