"""Where mistakes in a plan are shown: beside their fields."""

from __future__ import annotations

from seccm.errors import Problem


def sorted_out(problems: tuple[Problem, ...], keys: list[str]) -> dict[str, list[Problem]]:
    """Put every problem beside the field, or the nearest table around it, that it is about.

    Args:
        problems: as a plan reports them.
        keys: of all fields and tables, as `where` writes them.
    """
    known = set(keys)
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        at = problem.where
        while at and at not in known:
            cut = max(at.rfind("."), at.rfind("["))
            at = at[:cut] if cut > 0 else ""
        found.setdefault(at, []).append(problem)
    return found
