"""What is printed, by a thread of its own: nobody waits for a terminal, a pipe or a full disk.

Standard output may be a pipe that nobody reads, a file on a disk without room, a terminal that
was closed or that somebody stopped with Ctrl-S, or not be there at all; its encoding may lack a
letter. None of that may hold up a run or end it. So whatever cannot be written is left out. A
command whose answer is what it prints failed then, and its exit code says so; a pipe that its
reader closed, as `head` does, is no failure: nobody wants more.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

MOST = 1 << 22
"""Bytes that may wait to be written; what comes while there are more is left out."""
PATIENCE = 3.0
"""Seconds without any progress, at the end, after which the rest is left out."""
PLAIN = str.maketrans(
    {"–": "-", "—": "-", "·": "-", "−": "-", "±": "+-", "…": "...", "µ": "u", "μ": "u", "≥": ">=",
     "≤": "<=", "²": "^2", "⁻": "^-", "Ω": "Ohm", "°": " deg", "→": "->", "×": "x"}
)  # fmt: skip
"""What stands for letters that an encoding lacks."""
_ERRORS = "seccm-plain"
_CLOSED = {errno.EPIPE} | ({errno.EINVAL} if os.name == "nt" else set())
"""What a pipe answers whose reader is gone; Windows has no name of its own for it."""
_UNREAD = "nobody reads it"


class Raw(Protocol):
    """What bytes are written to: may take fewer than it is given."""

    def write(self, data: bytes, /) -> int | None: ...  # noqa: D102


class Outlet(io.TextIOBase):
    """A text stream that never waits and never fails.

    Args:
        raw: where bytes go.
        like: the stream in whose place this one comes.
    """

    def __init__(self, raw: Raw, like: io.TextIOBase) -> None:
        self._raw, self._like = raw, like
        self._encoding = like.encoding or "utf-8"
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._size = self._written = 0
        self._closing = self._hopeless = False
        self.lost = ""
        """Why something was left out that somebody may have wanted; empty if nothing was."""
        self.aside = False
        """Whether what is printed only accompanies a result that lies in a file."""
        self._thread = threading.Thread(target=self._write_on, name="outlet", daemon=True)
        self._thread.start()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream in whose place this one came."""
        return self._encoding

    @property
    def errors(self) -> str:  # type: ignore[override]
        """What is done with letters that the encoding lacks."""
        return _ERRORS

    def write(self, text: str, /) -> int:
        """Have a text written; returns at once."""
        data = text.replace("\n", os.linesep).encode(self._encoding, _ERRORS)
        with self._changed:
            if self._size < MOST:
                self._waiting.append(data)
                self._size += len(data)
                self._changed.notify_all()
            else:
                self.lost = _UNREAD
        return len(text)

    def writable(self) -> bool:
        """Say yes."""
        return True

    def isatty(self) -> bool:
        """Tell whether somebody sees it."""
        with suppress(OSError, ValueError):
            return self._like.isatty()
        return False

    def fileno(self) -> int:
        """Return the descriptor of the stream in whose place this one came."""
        return self._like.fileno()

    def drain(self, patience: float = PATIENCE) -> None:
        """Wait until everything is written, or nothing more goes.

        Args:
            patience: seconds without progress after which there is no hope.
        """
        with self._changed:
            while self._size and not self._hopeless:
                before = self._written
                if not self._changed.wait_for(lambda: self._written != before, patience):  # noqa: B023
                    self._waiting.clear()
                    self._hopeless, self.lost = True, _UNREAD
                    return

    def close(self) -> None:
        """Write no more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        super().close()

    def _write_on(self) -> None:
        """Write what waits; the body of the thread."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                data = self._waiting.popleft()
            self._write(data)
            with self._changed:
                self._size -= len(data)
                self._written += 1
                self._changed.notify_all()

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest and not self._closing:
            try:
                count = self._raw.write(bytes(rest))
            except (OSError, ValueError) as error:
                # Closed, full, broken: what comes later may still find room.
                if not (isinstance(error, OSError) and error.errno in _CLOSED):
                    self.lost = getattr(error, "strerror", None) or str(error)
                return
            if count is None:
                # Somebody made the descriptor one that does not wait.
                time.sleep(0.01)
            else:
                rest = rest[count:]
                self._written += 1


@contextmanager
def outlets() -> Iterator[None]:
    """Put outlets in the places of the standard streams until the end."""
    _open_standard_descriptors()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_outlet(stream) for stream in before)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, Outlet):
                stream.drain()


def aside() -> None:
    """Say that the result lies in a file: the exit code tells of that, whatever can be printed."""
    if isinstance(sys.stdout, Outlet):
        sys.stdout.aside = True


def unprinted() -> int:
    """Wait until what was printed is written; tell on the standard error what could not be.

    Returns:
        1 if what was printed was the answer and is incomplete, else 0.
    """
    stdout = sys.stdout
    if not isinstance(stdout, Outlet):
        return 0
    stdout.drain()
    if not stdout.lost:
        return 0
    sys.stderr.write(f"The output is incomplete, it could not be written: {stdout.lost}.\n")
    return 0 if stdout.aside else 1


def drain() -> None:
    """Wait until what was printed can be read, as far as somebody reads it."""
    if isinstance(sys.stdout, Outlet):
        sys.stdout.drain()


def _outlet(stream: object) -> object:
    """Return an outlet for a stream; the stream itself where nothing is known of it."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if raw is None or not isinstance(stream, io.TextIOBase):
        return stream
    with suppress(OSError, ValueError):
        stream.flush()
    return Outlet(raw, stream)


def _open_standard_descriptors() -> None:
    """Put something where a standard stream was closed: a data file must not come to lie there."""
    with suppress(OSError):
        while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
            os.set_inheritable(opened, True)
        os.close(opened)


def _plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write what an encoding lacks in plain letters; undecodable bytes of a name as they were."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter = error.object[error.start]
    if "\udc80" <= letter <= "\udcff":
        return bytes([ord(letter) - 0xDC00]), error.start + 1
    plain = letter.translate(PLAIN)
    if not plain.isascii():
        plain = letter.encode("ascii", "backslashreplace").decode()
    return plain, error.start + 1


codecs.register_error(_ERRORS, _plainly)
