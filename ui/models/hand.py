"""Manual control: what is shown and what is asked for; the host decides whether it is done."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from seccm.hopping.circuit import Circuit
from seccm.remote import News
from seccm.remote.messages.coarse import TITLE as COARSE
from seccm.rig import RigInfo
from seccm.typography import readable
from seccm.units import parse, show
from ui.models.showing import Prefix

_CIRCUIT = {
    Circuit.OPEN: "",
    Circuit.UNKNOWN: " Meniscus not checked yet. It is checked before the tip goes sideways.",
    Circuit.CLOSED: " Meniscus in contact: retract before going sideways or down.",
}
STEPS = ("10 nm", "100 nm", "1 um", "10 um")
AXES = ("x", "y", "z")


@dataclass(frozen=True, slots=True)
class Jog:
    """A motion that was asked for; SI."""

    axis: str
    to: float
    speed: float


def jog(at: Mapping[str, float], axis: str, sign: int, step: str, speed: str) -> Jog:
    """Turn a press on an arrow into a motion.

    Args:
        at: where each axis was told to go, or where it is if nobody told it: steps from where
            sensors say that it is would add up their noise and offset.
        axis: x, y or z.
        sign: +1 or -1; z down is -1 and is watched for contact all along.
        step: as typed.
        speed: as typed.

    Raises:
        ValueError: a quantity makes no sense, or the position is not known yet.
    """
    if axis not in at:
        raise ValueError(f"The position of {axis} is not known yet.")
    return Jog(axis, at[axis] + sign * parse(step, "m"), parse(speed, "m/s"))


@dataclass(frozen=True, slots=True)
class Hand:
    """What can be done manually now, and why not."""

    connected: bool
    free: bool
    """Whether a rig could be connected."""
    doing: str
    touching: bool
    """Whether the circuit is closed: the tip then neither goes sideways nor down."""
    words: str

    @classmethod
    def of(cls, news: News | None, has_plan: bool, lost: str = "", pending: bool = False) -> Hand:
        """Judge by the news.

        Args:
            news: the newest.
            has_plan: whether a plan is open.
            lost: that the engine went away while it used a rig; else empty.
            pending: whether a rig was asked for.
        """
        progress = news.progress if news is not None and news.link != "lost" else None
        doing = progress.doing if progress is not None else "idle"
        if pending and doing == "idle":
            doing = "preparing"
        if lost and doing == "idle":
            words = lost
        elif doing == "scan":
            words = "A scan is using the rig."
        elif doing == "commissioning":
            assert progress is not None
            words = "A commissioning step is using the rig: see Rig."
            if progress.step == COARSE:
                asks = " It waits for your answer below." if progress.question else ""
                words = f"The coarse approach is running.{asks}"
        elif doing == "preparing":
            words = "The rig is being opened."
        elif doing == "idle":
            words = (
                "No rig is connected. Connecting moves nothing." if has_plan else
                "Open a plan first: its approach and retract are used."
            )  # fmt: skip
        else:
            assert progress is not None
            touch = _CIRCUIT[progress.circuit]
            words = (
                f"{progress.hand[:1].upper()}{progress.hand[1:]} …" if progress.hand else "Ready."
            )
            words += touch
        connected = doing == "manual"
        return cls(
            connected=connected,
            free=doing == "idle" and has_plan,
            doing=progress.hand if progress is not None and connected else "",
            touching=bool(
                progress is not None and connected and progress.circuit is Circuit.CLOSED
            ),
            words=words,
        )


def limits_words(info: RigInfo | None, axis: str) -> str:
    """Say how far an axis goes."""
    if info is None or axis not in info.axes:
        return ""
    limits = info.axes[axis]  # type: ignore[index]
    low, high = limits.travel.lower * 1e6, limits.travel.upper * 1e6
    return f"{low:g} to {high:g} µm, ≤ {readable(show(limits.fastest, 'm/s'))}"


def read_back(name: str, value: float | None) -> str:
    """Write a number of the newest row large enough to read across a room."""
    if value is None or not math.isfinite(value):
        return "–"
    if name in AXES:
        return f"{_written(value * 1e6, 3)} µm"
    if name == "potential":
        return f"{_written(value, 4)} V"
    # Noise around zero must not make the unit hop: never finer than this.
    prefix = Prefix(max(-12, Prefix(-12).fitting(abs(value)).power))
    return f"{_written(value * prefix.factor, 2)} {prefix.unit('A')}"


def _written(number: float, decimals: int) -> str:
    """Write a number with so many decimals and a real minus sign; never -0."""
    return f"{round(number, decimals) + 0.0:.{decimals}f}".replace("-", "−")


def commanded(to: float | None) -> str:
    """Say where an axis was told to go; empty where it was not told so manually."""
    return "" if to is None else f"commanded {_written(to * 1e6, 3)} µm"
