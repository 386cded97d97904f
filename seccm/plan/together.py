"""What does not fit between the tables of a plan: factors, design, sites, program.

Works on plain data and on whatever tables are good in themselves, so that these mistakes are
told together with those inside of single tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from seccm.errors import Problem
from seccm.factors import Level
from seccm.level_lists import named_levels
from seccm.plan.design import conditions_of, design_problems
from seccm.plan.expand import condition_problems, program_problems
from seccm.plan.keeping import keep_problems
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
    named = {name for table in tables for name in _placeholders(data.get(table))}
    for name in factors:
        if name not in named and name and name.isprintable():  # Else its name is told.
            declared = data.get("factors")
            inside = isinstance(declared, dict) and name in declared
            where = f"factors.{name}" if inside else "design.conditions"
            remedy = f'Write "${name}" for a quantity of {", ".join(tables)}, or remove it.'
            remove = Suggestion(("factors", name), "remove") if inside else None
            yield Problem(where, f"factor {name} is not used.", remedy, suggestion=remove)


def _placeholders(given: object) -> Iterator[str]:
    if isinstance(given, str) and given.strip().startswith("$"):
        yield given.strip()[1:]
    elif isinstance(given, dict):
        for value in given.values():
            yield from _placeholders(value)
    elif isinstance(given, list):
        for value in given:
            yield from _placeholders(value)


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


def together(parts: Mapping[str, Any]) -> Iterator[Problem]:
    """Find what does not fit between the tables, as far as they are known."""
    wrong = []
    if "factors" in parts and "design" in parts:
        places = parts["places"].places() if "places" in parts else None
        wrong += design_problems(parts["factors"], parts["design"], places)
    if "program" in parts:
        factors = set(parts.get("factors", ()))
        if "design" in parts:
            factors.update(*parts["design"].conditions)
        wrong += program_problems(parts["program"], factors)
    yield from wrong
    if parts.get("keep") and "program" in parts:
        known = not wrong and "factors" in parts and "design" in parts
        conditions = conditions_of(parts["factors"], parts["design"]) if known else ()
        yield from keep_problems(parts["keep"], parts["program"], conditions)
    needed = ("factors", "design", "approach", "retract", "program")
    if not wrong and all(name in parts for name in needed):
        seen = set()
        for condition in conditions_of(parts["factors"], parts["design"]):
            # What is wrong in itself depends neither on the reference nor on the footprint.
            setting = Setting(condition, offset=0.0, area=1.0)
            for problem in condition_problems(
                setting, parts["approach"], parts["retract"], parts["program"]
            ):
                if problem.where not in seen:  # The first condition stands for the others.
                    seen.add(problem.where)
                    yield problem
