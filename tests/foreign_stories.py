"""Stories carried out in a program of its own, with the packages of `foreign` installed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import warm

HERE = Path(__file__).parent
FOREIGN = HERE / "foreign"


def told_by(script: str, *words: str | Path) -> dict[str, Any]:
    """Carry out a story; return what it has found, which it prints as its last line.

    Args:
        script: its file in `foreign`.
        words: its arguments.
    """
    paths = (str(HERE.parent), str(HERE), str(FOREIGN), os.environ.get("PYTHONPATH", ""))
    done = warm.ran(
        [sys.executable, str(FOREIGN / script), *map(str, words)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
