"""The coarse motor as the rig file has it, narrowed by options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seccm.conductor.coarse import SHARE
from seccm.errors import PlanError, Problem
from seccm.quantities import validate
from seccm.rig import RigInfo
from seccm.rigs import CoarseTable, RigFile, coarse_table
from seccm.units import show

FIXED = ("stage", "host", "port", "axis", "towards")
"""What a rig file says once and for all."""
SHRINK = {"tries": "1", "most": "1", "farthest": "m"}
"""What an option may make smaller, with its unit."""
NARROW = "Options may only narrow what the rig file allows; change it there."
NEEDED = ("host", "towards", "step")


def motor_table(file: RigFile, info: RigInfo, given: Mapping[str, Any]) -> CoarseTable:
    """Return what the motor is and may do.

    Args:
        file: the rig file.
        info: the rig, whose travel bounds the steps where no rig file does.
        given: options by the keys of the table; None for those not given.

    Raises:
        PlanError: an option widens what the rig file allows, or something is missing.
    """
    options = {key: value for key, value in given.items() if value is not None}
    table = coarse_table(file)
    if table is None:
        return _without_table(file, info, options)
    asked = validate(CoarseTable, table.model_dump() | options, "options", from_file=False)
    problems: list[Problem] = []
    for key in FIXED:
        mine, its = getattr(asked, key), getattr(table, key)
        if mine != its:
            problems.append(
                Problem(f"--{key}", f"{mine} is not the {its} of {file.source}.", NARROW)
            )
    for key, unit in SHRINK.items():
        mine, most = getattr(asked, key), getattr(table, key)
        if mine > most:
            what = f"{show(mine, unit)} is more than the {show(most, unit)} of {file.source}."
            problems.append(Problem(f"--{key}", what, NARROW))
    if asked.step < table.step:
        what = (
            f"{show(asked.step, 'm')} is shorter than the {show(table.step, 'm')} of "
            f"{file.source}, so that more steps would be allowed."
        )
        problems.append(Problem("--step", what, NARROW))
    if problems:
        raise PlanError("options", problems)
    return asked


def _without_table(file: RigFile, info: RigInfo, options: Mapping[str, Any]) -> CoarseTable:
    """Return what options alone say of the motor."""
    missing = [key for key in NEEDED if key not in options]
    if missing:
        what = "is missing: which motor brings the surface closer, and how far, is not known."
        alone = ", ".join(f"--{key}" for key in missing)
        remedy = f"Write the table [coarse]; nidaq.toml has an example. Or give {alone}."
        raise PlanError(file.source, [Problem("coarse", what, remedy)])
    travel = info.axes["z"].travel
    # Neither is asked for here: half of the free way bounds every motion in any case.
    defaults = {"most": 1, "farthest": 1.0}
    table = validate(CoarseTable, defaults | dict(options), "options", from_file=False)
    half = SHARE * (travel.upper - travel.lower)
    most = options.get("most", max(1, int(half / table.step)))
    farthest = table.farthest if "farthest" in options else table.tries * half
    return table.model_copy(update={"most": most, "farthest": farthest})
