"""JSON schemas as an editor reads them: defaults are written as a file has them, with units."""

from __future__ import annotations

from typing import Any

from seccm.plan.plan import Plan
from seccm.units import show


def plan_schema() -> dict[str, Any]:
    """Return the JSON schema of a plan, with the kinds that other packages add."""
    return Plan.model_json_schema(by_alias=True)


def as_written(schema: Any, unit: str = "") -> Any:
    """Return a schema in which defaults and bounds of quantities are texts with a unit.

    Args:
        schema: a JSON schema, or a part of one.
        unit: SI unit of the quantity inside of which it stands.
    """
    if isinstance(schema, list):
        return [as_written(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    alternatives = schema.get("anyOf", ())
    unit = next((one["unit"] for one in (schema, *alternatives) if "unit" in one), "")
    return {
        name: _text(part, unit) if unit and name in _NUMBERS else as_written(part)
        for name, part in schema.items()
    }


_NUMBERS = ("default", "exclusiveMinimum", "minimum", "exclusiveMaximum", "maximum")


def _text(value: Any, unit: str) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return show(value, unit, 9) if is_number else value
