"""Fields of plans and rig files: quantities that carry their unit, and what is said when wrong.

A file must write the unit; Python code and files written by this program pass SI floats. The
difference is made by the validation context, which only reading a file sets.
"""

from __future__ import annotations

import math
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
)
from pydantic.json_schema import WithJsonSchema
from pydantic.types import Strict
from pydantic_core import CoreSchema

from seccm.advice import told
from seccm.attribute_docs import attribute_docs
from seccm.errors import PlanError, Problem
from seccm.mistakes import Mistake, mistakes_of, plainly, written
from seccm.text_files import Unreadable, read_text
from seccm.units import NotAQuantity, example, parse, show

FROM_FILE = {"units": "required"}
DAY = 24 * 3600.0
LARGEST_TOML = 16 * 2**20
"""Bytes; a list of points as long as that belongs in a table of its own."""
DEEPEST = 60
"""Tables and lists in one another; a step in a repeat in a repeat is five deep."""
MOST: Mapping[str, tuple[float, str]] = {
    "m": (1.0, "1 m"),
    "m/s": (1.0, "1 m/s"),
    "s": (30 * DAY, "30 days"),
    "V": (1e3, "1 kV"),
    "A": (10.0, "10 A"),
    "V/s": (1e6, "1 MV/s"),
    "A/m^2": (1e8, "10 kA/cm^2"),
    "C": (1e6, "1 MC"),
    "m^2": (1.0, "1 m^2"),
}
"""The most of a kind of quantity that anyone could mean, in SI and in words, either sign."""


class Model(BaseModel):
    """A frozen part of a file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the schema with what is said of each key, and its bounds.

        Quantities are texts in a file, of which a schema would not know any bounds.
        """
        schema = handler(core)
        inside = handler.resolve_ref_schema(schema).get("properties", {})
        said = attribute_docs(cls)
        for name, field in cls.model_fields.items():
            if (known := inside.get(field.alias or name)) is not None:
                known.update(_bounds(field.annotation, field.metadata))
                if name in said:
                    known.setdefault("description", said[name])
        return schema


def _bounds(annotation: object, metadata: Iterable[object]) -> dict[str, float | int]:
    """Return the bounds of a field as a JSON schema names them, also where it may be left out."""
    inside = [one for one in get_args(annotation) if hasattr(one, "__metadata__")]
    parts = [*metadata, *(part for one in inside for part in one.__metadata__)]
    flat = [deeper for part in parts for deeper in getattr(part, "metadata", [part])]
    named = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
    return {
        words: getattr(one, name)
        for one in flat
        for name, words in named.items()
        if isinstance(getattr(one, name, None), int | float)
    }


