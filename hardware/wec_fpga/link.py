"""The session with the target: every access by name, with its range checked and its errors told.

The package cuts integers to fit without a word, and reports some errors as warnings; neither passes
here. A session is opened without running, and closed without resetting; only powering up runs and
resets (`hardware.wec_fpga.power_up`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import nifpga
import numpy as np
from nifpga.statuscheckedlibrary import LibraryNotFoundError

from hardware.wec_fpga import contract
from hardware.wec_fpga.frames import WORDS
from seccm.arrays import IntArray
from seccm.errors import DriverError, LimitError, RigError, StreamError

T = TypeVar("T")
ROWS = 114_688
"""Words of the queue of rows on the host's side."""
LINES = 1 << 20
"""Words of the queue of lines on the host's side."""
FULL = 32_767
"""Words of the queue of rows on the target, beyond which nobody knows what it does."""


class Link:
    """An open session.

    Args:
        bitfile: path of the .lvbitx.
        resource: the target's name.

    Raises:
        RigError: file, library or target are missing, or the file is of another program.
    """

    def __init__(self, bitfile: str, resource: str) -> None:
        self.where = resource
        # For good: another thread may be inside at any time.
        warnings.filterwarnings("error", category=nifpga.WarningStatus)
        try:
            parsed = nifpga.Bitfile(bitfile)
        except Exception as error:  # whatever a parser of XML may raise
            raise RigError(
                "bitfile",
                resource,
                f"{bitfile} cannot be read as a bitfile ({error}). Nothing moved.",
                "Give the .lvbitx of the program that runs on the target.",
            ) from error
        self._refuse_another(parsed, bitfile)
        self.signature = str(parsed.signature)
        try:
            self._session = self._told(
                lambda: nifpga.Session(parsed, resource, no_run=True), "open"
            )
        except LibraryNotFoundError as error:
            raise RigError(
                "no-driver",
                resource,
                "NI's FPGA library (NiFpga) is not on this computer. Nothing moved.",
                "Install NI's FPGA Interface C API runtime, which comes with NI-RIO.",
            ) from error
        self._registers = self._session.registers
        self._out = self._session.fifos[contract.TO_TARGET]
        self._in = self._session.fifos[contract.TO_HOST]

    # Registers.

    def read(self, name: str) -> int:
        """Return a register as a number.

        Raises:
            DriverError: the library refuses.
        """
        register = self._registers[name]
        return int(self._told(register.read, f"read {name}"))

    def write(self, name: str, value: int) -> None:
        """Write a register.

        Raises:
            LimitError: the number does not fit; nothing was written.
            DriverError: the library refuses.
        """
        kind = contract.REGISTERS[name]
        lower, upper = contract.LIMITS[kind]
        if not lower <= value <= upper:
            raise LimitError(
                "out-of-words",
                name,
                f"{value} does not fit into a number of type {kind}, {lower} to {upper}; nothing "
                "was written.",
            )
        register = self._registers[name]
        data = bool(value) if kind == "Bool" else value
        self._told(lambda: register.write(data), f"write {name}")

    def settle(self, wanted: Mapping[str, int]) -> None:
        """Write registers and read them back.

        Raises:
            RigError: one of them reads otherwise.
        """
        for name, value in wanted.items():
            self.write(name, value)
        for name, value in wanted.items():
            found = self.read(name)
            if found != value:
                raise RigError(
                    "not-written",
                    self.where,
                    f'register "{name}" reads {found} after {value} was written; nothing moved.',
                    "See that no other program speaks to the target.",
                )

    @property
    def running(self) -> bool:
        """Whether the program on the target runs."""
        state = self._told(lambda: self._session.fpga_vi_state, "look at its state")
        return bool(state is nifpga.FpgaViState.Running)

    def reset(self) -> None:
        """Stop the program; for powering up only.

        Raises:
            DriverError: the library refuses.
        """
        self._told(self._session.reset, "reset")

    def run(self) -> None:
        """Start the program, which moves the outputs; for powering up only.

        Raises:
            DriverError: the library refuses.
        """
        self._told(self._session.run, "start")

    def no_feedback(self) -> None:
        """Set the gain of the proportional feedback, a fixed-point number, to zero.

        Raises:
            DriverError: the library refuses.
        """
        gain = self._registers[contract.GAIN]
        self._told(lambda: gain.write(0), f"write {contract.GAIN}")

    # Queues.

    def prepare(self) -> None:
        """Make the queue of rows long enough, and begin it again; lines are left alone.

        Raises:
            DriverError: the library refuses.
        """
        self._told(self._in.stop, "stop the rows")
        self._told(lambda: self._in.configure(ROWS), "configure the rows")
        self._told(self._in.start, "start the rows")

    def send(self, words: Sequence[int], patience: float) -> None:
        """Put whole lines into the queue.

        Raises:
            StreamError: not all of them could be: what of them is there is not known.
            DriverError: the library refuses.
        """
        if len(words) % WORDS and len(words) != 1:
            raise ValueError(f"{len(words)} words are not whole lines")
        try:
            self._told(
                lambda: self._out.write(list(words), timeout_ms=round(patience * 1000)), "send"
            )
        except StreamError as error:
            raise StreamError(
                "queue-uncertain",
                self.where,
                "the target did not take a line in time, and may have taken a part of it. It is "
                "paused.",
                "Open the rig again: that empties the queue without a motion.",
            ) from error

    def waiting(self) -> int:
        """Return how many words of rows are here.

        Raises:
            DriverError: the library refuses.
        """
        return int(self._told(lambda: self._in.read(0, timeout_ms=0), "look").elements_remaining)

    def take(self, count: int, timeout: float) -> IntArray | None:
        """Return words of rows, shape (count,); None if there were too few in time.

        Raises:
            DriverError: the library refuses.
        """
        wanted = max(1, round(timeout * 1000))
        try:
            found = self._told(lambda: self._in.read(count, timeout_ms=wanted), "read rows")
        except StreamError:
            return None
        return np.array(found.data, dtype=np.int64)

    def close(self) -> None:
        """Let go of the target, without resetting it.

        Raises:
            DriverError: the library refuses.
        """
        self._told(lambda: self._session.close(reset_if_last_session=False), "close")

    # Inside.

    def _refuse_another(self, parsed: Any, path: str) -> None:
        registers = {name: one.datatype.name for name, one in parsed.registers.items()}
        fifos = {name: one.datatype.name for name, one in parsed.fifos.items()}
        lacking = list(contract.misfits(registers, fifos))
        if lacking:
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            raise RigError(
                "another-program",
                self.where,
                f"{path} is not of the program that this rig drives: {'; '.join(lacking[:3])}"
                f"{more}. Nothing moved.",
                "Give the bitfile of WEC-SPM's FPGA target.",
            )

    def _told(self, call: Callable[[], T], doing: str) -> T:
        with self._spoken(doing):
            return call()

    @contextmanager
    def _spoken(self, doing: str) -> Iterator[None]:
        """Turn errors of the library, and its warnings, into those of this program.

        Raises:
            StreamError: it timed out.
            DriverError: anything else.
        """
        try:
            yield
        except nifpga.FifoTimeoutError as error:
            raise StreamError("time-out", self.where, f"could not {doing} in time.") from error
        except (nifpga.ErrorStatus, nifpga.WarningStatus) as error:
            told = str(error).splitlines()[0]
            raise DriverError(
                "library",
                self.where,
                f"NI's library could not {doing}: {told}.",
                "See that the target is connected, and that no other program uses it.",
            ) from error
