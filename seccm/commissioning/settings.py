"""What a commissioning step is told: quantities as they are typed, with their limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seccm.errors import PlanError, Problem
from seccm.units import example, parse, show


@dataclass(frozen=True, slots=True)
class Setting:
    """One quantity that an operator may choose."""

    name: str
    words: str
    unit: str
    default: str = ""
    """As it would be typed; empty where it must be given."""
    above: float = 0.0
    """Greater than this."""
    most: float = math.inf
    whole: bool = False
    """Whether it is a number of things."""

    @property
    def meaning(self) -> str:
        """What it is and what it may be, in sentences."""
        kind = "A whole number" if self.whole else "A number"
        if self.unit != "1":
            kind = f"A quantity in {self.unit}, such as {example(self.unit)}"
        most = f", at most {show(self.most, self.unit)}" if math.isfinite(self.most) else ""
        usual = f" Unless given: {self.default}." if self.default else " It has to be given."
        least = f"more than {show(self.above, self.unit) if self.above > 0.0 else 0}"
        first = f"{self.words[:1].upper()}{self.words[1:]}."
        return f"{first} {kind}, {least}{most}.{usual}"

    def value(self, text: str) -> float:
        """Read what was typed.

        Raises:
            ValueError: it is no such quantity, or outside of the limits.
        """
        value = parse(text, self.unit)
        if not self.above < value <= self.most:
            if not value > self.above:
                limit = show(self.above, self.unit) if self.above else "0"
                raise ValueError(f"{text} is not more than {limit}")
            raise ValueError(f"{text} is more than {show(self.most, self.unit)}")
        if self.whole and value != round(value):
            raise ValueError(f"{text} is not a whole number")
        return value


def read_settings(
    settings: Iterable[Setting], texts: Mapping[str, str], prefix: str = ""
) -> dict[str, float]:
    """Read what was typed, with the defaults where nothing was.

    Args:
        settings: those of a step.
        texts: what was typed, by name.
        prefix: put before a name in messages.

    Raises:
        PlanError: with every mistake.
    """
    known = {setting.name: setting for setting in settings}
    problems = [
        Problem(f"{prefix}{name}", "is not a setting of this step.", f"Known: {', '.join(known)}.")
        for name in sorted(set(texts) - set(known))
    ]
    values: dict[str, float] = {}
    for name, setting in known.items():
        text = texts.get(name, "").strip() or setting.default
        try:
            values[name] = setting.value(text)
        except ValueError as error:
            problems.append(Problem(f"{prefix}{name}", f"{error}."))
    if problems:
        raise PlanError("settings", problems)
    return values
