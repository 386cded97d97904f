"""The template for instruments of other makers keeps the contract of cells; a card's own does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from cell_contract import CellContract
from small_scan import near_surface
from test_cells import soon

from hardware.template_cell import Maker, Technique, TemplateCell
from seccm.arrays import FloatArray
from seccm.errors import RigError
from seccm.rig import Constant, Drive, Mounted, Rig, Sine, Sines, parts_of, rig_of
from seccm.rig.waveform import Section
from seccm.rigs import build_rig
from sim.config import VirtualConfig
from sim.instrument.cell import joint, wanted_of
from sim.instrument.config import InstrumentConfig
from sim.instrument.device import Device, LostError, Measured, Wanted
from sim.virtual_rig import VirtualRig


class VirtualMaker:
    """A maker's library with the calls of the template, over a virtual instrument."""

    def __init__(self, beside: Rig) -> None:
        self.device = Device(InstrumentConfig())
        self.device.heard = self._hear
        self._plug = joint("test", beside)
        self._loaded: Wanted | None = None
        self._news: list[Measured] = []
        self._over = True

    def _hear(self, measured: Measured) -> None:
        self._news.append(measured)
        self._over = bool(measured.over)

    def _asked(self, call: Any, *values: Any) -> None:
        try:
            call(*values)
        except LostError:
            raise OSError("no such device") from None

    def connect(self) -> None:
        self._plug(self.device)

    def load(self, mode: str, technique: Technique, drive: Drive) -> None:
        assert mode == drive.mode
        self._loaded = wanted_of(drive)

    def start(self) -> None:
        self._news.clear()
        self._over = False
        self._asked(self.device.order, self._loaded)

    def stop(self) -> None:
        self._asked(self.device.abort)

    def points(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        self._asked(self.device.answer)
        news, self._news = self._news, []
        t, e, i = (
            np.array([value for one in news for value in getattr(one, name)])
            for name in ("t", "potential", "current")
        )
        return t, e, i

    def running(self) -> bool:
        return not self._over

    def cell_off(self) -> bool:
        self._asked(self.device.hold, None)
        return True

    def close(self) -> None:
        pass


class TestTheTemplate(CellContract):
    """Of its own are the order of calls, the names of orders, and what is said when it is gone."""

    # It does not say ranges, marks or who else has it; and what it cannot know is not asked.
    test_a_range_that_changes_by_itself_changes_no_number: ClassVar[None] = None
    test_a_current_beyond_all_ranges_says_so: ClassVar[None] = None
    test_an_instrument_that_another_program_has_begins_nothing: ClassVar[None] = None
    test_points_are_kept_as_they_are_and_rise: ClassVar[None] = None
    test_nothing_is_missing_and_nothing_comes_twice: ClassVar[None] = None

    @pytest.fixture
    def rig(self) -> Rig:
        """Beside the stage of the virtual rig."""
        whole = VirtualRig(VirtualConfig(), Mounted("dummy-resistor", 6e-6), seed=1)
        stage, _, stream = parts_of(whole)
        self._maker = VirtualMaker(whole)
        maker: Maker = self._maker
        return rig_of(stage, TemplateCell(maker, late=0.5, start=0.3), stream, name="bench")

    def lose(self, rig: Rig) -> None:
        """Take the cable off."""
        self._change(lost_at=0.0)

    def end(self, rig: Rig) -> None:
        """Somebody presses a key."""
        self._change(ended_at=soon(self._maker.device))

    def _change(self, **keys: float) -> None:
        device = self._maker.device
        device.config = device.config.model_copy(update=keys)

    def passed(self, rig: Rig) -> float | None:
        """The virtual instrument knows."""
        return float(sum(self._maker.device.charges))


class TestTheCardsOwnCell(CellContract):
    """Galvanostat and potentiostat on the outputs of an NI card, as a part."""

    test_what_it_cannot_impose_is_refused_and_changes_nothing: ClassVar[None] = None
    test_nothing_is_missing_and_nothing_comes_twice: ClassVar[None] = None

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """Close above the resistor: each test comes down."""
        file = near_surface("52.2 um", "virtual-nidaq")
        rig = rig_of(*parts_of(build_rig(file, Mounted("dummy-resistor", 6e-6), seed=1)))
        yield rig
        rig.close()


def test_a_waveform_that_is_none_of_its_techniques_is_refused_before_the_maker_is_asked() -> None:
    whole = VirtualRig(VirtualConfig(), Mounted("dummy-resistor", 6e-6), seed=1)
    cell = TemplateCell(VirtualMaker(whole))
    sines = Sines(0.0, (Section(1.0, 1.0, (Sine(1, 0.01),)),))
    with pytest.raises(RigError) as refused:
        cell.impose(Drive("potential", sines), 0)
    assert refused.value.code == "no-such-technique"
    assert cell.collect() == ()


def test_a_template_whose_device_is_gone_says_so_and_off_is_not_claimed() -> None:
    whole = VirtualRig(VirtualConfig(), Mounted("dummy-resistor", 6e-6), seed=1)
    maker = VirtualMaker(whole)
    cell = TemplateCell(maker)
    assert cell.off() is False, "it was never connected"
    with pytest.raises(RigError) as lost:
        cell.impose(Drive("potential", Constant(0.1)), 0)
    assert lost.value.code == "lost-potentiostat"
    assert lost.value.remedy
