"""Finds plans and rig files: by their path, or by name among the shipped and one's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from seccm.errors import PlanError, Problem
from seccm.mistakes import similar
from seccm.own_folder import own_folder


def plans() -> dict[str, Path]:
    """Return the plans that come with the program, by name."""
    return _shipped("plans")


def own_plans() -> dict[str, Path]:
    """Return the plans that the user keeps, by name."""
    return {path.stem: path for path in sorted(own_folder("plans").glob("*.toml"))}


def rigs() -> dict[str, Path]:
    """Return the rig files that come with the program, by name."""
    return _shipped("rigs")


def find_plan(name_or_path: str | Path) -> Path:
    """Return the file of a plan.

    Raises:
        PlanError: there is no such file and no such name; suggests the nearest.
    """
    return _find(name_or_path, "plan", {**own_plans(), **plans()})


def find_rig(name_or_path: str | Path) -> Path:
    """Return the file of a rig.

    Raises:
        PlanError: there is no such file and no such name; suggests the nearest.
    """
    return _find(name_or_path, "rig", rigs())


def _shipped(folder: str) -> dict[str, Path]:
    """List a folder of configs: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("seccm")))
    for configs in (package / "configs", package.parent / "configs"):
        found = {path.stem: path for path in sorted((configs / folder).glob("*.toml"))}
        if found:
            return found
    return {}


def _find(name_or_path: str | Path, kind: str, shipped: dict[str, Path]) -> Path:
    text, path = str(name_or_path), Path(name_or_path)
    if text in shipped:
        return shipped[text]
    try:
        is_there = path.exists()
    except OSError:  # Too long a name, or a folder that may not be looked into.
        is_there = True
    if is_there:  # Whether it can be read is told by whoever reads it.
        return path
    if isinstance(name_or_path, Path) or path.suffix or len(path.parts) != 1:
        remedy = f"Shipped {kind}s are named without a path, such as {next(iter(shipped), '')!r}."
        raise PlanError(text, [Problem("file", "does not exist.", remedy)])
    what = f"there is no {kind} of this name."
    raise PlanError(text, [Problem("name", what, similar(text, shipped))])
