"""`seccm plans`: the shipped plans and those of one's own, and which come first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from seccm.cli.exits import sentences
from seccm.cli.printing import out, say, tell_table
from seccm.errors import PlanError, Problem


def plans(
    keep: Annotated[
        Path | None, typer.Option(help="Keep this plan, to find it by its name.")
    ] = None,
    as_: Annotated[str, typer.Option("--as", help="The name under which it is kept.")] = "",
    favourite: Annotated[str, typer.Option(help="List this plan first from now on.")] = "",
    no_favourite: Annotated[str, typer.Option(help="List this plan as any other again.")] = "",
    forget: Annotated[str, typer.Option(help="Take a plan of your own out of the list.")] = "",
) -> None:
    """List the plans and rigs that there are: favourites, your own, and the shipped ones."""
    from seccm.plan import own_plans

    with sentences():
        if as_ and keep is None:
            what = "names a plan that is kept."
            raise PlanError("plans", [Problem("--as", what, "Say which: --keep FILE --as NAME.")])
        if keep is not None:
            name = own_plans.keep(keep, as_)
            say(f"Kept. Use it by its name: seccm run {name}")
        if favourite:
            own_plans.favour(favourite)
            say(f"{favourite} is a favourite: the list begins with it.")
        if no_favourite:
            own_plans.favour(no_favourite, on=False)
            say(f"{no_favourite} is not a favourite any more.")
        if forget:
            say(f"Removed from the list; the file is now {own_plans.forget(forget)}")
    if not (keep or favourite or no_favourite or forget):
        _list()


def _list() -> None:
    from seccm.plan import load_plan
    from seccm.plan.library import own_plans as own
    from seccm.plan.library import plans as shipped
    from seccm.plan.library import rigs as shipped_rigs
    from seccm.plan.own_plans import favourites, in_order

    table = Table("", "plan", "sites", "what", box=None, pad_edge=False)
    first, mine = favourites(), own()
    for name, path in in_order().items():
        mark = "*" if name in first else ""
        try:
            plan = load_plan(path)
            sites, title = str(len(plan.visits())), plan.title
        except PlanError as error:
            sites, title = "-", f"wrong: {error.problems[0].what}"
        of = " (yours)" if name in mine else ""
        table.add_row(mark, Text(name, style="bold") + Text(of, style="dim"), sites, Text(title))
    for column in table.columns[1:]:
        column.overflow = "fold"  # a name that is cut cannot be typed
    out.print(table)
    out.print()
    rigs = Table("rig", "file", box=None, pad_edge=False)
    for name, path in shipped_rigs().items():
        rigs.add_row(Text(name, style="bold"), str(path))
    tell_table(rigs)
    out.print("\n* is a favourite. To make your own: seccm new my-plan.toml", style="dim")
    out.print("or copy one, with its comments: seccm new my-plan.toml --like NAME", style="dim")
    for path in list(shipped().values())[:1]:
        say(("The shipped ones are in: ", "dim"), (str(path.parent), "dim"))
