"""Which numbers a data file keeps of each site in its site table.

A plan asks for them in words, such as `keep = ["E_nuc of first step", "CE of last cycle"]`; a plan
that does not gets the usual ones. The tables of results have all numbers of all steps anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from seccm.errors import Problem
from seccm.mistakes import nearest
from seccm.program.kept import Entry, Kept, short_name
from seccm.program.tree import End, ends
from seccm.program.words import Step
from seccm.program.yielded import Yielding, results
from seccm.results import Result
from seccm.suggestion import Suggestion

FEW_STEPS = 12
"""Steps that may run at a site, up to which each of them has columns unless a plan asks."""
_STEP, _CYCLE = "step", "cycle"
"""What every step that yields a result may be called; the second where a programme repeats."""
_MEAN = "mean of "
_NUMBER = re.compile(r"step (\d+(?:\.\d+)*)")
_COLUMN = re.compile(r"(.+)_(\d+)")


def usual(steps: Sequence[Step], every: Sequence[Yielding]) -> tuple[Kept, ...]:
    """Return what is kept where a plan does not say.

    Of up to twelve steps every number: the first step that yields a result gives it its plain
    name, such as E_nuc, a later one adds its number, such as E_nuc_3. Of more steps, the numbers
    of the first and of the last step of each kind.

    Args:
        steps: the programme of the plan.
        every: each step that may run, with its results.
    """
    if len(every) <= FEW_STEPS:
        words = _Words(steps, every)
        return tuple(
            words.kept(result, f"step {step.index}") for step in every for result in _single(step)
        )
    asked: dict[str, None] = {}
    for kind in dict.fromkeys(step.kind for step in every):
        mine = {r.name: r for step in every if step.kind == kind for r in _single(step)}
        asked |= {f"{name} of {end} {kind}": None for name in mine for end in ("first", "last")}
    # What is the same as another one is left out, and what a step named like a kind has not.
    return asked_for(tuple(asked), steps, every)[0]


def asked_for(
    keep: Sequence[str], steps: Sequence[Step], every: Sequence[Yielding]
) -> tuple[tuple[Kept, ...], tuple[Problem, ...]]:
    """Read what a plan asks to keep.

    Args:
        keep: such as "E_nuc of first step".
        steps: the programme of the plan.
        every: each step that may run, with its results.

    Returns:
        What is kept, and a problem for each of the words that cannot be.
    """
    words = _Words(steps, every)
    found: list[tuple[str, Kept]] = []
    problems: dict[int, Problem] = {}
    unread: dict[int, _Refused] = {}
    for k, said in enumerate(keep):
        try:
            kept = words.read(said)
        except _Refused as refused:
            unread[k] = refused
            continue
        if same := _same(kept, found):
            what = f'"{said}" is kept already: "{same}".'
            problems[k] = _one_too_many(k, what)
        else:
            found.append((said, kept))
    for k, wrong in unread.items():
        meant = words.read(wrong.put) if wrong.put else None
        if meant is None:
            problems[k] = Problem(f"keep[{k}]", wrong.what, wrong.remedy)
        elif same := _same(meant, found):
            what = f'{wrong.what} If "{wrong.put}" is meant: "{same}" is kept already.'
            problems[k] = _one_too_many(k, what)
        else:
            put = Suggestion(("keep", k), "put", wrong.put)
            problems[k] = Problem(f"keep[{k}]", wrong.what, wrong.remedy, suggestion=put)
            found.append((wrong.put, meant))
    return tuple(kept for _, kept in found), tuple(problems[k] for k in sorted(problems))


def _same(kept: Kept, found: Sequence[tuple[str, Kept]]) -> str | None:
    """Return the words that keep the same number already, or a column of the same name."""
    for words, one in found:
        if kept.selects == one.selects or kept.column == one.column:
            return words
    return None


def _one_too_many(k: int, what: str) -> Problem:
    remove = Suggestion(("keep", k), "remove")
    return Problem(f"keep[{k}]", what, "Remove one of them.", suggestion=remove)


def unknown_in(keep: Sequence[str]) -> Iterator[Problem]:
    """Find what no kind of step yields, of a plan whose programme cannot be read yet."""
    for k, said in enumerate(keep):
        _, name, _ = _split(said)
        if not any(name in _called(result) for result in results().values()):
            yield Problem(f"keep[{k}]", f'no kind of step yields "{name}".')


class _Refused(Exception):
    """Words that cannot be kept."""

    def __init__(self, what: str, remedy: str, put: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy, self.put = what, remedy, put


class _Words:
    """Reads words about the results of one programme.

    Args:
        steps: the programme.
        every: each step that may run, with its results.
    """

    def __init__(self, steps: Sequence[Step], every: Sequence[Yielding]) -> None:
        self._steps, self._every = steps, every
        self._results = {name: r for step in every for name, r in step.results.items()}

    def read(self, said: str) -> Kept:
        """Return what is asked for.

        Raises:
            _Refused: it is not understood, or no step yields it.
        """
        mean, name, of = _split(said)
        called = self._called(name, said)
        arrays = [result for result in called if result.dims]
        single = [result for result in called if not result.dims]
        if mean:
            if not arrays:
                put = f"{single[0].name} of {of or 'first step'}"
                what = f'"{name}" is a single number at each step, and has no mean.'
                raise self._refused(what, put)
            return self.kept(arrays[0], of, Entry("mean", None))
        for array in arrays:
            if found := _entry(array, of):
                return self.kept(array, found[1], found[0])
        if not single:
            (dim, *more) = arrays[0].dims
            put = f"mean of {arrays[0].name}" if more else f"{short_name(arrays[0])} of last {dim}"
            what = f'"{name}" is many numbers at each step, one for each {dim}.'
            raise self._refused(what, put)
        return self.kept(single[0], of)

    def kept(self, result: Result, of: str, entry: Entry | None = None) -> Kept:
        """Return a number of the step that the words speak of; without words, of the first."""
        of = f"{of} {_STEP}" if of in ("first", "last") else of
        which, among = self._selected(result, of)
        first = self._among(result, lambda _: True, "first")
        plain = among == first and (which == "first" or len(first) == 1)
        if plain or among == {min(self._yielding(result))}:
            of = ""
        elif of.startswith("step "):
            of = f"step {min(among)}"
        return Kept(result, of, among, which, entry)

    # -------------------------------------------------------------------------- selecting

    def _selected(self, result: Result, of: str) -> tuple[End, frozenset[int]]:
        """Return whether the first or the last that ran is meant, and of which steps."""
        if number := _NUMBER.fullmatch(of):
            return "first", self._numbered(result, number[1])
        first, _, rest = of.partition(" ")
        named = first in ("first", "last") and bool(rest)
        which: End = "first" if first == "first" or not of else "last"
        called = rest if named else of
        by_name = any(step.name == called for step in self._every)
        parts = {s.part for s in self._every if called in ((s.name,) if by_name else (s.kind,))}
        if parts:
            found = self._among(result, lambda step: step.part in parts, which)
        elif not of or (named and called in (_STEP, _CYCLE)):
            found = self._among(result, lambda _: True, which)
        else:
            raise self._no_step(result, of, called)
        if not found:
            raise self._not_of(result, f'"{called}"')
        if len(parts) > 1 and not named and not by_name:
            what = f'there are several steps "{called}" at a site.'
            raise self._refused(what, f"{result.name} of last {called}")
        return which, found

    def _numbered(self, result: Result, number: str) -> frozenset[int]:
        """Return the step of a number, or of a path such as 2.14.1."""
        path = tuple(map(int, number.split(".")))
        for step in self._every:
            if step.path == path if len(path) > 1 else step.index == path[0]:
                if result.name not in step.results:
                    what = f'step {number}, "{step.name or step.kind}",'
                    raise self._not_of(result, what, step)
                return frozenset({step.index})
        raise self._no_step(result, f"step {number}", "")

    def _among(
        self, result: Result, match: Callable[[Yielding], bool], which: End
    ) -> frozenset[int]:
        """Return the steps one of which is the first, or the last, that yields a result."""
        wanted = [s for s in self._every if result.name in s.results and match(s)]
        parts, _ = ends(self._steps, {step.part for step in wanted}, which)
        return frozenset(step.index for step in wanted if step.part in parts)

    def _yielding(self, result: Result) -> list[int]:
        return [step.index for step in self._every if result.name in step.results]

    # --------------------------------------------------------------------------- refusing

    def _called(self, name: str, said: str) -> list[Result]:
        """Return the results of the programme with a name, or a symbol."""
        found = [result for result in self._results.values() if name in _called(result)]
        if found:
            return found
        column = _COLUMN.fullmatch(name)
        if column and column[1] in self._results:
            raise self._refused(f'"{name}" is not a result.', f"{column[1]} of step {column[2]}")
        elsewhere = any(name in _called(result) for result in results().values())
        what = f'no {"step of this programme" if elsewhere else "kind of step"} yields "{name}".'
        there = f"Its steps yield {', '.join(self._results)}."
        meant = nearest(name, [word for r in self._results.values() for word in _called(r)])
        if meant and not elsewhere:
            raise self._refused(what, said.replace(name, meant, 1), "Did you mean", there)
        raise _Refused(what, there)

    def _refused(self, what: str, put: str, ask: str = "", there: str = "") -> _Refused:
        """Return why words are refused, with others instead where these can be kept."""
        try:
            self.read(put)
        except _Refused as wrong:
            return _Refused(what, wrong.remedy if wrong.put else there or wrong.remedy, wrong.put)
        return _Refused(what, f'{ask} "{put}"?' if ask else f'Write "{put}".', put)

    def _no_step(self, result: Result, of: str, called: str) -> _Refused:
        names = dict.fromkeys(step.name for step in self._every if step.name)
        kinds = dict.fromkeys(step.kind for step in self._every)
        ways = [*names, *kinds, _STEP, "first step", "last step"]
        meant = nearest(called, ways) if called else None
        what = f'no step of this programme is "{of}".'
        last = len(self._every) - 1
        numbers = f"step 0 to step {last}" if last else "step 0"
        known = ", ".join(f'"{word}"' for word in [*names, *kinds])
        there = f"Write first step, last step, {numbers}, or one of {known}."
        if meant:
            put = f"{result.name} of {of.replace(called, meant)}"
            return self._refused(what, put, "Did you mean", there)
        return _Refused(what, there)

    def _not_of(self, result: Result, what: str, step: Yielding | None = None) -> _Refused:
        yields = f"; it yields {', '.join(step.results)}" if step else ""
        said = f"{what} does not yield {result.name}{yields}."
        number = self._yielding(result)[0]
        if result.dims:
            return _Refused(said, f"Step {number} does.")
        return self._refused(said, f"{result.name} of step {number}")


def _single(step: Yielding) -> Iterator[Result]:
    """Yield the results of a step that are single numbers."""
    return (result for result in step.results.values() if not result.dims)


def _split(said: str) -> tuple[bool, str, str]:
    """Return whether a mean is asked for, the name of the result, and of what."""
    said = " ".join(said.split())
    mean = said.startswith(_MEAN)
    name, _, of = said.removeprefix(_MEAN if mean else "").partition(" of ")
    return mean, name, of


def _called(result: Result) -> tuple[str, ...]:
    """Return what a result may be called: by its name, or by its symbol as it is typed."""
    symbol = re.sub(r"\\mathrm|\\|[${}]", "", result.symbol)
    return tuple(dict.fromkeys((result.name, short_name(result), *([symbol] if symbol else []))))


def _entry(array: Result, of: str) -> tuple[Entry, str] | None:
    """Read which number of an array is meant, and of which step; None if no number is."""
    if len(array.dims) != 1:
        return None
    dim = re.escape(array.dims[0])
    found = re.fullmatch(rf"((first|last) {dim}|{dim} (\d+))(?: of (.+))?", of)
    if found is None:
        return None
    number = int(found[3]) if found[3] else 0 if found[2] == "first" else -1
    return Entry(found[1], number), found[4] or ""