class AnyModel:
    """Marks a field that holds one of several models, which are looked up when first needed.

    Args:
        key: the key of the models that tells them apart.
        models: returns them.
    """

    def __init__(self, key: str, models: Callable[[], Iterable[type[BaseModel]]]) -> None:
        self._key, self._models = key, models

    def __get_pydantic_core_schema__(self, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        models: tuple[Any, ...] = tuple(self._models())
        return handler.generate_schema(
            Annotated[Union[models], Field(discriminator=self._key)]  # noqa: UP007
        )


def refuse_absurd(value: float, unit: str, given: str) -> None:
    """Refuse a quantity that nobody could mean, such as a step of 1e300 s.

    Raises:
        ValueError: it is beyond the most of its kind.
    """
    most, words = MOST.get(unit, (math.inf, ""))
    if value > most:
        raise ValueError(f"must be at most {words}, not {given}")
    if value < -most:
        raise ValueError(f"must be at least -{words}, not {given}")


def quantity(value: object, unit: str, info: ValidationInfo) -> float:
    """Turn "2 um/s" (or, from Python, 2e-6) into an SI float.

    Raises:
        ValueError: no number, no unit, a unit of something else, or beyond what anybody could mean.
    """
    if isinstance(value, str):
        found = parse(value, unit)
        refuse_absurd(found, unit, value)
        return found
    from_file = (info.context or {}).get("units") == "required"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (unit == "1" or not from_file):
        try:
            found = float(value)  # type: ignore[arg-type]
        except OverflowError:
            raise NotAQuantity(unit, written(value)) from None
        refuse_absurd(found, unit, show(found, unit))
        return found
    raise NotAQuantity(unit, written(value))


def _field(unit: str) -> tuple[BeforeValidator, WithJsonSchema]:
    def validate(value: object, info: ValidationInfo) -> float:
        return quantity(value, unit, info)

    return BeforeValidator(validate), WithJsonSchema(unit_schema(unit))


def unit_schema(unit: str, written: str = "") -> dict[str, Any]:
    """Return the JSON schema of a quantity: unit and example travel with it, for forms."""
    return {"type": "string", "unit": unit, "examples": [written or example(unit)]}


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
Conductivity = Annotated[float, *_field("S/m")]
Frequency = Annotated[float, *_field("Hz")]
Angle = Annotated[float, *_field("rad")]
Density = Annotated[float, *_field("kg/m^3")]
Diffusivity = Annotated[float, *_field("m^2/s")]
Concentration = Annotated[float, *_field("mol/m^3")]
MolarMass = Annotated[float, *_field("kg/mol")]
Ratio = Annotated[float, *_field("1")]
_JOINERS = "\u200c\u200d"
"""Unseen, but needed to write some languages."""


def _legible(text: str) -> str:
    """Refuse characters that cannot be seen, or that turn what is shown into something else.

    Raises:
        ValueError: names the first one.
    """
    for number, c in enumerate(text, start=1):
        unseen = unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        if unseen and c not in "\n\t" + _JOINERS:
            raise ValueError(
                f"has a control character, U+{ord(c):04X}, at place {number}. Remove it"
            )
    return text


FreeText = Annotated[str, AfterValidator(_legible)]
"""A text to be read by people: in files, on screens and in reports."""
Words = Annotated[str, Field(min_length=1), AfterValidator(_legible)]
"""The same, and not empty."""
# Strict, so that "3", 3.0 and true are not taken for numbers of things.
Count = Annotated[int, Strict(), Field(ge=1)]
Seed = Annotated[int, Strict(), Field(ge=0)]
YesNo = Annotated[bool, Strict()]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        PlanError: the file is missing, unreadable or not TOML; says where.
    """
    return toml_tables(toml_text(path), str(path))


def toml_text(path: Path) -> str:
    """Return the text of a TOML file.

    Raises:
        PlanError: the file is missing or unreadable.
    """
    try:
        return read_text(path, largest=LARGEST_TOML)
    except Unreadable as error:
        raise PlanError(str(path), [Problem("file", error.what, error.remedy)]) from None


def toml_tables(text: str, source: str) -> dict[str, Any]:
    """Return the tables of a text in TOML.

    Raises:
        PlanError: it is not TOML, or its tables are nested deeper than anyone could mean.
    """
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise PlanError(source, [_too_deep()]) from None
    except ValueError as error:  # TOMLDecodeError, or an integer beyond what Python reads.
        is_toml = isinstance(error, tomllib.TOMLDecodeError)
        why = str(error) if is_toml else "a whole number has thousands of digits"
        what = f"is not valid TOML: {why}."
        remedy = 'Texts and quantities stand in quotes, such as "2 um/s".'
        raise PlanError(source, [Problem("file", what, remedy)]) from None
    if not is_shallow(tables):
        raise PlanError(source, [_too_deep()])
    return tables


def _too_deep() -> Problem:
    what = f"has tables or lists nested more than {DEEPEST} deep."
    return Problem("file", what, "Is it the right file?")


def is_shallow(data: object) -> bool:
    """Tell whether plain data are nested no deeper than what follows can walk through."""
    level = [data]
    for _ in range(DEEPEST + 1):
        inside = [part.values() if isinstance(part, Mapping) else part
                  for part in level if isinstance(part, Mapping | list | tuple)]  # fmt: skip
        if not inside:
            return True
        level = [part for parts in inside for part in parts]
    return False


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
    context = FROM_FILE if from_file else None

    def find(data: Mapping[str, Any]) -> list[Mistake]:
        found: list[Mistake] = []
        try:
            model.model_validate(dict(data), context=context)
        except ValidationError as error:
            found = mistakes_of(error, model, data)
        return [*found, *(plainly(problem) for problem in also(data))]

    if not list(also(data)):
        with suppress(ValidationError):
            return model.model_validate(dict(data), context=context)
    raise PlanError(source, told(data, find))
