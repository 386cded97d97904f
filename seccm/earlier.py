"""Quantities that follow what an earlier step at the same site came to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from pydantic import ValidationInfo

from seccm.errors import Problem
from seccm.in_toml import toml
from seccm.mistakes import Mistakes, nearest, written
from seccm.placeholder import Placeholder, is_placeholder
from seccm.quantities import quantity
from seccm.suggestion import Key, Suggestion
from seccm.units import NotAQuantity, example, parse, show

Take = Literal["E", "i", "charge", "time", "count"]
TAKEN: Mapping[str, tuple[str, str]] = {
    "E": ("V", "the last potential"),
    "i": ("A", "the last current"),
    "charge": ("C", "the net charge"),
    "time": ("s", "the time"),
    "count": ("1", "the number of runs"),
}
"""What is known of a step that ended: its SI unit, and words."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier step at the same site came to: a quantity that is known when its turn comes.

    A plan writes it as a table, such as `{ from = "rest", offset = "-15 mV", within = ["-1 V",
    "1 V"] }`.
    """

    source: str
    """The name of the earlier step."""
    take: Take
    unit: str
    """SI unit of the quantity that follows it."""
    within: tuple[float, float]
    """What it may come to, in SI: this is checked before anything moves, and kept to after it."""
    times: float = 1.0
    offset: float | Placeholder = 0.0
    """Added after `times`, in SI."""

    @property
    def taken(self) -> str:
        """What is taken, in words."""
        return f"{TAKEN[self.take][1]} of {self.source}"

    def __str__(self) -> str:
        times = "" if self.times == 1.0 else f"{self.times:.4g} times "
        if isinstance(self.offset, Placeholder):
            return f"{self.offset} from {times}{self.taken}"
        offset = show(abs(self.offset), self.unit)
        side = "above" if self.offset > 0.0 else "below"
        return f"{offset} {side} {times}{self.taken}" if self.offset else f"{times}{self.taken}"

    def of(self, taken: float) -> float:
        """Return the quantity, given what the earlier step came to in SI.

        Raises:
            TypeError: the offset follows a factor still.
        """
        if isinstance(self.offset, Placeholder):
            raise TypeError(f"{self.offset} is known under a condition")
        return self.times * taken + self.offset

    def to_dict(self) -> dict[str, Any]:
        """Return it as a plan writes it, in SI."""
        offset = str(self.offset) if isinstance(self.offset, Placeholder) else self.offset
        return {"from": self.source, "take": self.take, "times": self.times,
                "offset": offset, "within": list(self.within)}  # fmt: skip


_USUAL = {"V": ("-1 V", "1 V"), "A": ("-1 nA", "1 nA"), "C": ("1 nC", "1 uC"), "s": ("1 s", "60 s")}
"""What a quantity may usually come to."""
_AS_TEXT = re.compile(r"(?P<source>last .+?)(?:\s*(?P<sign>[+−-])\s*(?P<offset>[0-9.]+ ?\S+))?")
_KEYS = ("from", "take", "times", "offset", "within")


def read_earlier(
    given: Mapping[str, Any],
    unit: str,
    info: ValidationInfo,
    read_offset: Callable[[object], float | Placeholder],
) -> Earlier:
    """Read what a plan says of an earlier step.

    Args:
        given: the table.
        unit: SI unit of the quantity.
        info: how the plan is read.
        read_offset: reads a quantity of that unit, which may follow a factor.

    Raises:
        Mistakes: with one problem for each mistake.
    """
    wrong = [_unknown(key, given) for key in given if key not in _KEYS]
    source = given.get("from")
    if not isinstance(source, str) or not source:
        what = "is missing." if source is None else f"is {written(source)}, not a name."
        wrong.append(Problem("from", what, "Write the name of an earlier step."))
    usual = next((take for take, (of, _) in TAKEN.items() if of == unit), None)
    take = given.get("take", usual)
    if not isinstance(take, str) or TAKEN.get(take, ("",))[0] != unit:
        what = f'must be "{usual}" for this quantity, not {written(take)}.'
        wrong.append(Problem("take", what, suggestion=Suggestion(("take",), "put", usual)))
    numbers: dict[str, Any] = {}
    readers: dict[str, Callable[[object], Any]] = {
        "times": lambda value: quantity(value, "1", info),
        "offset": read_offset,
    }
    for key in readers.keys() & given.keys():
        try:
            numbers[key] = readers[key](given[key])
        except ValueError as error:
            example_of = example("1" if key == "times" else unit)
            wrong += _said(error, (key,), key, given[key], example_of)
    usual_ends = _USUAL.get(unit, ("0.1", "10"))
    span = given.get("within")
    ends: list[float] = []
    if isinstance(span, list | tuple) and len(span) == 2:
        refused: dict[int, ValueError] = {}
        for k, end in enumerate(span):
            try:
                ends.append(quantity(end, unit, info))
            except ValueError as error:
                refused[k] = error
        for k, refusal in refused.items():
            instead = _other_end(k, ends[0], usual_ends, unit) if ends else usual_ends[k]
            wrong += _said(refusal, ("within", k), f"within[{k}]", span[k], instead)
        if len(ends) == 2 and ends[0] > ends[1]:
            what = f"begins with {show(ends[0], unit)}, which is more than {show(ends[1], unit)}."
            wrong.append(Problem("within", what, "Exchange the two."))
    else:
        what = "is missing." if span is None else f"must be two values, not {written(span)}."
        remedy = "Write the least and the greatest value that may come of it, such as within = "
        remedy += f'["{usual_ends[0]}", "{usual_ends[1]}"]: the plan is checked with both before '
        suggestion = Suggestion(("within",), "put", list(usual_ends))
        wrong.append(Problem("within", what, f"{remedy}it runs.", suggestion=suggestion))
    if wrong:
        raise Mistakes(wrong)
    return Earlier(str(source), cast(Take, take), unit, (ends[0], ends[1]), **numbers)


def _other_end(k: int, known: float, usual: tuple[str, str], unit: str) -> str:
    """Return what could be the lower (k = 0) or the upper end (k = 1), given the other one."""
    low, high = (parse(end, unit) for end in usual)
    if k == 1:
        return usual[1] if high > known else show(known + high - low, unit)
    if low < known:
        return usual[0]
    return show(known - (high - low) if low < 0.0 else known / 2, unit)


def refuse_words(given: str, unit: str) -> None:
    """Refuse an earlier step that is written as a text: "last open circuit - 15 mV".

    Raises:
        Mistakes: with the table that says it.
    """
    found = _AS_TEXT.fullmatch(given.strip())
    if found is None:
        return
    table: dict[str, Any] = {"from": found["source"]}
    if found["offset"]:
        table["offset"] = f"{'-' if found['sign'] in '-−' else ''}{found['offset']}"
    table["within"] = list(_USUAL.get(unit, ("0.1", "10")))
    what = "follows an earlier step, which is written as a table."
    remedy = f"Write, for example, {toml(table)}."
    put = Suggestion((), "put", table)
    raise Mistakes([Problem("", what, remedy, suggestion=put)])


def is_earlier(given: object) -> bool:
    """Tell whether something that was written is meant to follow an earlier step."""
    return isinstance(given, Mapping) and bool(given.keys() & set(_KEYS))


def _unknown(key: str, given: Mapping[str, Any]) -> Problem:
    """Tell a key that nobody knows: a slip of the keyboard, or one too many."""
    meant = nearest(key, [known for known in _KEYS if known not in given])
    if meant is None:
        remove = Suggestion((key,), "remove")
        return Problem(key, "is not a known key.", "Remove it.", suggestion=remove)
    remedy, rename = f'Did you mean "{meant}"?', Suggestion((key,), "rename", meant)
    return Problem(key, "is not a known key.", remedy, suggestion=rename)


def _said(
    error: ValueError, key: Key, where: str, given: object, instead: str
) -> Iterator[Problem]:
    """Say what is wrong with one value, and what could stand there."""
    if isinstance(error, Mistakes):
        for problem in error.problems:
            put = problem.suggestion and problem.suggestion.under(key)
            yield replace(problem, where=where, suggestion=put)
        return
    follows = is_placeholder(given)
    if not isinstance(error, NotAQuantity):
        yield Problem(where, f"{error}.")
    elif follows:  # What is wrong is a level, elsewhere in the file.
        yield Problem(where, f"{error.told('')}.")
    else:
        put = Suggestion(key, "put", instead)
        said = error.told(toml(instead))
        yield Problem(where, f"{said}.", suggestion=put)
