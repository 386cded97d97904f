"""Results that belong to a site and not to one of its steps."""

from __future__ import annotations

from dataclasses import replace

from seccm.results import Result

H_DETACH = Result("h_detach", "m", "height above contact at which the meniscus broke",
                  r"$h_\mathrm{detach}$", rank=340, mapped=True)  # fmt: skip
A_RETRACTION = Result("A_retraction", "m^2", "wetted area by the height of the break",
                      r"$A_\mathrm{retraction}$", rank=342, mapped=True)  # fmt: skip
A_OWN = Result("A_own", "m^2", "wetted area of the site, measured",
               r"$A_\mathrm{own}$", rank=344, mapped=True)  # fmt: skip
BY_RETRACTION = Result(
    "A_own_by_retraction", "1", "whether that area follows from the retraction: 0 no, 1 yes",
    "by retraction", codes=("no", "yes"),
)  # fmt: skip
OF_SITES = {one.name: one for one in (H_DETACH, A_RETRACTION, A_OWN, BY_RETRACTION)}
"""By their names."""
OWN_AREA = "_own_area"
"""What the name of a number per area ends with that refers to the site's own area."""


def per_area(unit: str) -> bool:
    """Tell whether a unit counts something per area, such as C/m^2."""
    return unit.partition("/")[2].startswith(("m^2", "(m^2"))


def by_own_area(result: Result, column: str) -> Result:
    """Return what is declared of the same number by the own area of each site.

    Args:
        result: of which that is declared.
        column: the name of the other one.
    """
    return replace(
        result,
        name=column,
        words=f"{result.words}, by the own area of the site",
        symbol=f"{result.symbol}, own area" if result.symbol else "",
        waited=result.waited and result.waited + OWN_AREA,
        # The area differs from site to site, also where the plan sets the density.
        follows="",
        mapped=False,
    )
