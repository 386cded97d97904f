"""What the number pad does to a quantity as text."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_PREFIXES = ("n", "u", "m", "")
_SIMPLE = re.compile(r"^(?:[munpfk]?)(m|s|V|A|C|m/s|V/s)$")


def stepped(text: str, sign: int) -> str:
    """Move the last digit of a quantity by one; a text that is no quantity stays as it is."""
    number, gap, unit = text.partition(" ")
    try:
        value = Decimal(number.replace("−", "-"))
    except InvalidOperation:
        return text
    exponent = value.as_tuple().exponent
    step = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return f"{value + sign * step}{gap}{unit}"


def units_like(text: str) -> tuple[str, ...]:
    """Return the unit in a text with its usual prefixes: "2 um/s" offers nm/s to m/s."""
    words = text.replace("such as ", "").split(" ")
    unit = words[-1] if len(words) > 1 else ""
    found = _SIMPLE.match(unit)
    if not found:
        return (unit,) if unit else ()
    return tuple(prefix + found[1] for prefix in _PREFIXES)
