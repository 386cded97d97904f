"""Parts of several devices make one rig, and it keeps the contract of all rigs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest
from nidaq_bench import nidaq_rig
from rig_contract import RigContract, Stream
from small_scan import small_scan

import seccm
from seccm import rigs
from seccm.errors import LimitError, PlanError, RigError
from seccm.plan.contacts import potential_drop
from seccm.rig import (
    CellInfo,
    Constant,
    ContactRule,
    Drive,
    Mode,
    Mounted,
    Range,
    Rig,
    parts_of,
    rig_of,
)
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig


class OtherMaker:
    """A potentiostat of its own, that acts on the world of a simulated rig."""

    def __init__(self, beside: Rig, *, modes: frozenset[Mode] | None = None) -> None:
        self.beside = beside
        self.modes = frozenset({"potential", "current", "open"}) if modes is None else modes
        self.imposed: list[Drive] = []
        self.dead = False
        self.calls: list[str] = []

    @property
    def info(self) -> CellInfo:
        ten, nano = Range(-10.0, 10.0), Range(-20e-9, 20e-9)
        return CellInfo("other maker 1", self.modes, ten, nano, 10.0)

    def open(self) -> None:
        self.calls.append("open")

    def impose(self, drive: Drive, row: int) -> None:
        if self.dead:
            raise RigError("silent", self.info.name, "it does not answer.")
        if drive.mode not in self.modes:
            raise LimitError("no-such-mode", self.info.name, f"it cannot impose a {drive.mode}.")
        self.imposed.append(drive)
        self.beside.apply(drive)

    def off(self) -> bool:
        self.calls.append("off")
        return not self.dead

    def close(self) -> None:
        self.calls.append("close")


def virtual(sample: str = "dummy-resistor") -> VirtualRig:
    return VirtualRig(VirtualConfig(), Mounted(sample, 6e-6), seed=1)


def assembled(rig: Rig, **more: Any) -> tuple[Rig, OtherMaker]:
    stage, _, stream = parts_of(rig)
    cell = OtherMaker(rig, **more)
    return rig_of(stage, cell, stream, name="bench of parts"), cell


class TestVirtualStageWithAnotherDrive(RigContract):
    """The whole contract, over a resistor."""

    @pytest.fixture
    def rig(self) -> Rig:
        """Stage and inputs of the virtual rig, the drive of another maker."""
        return assembled(virtual())[0]


class TestGalvanostatOfAnotherMaker(RigContract):
    """Its overload is seen in the rows, though who measures does not know who drives."""

    hold: ClassVar[Drive] = Drive("current", Constant(-0.5e-9))
    rule: ClassVar[ContactRule] = potential_drop(5.0)

    @pytest.fixture
    def rig(self) -> Rig:
        """Over gold."""
        return assembled(virtual("li-on-au"))[0]


class TestCardWithAnotherDrive(RigContract):
    """The stage and the inputs of an NI card."""

    speed: ClassVar[float] = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The stand-in for a card."""
        with nidaq_rig() as rig:
            yield assembled(rig)[0]


class TestTheWholeFromItsParts(RigContract):
    """A rig taken apart and put together again is that rig."""

    @pytest.fixture
    def rig(self) -> Rig:
        """All parts are those of the virtual rig."""
        return rig_of(*parts_of(virtual()))


def test_what_it_says_of_itself_comes_from_the_part_that_knows() -> None:
    rig, cell = assembled(virtual(), modes=frozenset({"potential", "open"}))
    info, stage = rig.info, virtual().info
    assert info.name == "bench of parts"
    assert info.modes == cell.modes
    assert (info.axes, info.stop, info.signals) == (stage.axes, stage.stop, stage.signals)
    assert info.words[-1] == "The cell is driven by other maker 1."
    assert info.virtual


def test_a_drive_goes_to_the_other_maker_and_a_mode_it_lacks_is_refused() -> None:
    rig, cell = assembled(virtual(), modes=frozenset({"potential", "open"}))
    rig.open()
    rig.start()
    rig.apply(Drive("potential", Constant(0.2)))
    assert [drive.mode for drive in cell.imposed] == ["potential"]
    with pytest.raises(LimitError):
        rig.apply(Drive("current", Constant(1e-9)))


def test_a_drive_that_fails_does_not_keep_the_tip_down() -> None:
    rig, cell = assembled(virtual())
    rig.open()
    rig.start()
    Stream(rig).rest(0.1)
    cell.dead = True
    report = rig.safe("lost the potentiostat", by=2e-6)
    assert report.retracted
    assert not report.drive_off
    assert "could not be switched off" in report.what
    assert "lifted" in report.what


def test_the_cell_goes_off_before_the_tip_goes_up() -> None:
    stage = virtual()
    rig, cell = assembled(stage)
    rig.open()
    rig.start()
    Stream(rig).rest(0.1)
    heights: list[float] = []
    cell.off = lambda: heights.append(stage.height) or True  # type: ignore[method-assign]
    before = stage.height
    rig.safe("end", by=3e-6)
    assert heights == pytest.approx([before], abs=20e-9)
    assert stage.height == pytest.approx(before + 3e-6, abs=50e-9)


def test_every_device_is_let_go_of_even_if_one_refuses() -> None:
    stage = virtual()
    rig, cell = assembled(stage)
    rig.open()

    def refuses() -> None:
        raise RigError("silent", "other maker 1", "it does not answer.")

    cell.close = refuses  # type: ignore[method-assign]
    with pytest.raises(RigError):
        rig.close()
    with pytest.raises(RigError):
        stage.open()  # it was closed


# From a rig file.


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[OtherMaker]:
    """A package that drives a potentiostat is installed; returns what was built."""
    built: list[OtherMaker] = []

    def build(config: Any, *, source: str, beside: Rig) -> OtherMaker:
        built.append(OtherMaker(beside))
        return built[-1]

    class Point(EntryPoint):
        def load(self) -> Any:
            return build

    known = rigs.entry_points

    def also(*, group: str) -> Any:
        point = Point(name="other-maker", value="other:build", group=group)
        return (point,) if group == rigs.CELL_GROUP else known(group=group)

    monkeypatch.setattr(rigs, "entry_points", also)
    return built


def test_a_scan_runs_with_the_potentiostat_that_the_rig_file_names(
    installed: list[OtherMaker], tmp_path: Path
) -> None:
    rig_file = tmp_path / "rig.toml"
    rig_file.write_text('kind = "virtual"\n[potentiostat]\nkind = "other-maker"\n')
    path, plain = tmp_path / "scan.h5", tmp_path / "plain.h5"
    for _ in seccm.run(small_scan(2, 1), rig_file, path=path, seed=3):
        pass
    for _ in seccm.run(small_scan(2, 1), "virtual", path=plain, seed=3):
        pass
    assert any(drive.mode == "current" for drive in installed[-1].imposed)
    with seccm.open(path) as scan, seccm.open(plain) as same:
        assert set(scan.sites.words("status")) == {"ok"}
        for number in (0, 1):
            assert (scan.site(number).E == same.site(number).E).all()


def test_a_potentiostat_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = replace(rigs.load_rig("virtual"), config={"kind": "virtual", "potentiostat": {}})
    with pytest.raises(PlanError) as refused:
        rigs.build_rig(file, Mounted("dummy-resistor", 6e-6))
    assert "potentiostat.kind" in str(refused.value)
    assert "potentiostat.kind: is missing." in str(refused.value)
    assert 'write one of: "palmsens", "virtual"' in str(refused.value)
