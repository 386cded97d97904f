"""Tells all mistakes of a file at once, with suggestions that were tried.

A suggestion is shown only if the file, changed by it, does not have the mistake any more; where
several could be made, the one that brings the fewest other mistakes is. A repair that keeps what
was written, such as another name for a key, lets the mistakes be seen that hide behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from seccm.errors import Problem
from seccm.mistakes import Mistake
from seccm.suggestion import applied

Find = Callable[[Any], list[Mistake]]
"""Finds the mistakes of plain data; those that it has in common with other data are equal."""
TRIED = 80
"""Suggestions that are tried for a file; one with more mistakes is told without."""
_DEPTH = 5
"""Repairs inside of what another repair has let be seen."""


def told(data: Any, find: Find) -> list[Problem]:
    """Return one problem for each mistake of plain data, with the best suggestion for it."""
    stages = _stages(data, find)
    looks = TRIED
    problems: list[Problem] = []
    for base, mistakes, find_there in stages:
        before = {mistake.bare for mistake in find_there(base)}
        cured: set[Problem] = set()  # By what is suggested for others, such as an unused factor.
        for mistake in mistakes:
            if mistake.bare in cured:
                problems.append(mistake.bare)
                continue
            problem, after, looks = _best(base, mistake, before, find_there, looks)
            problems.append(problem)
            cured |= before - after
    healed = _healed(stages[-1][0], problems)
    for mistake in find(healed):
        if mistake.of_keys and mistake.bare not in problems:
            problem, _, looks = _best(healed, mistake, set(), find, looks)
            problems.append(problem)
    return list(dict.fromkeys(problems))


def _healed(data: Any, problems: Iterable[Problem]) -> Any:
    """Return data in which what was wrong is put right, so that keys can be looked at."""
    for problem in problems:
        if problem.suggestion is not None:
            with suppress(LookupError, TypeError):
                data = applied(data, problem.suggestion)
    return data


def _stages(data: Any, find: Find) -> list[tuple[Any, list[Mistake], Find]]:
    """Return the data with more and more repaired, and what is seen first in each."""
    stages: list[tuple[Any, list[Mistake], Find]] = []
    seen: set[Problem] = set()
    unsure: tuple[tuple[int | str, ...], ...] = ()
    for _ in range(_DEPTH):
        found = [m for m in find(data) if m.bare not in seen]
        if unsure:
            found = [m for m in found if m.of_value and _lies_in(m, unsure)]
        if stages and not found:
            break
        stages.append((data, found, find))
        seen |= {m.bare for m in found}
        repairs = [m for m in found if m.repair is not None]
        if not repairs:
            break
        data = _repaired(data, repairs)
        unsure = tuple(m.path[:-1] for m in repairs if not m.sure) if any(
            not m.sure for m in repairs) else ()  # fmt: skip
        if unsure and any(m.sure for m in repairs):
            unsure = (*unsure, *(m.path[:-1] for m in repairs if m.sure))
    return stages


def _lies_in(mistake: Mistake, tables: Iterable[tuple[int | str, ...]]) -> bool:
    return any(mistake.path[: len(table)] == table for table in tables)


def _repaired(data: Any, repairs: Iterable[Mistake]) -> Any:
    for mistake in repairs:
        if mistake.repair is not None:
            with suppress(LookupError, TypeError):  # Another repair may have moved it.
                data = applied(data, mistake.repair)
    return data


def _best(
    data: Any, mistake: Mistake, before: set[Problem], find: Find, looks: int
) -> tuple[Problem, set[Problem], int]:
    """Return the problem with the best suggestion, what is left then, and the tries left."""
    best, left, fewest = mistake.bare, before, len(before) + 1_000_000
    for option in mistake.options:
        if option.suggestion is None or looks <= 0 or fewest == 0:
            break
        looks -= 1
        try:
            after = find(applied(data, option.suggestion))
        except (LookupError, TypeError):
            continue
        new = [one for one in after if one.bare not in before]
        if any(one.bare == mistake.bare for one in after) or any(map(mistake.concerns, new)):
            continue
        if new and option.suggestion.do == "remove":
            continue
        if len(new) < fewest:
            best, left, fewest = option, {one.bare for one in after}, len(new)
    return best, left, looks
