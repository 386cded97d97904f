"""What is declared of a result, by its name: those of every kind of step together.

A later step of a kind adds its number to the name, such as `eta_nuc_2`, and is found under the
name without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from seccm.program.any_results import OF_ANY_STEP
from seccm.program.registry import kinds, on_register
from seccm.results import Result

_STEP = re.compile(r"_\d+$")


@lru_cache(maxsize=1)
def results() -> Mapping[str, Result]:
    """Return every result that a kind of step yields, by its name, in the order of the kinds."""
    every = (result for kind in kinds().values() for result in kind.results)
    return {result.name: result for result in (*every, *OF_ANY_STEP)}


on_register(results.cache_clear)


def declared(name: str, unit: str = "", words: str = "") -> Result:
    """Return what is declared of a result, by its name with or without the number of its step.

    Args:
        name: such as eta_nuc, or eta_nuc_2 for step 2.
        unit: SI unit of a result that nobody declared, as a file says it.
        words: its meaning.

    Returns:
        The declaration; of an unknown name one that claims nothing: no reference, no sign.
    """
    found = results().get(name) or results().get(_STEP.sub("", name))
    return found if found is not None else Result(name, unit, words)


def place(result: Result, name: str) -> tuple[int, str, int, str]:
    """Return the key that puts results into the order of menus; a later step after the first."""
    step = result.step(name).removeprefix("_")
    return result.rank, result.name, int(step) if step.isdigit() else 0, name


def by_rank(names: Iterable[str]) -> list[str]:
    """Put the names of results into the order of menus and tables."""
    return sorted(names, key=lambda name: place(declared(name), name))
