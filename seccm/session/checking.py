"""Checking a plan against a rig and a disk, before anything moves."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from seccm.commissioning.standing import doubts
from seccm.conductor.opening import look_at
from seccm.data import (
    SPARE,
)
from seccm.errors import Problem
from seccm.plan import Plan
from seccm.plan.reach import room_problems
from seccm.rig import RigInfo
from seccm.rigs import RigFile, build_rig


def check(
    plan: Plan, rig_file: RigFile, *, folder: Path = Path(), lifts_first: bool = False
) -> tuple[RigInfo, tuple[Problem, ...]]:
    """Check a plan against a rig, which is opened for its position and closed again.

    Args:
        plan: what to do.
        rig_file: what does it.
        folder: where the data file will lie.
        lifts_first: whether the tip goes to the top before it comes down.

    Returns:
        What the rig says of itself, and everything found: errors and warnings.

    Raises:
        PlanError: the rig file is wrong.
        RigError: the rig cannot be opened.
    """
    opened = look_at(
        build_rig(rig_file, plan.mounted),
        plan,
        lifts_first=lifts_first,
        further=lambda info: room(plan, info, folder),
    )
    return opened.info, (*opened.problems, *calibration_doubts(rig_file, opened.info))


def calibration_doubts(rig_file: RigFile, info: RigInfo) -> tuple[Problem, ...]:
    """Warn of calibrations that are old."""
    return doubts(rig_file.config, datetime.now().astimezone(), info.device)


def room(plan: Plan, info: RigInfo, folder: Path, share: float = 1.0) -> tuple[Problem, ...]:
    """Find out whether the data, or the share that is left of them, have room in a folder."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        # Where that cannot be told, such as in a folder that is not there, the store has the word.
        return ()
    return tuple(room_problems(plan, info, free, reserve=SPARE, share=share))
