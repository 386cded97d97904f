"""Every example runs, in a folder of its own, and says what it is there to say."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import matplotlib as mpl
import numpy as np
import pytest
from small_scan import small_scan
from stand_in_baybe import put_in_place

import seccm

mpl.use("Agg")
EXAMPLES = Path(__file__).parent.parent / "examples"
SAYS = {
    "run_and_follow.py": r"site 3: contact at z = \d\d\.\d\d um(.|\n)*Run complete",
    "pause_from_a_thread.py": r"1 of 4 sites are done\nlooked at while paused: True",
    "adaptive_in_ten_lines.py": r"site 3: (.|\n)*now between -2\d\.\d and -2\d\.\d",
    "with_optuna.py": r"site 3: (.|\n)*best: -\d+\.\d A/m\^2",
    "with_baybe.py": r"site 3: (.|\n)*best: -\d+\.\d A/m\^2",
    "read_with_pandas.py": r"overtravel|count",
    "read_with_xarray.py": r"in V\nfrom -?\d",
    "read_with_h5py.py": r"site 1: ok, \d+ data points, last E -?\d\.\d{3} V",
    "plot_one_site.py": "",
    "sweep_thresholds.py": r"4 pA: 2 landings, at most \d+\.\d nm",
    "example_plan.py": "",
}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of two sites, for examples that read one."""
    path = tmp_path_factory.mktemp("examples") / "scan.h5"
    for _ in seccm.run(small_scan(2, 1), path=path, seed=1):
        pass
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scanned: Path) -> Iterator[Path]:
    """An empty folder with a scan in it."""
    shutil.copy(scanned, tmp_path / "scan.h5")
    monkeypatch.chdir(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(EXAMPLES) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_every_example_is_listed_and_tried() -> None:
    files = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*.py")}
    assert files - {"foreign_step/pulse_step.py", "foreign_step/try_it.py"} == set(SAYS)
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.iterdir():
        assert path.name in listed or path.name in ("README.md", "example_plan.py", "__pycache__")


@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str((EXAMPLES / name).parent))
    if name == "with_optuna.py":
        pytest.importorskip("optuna")
    if name == "with_baybe.py" and find_spec("baybe") is None:
        put_in_place(monkeypatch)
    found = runpy.run_path(str(EXAMPLES / name), run_name="example")
    if name.startswith("with_"):
        asks_the_same_again(found)
    assert re.search(SAYS[name], capsys.readouterr().out)
    if name == "plot_one_site.py":
        assert (folder / "site-0.pdf").stat().st_size > 1000


def asks_the_same_again(found: dict[str, Any]) -> None:
    """A planner that is told the same sites asks for the same ones: so a run can be resumed."""
    (kind,) = (found[name] for name in ("WithOptuna", "WithBaybe") if name in found)
    how = found.get("off", "E_far")
    first = found["planner"]
    again = kind(first.plan, {"j": (-30.0, -5.0)}, how, total=4)
    for told in first.told:
        asked = again.ask()
        assert asked.levels == told.site.levels
        assert -30.0 <= asked.levels[0] <= -5.0
        again.tell(told)
    assert "as many as were wanted" in again.ask().reason


def test_the_foreign_step_runs(folder: Path) -> None:
    """In a process of its own: a kind that is registered stays for good."""
    script = EXAMPLES / "foreign_step" / "try_it.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert re.search(r'"i_pulse": [-\d]', done.stdout)


def test_what_matlab_reads_is_there(folder: Path) -> None:
    """h5read takes numbers at the root; it knows no half floats, and no texts of many lengths."""
    script = (EXAMPLES / "read_in_matlab.m").read_text(encoding="utf-8")
    names = re.findall(r"h5read\(file, '/(\w+)'\)", script)
    assert len(names) == 5
    with h5py.File("scan.h5") as file:
        for name in names:
            assert file[name].dtype.kind in "fiu"
            assert file[name].dtype.itemsize in (1, 2, 4, 8)
            assert file[name].dtype != np.float16
        assert np.isscalar(file["E"].attrs["add_offset"])
        first, count = int(file["row_start"][0]), int(file["row_size"][0])
        assert np.isfinite(file["E"][first : first + count]).all()


def test_the_foreign_step_is_found_by_its_entry_point() -> None:
    project = tomllib.loads((EXAMPLES / "foreign_step" / "pyproject.toml").read_text("utf-8"))
    (target,) = project["project"]["entry-points"]["seccm.steps"].values()
    module, name = target.split(":")
    source = (EXAMPLES / "foreign_step" / f"{module}.py").read_text(encoding="utf-8")
    assert re.search(rf"^{name} = Kind\(", source, re.MULTILINE)
    page = (EXAMPLES.parent / "docs" / "extending" / "step.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert example is not None
    assert source.endswith(example[1]), "the page and the package are the same step"


def test_the_notebook_runs_from_its_first_cell_to_its_last(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As plain Python, in the order of the cells: a kernel would take seconds to begin."""
    notebook = json.loads((EXAMPLES / "tutorial.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "no results are kept in the notebook"
            exec(compile("".join(cell["source"]), "tutorial.ipynb", "exec"), names)
    assert "Run complete" in capsys.readouterr().out
    assert len(names["table"]) == 4  # type: ignore[arg-type]
    assert os.path.exists("notebook.h5")
    import matplotlib.pyplot as plt

    plt.close("all")
