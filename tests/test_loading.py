"""What a command, or a process that packs a file, must load before it can begin."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("scipy", "matplotlib", "numba", "pandas", "xarray", "PySide6", "nidaqmx")


@pytest.mark.parametrize("module", ["seccm.data.__main__", "seccm.plan", "seccm.cli.commands"])
def test_what_few_need_is_loaded_by_those_few(module: str) -> None:
    """To pack a file, or to try one that is not sealed, a new Python begins each time."""
    code = f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
