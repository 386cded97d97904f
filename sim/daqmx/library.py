"""What `nidaqmx` takes for NI's library: functions that check their arguments as ctypes would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sim.daqmx.card import Card
from sim.daqmx.codes import RefusedError
from sim.daqmx.functions import Functions

FREE = ("DAQmxGetExtendedErrorInfo", "DAQmxGetErrorString", "DAQmxSetRuntimeEnvironment")
"""Functions that look at no hardware and take no time."""
DETACHED = ("DAQmxClearTask",)
"""Functions that need no card; unverified for a card that was pulled out."""


class CFunction:
    """Looks like a function of ctypes: `argtypes`, a call, a status.

    Args:
        call: carries it out, given its arguments.
    """

    def __init__(self, call: Callable[[tuple[Any, ...]], int]) -> None:
        self.argtypes: list[Any] | None = None
        self._call = call

    def __call__(self, *arguments: Any) -> int:
        """Check the arguments, do it, return the status."""
        for argument, kind in zip(arguments, self.argtypes or (), strict=False):
            kind.from_param(argument)
        return self._call(arguments)


class Library:
    """All functions, as attributes.

    Args:
        card: behind them.
    """

    def __init__(self, card: Card) -> None:
        self.calls: Counter[str] = Counter()
        """How often each function was called; for tests."""
        self._card = card
        self._functions = Functions(card)
        for name in dir(Functions):
            if name.startswith("DAQmx"):
                setattr(self, name, CFunction(self._caller(name)))

    def _caller(self, name: str) -> Callable[[tuple[Any, ...]], int]:
        body: Callable[..., int | None] = getattr(self._functions, name)
        card, functions = self._card, self._functions
        free, detached = name in FREE, name in DETACHED

        def call(arguments: tuple[Any, ...]) -> int:
            self.calls[name] += 1
            with card.lock:
                try:
                    if not free:
                        card.call()
                    if not (free or detached):
                        card.refuse_unplugged()
                    return body(*arguments) or 0
                except RefusedError as refused:
                    functions.refused = refused
                    return int(refused.code)

        return call
