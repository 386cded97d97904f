"""A rig on a virtual NI card, close above a resistor, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rig_contract import Stream

import hardware.ni
from hardware.ni.nidaq import NidaqRig
from seccm.plan.contacts import current_threshold
from seccm.quantities import read_toml
from seccm.rig import Constant, ContactRule, Drive, Flag, Mounted, Move
from seccm.rigs import BESIDE

RIG_FILE = Path(__file__).parent.parent / "configs" / "rigs" / "virtual-nidaq.toml"
HOLD = Drive("potential", Constant(0.5))
NEAR: dict[str, Any] = {"stage": {"start_z": "53 um"}}
"""1.7 um above the surface."""


def rig_table(
    stop: Mapping[str, Any] | None = None, virtual: Mapping[str, Any] | None = None, **tables: Any
) -> dict[str, Any]:
    """The shipped rig file with some keys of [stop], [virtual] and whole tables replaced."""
    table = {name: part for name, part in read_toml(RIG_FILE).items() if name not in BESIDE}
    table["stop"] |= stop or {}
    table["virtual"] = NEAR | dict(virtual or {})
    return table | tables


@contextmanager
def nidaq_rig(
    stop: Mapping[str, Any] | None = None,
    virtual: Mapping[str, Any] | None = None,
    *,
    faults: tuple[str, ...] = (),
    sample: str = "dummy-resistor",
    seed: int = 1,
    **tables: Any,
) -> Iterator[NidaqRig]:
    """A rig on a virtual card, built but not open."""
    table = rig_table(stop, virtual, **tables)
    rig = hardware.ni.open_rig(table, Mounted(sample, 6e-6), seed=seed, faults=faults)
    assert isinstance(rig, NidaqRig)
    try:
        yield rig
    finally:
        rig.close()


def running(rig: NidaqRig, hold: Drive = HOLD) -> Stream:
    """Open a rig and apply the hold potential."""
    rig.open()
    rig.start()
    stream = Stream(rig)
    rig.apply(hold)
    stream.rest(0.05)
    return stream


def descend(
    stream: Stream, speed: float, rule: ContactRule | None = None, rest: float = 0.1
) -> None:
    """Come down until the rig stops by itself."""
    rule = rule or current_threshold(5e-12)
    target = stream.position("z", 0.02) - 10e-6
    stream.rig.apply(Move("z", target, speed, until=rule))
    stream.until(lambda block: bool(block.flags[-1] & Flag.FROZEN))
    stream.rest(rest)


def height(rig: NidaqRig) -> float:
    """True height of the tip."""
    return float(rig.bench.plugged.height)


def overtravel(rig: NidaqRig) -> float:
    """True distance from the first touch down to where the tip is."""
    now = height(rig)
    return float(rig.bench.plugged.truth.landings[0].z) - now
