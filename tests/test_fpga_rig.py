"""The rig on an FPGA target keeps the contract of every rig."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fpga_bench import fpga_rig
from rig_contract import RigContract

from seccm.rig import Rig


class TestFpgaRig(RigContract):
    """The whole contract, as the target is believed to be."""

    @pytest.fixture
    def rig(self) -> Iterator[Rig]:
        rig = fpga_rig()
        yield rig
        rig.close()
        plugged: Any = rig.plugged
        assert plugged is None or plugged.library.failures == []
