"""Results as JSON that every program reads."""

from __future__ import annotations

import json
import math
from typing import Any


def plain_json(content: dict[str, Any]) -> str:
    """Return a file of JSON; null stands for what is not a number, which JSON does not have."""
    return json.dumps(_plain(content), indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
