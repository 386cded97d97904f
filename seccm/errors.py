"""What can go wrong, in two families: you asked for the impossible, or the world misbehaved.

A message says what, which value, which limit, what to do, and whether anything moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from seccm.suggestion import Suggestion

Severity = Literal["error", "warning"]


class SeccmError(Exception):
    """Any error of this program; its text is fit for an operator to read."""

    def __reduce__(self) -> tuple[object, ...]:
        """Come back as it was from another process, whatever it was made of."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[SeccmError], args: tuple[object, ...], said: dict[str, object]) -> object:
    made = kind.__new__(kind, *args)
    made.__dict__.update(said)
    return made


def shown(text: str) -> str:
    """Write what cannot be seen, or would turn a terminal upside down, as its number."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a plan, a rig file or a data file; fit for any screen."""

    where: str
    """The key in the file, or the site, that it is about."""
    what: str
    """The value, the limit it breaks and why, as a sentence."""
    remedy: str = ""
    """What to do about it, as a sentence; empty when the first sentence says it."""
    severity: Severity = "error"
    suggestion: Suggestion | None = field(default=None, compare=False)
    """What the remedy says to do, as data, where one change of the file does it."""

    def __post_init__(self) -> None:
        for name in ("where", "what", "remedy"):
            object.__setattr__(self, name, shown(getattr(self, name)))

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.remedy}".rstrip()


class PlanError(SeccmError):
    """The plan or a file cannot be used as it is. Nothing has moved. Exit code 2."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source = shown(source)
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{source}: {count} problem{'s' if count != 1 else ''}. Nothing moved."
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


class DataFileError(SeccmError):
    """A data file cannot be opened, written, continued or trusted. Exit code 2."""


class DamagedError(DataFileError):
    """Something in a data file is not what was written there; the rest of it can be used."""


class NotNow(SeccmError):
    """The right request at the wrong moment; nothing changed."""

    def __init__(self, request: str, state: str, allowed: Iterable[str]) -> None:
        may = ", ".join(sorted(allowed)) or "nothing"
        super().__init__(f"Cannot {request} while {state}. Possible now: {may}.")


class PlannerError(SeccmError):
    """A planner failed, or asked for a site that cannot be visited. The run pauses, tip up."""


class RigError(SeccmError):
    """The rig or the world failed. Exit code 3.

    Args:
        code: a short stable name of the failure, such as "stalled-read".
        where: the device, channel or axis.
        what: a sentence with the value and the limit.
        remedy: a sentence that says what to do.
    """

    def __init__(self, code: str, where: str, what: str, remedy: str = "") -> None:
        self.code, self.where, self.what, self.remedy = code, where, shown(what), shown(remedy)
        super().__init__(f"{where}: {self.what} {self.remedy}".rstrip())


class LimitError(RigError):
    """A command was refused before anything moved."""


class StreamError(RigError):
    """Samples were lost, late or unusable."""


class DriverError(RigError):
    """A vendor's library reported an error; the original is the cause."""


class ContactError(SeccmError):
    """A landing failed. The hop retracts, counts it and goes on; the run does not end.

    Args:
        code: a short stable name, such as "no-contact".
        what: a sentence with the value and the limit.
    """

    def __init__(self, code: str, what: str) -> None:
        self.code, self.what = code, what
        super().__init__(what)
