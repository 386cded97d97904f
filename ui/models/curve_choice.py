"""Which curves are worth seeing first, by what is measured."""

from __future__ import annotations

from collections.abc import Iterable

from seccm.program.figures import OwnCurve
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


def panels_of(steps: Iterable[str], *, moves: bool = True) -> tuple[str, ...]:
    """Return the panels in which the active site is followed.

    Args:
        steps: the kinds of its steps.
        moves: whether a tip comes down; else there is no approach.
    """
    told = [curve for curve in _of_the_first(steps) if curve not in _TIME]
    return (*_TIME, *told[:1], *(("approach",) if moves else ()))


def own_page_of(steps: Iterable[str]) -> str:
    """Return the slug of the figure that tells most of steps whose curves only go over time.

    Empty where another curve tells more, or no figure is declared.
    """
    named = set(steps)
    first = next((kind for name, kind in kinds().items() if name in named and kind.curves), None)
    if first is None or any(curve not in _TIME for curve in first.curves):
        return ""
    return next((what.slug for what in first.figures if isinstance(what, OwnCurve)), "")


def _of_the_first(steps: Iterable[str]) -> tuple[Curve, ...]:
    """Return the curves of the kind of step that decides what is drawn first."""
    named = set(steps)
    curves = (kind.curves for name, kind in kinds().items() if name in named and kind.curves)
    return next(curves, ("E-t",))
