"""A virtual rig whose surface is out of reach, with a virtual coarse motor."""

from __future__ import annotations

from pathlib import Path

from sim.coarse import Screw

DEEP = """
kind = "virtual"
[surface]
height = "{height}"
tilt_x = 0.0
tilt_y = 0.0
motor = "{motor}"
[coarse]
stage = "virtual"
host = "{motor}"
towards = 1
step = "{step}"
most = {most}
farthest = "{farthest}"
tries = {tries}
"""


def deep_rig(
    folder: Path,
    *,
    height: str = "-20 um",
    step: str = "30 nm",
    most: int = 500,
    farthest: str = "60 um",
    tries: int = 4,
) -> Path:
    """Write a rig file and return it."""
    path, motor = folder / "deep.toml", (folder / "motor.json").as_posix()
    how = {"height": height, "step": step, "most": most, "farthest": farthest, "tries": tries}
    path.write_text(DEEP.format(motor=motor, **how), encoding="utf-8")
    return path


def turned(rig: Path) -> int:
    """Return the count of the rig's motor."""
    return Screw.kept(rig.with_name("motor.json")).count
