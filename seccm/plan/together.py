"""What does not fit between the tables of a plan: factors, design, sites, program.

Works on plain data and on whatever tables are good in themselves, so that these mistakes are
told together with those inside of single tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from seccm.errors import Problem
from seccm.factors import Condition, Level
from seccm.level_lists import named_levels
from seccm.placeholder import placeholders
from seccm.plan.channels import STAYING
from seccm.plan.design import assigned, conditions_of, design_problems
from seccm.plan.expand import condition_problems, program_problems
from seccm.plan.keeping import keep_problems
from seccm.plan.places import MOST
from seccm.plan.regions import Regions, each_of, in_every
from seccm.plan.sites import Sites, own_of
from seccm.plan.ways import KINDS
from seccm.program.setting import Setting
from seccm.suggestion import Suggestion


def plain(given: Any) -> Any:
    """Turn models inside of plain data into plain data."""
    if isinstance(given, BaseModel):
        return given.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(given, Mapping):
        return {name: plain(value) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return [plain(value) for value in given]
    return given


def readable_levels(data: Mapping[str, Any]) -> dict[str, tuple[Level, ...]]:
    """Return what can be read of the factors; an unreadable one is known by its name alone."""
    columns: dict[str, Any] = {}
    design, factors = data.get("design"), data.get("factors")
    listed = design.get("conditions") if isinstance(design, dict) else None
    for condition in listed if isinstance(listed, list) else ():
        for name, level in condition.items() if isinstance(condition, dict) else ():
            columns.setdefault(name, []).append(level)
    columns |= factors if isinstance(factors, dict) else {}
    return named_levels(columns)


def unused_factors(data: Mapping[str, Any], factors: Mapping[str, Any]) -> Iterator[Problem]:
    """Find factors that no quantity follows."""
    program = data.get("program")
    if (
        not program
        or not isinstance(program, list)
        or not all(isinstance(s, dict) for s in program)
    ):
        return  # Nothing can follow a factor; the broken program is reported itself.
    tables = ("program", "approach", "retract", "travel")
    named = {name for table in tables for name in placeholders(data.get(table))}
    for name in factors:
        if name not in named and name and name.isprintable():  # Else its name is told.
            declared = data.get("factors")
            inside = isinstance(declared, dict) and name in declared
            where = f"factors.{name}" if inside else "design.conditions"
            remedy = f'Write "${name}" for a quantity of {", ".join(tables)}, or remove it.'
            remove = Suggestion(("factors", name), "remove") if inside else None
            yield Problem(where, f"factor {name} is not used.", remedy, suggestion=remove)


def good_parts(
    model: type[BaseModel], data: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Build those tables of a bad plan that are good in themselves."""
    parts = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key not in data:
            if not field.is_required():
                parts[name] = field.get_default(call_default_factory=True)
            continue
        try:
            parts[name] = _adapter(model, name).validate_python(data[key], context=dict(context))
        except ValidationError:
            continue
    return parts


@lru_cache(maxsize=64)
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    """Return what validates one table of a plan; made at run time, beyond any type checker."""
    field = model.model_fields[name]
    kind: Any = Annotated[field.annotation, Field(), *field.metadata]
    return TypeAdapter(kind)


def forget() -> None:
    """Forget how tables are validated: there is another kind of step."""
    _adapter.cache_clear()


def together(parts: Mapping[str, Any], own: Collection[str]) -> Iterator[Problem]:
    """Find what does not fit between the tables, as far as they are known.

    Args:
        parts: the tables that are good in themselves.
        own: names of the values that each site has of its own, whether they can be read or not.
    """
    wrong = []
    sites = parts.get("places")
    if "factors" in parts and "design" in parts:
        places = sites and in_every(sites.places(), parts.get("regions"))
        wrong += design_problems(parts["factors"], parts["design"], places)
    if "program" in parts:
        factors = set(parts.get("factors", ()))
        if "design" in parts:
            factors.update(*parts["design"].conditions)
        for name in sorted(factors & set(own)):
            what = f"{name} is the name of a factor already."
            wrong.append(Problem(f"sites.values.{name}", what, "Choose another name."))
        wrong += program_problems(parts["program"], factors.union(own))
    if sites is not None and parts.get("regions") is not None:
        wrong += _region_problems(parts["regions"], sites)
    yield from wrong
    if "places" in parts and "way" in parts:
        yield from _misfit(parts["places"].kind, parts["way"].kind)
    known = not wrong and all(name in parts for name in ("factors", "design"))
    # Sites that are wrong in themselves do not say which values go with which condition.
    known &= "places" in parts or not own
    if parts.get("keep") and "program" in parts:
        yield from keep_problems(parts["keep"], parts["program"], _cases(parts) if known else ())
    if known and all(name in parts for name in ("approach", "retract", "program")):
        seen = set()
        for condition in _cases(parts):
            # What is wrong in itself depends neither on the reference nor on the footprint.
            setting = Setting(condition, offset=0.0, area=1.0)
            for problem in condition_problems(
                setting, parts["approach"], parts["retract"], parts["program"]
            ):
                if problem.where not in seen:  # The first condition stands for the others.
                    seen.add(problem.where)
                    yield problem


def _region_problems(regions: Regions, sites: Sites) -> Iterator[Problem]:
    """Find what does not fit between the regions of a sample and the sites in each."""
    if sites.kind in STAYING:
        what = f'have no meaning with sites of kind "{sites.kind}": nothing moves there.'
        yield Problem("regions", what, "Remove it.", suggestion=Suggestion(("regions",), "remove"))
        return
    count, each = len(regions.labels), len(sites.places())
    if count * each > MOST:
        what = f"make {count * each} sites, more than {MOST}."
        yield Problem("regions", what, "Take fewer regions, or fewer sites in each.")
    own, _ = own_of(sites)
    for name in (name for name, _ in (own[0] if own else ()) if name in regions.values):
        what = f"{name} stands for a value of each site already."
        yield Problem(f"regions.values.{name}", what, "Choose another name.")


def _misfit(sites: str, way: str) -> Iterator[Problem]:
    """Find a way that does not go with the kind of the sites."""
    stays, put = not KINDS.of(way).moves, Suggestion(("way", "kind"), "put", "hopping")
    if stays and sites not in STAYING:
        known = " or ".join(f'"{kind}"' for kind in STAYING)
        what = f'"{way}" moves nothing, but sites of kind "{sites}" are places to go to.'
        remedy = f'Write sites of kind {known}, or way.kind = "hopping".'
        yield Problem("way.kind", what, remedy, suggestion=put)
    elif not stays and sites in STAYING:
        what = f'"{way}" moves a tip, but nothing moves at sites of kind "{sites}".'
        put = Suggestion(("way", "kind"), "put", "connected")
        yield Problem("way.kind", what, 'Write way.kind = "connected".', suggestion=put)


def _cases(parts: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Return every condition, with the values of each site that it goes with."""
    conditions = conditions_of(parts["factors"], parts["design"])
    sites, regions = parts.get("places"), parts.get("regions")
    if sites is None:
        return conditions
    values, _ = own_of(sites)
    if not values and regions is None:
        return conditions
    places = sites.places()
    which = assigned(parts["design"], in_every(places, regions), len(conditions)).tolist()
    own = [
        (*here, *region.values)
        for region in each_of(regions)
        for here in values or [()] * len(places)
    ]
    pairs = dict.fromkeys(zip(which, own, strict=True))
    return tuple(conditions[index].inside(own) for index, own in pairs)
