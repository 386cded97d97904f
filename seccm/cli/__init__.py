"""The command line: thin commands over what Python scripts use."""

import sys
import traceback

__all__ = ["main"]

INTERRUPTED = 130
"""What typer leaves with when a command is interrupted where it takes no signals itself."""


def main() -> None:
    """Run the command line, and leave with the exit code of the command whatever is printed."""
    from seccm.cli.outlet import outlets

    with outlets():
        code = _command()
    sys.exit(code)


def _command() -> int | str | None:
    """Carry the command out; return its exit code. What ends it early gets a sentence."""
    try:
        # Here, so that an interrupt while it loads is caught as well.
        from seccm.cli.interruption import Interruptible

        with Interruptible().listening():
            from seccm.cli.commands import app

            app()
    except SystemExit as end:
        if end.code != INTERRUPTED:
            return end.code
        sys.stderr.write("Interrupted: nothing moved.\n")
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted: nothing moved.\n")
    except Exception:  # an error of the program: its traceback is what its developers need
        traceback.print_exc()
    return 1
