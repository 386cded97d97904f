"""How the command line ends: the exit codes, and errors as sentences instead of tracebacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum

import typer

from seccm.cli.printing import errors, say
from seccm.errors import DataFileError, PlanError, Problem, RigError, SeccmError


class Exit(IntEnum):
    """The exit codes, also told by `seccm --help`."""

    COMPLETE = 0
    STOPPED = 1
    WRONG_INPUT = 2
    RIG_FAILED = 3


_ENDS: Mapping[type[SeccmError], tuple[str, Exit]] = {
    DataFileError: ("Error", Exit.WRONG_INPUT),
    RigError: ("Rig", Exit.RIG_FAILED),
    SeccmError: ("Error", Exit.STOPPED),
}
"""What is said before an error, and the code it ends with; the first that fits."""
_ITEM = "\n  - "
"""Before each item of a message that lists what is missing: it gets a line of its own."""


@contextmanager
def sentences() -> Iterator[None]:
    """Turn the errors of this program into a message and an exit code.

    Raises:
        typer.Exit: with the code that belongs to the error.
    """
    try:
        yield
    except PlanError as error:
        count = len(error.problems)
        plural = "s" if count != 1 else ""
        say((error.source, "bold red"), f": {count} problem{plural}.", console=errors)
        show_problems(error.problems)
        say("Nothing moved.", console=errors)
        raise typer.Exit(Exit.WRONG_INPUT) from None
    except SeccmError as error:
        raise typer.Exit(show_error(error)) from None


def show_error(error: SeccmError) -> Exit:
    """Print an error; return the exit code that belongs to it."""
    label, code = next(end for kind, end in _ENDS.items() if isinstance(error, kind))
    first, *listed = str(error).split(_ITEM)
    say((f"{label}: ", "bold red"), first, console=errors)
    for item in listed:
        say(_ITEM.strip("\n"), item, console=errors)
    return code


def show_problems(problems: tuple[Problem, ...]) -> None:
    """Print problems, one a line, errors first."""
    for problem in sorted(problems, key=lambda p: p.severity):
        style = "red" if problem.severity == "error" else "yellow"
        said = f": {problem.what} {problem.remedy}".rstrip()
        say((f"  {problem.severity:<7} ", style), (problem.where, "bold"), said, console=errors)
