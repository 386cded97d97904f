"""What is declared of a result, by its name or by the name of a column of the site table.

A column of a later step adds to the name of its result, such as `eta_nuc_2` and
`E_nuc_of_last_step`, and is found under the name without it.
"""

from __future__ import annotations

from collections.abc import Iterable

from seccm.program.kept import declared_of
from seccm.program.registry import kinds
from seccm.program.site_results import OWN_AREA
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
    if found is not None and same:
        return found
    # A factor of the plan that is a current density has the sign of a current.
    current = name.endswith(OWN_AREA) and unit == "A/m^2"
    return Result(name, unit, words, signed=current)


def place(result: Result, name: str) -> tuple[int, str, int, str]:
    """Return the key that puts results into the order of menus; a later step after the first."""
    step = result.step(name).removeprefix("_")
    return result.rank, result.name, int(step) if step.isdigit() else 0, name


def by_rank(names: Iterable[str]) -> list[str]:
    """Put the names of results into the order of menus and tables."""
    return sorted(names, key=lambda name: place(declared(name), name))


def main_results(steps: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the results that steps are made for, the most telling first.

    Args:
        steps: the kinds of the steps, in any order; one that is not installed here has none.
    """
    there = set(steps)
    known = (kind for name, kind in kinds().items() if name in there)
    return tuple(dict.fromkeys(result.name for kind in known for result in kind.main))
