"""What a command, or a process that packs a file, must load before it can begin."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("scipy", "matplotlib", "numba", "pandas", "xarray", "PySide6", "nidaqmx")


def loaded_by(code: str, names: str) -> list[str]:
    """Run a new Python; return which modules it has then, of an expression for their names."""
    command = [sys.executable, "-c", f"{code}; print(*[name for name in {names}])"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_a_plan_is_read_without_the_parts_of_scipy() -> None:
    """All kinds of steps are looked at for it; what their analysis needs is loaded there."""
    heavy = [f"scipy.{part}" for part in ("stats", "signal", "optimize", "interpolate", "spatial")]
    read = "import sys, seccm; seccm.load_plan('li-on-au-cv')"
    assert loaded_by(read, f"{heavy} if name in sys.modules") == []


@pytest.mark.parametrize("module", ["seccm.data.__main__", "seccm.plan", "seccm.cli.commands"])
def test_what_few_need_is_loaded_by_those_few(module: str) -> None:
    """To pack a file, or to try one that is not sealed, a new Python begins each time."""
    assert loaded_by(f"import sys, {module}", f"{HEAVY} if name in sys.modules") == []


@pytest.mark.parametrize("module", ["seccm.session", "seccm.remote", "sim.virtual_rig"])
def test_a_run_begins_without_what_pictures_and_statistics_need(module: str) -> None:
    """Each of these takes half a second or more on the computer of a rig."""
    parts = [f"scipy.{part}" for part in ("stats", "signal", "ndimage", "io")]
    large = [*parts, "matplotlib", "pandas", "xarray", "PIL", "skimage", "tifffile", "PySide6"]
    assert loaded_by(f"import sys, {module}", f"{large} if name in sys.modules") == []
