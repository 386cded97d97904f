"""The rig on an NI card keeps the contract, over a stand-in for NI's library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rig_contract import RigContract

import hardware
from hardware.nidaq import NidaqRig
from seccm.quantities import read_toml
from seccm.rig import Constant, ContactRule, CurrentThreshold, Drive, Mounted, PotentialDrop, Rig

RIG_FILE = Path(__file__).parent.parent / "configs" / "rigs" / "virtual-nidaq.toml"


def rig_table(stop: dict[str, Any] | None = None, virtual: dict[str, Any] | None = None) -> Any:
    """The shipped rig file with some keys of [stop] and [virtual] replaced."""
    table = read_toml(RIG_FILE)
    table["stop"] = table["stop"] | (stop or {})
    table["virtual"] = virtual or {}
    return table


@contextmanager
def nidaq_rig(
    stop: dict[str, Any] | None = None,
    virtual: dict[str, Any] | None = None,
    faults: tuple[str, ...] = (),
    sample: str = "dummy-resistor",
) -> Iterator[NidaqRig]:
    """A rig on a virtual card, built but not open."""
    table = rig_table(stop, virtual)
    rig = hardware.open_rig(table, Mounted(sample, 6e-6), seed=1, faults=faults)
    assert isinstance(rig, NidaqRig)
    try:
        yield rig
    finally:
        rig.close()


class TestStreamed(RigContract):
    """The card plays a queue; software stops it."""

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        with nidaq_rig() as rig:
            yield rig


class TestStepped(RigContract):
    """Any card: a new value after every block."""

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        with nidaq_rig({"kind": "stepped"}) as rig:
            yield rig


class TestHardware(RigContract):
    """The card's comparator stops the tip."""

    rule: ClassVar[ContactRule] = CurrentThreshold(50e-12, "anodic")

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        with nidaq_rig({"kind": "hardware"}) as rig:
            yield rig


class TestShortBlocks(RigContract):
    """Blocks of 2.5 ms, shorter than a row."""

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        with nidaq_rig({"block": "2.5 ms"}) as rig:
            yield rig


class TestGalvanostat(RigContract):
    """Contact by the overload that drops."""

    hold: ClassVar[Drive] = Drive("current", Constant(-0.5e-9))
    rule: ClassVar[ContactRule] = PotentialDrop(5.0)
    baseline: ClassVar[float] = 10.0

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        with nidaq_rig() as rig:
            yield rig
