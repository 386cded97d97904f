"""Fields of plans and rig files: quantities that carry their unit, and what is said when wrong.

A file must write the unit; Python code and files written by this program pass SI floats. The
difference is made by the validation context, which only reading a file sets.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic.json_schema import WithJsonSchema
from pydantic.types import Strict

from seccm.errors import PlanError, Problem
from seccm.mistakes import problems_of, written
from seccm.units import advice, example, parse

FROM_FILE = {"units": "required"}


class Model(BaseModel):
    """A frozen part of a file; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


def quantity(value: object, unit: str, info: ValidationInfo) -> float:
    """Turn "2 um/s" (or, from Python, 2e-6) into an SI float.

    Raises:
        ValueError: no number, no unit, or a unit of something else.
    """
    if isinstance(value, str):
        return parse(value, unit)
    from_file = (info.context or {}).get("units") == "required"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (unit == "1" or not from_file):
        try:
            return float(value)  # type: ignore[arg-type]
        except OverflowError:
            raise ValueError(f"{advice(unit)}, not {written(value)}") from None
    raise ValueError(f"{advice(unit)}, not {written(value)}")


def _field(unit: str) -> tuple[BeforeValidator, WithJsonSchema]:
    def validate(value: object, info: ValidationInfo) -> float:
        return quantity(value, unit, info)

    return BeforeValidator(validate), WithJsonSchema(unit_schema(unit))


def unit_schema(unit: str) -> dict[str, Any]:
    """Return the JSON schema of a quantity: unit and example travel with it, for forms."""
    return {"type": "string", "unit": unit, "examples": [example(unit)]}


Length = Annotated[float, *_field("m")]
Speed = Annotated[float, *_field("m/s")]
Duration = Annotated[float, *_field("s")]
Potential = Annotated[float, *_field("V")]
Current = Annotated[float, *_field("A")]
CurrentDensity = Annotated[float, *_field("A/m^2")]
ScanRate = Annotated[float, *_field("V/s")]
Charge = Annotated[float, *_field("C")]
Area = Annotated[float, *_field("m^2")]
Capacitance = Annotated[float, *_field("F")]
Resistance = Annotated[float, *_field("ohm")]
Frequency = Annotated[float, *_field("Hz")]
Angle = Annotated[float, *_field("rad")]
Ratio = Annotated[float, *_field("1")]
# Strict, so that "3", 3.0 and true are not taken for numbers of things.
Count = Annotated[int, Strict(), Field(ge=1)]
Seed = Annotated[int, Strict(), Field(ge=0)]
YesNo = Annotated[bool, Strict()]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        PlanError: the file is missing, unreadable or not TOML; says where.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PlanError(str(path), [Problem("file", "does not exist.")]) from None
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start})."
        raise PlanError(str(path), [Problem("file", what, "Save it as UTF-8.")]) from None
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}."
        raise PlanError(str(path), [Problem("file", what)]) from None
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        what = f"is not valid TOML: {error}."
        remedy = 'Texts and quantities stand in quotes, such as "2 um/s".'
        raise PlanError(str(path), [Problem("file", what, remedy)]) from None


M = TypeVar("M", bound=BaseModel)


def validate(
    model: type[M],
    data: Mapping[str, Any],
    source: str,
    *,
    from_file: bool,
    also: Callable[[Mapping[str, Any]], Iterable[Problem]] = lambda _: (),
) -> M:
    """Build a model from plain data, or report every mistake of the data at once.

    Args:
        model: what to build.
        data: tables and values, as TOML or JSON give them.
        source: the file's name, for the message.
        from_file: whether units must be written.
        also: further checks on the plain data whose problems belong in the same report.

    Raises:
        PlanError: with one problem for each mistake.
    """
    extra = list(also(data))
    try:
        built = model.model_validate(dict(data), context=FROM_FILE if from_file else None)
    except ValidationError as error:
        raise PlanError(source, [*problems_of(error, model, data), *extra]) from None
    if extra:
        raise PlanError(source, extra)
    return built
