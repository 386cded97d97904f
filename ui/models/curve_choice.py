"""Which curves are worth seeing first, by what is measured."""

from __future__ import annotations

from collections.abc import Iterable

from seccm.program.kind import Curve
from seccm.program.registry import kinds

_TIME: tuple[Curve, ...] = ("E-t", "I-t")
"""What is always followed."""


def page_of(steps: Iterable[str]) -> str:
    """Return the curve of finished sites that tells most about the steps of a program.

    Args:
        steps: names of the steps, such as "cv".
    """
    return _of_the_first(steps)[0]


def panels_of(steps: Iterable[str]) -> tuple[str, ...]:
    """Return the panels in which the active site is followed."""
    told = [curve for curve in _of_the_first(steps) if curve not in _TIME]
    return (*_TIME, *told[:1], "approach")


def _of_the_first(steps: Iterable[str]) -> tuple[Curve, ...]:
    """Return the curves of the kind of step that decides what is drawn first."""
    named = set(steps)
    curves = (kind.curves for name, kind in kinds().items() if name in named and kind.curves)
    return next(curves, ("E-t",))
