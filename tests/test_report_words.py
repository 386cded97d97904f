"""A rig that was made safe says first what cell and tip do: a file keeps no more than a line."""

from __future__ import annotations

import pytest
from fpga_bench import fpga_rig
from nidaq_bench import rig_table
from rig_contract import Stream
from test_serial_stage import bench

import hardware.ni
from seccm.rig import Mounted, Rig

CAUSE = "a cause of which there is a lot to say, and then a little more of it, " * 3
RIGS = {
    "an NI card": lambda: hardware.ni.open_rig(rig_table(), Mounted("dummy-resistor", 6e-6)),
    "an FPGA target": fpga_rig,
    "a stage on a serial port": lambda: bench()[0],
}


@pytest.mark.parametrize("kind", sorted(RIGS))
@pytest.mark.parametrize("retract", [True, False])
def test_a_report_begins_with_the_cell_and_the_tip(kind: str, retract: bool) -> None:
    """Before it is open, in use, and after it is closed; the cause is behind that, and whole."""
    rig: Rig = RIGS[kind]()
    before = rig.safe(CAUSE, retract=retract).what
    rig.open()
    rig.start()
    Stream(rig).rest(0.02)
    report = rig.safe(CAUSE, retract=retract, by=1e-6)
    rig.close()
    after = rig.safe(CAUSE, retract=retract).what
    assert report.drive_off
    assert report.what.startswith(f"Cell off, tip {'lifted' if retract else 'held'}")
    for what in (before, report.what, after):
        assert what.index(CAUSE[:20]) > 30
        assert CAUSE.strip() in what
