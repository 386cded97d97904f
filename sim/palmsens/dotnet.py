"""Modules that look like .NET's as far as `pypalmsens` touches them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ROOTS = ("PalmSens", "System", "clr", "pythonnet")


class Named(type):
    """A class of a namespace: whatever is asked of it is another class in it."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = thing(name)
        setattr(cls, name, made)
        return made

    def __getitem__(cls, of: object) -> Any:
        """A generic type is the same of everything."""
        return cls


class Net(metaclass=Named):
    """An object of a class that nobody needs to know more of: it keeps what it is given."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.given, self.named = given, named

    def __getitem__(self, key: object) -> Any:
        return self.named.get(str(key))

    def __setitem__(self, key: object, value: object) -> None:
        self.named[str(key)] = value

    def __len__(self) -> int:
        return len(self.named)

    def __call__(self, *given: Any) -> Any:
        """A delegate calls what it was made of."""
        return self.given[0](*given) if self.given and callable(self.given[0]) else None


def thing(name: str) -> Any:
    """Make what a name of a namespace stands for."""
    if name.endswith("Exception"):
        return type(name, (Exception,), {"Message": property(str)})
    return Named(name, (Net,), {})


class Value:
    """A value of an enumeration."""

    def __init__(self, name: str, number: int = 0) -> None:
        self.name, self.number = name, number

    def __str__(self) -> str:
        return self.name

    ToString = __str__

    def __int__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return str(other) == self.name or other == self.number

    def __hash__(self) -> int:
        return hash(self.name)


class Enumeration(type):
    """An enumeration that has every name."""

    def __getattr__(cls, name: str) -> Value:
        if name.startswith("__"):
            raise AttributeError(name)
        return Value(name)


class Event:
    """An event: handlers are added and taken away by `+=` and `-=`."""

    def __init__(self) -> None:
        self._handlers: list[Any] = []

    def __iadd__(self, handler: Any) -> Event:
        self._handlers.append(handler)
        return self

    def __isub__(self, handler: Any) -> Event:
        if handler in self._handlers:
            self._handlers.remove(handler)
        return self

    def fire(self, *told: Any) -> None:
        """Call every handler."""
        for handler in list(self._handlers):
            handler(*told)


class Done:
    """A task that is over."""

    IsCompleted = True
    IsCanceled = False

    def __init__(self, result: Any = None, error: Exception | None = None) -> None:
        self._result, self._error = result, error
        self.IsFaulted = error is not None

    @property
    def Exception(self) -> Any:
        """What it ended with."""
        return self

    def GetBaseException(self) -> Any:
        """The same."""
        return self._error

    def GetAwaiter(self) -> Done:
        """Itself."""
        return self

    def OnCompleted(self, action: Any) -> None:
        """It is completed already."""
        action()

    def GetResult(self) -> Any:
        """What came of it."""
        return self._result


class Space(ModuleType):
    """A namespace: whatever is asked of it is a class in it."""

    def __init__(self, name: str, known: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self._known = known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        whole = f"{self.__name__}.{name}"
        made = self._known.get(whole)
        if made is None and any(known.startswith(f"{whole}.") for known in self._known):
            made = Space(whole, self._known)
        made = thing(name) if made is None else made
        setattr(self, name, made)
        return made


class _Finder(MetaPathFinder, Loader):
    """Gives namespaces in the place of modules."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self._known = known

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in ROOTS:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Space(spec.name, self._known)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


@contextmanager
def in_place(known: Mapping[str, Any]) -> Iterator[None]:
    """Have the stand-ins found in the place of the real modules, while something is imported."""
    before = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in ROOTS
    }
    finder = _Finder(known)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.split(".")[0] in ROOTS]:
            del sys.modules[name]
        sys.modules.update(before)
