"""What is determined of a step: what every step has, and what its kind yields.

A kind may be somebody else's. Where its analysis raises, its own results say so, and everything
else at the site is determined all the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np

from seccm.analysis.any_step import of_any_step
from seccm.arrays import FloatArray
from seccm.program.any_results import OF_ANY_STEP
from seccm.program.figures import OwnCurve, Page
from seccm.program.kind import Found
from seccm.program.measured import WHOLE, doubted
from seccm.program.registry import kinds
from seccm.program.segment import Segment
from seccm.program.trace import StepTrace
from seccm.program.yielded import results_of
from seccm.results import Status, Value, Values

T = TypeVar("T")


def measured(trace: StepTrace, before: Sequence[StepTrace]) -> Found:
    """Determine the results of a step, after those before it at the same site.

    What was wrong with the rows that a result comes from is its status.
    """
    wanted = results_of(trace.segment, [one.segment for one in before])
    kind = kinds().get(trace.segment.kind)

    def own() -> Found:
        numbers = kind.measure(trace, before) if kind else {}
        return {r.name: numbers[r.name].checked(trace) for r in wanted if r.name in numbers}

    failed = Value.none(Status.ANALYSIS_FAILED)
    without = {r.name: failed for r in wanted if not r.dims and r not in OF_ANY_STEP}
    every = {name: each.checked(trace) for name, each in of_any_step(trace).items()}
    return {**_if_it_can(own, without, trace.segment), **every}


def arrays_of(trace: StepTrace, before: Sequence[StepTrace]) -> Mapping[str, Values]:
    """Determine those results of a step that are arrays.

    Numbers of which the kind says no status one by one are of all rows of the step.
    """
    kind = kinds().get(trace.segment.kind)

    def own() -> Mapping[str, Values]:
        found = kind.arrays(trace, before) if kind else {}
        return {name: _of_all_rows(values, trace) for name, values in found.items()}

    return _if_it_can(own, {}, trace.segment)


def _of_all_rows(values: Values, trace: StepTrace) -> Values:
    if values.statuses:
        return values
    status = doubted(values.status, WHOLE, trace)
    if status.has_value or not values.status.has_value:
        return replace(values, status=status)
    nothing = np.full_like(values.values, np.nan)
    return Values(nothing, nothing, status)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve that a kind of step worked out of one step, or of a series of them."""

    what: Page
    step: int
    """Which step of the site."""
    x: FloatArray
    """SI, shape (n,), finite; positive on a logarithmic axis."""
    y: FloatArray
    model_x: FloatArray
    """Of the line through the points, if the kind has one; shape (m,), perhaps none."""
    model_y: FloatArray
    event_x: FloatArray
    """Of the points that are marked on it, shape (events,), perhaps none."""
    event_y: FloatArray
    error: FloatArray = field(default_factory=lambda: np.empty(0))
    """Standard uncertainties of y, NaN where unknown, shape (n,); empty where none is known."""


def curves_of(trace: StepTrace) -> tuple[Drawn, ...]:
    """Work out the curves that the kind of a step has itself, but those without points."""
    kind = kinds().get(trace.segment.kind)
    own = [what for what in kind.figures if isinstance(what, OwnCurve)] if kind else []
    seen = kind.seen if kind else None

    def drawn(what: OwnCurve) -> Drawn | None:
        return _drawn(what, trace if seen is None or not what.seen else trace.once(seen))

    found = (_if_it_can(partial(drawn, what), None, trace.segment) for what in own)
    return tuple(one for one in found if one is not None)


def _drawn(what: OwnCurve, trace: StepTrace) -> Drawn | None:
    """Work out one curve.

    Raises:
        ValueError: its two arrays are not of one length.
    """
    x, y = _points(what, what.points, trace)
    line, events = (
        _points(what, of, trace) if of is not None else (np.empty(0),) * 2
        for of in (what.model, what.events)
    )
    return Drawn(what, trace.segment.index, x, y, *line, *events) if x.size else None


def _points(
    what: OwnCurve, of: Callable[[StepTrace], tuple[FloatArray, FloatArray]], trace: StepTrace
) -> tuple[FloatArray, FloatArray]:
    """Work out the points of a curve that can be drawn.

    Raises:
        ValueError: the two arrays are not of one length.
    """
    x, y = (np.asarray(values, np.float64) for values in of(trace))
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"{what.slug}: x has the shape {x.shape} and y {y.shape}")
    good = np.isfinite(x) & np.isfinite(y)
    for axis, values in ((what.x, x), (what.y, y)):
        good &= (values > 0.0) | (not axis.log)
    return x[good], y[good]


@dataclass(frozen=True, slots=True)
class Phrase:
    """The most telling results of a step in words."""

    words: str
    """Empty if there is nothing to say."""
    doubtful: bool = False
    """Whether they rest on a number that has to be looked at before it is averaged."""


class _Noted(Mapping[str, Value]):
    """Results that take note of which of them were asked for."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        value = self._found[name]
        self.asked.add(name)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def phrase_of(segment: Segment, found: Found) -> Phrase:
    """Say the most telling results of a step, and whether these can be trusted."""
    if any(value.status is Status.ANALYSIS_FAILED for value in found.values()):
        return Phrase(f"the analysis of step {segment.index + 1}, {segment.kind}, failed")
    kind, noted = kinds().get(segment.kind), _Noted(found)
    words = _if_it_can(lambda: kind.words(noted) if kind else "", "", segment)
    used = [found[name].status for name in noted.asked]
    return Phrase(words, bool(words) and any(s.has_value and not s.trusted for s in used))


def _if_it_can(analysis: Callable[[], T], without: T, segment: Segment) -> T:
    """Return what the analysis of a kind finds, or a substitute where it raises."""
    try:
        return analysis()
    except Exception as error:
        what = f'The analysis of the kind of step "{segment.kind}" failed: {error!r}.'
        warnings.warn(what, RuntimeWarning, stacklevel=2)
        return without
