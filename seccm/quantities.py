"""Fields of plans and rig files: quantities that carry their unit, and what is said when wrong.

A file must write the unit; Python code and files written by this program pass SI floats. The
difference is made by the validation context, which only `read_toml` sets.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo
from pydantic.json_schema import WithJsonSchema

from seccm.errors import PlanError, Problem
from seccm.units import example, parse

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
    from_file = bool(info.context) and info.context.get("units") == "required"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not from_file or unit == "1":
            return float(value)
    raise ValueError(
        f"write a number and a unit of {unit}, such as {example(unit)!r}, not {value!r}"
    )


def _field(unit: str) -> tuple[BeforeValidator, WithJsonSchema]:
    def validate(value: object, info: ValidationInfo) -> float:
        return quantity(value, unit, info)

    # The unit and an example travel with the schema, for forms and editors.
    schema = {"type": "string", "unit": unit, "examples": [example(unit)]}
    return BeforeValidator(validate), WithJsonSchema(schema)


Length = Annotated[float, *_field("m")]
Speed = Annotated[float, *_field("m/s")]
Duration = Annotated[float, *_field("s")]
Potential = Annotated[float, *_field("V")]
Current = Annotated[float, *_field("A")]
CurrentDensity = Annotated[float, *_field("A/m^2")]
ScanRate = Annotated[float, *_field("V/s")]
Charge = Annotated[float, *_field("C")]
ChargeDensity = Annotated[float, *_field("C/m^2")]
Area = Annotated[float, *_field("m^2")]
Capacitance = Annotated[float, *_field("F")]
Resistance = Annotated[float, *_field("ohm")]
Frequency = Annotated[float, *_field("Hz")]
Angle = Annotated[float, *_field("rad")]
Ratio = Annotated[float, *_field("1")]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        PlanError: the file is missing, unreadable or not TOML; says where.
    """
    try:
        text = path.read_text(encoding="utf-8")
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
    except tomllib.TOMLDecodeError as error:
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
        raise PlanError(source, [*problems_of(error, model), *extra]) from None
    if extra:
        raise PlanError(source, extra)
    return built


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Say in the user's words what pydantic found, one problem a mistake."""
    found = []
    for one in error.errors():
        where = ".".join(str(part) for part in one["loc"]) or "file"
        kind, given = one["type"], one.get("input")
        if kind == "missing":
            found.append(Problem(where, "is missing."))
        elif kind == "extra_forbidden":
            found.append(Problem(where, "is not a known key.", _similar(one["loc"], model)))
        elif kind == "value_error":
            found.append(Problem(where, _sentence(str(one["ctx"]["error"]))))
        else:
            found.append(Problem(where, _sentence(f"{one['msg']}, not {given!r}")))
    return found


def _sentence(text: str) -> str:
    text = text[:1].lower() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def _similar(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """Suggest the known key nearest to a mistyped one, anywhere in the model's schema."""
    known: set[str] = set()

    def collect(schema: object) -> None:
        if isinstance(schema, dict):
            known.update(schema.get("properties", {}))
            for part in schema.values():
                collect(part)
        elif isinstance(schema, list):
            for part in schema:
                collect(part)

    collect(model.model_json_schema())
    near = get_close_matches(str(loc[-1]), known, n=1)
    return f"Did you mean {near[0]!r}?" if near else "Remove it."
