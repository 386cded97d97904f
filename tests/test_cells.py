"""Drives of a cell keep one contract, whether they impose at once or run techniques."""

from __future__ import annotations

from typing import Any

import pytest
from cell_contract import CellContract

from seccm.rig import Mounted, Rig, parts_of, rig_of
from sim.config import VirtualConfig
from sim.instrument.cell import InstrumentCell, build
from sim.virtual_rig import VirtualRig


def virtual() -> VirtualRig:
    return VirtualRig(VirtualConfig(), Mounted("dummy-resistor", 6e-6), seed=1)


def with_instrument(**table: Any) -> tuple[Rig, InstrumentCell]:
    """The virtual stage and inputs, with a virtual instrument at the cell."""
    rig = virtual()
    stage, _, stream = parts_of(rig)
    cell = build(table, source="bench.toml", beside=rig)
    return rig_of(stage, cell, stream, name="bench"), cell


class TestTheGalvanostatOfTheVirtualRig(CellContract):
    """It imposes at once, and the card measures."""

    @pytest.fixture
    def rig(self) -> Rig:
        """Taken apart and put together."""
        return rig_of(*parts_of(virtual()))


class TestAVirtualInstrument(CellContract):
    """It runs techniques by itself; nothing of a maker is between."""

    @pytest.fixture
    def rig(self) -> Rig:
        """Beside the stage of the virtual rig."""
        rig, self._cell = with_instrument()
        return rig

    def lose(self, rig: Rig) -> None:
        """Take the cable off."""
        self._change(lost_at=0.0)

    def occupy(self, rig: Rig) -> None:
        """Let another program have it."""
        self._change(busy_at=0.0)

    def _change(self, **keys: float) -> None:
        device = self._cell.device
        device.config = device.config.model_copy(update=keys)

    def passed(self, rig: Rig) -> float | None:
        """It knows."""
        return self._cell.device.passed
