"""What `nifpga` takes for NI's library: functions that are called through C, with a status each.

A function that is not here is not there: `nifpga` then answers with the error of a library of
another version, so that a gap is loud.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from sim.daqmx.clock import Time
from sim.fpga import bitfile
from sim.fpga.axes import CLOCK
from sim.fpga.target import Mishaps, Target, room, words_of

OK, TIMEOUT, RUNNING_ALREADY = 0, -50400, 61003
HARDWARE_FAULT, SIGNATURE, SESSION, INTERNAL = -63150, -63106, -63195, -61499
PREFIX = "NiFpgaDll_"
NO_RUN = NO_RESET = 1
_KINDS = {"Boolean": "Bool", "I16": "I16", "U8": "U8", "I32": "I32", "U32": "U32", "U64": "U64"}
_MILLISECOND = CLOCK // 1000


class CFunction:
    """Looks like a function of ctypes; every call goes through C, with its conversions.

    Args:
        name: of the symbol.
        body: carries it out.
    """

    def __init__(self, name: str, body: Callable[..., int]) -> None:
        self.__name__ = name
        self._body = body
        self._call: Callable[..., int] = body
        self._types: list[Any] = []
        self.restype: Any = ctypes.c_int32

    @property
    def argtypes(self) -> list[Any]:
        """Types of the arguments."""
        return self._types

    @argtypes.setter
    def argtypes(self, types: list[Any]) -> None:
        self._types = types
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *types)(self._body)

    def __call__(self, *arguments: Any) -> int:
        """Convert the arguments as C does, do it, return the status."""
        return self._call(*arguments)


class RefusedError(Exception):
    """A call fails with a status.

    Args:
        status: of NI's library.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class Library:
    """All functions, as attributes.

    Args:
        target: behind them.
        time: that passes in calls and waits, in ticks of 100 MHz.
        mishaps: that happen.
        lock: held while inside.
    """

    def __init__(self, target: Target, time: Time, mishaps: Mishaps, lock: Any) -> None:
        self.calls: Counter[str] = Counter()
        """How often each function was called; for tests."""
        self.failures: list[BaseException] = []
        """Mistakes of the stand-in itself; for tests."""
        self.target = target
        self.sessions = 0
        self._time, self._mishaps, self._lock = time, mishaps, lock
        self._names = {at: name for name, at in bitfile.offsets().items()}
        self._fifos = {fifo.number: name for name, fifo in bitfile.FIFOS.items()}
        self._bodies: dict[str, Callable[..., int | None]] = {
            name.removeprefix("_on_"): getattr(self, name)
            for name in dir(type(self))
            if name.startswith("_on_")
        }
        for kind in _KINDS.values():
            self._bodies |= {f"Read{kind}": self._read, f"Write{kind}": self._write}

    def __getattr__(self, symbol: str) -> CFunction:
        name = symbol.removeprefix(PREFIX)
        bodies: dict[str, Callable[..., int | None]] = self.__dict__.get("_bodies", {})
        if not symbol.startswith(PREFIX) or name not in bodies:
            raise AttributeError(symbol)
        return CFunction(symbol, self._caller(name, bodies[name]))

    def kill(self) -> None:
        """Let the host die: nobody closes the session in order."""
        self.sessions = 0
        if self.target.config.dies == "reset":
            self.target.reset()

    def pass_time(self, seconds: float) -> None:
        """Let time pass without a call; for tests."""
        with self._lock:
            now = self.target.now + round(seconds * CLOCK)
            self.target.live(self._time.wait(now * 5 // 2) * 2 // 5)

    def _caller(self, name: str, body: Callable[..., int | None]) -> Callable[..., int]:
        def call(*arguments: Any) -> int:
            self.calls[name] += 1
            with self._lock:
                try:
                    self.target.live(self._time.call() * 2 // 5)
                    self._refuse_failing()
                    return body(*arguments) or OK
                except RefusedError as refused:
                    return refused.status
                except Exception as error:  # C knows no exceptions
                    self.failures.append(error)
                    return INTERNAL

        return call

    def _refuse_failing(self) -> None:
        fails, now = self.target.config.fails_at, self.target.now
        if self._mishaps.unplugged(now * 5 // 2) or (fails is not None and now >= fails * CLOCK):
            raise RefusedError(HARDWARE_FAULT)

    # Sessions.

    def _on_Open(self, path: bytes, signature: bytes, resource: bytes, how: int, out: Any) -> None:
        if signature.decode() != bitfile.SIGNATURE:
            raise RefusedError(SIGNATURE)
        self.sessions += 1
        out[0] = 77
        if self.target.config.download_on_open:
            self.target.reset()
            self.target.run()
            self.target.reset()
        if not how & NO_RUN:
            self.target.run()

    def _on_Close(self, session: int, how: int) -> None:
        self.sessions -= 1
        if not how & NO_RESET:
            self.target.reset()

    def _on_Run(self, session: int, how: int) -> int:
        return OK if self.target.run() else RUNNING_ALREADY

    def _on_Reset(self, session: int) -> None:
        self.target.reset()

    def _on_GetFpgaViState(self, session: int, out: Any) -> None:
        out[0] = self.target.state

    # Registers.

    def _read(self, session: int, at: int, out: Any) -> None:
        out[0] = self.target.read(self._names[at])

    def _write(self, session: int, at: int, value: int) -> None:
        self.target.registers[self._names[at]] = int(value)

    def _on_ReadArrayU32(self, session: int, at: int, out: Any, count: int) -> None:
        out[0] = self.target.registers[self._names[at]] & 0xFFFFFFFF

    def _on_WriteArrayU32(self, session: int, at: int, data: Any, count: int) -> None:
        self.target.registers[self._names[at]] = int(data[0])

    # Queues.

    def _on_ConfigureFifo2(self, session: int, fifo: int, wanted: int, out: Any) -> None:
        out[0] = -(-wanted // 4096) * 4096

    def _on_StartFifo(self, session: int, fifo: int) -> None:
        pass

    def _on_StopFifo(self, session: int, fifo: int) -> None:
        self.target.purge(self._fifos[fifo])

    def _on_WriteFifoI16(
        self, session: int, fifo: int, data: Any, count: int, ms: int, out: Any
    ) -> None:
        full = self.target.config.full_at
        words = np.ctypeslib.as_array(data, (count,)).tolist()
        if full is not None and self.target.now >= full * CLOCK:
            words_of(self.target, words[:5])
            out[0] = 0
            raise RefusedError(TIMEOUT)
        words_of(self.target, words)
        out[0] = room(self.target)

    def _on_ReadFifoI16(
        self, session: int, fifo: int, data: Any, count: int, ms: int, out: Any
    ) -> None:
        target = self.target
        due = target.now + ms * _MILLISECOND
        while (there := target.waiting()) < count and target.now < due:
            self._wait(min(due, target.now + self._short_of(count - there)))
            self._refuse_failing()
        out[0] = there
        if there < count:
            raise RefusedError(TIMEOUT)
        if count:
            np.ctypeslib.as_array(data, (count,))[:] = target.take(count)
            out[0] = there - count

    def _short_of(self, words: int) -> int:
        """Return the ticks until so many words can have come."""
        registers = self.target.registers
        row = (1 << registers["2^(-n)"]) * registers["Buffer Loop Wait Time (tICKS)"]
        return max(_MILLISECOND // 4, (words // 14) * row)

    def _wait(self, until: int) -> None:
        self._lock.release()
        try:
            now = self._time.wait(-(-until * 5 // 2))
        finally:
            self._lock.acquire()
        self.target.live(now * 2 // 5)
