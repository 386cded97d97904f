"""The plans of one's own that are kept by name, and which plans are favourites."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from seccm.errors import PlanError, Problem
from seccm.own_folder import own_folder
from seccm.plan.library import find_plan, own_plans, plans
from seccm.plan.plan import Plan, load_plan
from seccm.plan.written import toml_text_of, written_tables
from seccm.quantities import toml_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


def keep(file: Path, name: str = "") -> str:
    """Keep a plan under a name, beside the shipped ones. A plan that is kept is never replaced.

    What it reads from a file beside it, such as a list of points, is put into the copy.

    Args:
        file: the plan.
        name: under which it is found; that of the file unless given.

    Returns:
        The name.

    Raises:
        PlanError: the plan is wrong, or the name is taken or none.
    """
    name = name or file.stem
    if not _NAME.fullmatch(name) or name.endswith((".toml", ".h5", ".csv")):
        what = "can have letters, digits, '-', '_' and '.', and begins with a letter or digit."
        raise PlanError(name, [Problem("name", what, "Give another one: --as NAME.")])
    taken = {"a shipped plan": plans(), "a plan that you keep": own_plans()}
    for whose, known in taken.items():
        if name in known:
            what = f"is the name of {whose}."
            raise PlanError(name, [Problem("name", what, "Give another one: --as NAME.")])
    text = whole_text(load_plan(file), toml_text(file))
    folder = own_folder("plans")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.toml").open("x", encoding="utf-8") as written:
            written.write(text)
    except OSError as error:
        what = f"cannot be written: {error.strerror}."
        raise PlanError(str(folder), [Problem("file", what)]) from None
    return name


def whole_text(plan: Plan, text: str) -> str:
    """Return the text of a plan with what it reads from files beside it, such as a list of points.

    Args:
        plan: as it was read.
        text: of its file; returned as it is, with its comments, where it reads no other file.
    """
    if getattr(plan.places, "file", None) is not None:
        return toml_text_of(written_tables(plan))
    return text


def bring_back(aside: Path) -> str:
    """Bring a plan back that `forget` has taken out; return its name.

    Raises:
        PlanError: another plan has that name by now.
    """
    file = aside.with_suffix("")
    if file.exists():
        what = "is the name of another plan by now."
        raise PlanError(file.stem, [Problem("name", what, f"The old one is {aside}.")])
    os.replace(aside, file)
    return file.stem


def forget(name: str) -> Path:
    """Take a plan of one's own out of the library; the file is kept aside, and its place returned.

    See `bring_back`.

    Raises:
        PlanError: no plan of one's own has that name.
    """
    known = own_plans()
    if name not in known:
        remedy = "Shipped plans cannot be removed." if name in plans() else "See: seccm plans"
        raise PlanError(name, [Problem("name", "is not a plan of your own.", remedy)])
    aside = known[name].with_suffix(".toml.removed")
    os.replace(known[name], aside)
    favour(name, on=False)
    return aside


def favourites() -> list[str]:
    """Return the names of the plans that come first, in the order in which they were chosen."""
    try:
        lines = own_folder("favourite-plans.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    known = {*plans(), *own_plans()}
    return [line for line in dict.fromkeys(lines) if line in known]


def favour(name: str, *, on: bool = True) -> None:
    """Make a plan a favourite, or no longer.

    Raises:
        PlanError: there is no plan of that name.
    """
    if on:
        find_plan(name)
    kept = [one for one in favourites() if one != name]
    _write([*kept, name] if on else kept)


def in_order() -> dict[str, Path]:
    """Return all plans by name: favourites first, then one's own, then the shipped ones."""
    known = {**own_plans(), **plans()}
    return {name: known[name] for name in dict.fromkeys((*favourites(), *known))}


def _write(names: Iterable[str]) -> None:
    path = own_folder("favourite-plans.txt")
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with open(handle, "w", encoding="utf-8") as written:
            written.write("".join(f"{name}\n" for name in names))
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        what = f"cannot be written: {error.strerror}."
        raise PlanError(str(path), [Problem("file", what)]) from None
