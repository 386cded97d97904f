"""The program before others: what keeps a busy machine from being late for a contact.

A block of samples is late when another program has the processor, and a queue of motion is empty
when it has it for longer than the horizon. So all threads of this process come before ordinary
ones where the operating system lets them; all, because a thread that holds the interpreter's lock
and waits for the processor would hold up the one that watches for contact.

Windows lets any program do so. Linux does if its user may have real-time priority, as musicians
do: `@users - rtprio 10` in /etc/security/limits.d. (Niceness would not do: it counts only among
the programs of one session.) Linux leaves a twentieth of each processor to the others, so that a
program that hangs does not take the machine with it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

PRIORITY = 10
"""Real-time priority on Linux, of 1 to 99: above all ordinary programs, below drivers."""
HIGH, NORMAL = 0x80, 0x20
"""Priority classes of Windows (learn.microsoft.com, SetPriorityClass)."""

if sys.platform == "win32":

    def _set(*, first: bool) -> bool:
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.SetPriorityClass.argtypes = ctypes.c_void_p, ctypes.c_uint32
        chosen = HIGH if first else NORMAL
        return bool(kernel.SetPriorityClass(kernel.GetCurrentProcess(), chosen))

elif sys.platform == "linux":

    def _set(*, first: bool) -> bool:
        # Programs that are started from here, and threads, begin as ordinary ones.
        policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK if first else os.SCHED_OTHER
        level = os.sched_param(PRIORITY if first else 0)
        try:
            for thread in os.listdir("/proc/self/task"):
                os.sched_setscheduler(int(thread), policy, level)
        except ProcessLookupError:
            return True  # A thread that has ended meanwhile.
        except OSError:
            return False
        return True

else:

    def _set(*, first: bool) -> bool:
        return False


def come_first() -> Callable[[], object]:
    """Put this process before others, where that is allowed; return what undoes it."""
    return _step_back if _set(first=True) else nothing


def nothing() -> None:
    """Undo nothing."""


def _step_back() -> None:
    _set(first=False)
