"""A value as a TOML file has it, on one line: in messages, on pages and in the fields of forms."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, time


def toml(value: object) -> str:
    """Write a value as a TOML file has it, on one line."""
    match value:
        case Mapping():
            return f"{{ {', '.join(f'{_name(n)} = {toml(part)}' for n, part in value.items())} }}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case float() if not math.isfinite(value):
            return str(value)
        case date() | time():
            return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str).replace("\x7f", "\\u007f")


def _name(key: object) -> str:
    """Write a key, in quotes where it is more than letters, digits, hyphens and underscores."""
    return str(key) if re.fullmatch(r"[A-Za-z0-9_-]+", str(key)) else toml(str(key))
