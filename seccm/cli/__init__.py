"""The command line: thin commands over what Python scripts use."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; whoever loses patience while it loads gets no traceback."""
    try:
        # Here, so that an interrupt while it loads is caught as well.
        from seccm.cli.commands import app

        app()
    except KeyboardInterrupt:
        sys.exit("Interrupted before the run began; nothing moved.")
