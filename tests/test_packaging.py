"""What is packed and published one day fits the project: versions, requirements, files."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
META = PROJECT["project"]
EXTRAS = META["optional-dependencies"]


def text_of(*names: str) -> str:
    return ROOT.joinpath(*names).read_text(encoding="utf-8")


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ]", one)[0].lower() for one in requirements}


def test_one_version_everywhere() -> None:
    version = META["version"]
    assert f"version: {version}\n" in text_of("CITATION.cff")
    assert f'set version = "{version}"' in text_of("packaging", "conda-forge", "meta.yaml")
    assert f"## {version} - " in text_of("CHANGELOG.md")


def test_the_recipe_asks_for_what_the_project_asks_for() -> None:
    recipe = text_of("packaging", "conda-forge", "meta.yaml")
    run = recipe.split("  run:\n")[1].split("\n\n")[0]
    asked = re.findall(r"- (\S+?)(?:-base)? ?(\S*)$", run, re.MULTILINE)
    wanted = {(re.split(r"[<>=]", one)[0], one[len(re.split(r"[<>=]", one)[0]) :])
              for one in META["dependencies"]}  # fmt: skip
    assert set(asked) - {("python", META["requires-python"])} == wanted


def test_every_requirement_has_a_lower_bound() -> None:
    everything = [*META["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]
    unbound = [one for one in everything if ">=" not in one and not one.startswith("seccm[")]
    assert unbound == []


def test_the_page_on_installing_names_extras_that_there_are() -> None:
    page = text_of("docs", "how-to", "install.md")
    named = {name for group in re.findall(r'"\.\[([a-z,]+)\]"', page) for name in group.split(",")}
    named |= set(re.findall(r"`([a-z]+)`\s\(", page))
    assert named >= {"analysis", "ui", "ni", "images", "notices", "pi"}
    assert named <= set(EXTRAS)


def test_every_entry_point_can_be_loaded() -> None:
    """What needs a package that is not here says so in a sentence when it is used, not when it is
    looked up; an entry point may be newer than the installed metadata."""
    for group, points in META["entry-points"].items():
        known = {point.name: point for point in entry_points(group=group)}
        for name, target in points.items():
            module, _, attribute = target.partition(":")
            assert importlib.util.find_spec(module) is not None, f"{group}: {name}"
            if group == "seccm.rigs" and name in known:
                assert callable(known[name].load()), attribute


def test_the_release_tries_what_it_has_built() -> None:
    workflow = text_of(".github", "workflows", "release.yml")
    for system in ("ubuntu-latest", "windows-latest", "macos-latest"):
        assert system in workflow
    assert "needs: try" in workflow.split("publish:")[1], "nothing untried is published"
    assert "GITHUB_REF_NAME" in workflow, "the tag is the version"


def test_all_that_the_program_reads_is_in_its_packages() -> None:
    """Templates, icons and plans: files beside the code, which a wheel has to bring along."""
    target = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(target["packages"]) >= {"seccm", "sim", "hardware", "ui"}
    assert target["force-include"] == {"configs": "seccm/configs"}
    listed = subprocess.run(
        ["git", "ls-files", "seccm", "ui", "sim", "hardware"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    if listed:
        beside = {Path(name).suffix for name in listed} - {".py"}
        assert {".j2", ".svg"} <= beside


@pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None, reason="the wheel is built by hatchling"
)
def test_a_wheel_is_built_without_a_network(tmp_path: Path) -> None:
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        about = f"seccm-{META['version']}.dist-info/entry_points.txt"
        scripts = packed.read(about).decode("utf-8")
    assert wheel.name == f"seccm-{META['version']}-py3-none-any.whl"
    for name in (
        "seccm/__init__.py", "seccm/report/page.html.j2", "seccm/configs/rigs/virtual.toml",
        "seccm/configs/plans/li-on-au-combinatorial.toml", "ui/icons/start.svg",
        "sim/__init__.py", "hardware/ni/__init__.py",
    ):  # fmt: skip
        assert name in names
    left_out = ("tests/", "docs/", "examples/", "ui/pictures/")
    assert not [name for name in names if name.startswith(left_out)]
    # What is beside the code and in the repository is in the wheel, whatever its kind.
    listed = subprocess.run(
        ["git", "ls-files", "seccm", "ui", "sim", "hardware"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    assert not {name for name in listed if not name.startswith(left_out)} - set(names)
    plans = [name for name in names if name.startswith("seccm/configs/") and name.endswith(".toml")]
    assert len(plans) == len(list((ROOT / "configs").rglob("*.toml")))
    for key in META["scripts"]:
        assert f"{key} = {META['scripts'][key]}" in scripts
