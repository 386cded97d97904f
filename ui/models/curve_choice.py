"""Which curves are worth seeing first, by what is measured."""

from __future__ import annotations

from collections.abc import Iterable

SWEEPS = frozenset({"cv", "lsv"})
HELD = frozenset({"constant potential"})
DRIVEN = frozenset({"constant current"})


def page_of(steps: Iterable[str]) -> str:
    """Return the curve of finished sites that tells most about the steps of a program.

    I against E of sweeps, E against t of imposed currents and at open circuit, I against t where
    a potential is held.

    Args:
        steps: names of the steps, such as "cv".
    """
    kinds = set(steps)
    if kinds & SWEEPS:
        return "I-E"
    if kinds & DRIVEN:
        return "E-t"
    return "I-t" if kinds & HELD else "E-t"


def panels_of(steps: Iterable[str]) -> tuple[str, ...]:
    """Return the panels in which the active site is followed."""
    kinds = set(steps)
    last = "I-E" if kinds & SWEEPS else "E-Q" if kinds & DRIVEN else ""
    return tuple(name for name in ("E-t", "I-t", last, "approach") if name)
