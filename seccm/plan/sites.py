"""The sites of a plan, of whichever kind: where they are, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from seccm.factors import Level, NamedLevels
from seccm.level_lists import named_levels
from seccm.plan.channels import AREA, BLANK, STAYING, Channels, Here
from seccm.plan.places import Grid, Points, PointsFile, names_in
from seccm.plan.points import LABEL, read_sites
from seccm.plan.targets import DIAMETER, ERROR, Targets, read_targets

Sites = Annotated[
    Grid | Points | PointsFile | Targets | Channels | Here,
    Field(discriminator="kind"),
]


def own_levels(given: object, folder: Path) -> dict[str, tuple[Level, ...]]:
    """Return what can be read of the values of sites; unreadable ones are known by their names.

    Args:
        given: the table of sites as a plan has it.
        folder: where files named by the plan lie.
    """
    if not isinstance(given, Mapping):
        return {}
    if given.get("kind") in STAYING:
        areas = given.get("areas", given.get("area"))
        known = {AREA: areas if isinstance(areas, list | tuple) else [areas]}
        known |= {BLANK: [0, 1]} if given.get("blanks") else {}
        return {**named_levels(known), **named_levels(given.get("values"))}
    if given.get("kind") == "grid":
        values = given.get("values")
        named = {
            name: [
                row if isinstance(row, Mapping) else level
                for row in table
                for level in (row if isinstance(row, list | tuple) else [row])
            ]
            for name, table in (values.items() if isinstance(values, Mapping) else ())
            if isinstance(table, list | tuple)
        }
        tables = (named, given.get("column_values"), given.get("row_values"))
        return {name: levels for table in tables for name, levels in named_levels(table).items()}
    if given.get("kind") == "targets" and "values" not in given:
        try:
            return named_levels(read_targets(folder / given["file"])["values"])
        except (ValueError, TypeError, KeyError):
            return dict.fromkeys((DIAMETER, ERROR), ())
    if given.get("kind") != "csv" or "values" in given:
        return named_levels(given.get("values"))
    names = [name for name in names_in(given.get("columns")) if name != LABEL]
    try:
        read = read_sites(folder / given["file"], names) if names else {}
    except (ValueError, TypeError, KeyError):
        return dict.fromkeys(names, ())
    return named_levels(read.get("values"))


def own_of(sites: Sites) -> tuple[tuple[NamedLevels, ...], tuple[str, ...]]:
    """Return the values of each site, and what each is called; empty where sites have none."""
    if isinstance(sites, Grid):
        return sites.own(), ()
    if isinstance(sites, Channels | Here):
        return sites.own(), sites.called()
    names = tuple(sites.values)
    each = zip(*sites.values.values(), strict=True)
    values = tuple(tuple(zip(names, levels, strict=True)) for levels in each)
    if sites.order == "listed":
        return values, sites.labels
    order = sites.model_copy(update={"order": "listed"}).places().short_way().tolist()
    return (
        tuple(values[k] for k in order) if values else (),
        tuple(sites.labels[k] for k in order) if sites.labels else (),
    )


def single(
    sites: Sites, x: object, y: object, own: Mapping[str, Level], label: str
) -> dict[str, Any]:
    """Return a table of a single site of the same kind, as a plan has it.

    Args:
        sites: of which it is one.
        x: coordinate.
        y: the same.
        own: what is known of the site itself.
        label: what it is called; empty if nothing.
    """
    values = {name: [level] for name, level in own.items()}
    if not isinstance(sites, Channels | Here):
        labels = [label] if label else []
        return {"kind": "points", "points": [[x, y]], "values": values, "labels": labels}
    area = values.pop(AREA)[0].value
    if isinstance(sites, Here):
        return {"kind": "here", "label": label or sites.label, "area": area, "values": values}
    blank = values.pop(BLANK, None)
    return {
        "kind": "channels",
        "labels": [label or sites.labels[0]],
        "areas": area,
        "positions": [[x, y]],
        "blanks": [label] if blank and blank[0].value else [],
        "values": values,
    }
