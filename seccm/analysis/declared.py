"""What is declared of a result, by its name or by the name of a column of the site table.

A column of a later step adds to the name of its result, such as `eta_nuc_2` and
`E_nuc_of_last_step`, and is found under the name without it.
"""

from __future__ import annotations

from collections.abc import Iterable

from seccm.program.kept import declared_of
from seccm.results import Result


def declared(name: str, unit: str = "", words: str = "") -> Result:
    """Return what is declared of a result, by the name of its column.

    Args:
        name: such as eta_nuc, or eta_nuc_2 for step 2.
        unit: SI unit of a result that nobody declared, as a file says it.
        words: its meaning.

    Returns:
        The declaration; of an unknown name one that claims nothing: no reference, no sign.
    """
    found = declared_of(name)
    # A package that is not installed here may have called another quantity so.
    same = found is not None and unit in ("", found.unit)
    return found if found is not None and same else Result(name, unit, words)


def place(result: Result, name: str) -> tuple[int, str, int, str]:
    """Return the key that puts results into the order of menus; a later step after the first."""
    step = result.step(name).removeprefix("_")
    return result.rank, result.name, int(step) if step.isdigit() else 0, name


def by_rank(names: Iterable[str]) -> list[str]:
    """Put the names of results into the order of menus and tables."""
    return sorted(names, key=lambda name: place(declared(name), name))
