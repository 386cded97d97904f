"""The command line: thin commands over what Python scripts use."""

from seccm.cli.commands import main

__all__ = ["main"]
