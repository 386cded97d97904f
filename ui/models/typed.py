"""How values of a plan are written in the fields of its form, and read when they are typed.

Reading what is written gives the value that was written. A value for which a field has no such
text is written as TOML has it: the form shows every plan whole, right or wrong.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from seccm.in_toml import toml

Kind = Literal[
    "quantity", "number", "text", "long text", "switch", "choice", "list", "words", "pair", "rows",
    "toml",
]  # fmt: skip
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_DIGITS = 1000
"""Of a whole number, at the most: nobody means longer ones, and reading them takes its time."""
_OPENS, _CLOSES = "{[", "}]"


def shown(kind: Kind, value: Any) -> tuple[Kind, str]:
    """Return how a value is shown: in a field of this kind, or as TOML if that cannot show it.

    Args:
        kind: of the field, as the schema has it.
        value: as it stands in the file; None where it does not.
    """
    if value is None:
        return kind, ""
    # One value for all may stand where there is room for a list.
    several: tuple[Kind, ...] = (kind, "pair") if kind == "list" else (kind,)
    for each in several:
        text = _write(each, value)
        one_line = each in ("long text", "rows") or "\n" not in (text or "")
        if text is not None and one_line and same(read(each, text), value):
            return each, text
    return "toml", toml(value)


def read(kind: Kind, text: str) -> Any:
    """Turn what was typed into what stands in the file; None to leave the key out.

    Nothing is refused here: what makes no sense is passed on as it is, and the plan says why.
    """
    text = text.strip() if kind != "long text" else text
    if not text:
        return None
    match kind:
        case "number" | "quantity":
            return _plain(text)
        case "switch":
            return text == "true"
        case "list" | "words":
            plain = _plain if kind == "list" else _word
            found = [plain(part) for part in _parts(text)]
            return found[0] if len(found) == 1 and isinstance(found[0], list) else found
        case "pair":
            parts = [_plain(part) for part in _parts(text)]
            return parts[0] if len(parts) == 1 else parts
        case "rows":
            return [[_plain(p) for p in _parts(line)] for line in text.splitlines() if line.strip()]
        case "toml":
            return _as_table(text)
        case _:
            return text


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are written alike: 1, 1.0, true and "1" are four."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other or (one != one and other != other))


def written(value: Any) -> str:
    """Write a value as you type it; a table, for what an earlier step came to, as TOML does."""
    return _quantity(value)


def _write(kind: Kind, value: Any) -> str | None:
    """Write a value; None for one of another shape than the field's."""
    match kind:
        case "switch":
            return toml(value) if isinstance(value, bool) else None
        case "list" | "words":
            write = _entry if kind == "list" else _worded
            return _joined(value, write) if isinstance(value, list) else None
        case "pair":
            return _joined(value, _entry) if isinstance(value, list) else _quantity(value)
        case "rows":
            if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
                return None
            return "\n".join(_joined(row, _entry) for row in value)
        case "toml":
            return toml(value)
        case _:
            return _quantity(value)


def _joined(values: Sequence[Any], write: Callable[[Any], str]) -> str:
    return ", ".join(map(write, values))


def _quantity(value: Any) -> str:
    return value if isinstance(value, str) else toml(value)


def _entry(value: Any) -> str:
    """Write an entry of a list: in quotes where it would be taken for something else."""
    if isinstance(value, str):
        return value if same(_listed(value), [value]) else toml(value)
    return toml(value)


def _worded(value: Any) -> str:
    """Write a word of a list; anything else as TOML does."""
    if isinstance(value, str):
        return value if [_word(part) for part in _parts(value)] == [value] else toml(value)
    return toml(value)


def _listed(text: str) -> list[Any]:
    return [_plain(part) for part in _parts(text)]


def _parts(text: str) -> list[str]:
    """Take a list apart at its commas, except for those in quotes and inside of tables."""
    found, depth, quoted, escaped = [""], 0, "", False
    for c in text:
        if quoted:
            quoted = quoted if escaped or c != quoted else ""
            escaped = c == "\\" and not escaped and quoted == '"'
        elif c in "\"'" and (depth > 0 or not found[-1].strip()):
            quoted = c
        else:
            depth += (c in _OPENS) - (c in _CLOSES)
        if c == "," and depth <= 0 and not quoted:
            found.append("")
        else:
            found[-1] += c
    return [part.strip() for part in found if part.strip()]


def _plain(text: str) -> Any:
    """Return a bare number as a number, and what is in quotes or braces as what TOML says.

    Quantities without a dimension are written as bare numbers, what an earlier step came to as a
    table; one that is not whole yet stays a text, and the plan says what is wrong with it.
    """
    if _WHOLE.fullmatch(text) and len(text) < _DIGITS:
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return _as_table(text) if text[0] in "{[\"'" else text


def _word(text: str) -> str:
    """Return a word without its quotes."""
    found = _as_table(text) if text[0] in "\"'" else text
    return found if isinstance(found, str) else text


def _as_table(text: str) -> Any:
    """Return what TOML says of a value; the text itself if it is not TOML, or not whole yet."""
    try:
        found: Mapping[str, Any] = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return found["value"] if len(found) == 1 else text
