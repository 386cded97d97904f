"""What a screen varies: factors, their levels, and the quantities that follow them.

A quantity of the program, the approach, the retract or the travel may be written "$j" instead
of a value: at each site it then takes the level of the factor j that belongs to the site's
condition. Such a quantity is checked against every level when the plan is read.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from seccm.earlier import Earlier, is_earlier, read_earlier, refuse_words
from seccm.errors import Problem
from seccm.mistakes import Mistakes, nearest, written
from seccm.placeholder import (
    Placeholder,
    c_rate,
    is_placeholder,
    product,
    read_placeholder,
    read_rate,
    times,
)
from seccm.quantities import quantity, refuse_absurd, unit_schema
from seccm.suggestion import Suggestion
from seccm.units import (
    C_RATE,
    Dimension,
    NotAQuantity,
    base,
    example,
    of_kind,
    parse_any,
    parse_c_rate,
    quoted,
    show,
    unit_text,
)


@dataclass(frozen=True, slots=True)
class Level:
    """One value of a factor, in SI."""

    value: float
    unit: str
    """The SI unit that says what kind of quantity it is; "1" for a plain number."""

    def __str__(self) -> str:
        return show(self.value, self.unit)

    @property
    def in_base(self) -> float:
        """The value in SI base units."""
        return self.value * base(self.unit)[0]

    @classmethod
    def read(cls, given: object) -> Level:
        """Read a level as written in a plan.

        Raises:
            ValueError: no number, or an unknown unit.
        """
        if isinstance(given, Level):
            return cls(float(given.value), given.unit)
        if isinstance(given, str):
            rate = parse_c_rate(given)
            return cls(*parse_any(given)) if rate is None else cls(rate, C_RATE)
        if isinstance(given, float):
            return cls(*parse_any(repr(float(given))))
        if isinstance(given, int) and not isinstance(given, bool):
            return cls(*parse_any(str(given)))
        raise NotAQuantity("", written(given))

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read,
            # With repr, which is exact: a plan read back is the same plan.
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda level: f"{level.value!r} {level.unit.removesuffix('1')}".rstrip()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "examples": [example("A/m^2")]}


_NO_NAMES = "The plan has no [factors], and here are neither values of sites nor of a repeat."
NamedLevels = tuple[tuple[str, Level], ...]
"""Levels, each with the name that stands for it."""
Value = float | Placeholder | Earlier
"""An SI value, the factor that decides it, or what an earlier step came to."""


@dataclass(frozen=True, slots=True)
class Condition(Mapping[str, float]):
    """One combination of levels: SI values by the names of their factors."""

    levels: NamedLevels = ()

    def __getitem__(self, name: str) -> float:
        return dict(self.levels)[name].value

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.levels)

    def __len__(self) -> int:
        return len(self.levels)

    @property
    def units(self) -> dict[str, str]:
        """The SI unit of each factor."""
        return {name: level.unit for name, level in self.levels}

    @property
    def label(self) -> str:
        """The condition in words, such as "j = -0.22 mA/cm^2"; empty if nothing varies."""
        return ", ".join(f"{name} = {level}" for name, level in self.levels)

    def under(self, *values: Value) -> str:
        """Name the condition where one of some quantities depends on it, to end a phrase."""
        depends = any(isinstance(value, Placeholder) for value in values)
        return f" with {self.label}" if depends else ""

    def inside(self, values: NamedLevels) -> Condition:
        """Return the condition with what the repeats round a step go over."""
        return Condition((*self.levels, *values)) if values else self

    def known(self, value: Value) -> Value:
        """Return a quantity's SI value; one that is not known here stays as it is.

        That is what an earlier step will come to, and what a repeat goes over.
        """
        if isinstance(value, Earlier):
            offset = self.known(value.offset)
            assert not isinstance(offset, Earlier)
            return replace(value, offset=offset)
        if not isinstance(value, Placeholder):
            return value
        levels = dict(self.levels)
        if not value.terms:
            level = levels.get(value.factor)
            if level is None:
                return value
            return c_rate(level.value) if level.unit == C_RATE else level.value
        unknown = [term for term in value.terms if term[0] not in levels]
        if not unknown:
            return self.number(value)
        if len(unknown) == len(value.terms):
            return value
        scale, dimension = value.scale, value.dimension
        for name, power in value.terms:
            if name in levels:
                scale *= levels[name].in_base ** power
                more = base(levels[name].unit)[1]
                dimension = times(dimension, more, power)
        return product(scale, dimension, unknown, value.plus, value.plus_dimension)

    def number(self, value: Value) -> float:
        """Return a quantity's SI value under this condition.

        Raises:
            TypeError: it follows an earlier step.
        """
        if isinstance(value, Earlier):
            raise TypeError(f"{value.taken} is known when its turn comes")
        if not isinstance(value, Placeholder):
            return value
        levels = dict(self.levels)
        if not value.terms:
            level = levels[value.factor]
            return self.number(c_rate(level.value)) if level.unit == C_RATE else level.value
        found = value.scale
        for name, power in value.terms:
            found *= levels[name].in_base ** power
        return found + value.plus


@dataclass(frozen=True, slots=True)
class Follows:
    """Marks a field: a quantity with a unit and bounds, which may follow a factor."""

    unit: str
    above: float | None = None
    """The value must be greater than this SI value."""
    at_least: float | None = None
    earlier: bool = False
    """Whether it may be what an earlier step came to."""
    rate: bool = False
    """Whether it may be a C-rate, for a step that has a capacity."""

    def read(self, given: object, info: ValidationInfo) -> Value:
        """Read the field as written in a plan.

        Raises:
            ValueError: no such quantity, out of bounds, or a factor or step that does not fit.
        """
        given = given.to_dict() if isinstance(given, Earlier) else given
        if self.earlier and isinstance(given, str):
            refuse_words(given, self.unit)
        if not self.earlier and isinstance(given, Mapping) and "from" in given:
            raise ValueError("cannot follow an earlier step here: write a value")
        if not self.earlier or not isinstance(given, Mapping) or not is_earlier(given):
            return self.fixed(given, info)
        offset = Follows(self.unit)
        found = read_earlier(given, self.unit, info, lambda value: offset.fixed(value, info))
        for end in found.within:
            self._check_bounds(end, show(end, self.unit))
        return found

    def fixed(self, given: object, info: ValidationInfo) -> float | Placeholder:
        """Read a quantity that is known before the first step.

        Raises:
            ValueError: no such quantity, out of bounds, or a factor that does not fit.
        """
        if is_placeholder(given):
            given = read_placeholder(str(given))
        if self.rate and isinstance(given, str) and (rate := read_rate(given)) is not None:
            return rate
        if isinstance(given, Placeholder):
            if not given.is_rate:
                self._check_factor(given, (info.context or {}).get("factors"))
            return given
        if isinstance(given, str) and given.strip() in ((info.context or {}).get("factors") or ()):
            meant = f"${given.strip()}"
            what, put = f'is "{given}", a name.', Suggestion((), "put", meant)
            raise Mistakes([Problem("", what, f'Did you mean "{meant}"?', suggestion=put)])
        value = quantity(given, self.unit, info)
        self._check_bounds(value, given if isinstance(given, str) else show(value, self.unit))
        return value

    def _check_factor(
        self, placeholder: Placeholder, factors: Mapping[str, Iterable[Level]] | None
    ) -> None:
        if factors is None:  # A part of a plan on its own; the plan will check it.
            return
        for name in sorted(placeholder.names - factors.keys()):
            names = [f"${one}" for one in factors]
            known = f"Known here: {', '.join(sorted(names))}." if factors else _NO_NAMES
            what = (
                f'"${name}" names no factor of the plan, no value of its sites, and nothing that a '
                "repeat round this step goes over."
            )
            near = nearest(f"${name}", names)
            put = None
            if near is not None:
                put = Suggestion((), "put", str(placeholder).replace(f"${name}", near))
                known = f"Did you mean {quoted(put.value)}?"
            raise Mistakes([Problem("", what, known, suggestion=put)])
        if placeholder.terms:
            self._check_product(placeholder, factors)
            return
        for level in factors[placeholder.factor]:
            if self.rate and level.unit == C_RATE:
                continue
            if level.unit != self.unit:
                if self.rate and level.unit == "C":
                    what = f'"{placeholder}" has the value {level}, a charge'
                    raise ValueError(f'{what}: a C-rate is written without a blank, as in "2C"')
                raise NotAQuantity(
                    self.unit,
                    before=f'cannot be "{placeholder}", which has the value "{level}": ',
                )
            self._check_bounds(level.value, f"{level}, a value of {placeholder}")

    def _check_product(
        self, placeholder: Placeholder, factors: Mapping[str, Iterable[Level]]
    ) -> None:
        """Refuse a product of another kind, or one that is out of bounds for some levels."""
        levels = {name: sorted(factors[name], key=lambda one: one.value) for name in
                  placeholder.names}  # fmt: skip
        if not all(levels.values()):  # Unreadable ones are told themselves.
            return
        names: Dimension = base("1")[1]
        for name, power in placeholder.terms:
            names = times(names, base(levels[name][0].unit)[1], power)
        wanted = base(self.unit)[1]
        dimension = times(placeholder.dimension, names, 1)
        if dimension != wanted:
            unit, needed = unit_text(dimension) or "a number", times(wanted, names, -1)
            raise ValueError(
                f"{quoted(str(placeholder))} comes to {unit}, not to {self.unit}: what the names "
                f"are multiplied with must be {of_kind(needed)}"
            )
        if placeholder.plus_dimension not in (None, wanted):
            raise ValueError(f"{quoted(str(placeholder))}: what is added must be {of_kind(wanted)}")
        under = {name for name, power in placeholder.terms if power < 0}
        for name in sorted(under):
            if levels[name][0].value <= 0.0 <= levels[name][-1].value:
                raise ValueError(
                    f"{quoted(str(placeholder))} is divided by {name}, which may be zero"
                )
        # It is largest and smallest where each of its levels is, or the square of one is least.
        ends_of = ({one[0], one[-1], min(one, key=lambda level: abs(level.value))}
                   for one in levels.values())  # fmt: skip
        for ends in itertools.product(*ends_of):
            chosen = Condition(tuple(zip(levels, ends, strict=True)))
            value = chosen.number(placeholder)
            self._check_bounds(value, f"{show(value, self.unit)}, which it is with {chosen.label}")

    def _check_bounds(self, value: float, given: str) -> None:
        if not math.isfinite(value):
            raise ValueError(f"must be a finite number, not {given}")
        if self.above is not None and not value > self.above:
            raise ValueError(f"must be greater than {show(self.above, self.unit)}, not {given}")
        if self.at_least is not None and not value >= self.at_least:
            raise ValueError(f"must be at least {show(self.at_least, self.unit)}, not {given}")
        refuse_absurd(value, self.unit, given)

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(_written),
        )

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        steps = {"steps": "allowed"} if self.earlier else {}
        ends = {"exclusiveMinimum": self.above, "minimum": self.at_least}
        given = {name: end for name, end in ends.items() if end is not None}
        return {**unit_schema(self.unit), **given, "factors": "allowed", **steps}


def _written(value: Value) -> Any:
    if isinstance(value, Earlier):
        return value.to_dict()
    return str(value) if isinstance(value, Placeholder) else value


Length = Annotated[Value, Follows("m", above=0)]
Speed = Annotated[Value, Follows("m/s", above=0)]
Duration = Annotated[Value, Follows("s", above=0)]
Pause = Annotated[Value, Follows("s", at_least=0)]
Potential = Annotated[Value, Follows("V")]
Drop = Annotated[Value, Follows("V", above=0)]
Current = Annotated[Value, Follows("A")]
Threshold = Annotated[Value, Follows("A", above=0)]
CurrentDensity = Annotated[Value, Follows("A/m^2")]
ScanRate = Annotated[Value, Follows("V/s", above=0)]
Charge = Annotated[Value, Follows("C", above=0)]
