"""A table in the rig file adds a signal to everything that a data point has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from nidaq_bench import nidaq_rig
from rig_contract import RigContract, Stream

from seccm.errors import PlanError
from seccm.quantities import validate
from seccm.rig import BASIC, Mounted, Rig, Signal, more_than_basic
from sim.config import VirtualConfig
from sim.virtual_rig import VirtualRig

AMPLITUDE: dict[str, Any] = {
    "unit": "A",
    "words": "lock-in amplitude",
    "watchable": True,
    "follows": "current",
    "factor": 0.5,
    "noise": 1e-15,
}
SECOND: dict[str, Any] = {
    "unit": "A",
    "role": "current",
    "watchable": True,
    "terminal": "ai7",
    "sign": -1,
    "gain": "0.5 V/nA",
    "offset": "0 V",
    "calibrated": "as sim.daqmx is wired",
}
WIRED = {"stage": {"start_z": "53 um"}, "wiring": {"signals": {"also": {"ai7": "current"}}}}


def virtual_rig(**signals: Any) -> VirtualRig:
    config = VirtualConfig.model_validate({"signals": signals})
    return VirtualRig(config, Mounted("dummy-resistor", 6e-6), seed=1)


class TestVirtualWithASignal(RigContract):
    """The whole contract, with a signal more."""

    @pytest.fixture
    def rig(self) -> Rig:
        """The virtual rig with a lock-in amplifier."""
        return virtual_rig(amplitude=AMPLITUDE)


class TestCardWithASignal(RigContract):
    """The whole contract, with one more input of the card."""

    speed = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The stand-in for a card with a second current."""
        with nidaq_rig(virtual=WIRED, signals={"second": SECOND}) as rig:
            yield rig


def read(rig: Rig, seconds: float = 0.5) -> Stream:
    """Rows of a rig at rest."""
    rig.open()
    rig.start()
    stream = Stream(rig)
    stream.rest(seconds)
    return stream


def test_a_signal_is_declared_after_those_that_every_rig_has() -> None:
    signals = virtual_rig(amplitude=AMPLITUDE).info.signals
    assert signals[: len(BASIC)] == BASIC
    assert more_than_basic(signals) == (
        Signal("amplitude", "A", "lock-in amplitude", "other", watchable=True),
    )


def test_the_virtual_signal_follows_the_one_it_is_told_to() -> None:
    stream = read(virtual_rig(amplitude=AMPLITUDE | {"offset": 2e-12}))
    wanted = 0.5 * stream.column("current") + 2e-12
    error = stream.column("amplitude") - wanted
    assert abs(error.mean()) < 1e-15
    assert error.std() == pytest.approx(1e-15, rel=0.2)


def test_the_other_signals_do_not_change_when_one_is_added() -> None:
    plain, more = read(virtual_rig()), read(virtual_rig(amplitude=AMPLITUDE))
    for signal in BASIC:
        assert (plain.column(signal.name) == more.column(signal.name)).all()


def test_an_input_of_the_card_is_read_with_its_own_sign_and_gain() -> None:
    with nidaq_rig(virtual=WIRED, signals={"second": SECOND}) as rig:
        stream = read(rig)
        # Both terminals carry the same current; each converter rounds by itself.
        step = 20.0 / 2**16 / 0.5e9
        np.testing.assert_allclose(stream.column("second"), stream.column("current"), atol=step)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"potential": AMPLITUDE}, "means something else already"),
    ({"E": AMPLITUDE}, "means something else already"),
    ({"2nd": AMPLITUDE}, "2nd"),
    ({"amplitude": AMPLITUDE | {"unit": "parsec"}}, "unit"),
    ({"amplitude": AMPLITUDE | {"role": "potential"}}, 'unit must be "V"'),
    ({"amplitude": AMPLITUDE | {"follows": "moon"}}, "follows"),
]


@pytest.mark.parametrize(("signals", "words"), WRONG)
def test_a_signal_that_cannot_be_is_refused(signals: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError) as refused:
        validate(VirtualConfig, {"signals": signals}, "rig.toml", from_file=True)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gain": "0.5 V/nm"}, "V/A"),
        ({"gain": "-0.5 V/nA"}, "above 0"),
        ({"terminal": "ai0"}, "wired to"),
        ({"sign": 0}, "sign"),
    ],
)
def test_an_input_that_cannot_be_is_refused(change: dict[str, Any], words: str) -> None:
    with (
        pytest.raises(PlanError) as refused,
        nidaq_rig(virtual=WIRED, signals={"second": SECOND | change}),
    ):
        pass
    assert words in str(refused.value)


def test_a_simulated_signal_has_no_place_behind_a_card() -> None:
    with (
        pytest.raises(PlanError) as refused,
        nidaq_rig(virtual={"signals": {"amplitude": AMPLITUDE}}) as rig,
    ):
        rig.open()
    assert "virtual.wiring.signals.also" in str(refused.value)
