"""Drives of a cell keep one contract, whether they impose at once or run techniques."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cell_contract import CellContract

from hardware.palmsens import cell as palmsens
from hardware.palmsens.methods import method_of, smallest, span_of
from seccm.errors import PlanError, RigError
from seccm.rig import Constant, Drive, Limit, Lines, Mounted, Rig, parts_of, rig_of
from seccm.rigs import build_rig, load_rig
from sim.config import VirtualConfig
from sim.instrument.cell import InstrumentCell, build
from sim.instrument.device import Device
from sim.virtual_rig import VirtualRig


def virtual() -> VirtualRig:
    return VirtualRig(VirtualConfig(), Mounted("dummy-resistor", 6e-6), seed=1)


def with_instrument(**table: Any) -> tuple[Rig, InstrumentCell]:
    """The virtual stage and inputs, with a virtual instrument at the cell."""
    rig = virtual()
    stage, _, stream = parts_of(rig)
    cell = build(table, source="bench.toml", beside=rig)
    return rig_of(stage, cell, stream, name="bench"), cell


def soon(device: Device) -> float:
    """Return a time of the rig that comes soon, in seconds."""
    return device._now * device._period + 0.02


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

    def end(self, rig: Rig) -> None:
        """Somebody presses a key."""
        self._change(ended_at=soon(self._cell.device))

    def _change(self, **keys: float) -> None:
        device = self._cell.device
        device.config = device.config.model_copy(update=keys)

    def passed(self, rig: Rig) -> float | None:
        """It knows."""
        return sum(self._cell.device.charges)


def with_palmsens(**table: Any) -> tuple[Rig, palmsens.PalmSensCell]:
    """The virtual stage and inputs, with the driver of PalmSens over a stand-in at the cell."""
    pytest.importorskip("pythonnet")
    rig = virtual()
    stage, _, stream = parts_of(rig)
    given = {"library": "virtual", **table}
    cell = palmsens.build(given, source="bench.toml", beside=rig)
    return rig_of(stage, cell, stream, name="bench"), cell


class TestAnInstrumentOfPalmSens(CellContract):
    """The driver and its maker's package are real, the library below them is not."""

    waits = False

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """Beside the stage of the virtual rig."""
        rig, self._cell = with_palmsens()
        yield rig
        self._cell.close()

    def _change(self, **keys: float) -> None:
        device = self._cell.plugged.device
        device.config = device.config.model_copy(update=keys)

    def lose(self, rig: Rig) -> None:
        """Take the cable off."""
        self._change(lost_at=0.0)

    def occupy(self, rig: Rig) -> None:
        """Let another program have it."""
        self._change(busy_at=0.0)

    def end(self, rig: Rig) -> None:
        """Somebody presses a key."""
        self._change(ended_at=soon(self._cell.plugged.device))

    def passed(self, rig: Rig) -> float | None:
        """The virtual instrument knows."""
        return float(sum(self._cell.plugged.device.charges))


def test_a_method_says_in_its_makers_units_what_a_drive_says() -> None:
    _, cell = with_palmsens()
    cell.open()
    package, ranges = cell._package, ("1nA", "10nA")
    limits = (Limit("charge", "above", 2e-9), Limit("potential", "below", -0.2))
    plated = method_of(package, Drive("current", Constant(-4e-9, 3.0), limits=limits), ranges, 0.01)
    assert plated.id == "pot"
    assert plated.applied_current_range == "10nA"
    assert plated.current == pytest.approx(-0.4)  # of the range
    assert plated.run_time == pytest.approx(0.5)  # 2 nC at 4 nA
    assert plated.potential_limits.min == pytest.approx(-0.2)
    swept = Drive("potential", Lines((0.0, 1.0, 2.0), (0.1, 0.6, 0.1)), range="1 nA")
    cv = method_of(package, swept, ranges, 0.01)
    assert (cv.id, cv.n_scans, cv.scanrate) == ("cv", 1, pytest.approx(0.5))
    assert cv.current_range.max == "1nA"
    assert cv.post_measurement.standby_potential == pytest.approx(0.1)
    cell.close()


def test_ranges_are_read_as_the_maker_writes_them() -> None:
    assert span_of("100pA") == pytest.approx(1e-10)
    assert span_of("1uA") == pytest.approx(1e-6)
    assert smallest(("1nA", "10nA"), 2e-9) == "10nA"
    assert smallest(("1nA", "10nA"), 2e-6) == "10nA"
    with pytest.raises(PlanError) as refused:
        palmsens.build({"ranges": ["much"]}, source="bench.toml", beside=virtual())
    assert "potentiostat.ranges" in str(refused.value)


def test_a_rig_file_with_an_instrument_of_palmsens_is_shipped() -> None:
    pytest.importorskip("pythonnet")
    rig = build_rig(load_rig("virtual-palmsens"), Mounted("dummy-resistor", 6e-6))
    assert rig.info.runs is not None
    assert rig.info.virtual
    assert "PalmSens" in rig.info.words[-1]


def test_it_opens_nothing_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, or without .NET, it says what to install; nothing else needs it."""
    cell = palmsens.build({}, source="bench.toml", beside=virtual())
    monkeypatch.setitem(sys.modules, "pypalmsens", None)
    with pytest.raises(RigError) as missing:
        cell.open()
    assert missing.value.code == "no-package"
    assert "palmsens" in missing.value.remedy
    with pytest.raises(RigError):
        cell.impose(Drive("open", Constant(0.0)), 0)
    assert cell.off() is False
    cell.close()


def test_drivers_are_imported_without_the_packages_of_their_makers() -> None:
    names = ("pypalmsens", "pythonnet", "nifpga", "serial", "pipython", "zahner_potentiostat")
    block = "; ".join(f"sys.modules['{name}'] = None" for name in names)
    modules = "hardware.palmsens.cell, hardware.wec_fpga, sim.instrument.cell, sim.palmsens.plugged"
    code = f"import sys; {block}; import {modules}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
