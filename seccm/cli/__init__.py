"""The command line: thin commands over what Python scripts use."""

from __future__ import annotations

import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seccm.cli.interruption import Interruptible

__all__ = ["main"]

INTERRUPTED = 130
"""What typer leaves with when a command is interrupted where it takes no signals itself."""


def main() -> None:
    """Run the command line, and leave with the exit code of the command."""
    # Nothing has begun: Ctrl-C ends the process, not an import with a traceback.
    _on_ctrl_c(signal.SIG_DFL)
    from seccm.cli.interruption import Interruptible
    from seccm.cli.outlet import outlets, unprinted

    signals = Interruptible(deferred=True)
    with signals.listening(), outlets():
        code = _command(signals)
        # What is left to do is to print; a key that is still held down must not cut that short.
        _on_ctrl_c(signal.SIG_IGN)
        code = code or unprinted()
    _on_ctrl_c(signal.SIG_IGN)
    sys.exit(code)


def _on_ctrl_c(act: signal.Handlers) -> None:
    """Say what Ctrl-C does; only the main thread of a program can."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, act)


def _command(signals: Interruptible) -> int | str | None:
    """Carry the command out; return its exit code. What ends it early gets a sentence."""
    try:
        with signals.at_once():
            from typer.main import get_command

            from seccm.cli.arguments import with_names
            from seccm.cli.commands import app

            command = get_command(app)
            command(with_names(sys.argv[1:], command))
    except SystemExit as end:
        if end.code != INTERRUPTED:
            return end.code
    except KeyboardInterrupt:
        pass
    except Exception:
        # An import that was interrupted may fail with an error of its own. Any other is one of the
        # program: its traceback is what its developers need.
        if not signals.struck:
            traceback.print_exc()
            return 1
    sys.stderr.write("Interrupted: nothing moved.\n")
    return 1
