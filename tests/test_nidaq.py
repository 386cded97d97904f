"""The rig on an NI card keeps the contract, over a stand-in for NI's library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from nidaq_bench import nidaq_rig
from rig_contract import RigContract, Stream

from seccm.rig import Constant, ContactRule, CurrentThreshold, Drive, PotentialDrop, Rig


class TestStreamed(RigContract):
    """The card plays a queue, and software stops it: the default, and all of the contract."""

    speed: ClassVar[float] = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """The shipped virtual rig file."""
        with nidaq_rig() as rig:
            yield rig


class TestStepped(RigContract):
    """Any card: a new value after every block."""

    speed: ClassVar[float] = 4e-6

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        """No clocked outputs are used."""
        with nidaq_rig({"kind": "stepped"}) as rig:
            yield rig


PLATING = Drive("current", Constant(-0.5e-9))
VARIANTS: list[Any] = [
    pytest.param({"kind": "hardware"}, None, CurrentThreshold(50e-12, "anodic"), id="hardware"),
    pytest.param({"block": "2.5 ms"}, None, CurrentThreshold(5e-12), id="short blocks"),
    pytest.param({}, PLATING, PotentialDrop(5.0), id="galvanostat"),
    pytest.param({}, None, CurrentThreshold(5e-12, consecutive=3), id="three consecutive rows"),
]


@pytest.mark.parametrize(("stop", "hold", "rule"), VARIANTS)
def test_every_way_to_land_keeps_the_contract(
    stop: dict[str, Any], hold: Drive | None, rule: ContactRule
) -> None:
    """Landing, staying, retracting: the part of the contract that depends on how one stops."""
    contract = RigContract()
    contract.rule, contract.speed = rule, 4e-6  # type: ignore[misc]
    if hold is not None:
        contract.hold, contract.baseline = hold, 10.0  # type: ignore[misc]
    for check in (
        contract.test_contact_stops_the_tip_within_the_promise,
        contract.test_the_contact_record_shows_the_crossing,
        contract.test_safe_retracts_and_switches_the_drive_off,
    ):
        with nidaq_rig(stop) as rig:
            rig.open()
            rig.start()
            check(Stream(rig))
