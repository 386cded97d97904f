r"""Signals that would end the program: what they do while a rig is in use.

Left alone, most signals end a process on the spot, with the tip where it is and the cell on: not
only SIGTERM, but also a terminal that is closed (SIGHUP), Ctrl-\ (SIGQUIT), SIGUSR1, SIGALRM and
others. And what Python does at Ctrl-C, an exception wherever the program happens to be, may
strike in the midst of making a rig safe. So the handlers here do next to nothing:

- `told` has a thread, started beforehand, act on signals; the program's own work is not disturbed.
- `taken` lets a caller say what a signal does, for those who look out for it between two steps.

On Windows, closing the console, logging off and shutting down count as signals, too.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

NAMES = (
    *("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM"),
    *("SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGEMT", "SIGABRT"),
)
"""Signals that end a process unless it says otherwise; those that tell of its own errors
(SIGSEGV and the like) are not among them. Each system knows some; SIGBREAK is Windows' Ctrl-Break.
"""
FROM_KEYBOARD = tuple(getattr(signal, n) for n in ("SIGINT", "SIGBREAK") if hasattr(signal, n))
"""Signals that a person sends, who may mean more by sending another."""
ALSO_IF_IGNORED = tuple(getattr(signal, n) for n in ("SIGINT", "SIGQUIT") if hasattr(signal, n))
"""Shells ignore these for what a script runs in the background; `kill -INT` must do there, too.
An ignored SIGHUP (nohup) stays ignored: the run goes on without a terminal."""
SUSPEND = getattr(signal, "SIGTSTP", None)
"""Ctrl-Z: a program that stands still does not look after its tip."""
BURST = 0.015
"""Seconds within which signals count as one: a key that bounces, a terminal and a shell that both
tell of the same end."""
CONSOLE_PATIENCE = 60.0
"""Seconds for which Windows is kept from ending the process; it may not wait as long."""
SUSPENDED = "The program cannot be suspended while it uses a rig."

Handler = Callable[[int, FrameType | None], None]


class Interruption(KeyboardInterrupt):
    """The program was told to end; its text is the name of the signal."""


class _Ours:
    """A handler of this module, which another one of this module may replace."""

    def __init__(self, act: Handler) -> None:
        self._act = act

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._act(number, frame)


def name_of(number: int) -> str:
    """Return what a signal is called."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def ours_to_take() -> list[int]:
    """Return the signals that would end this process, or that this module handles already."""
    known = [int(getattr(signal, name)) for name in NAMES if hasattr(signal, name)]
    if hasattr(signal, "SIGRTMIN"):
        known += range(signal.SIGRTMIN, signal.SIGRTMAX + 1)
    # Some systems have two names for one signal.
    return [number for number in dict.fromkeys(known) if _may_take(number)]


def _may_take(number: int) -> bool:
    handler = signal.getsignal(number)
    if handler is signal.SIG_IGN:
        return number in ALSO_IF_IGNORED
    return handler in (signal.SIG_DFL, signal.default_int_handler) or isinstance(handler, _Ours)


def are_taken() -> bool:
    """Tell whether this module handles signals already, or cannot: not in the main thread."""
    here = threading.current_thread() is threading.main_thread()
    return not here or isinstance(signal.getsignal(signal.SIGTERM), _Ours)


@contextmanager
def taken(act: Handler) -> Iterator[None]:
    """Have a function called, in the main thread, with every signal until the end.

    Does nothing outside the main thread, which signals do not reach.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = ours_to_take()
    if SUSPEND is not None and _may_take(SUSPEND):
        numbers.append(SUSPEND)
    handler = _Ours(act)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        # A generator may be closed in another thread, where handlers cannot be set.
        with suppress(ValueError):
            for number, old in before.items():
                signal.signal(number, old)


@contextmanager
def told(
    act: Callable[[int], str],
    say: Callable[[str], None],
    also: Handler = lambda number, frame: None,
) -> Iterator[None]:
    """Have a thread act on signals until the end, whatever the main thread is busy with.

    Args:
        act: called with the number of a signal; returns what was done, in words. Signals that
            come together count as one.
        say: called with these words when it has been done.
        also: called in the main thread, where the signal may strike anywhere: must do next to
            nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    arguments = (ours, frozenset(ours_to_take()), act, say)
    thread = threading.Thread(target=_listen, args=arguments, name="signals", daemon=True)
    thread.start()
    before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    try:
        with taken(also), _console_told(theirs, thread):
            yield
    finally:
        with suppress(ValueError):
            signal.set_wakeup_fd(before)
        theirs.close()
        thread.join()
        ours.close()


def _listen(
    ours: socket.socket, mine: frozenset[int], act: Callable[[int], str], say: Callable[[str], None]
) -> None:
    """Act on the signals whose numbers come in, until the other end is closed.

    The numbers of signals that others handle come, too.
    """
    while numbers := ours.recv(4096):
        ends = [number for number in numbers if number in mine]
        if ends:
            words = act(ends[0])
        elif SUSPEND is not None and SUSPEND in numbers:
            words = SUSPENDED
        else:
            continue
        time.sleep(BURST)
        ours.setblocking(False)
        with suppress(BlockingIOError):
            ours.recv(4096)
        ours.setblocking(True)
        say(words)


if sys.platform == "win32":
    import ctypes

    _ENDS = {2: signal.SIGTERM, 5: signal.SIGTERM, 6: signal.SIGTERM}
    """The events of a console that end its programs: closed, logged off, shut down."""

    @contextmanager
    def _console_told(theirs: socket.socket, thread: threading.Thread) -> Iterator[None]:
        """Have the end of the console told like a signal, and wait for what comes of it."""
        done = threading.Event()

        def handle(event: int) -> bool:
            if event not in _ENDS:
                return False
            with suppress(OSError):
                theirs.send(bytes([_ENDS[event]]))
            # The process ends when this returns, or when the system has no more patience.
            done.wait(CONSOLE_PATIENCE)
            return True

        routine = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(handle)
        ctypes.windll.kernel32.SetConsoleCtrlHandler(routine, 1)
        try:
            yield
        finally:
            ctypes.windll.kernel32.SetConsoleCtrlHandler(routine, 0)
            done.set()
else:

    @contextmanager
    def _console_told(theirs: socket.socket, thread: threading.Thread) -> Iterator[None]:
        """Elsewhere, a console that is closed sends a signal."""
        yield
