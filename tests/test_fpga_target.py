"""The stand-in for NI's FPGA library, under the real package: what is publicly known of the target.

Each test states what was seen in a recording, or read in a program that drives the real one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nifpga
import numpy as np
import pytest
from fpga_bench import plugged

from hardware.wec_fpga.codes import LEAST
from hardware.wec_fpga.frames import Travel, line
from sim.fpga import bitfile

PERIOD = 256 * 400 + 123


class Host:
    """A session, as anybody's program would have it."""

    def __init__(self, found: Any) -> None:
        self.plugged = found
        self.session = nifpga.Session(found.bitfile, "RIO0", no_run=True)
        self.registers = self.session.registers
        self.out = self.session.fifos[bitfile.TO_TARGET]
        self.rows_in = self.session.fifos[bitfile.TO_HOST]

    def rows(self, count: int) -> np.ndarray:
        """The next rows."""
        data = self.rows_in.read(14 * count, timeout_ms=2000).data
        return np.array(data).reshape(-1, 14)

    def send(self, *lines: list[int]) -> None:
        """Send lines, and let them run."""
        self.out.write([word for one in lines for word in one], timeout_ms=100)
        self.registers["External Pause"].write(False)

    def deaf(self, threshold: int = 32768) -> None:
        """Comparators that are never true, or always."""
        for suffix in ("", " 2"):
            self.registers[f"FeedBackType{suffix}"].write(1)
            self.registers[f"GreaterThan{suffix}"].write(True)
        self.registers["Feedback_Threshold"].write(32768)
        self.registers["Feedback_Threshold 2"].write(threshold)
        self.registers["ExpandVelScaller Z"].write(-25)


@pytest.fixture
def host() -> Iterator[Host]:
    with plugged() as found:
        yield Host(found)


def ticks(rows: np.ndarray) -> np.ndarray:
    """How long each row took."""
    found: np.ndarray = ((rows[:, 12] - LEAST) << 16) | ((rows[:, 13] - LEAST) & 0xFFFF)
    return found


def test_starting_the_program_moves_x_and_y_to_the_middle_and_z_to_zero():
    """Before anybody could pause it."""
    with plugged({"running": False}) as found:
        host = Host(found)
        assert host.session.fpga_vi_state is nifpga.FpgaViState.NotRunning
        host.registers["External Pause"].write(True)
        host.session.run()
        assert host.session.fpga_vi_state is nifpga.FpgaViState.Running
        applied = [host.registers[f"Applied {axis}"].read() for axis in "XYZ"]
        assert applied == [0x3FFF, 0x3FFF, 0]
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            host.session.run()
        assert "AlreadyRunning" in str(told[0].message)


def test_a_session_that_does_not_run_it_changes_nothing(host):
    before = host.registers["Applied Z"].read()
    host.session.close()
    again = nifpga.Session(host.plugged.bitfile, "RIO0", no_run=True)
    assert again.fpga_vi_state is nifpga.FpgaViState.Running
    assert again.registers["Applied Z"].read() == before


def test_idle_rows_take_exactly_as_long_as_in_the_recording(host):
    host.registers["External Pause"].write(False)
    rows = host.rows(8)
    assert (ticks(rows)[1:] == PERIOD).all()
    assert (rows[:, 8] == 0).all()


def test_too_few_rows_are_a_time_out_and_none_is_taken(host):
    with pytest.raises(nifpga.FifoTimeoutError):
        host.rows_in.read(14 * 10_000, timeout_ms=5)
    assert (ticks(host.rows(4))[1:] == PERIOD).all()


def test_a_line_that_waits_for_a_contact_does_not_end_by_arriving(host):
    """The host ends it, by a comparator that is always true."""
    host.deaf()
    goal = host.registers["Applied Z"].read() - 200
    host.send(line(Travel("Z", goal, 20_000), kind=2, wait=2), line(hold=10))
    host.rows(40)
    assert host.registers["Applied Z"].read() == goal
    assert not host.registers["WaitingForWayPoints"].read()
    assert host.registers["LineNumber"].read() == 1
    host.registers["Feedback_Threshold 2"].write(LEAST - 1)
    host.rows(3)
    assert host.registers["LineNumber"].read() == 2
    assert host.registers["WaitingForWayPoints"].read()


def test_a_motion_is_broken_off_at_the_end_of_a_row_and_no_word_is_lost(host):
    host.deaf()
    host.send(line(Travel("Z", 0, 20_000), kind=2, wait=2), line(hold=10))
    host.rows(10)
    host.registers["Feedback_Threshold 2"].write(LEAST - 1)
    host.rows(3)
    held = host.registers["Applied Z"].read()
    rows = host.rows(20)
    assert host.registers["Applied Z"].read() == held
    assert 0 < held < 15_400
    assert (ticks(rows) == PERIOD).all()
    assert rows[-1, 9] == 2


def test_a_pause_holds_the_outputs_and_the_line_goes_on_afterwards(host):
    host.deaf()
    host.send(line(Travel("Z", 0, 20_000), kind=2, wait=2))
    host.rows(5)
    host.registers["External Pause"].write(True)
    held = host.registers["Applied Z"].read()
    host.rows(20)
    assert host.registers["Applied Z"].read() == held
    host.registers["External Pause"].write(False)
    host.rows(5)
    assert host.registers["Applied Z"].read() < held


def test_a_stop_from_outside_tears_a_row(host):
    host.registers["External Pause"].write(False)
    host.rows(4)
    host.registers["External Stop"].write(True)
    host.plugged.library.pass_time(0.02)
    host.registers["External Stop"].write(False)
    words = host.rows_in.read(14 * 8, timeout_ms=500).data
    assert (ticks(np.array(words).reshape(-1, 14)) != PERIOD).any()


def test_a_function_that_is_not_there_is_said_to_be_of_another_version(host):
    with pytest.raises(nifpga.VersionMismatchError):
        host.session.abort()


def test_numbers_go_through_c_and_are_cut_to_fit(host):
    """Which is why the driver looks at each of them before."""
    host.registers["DistanceToBulk"].write(123_456)
    assert host.registers["DistanceToBulk"].read() == 123_456 - 2 * 65_536
    host.registers["HoldTimerScale"].write(2**40)
    assert host.registers["HoldTimerScale"].read() == 2**40
    host.registers["P"].write(0.5)
    assert float(host.registers["P"].read()) == 0.5


def test_another_bitfile_is_refused(host, tmp_path: Path):
    other = tmp_path / "other.lvbitx"
    other.write_text(bitfile.xml(signature="0" * 32), encoding="utf-8")
    with pytest.raises(nifpga.SignatureMismatchError):
        nifpga.Session(str(other), "RIO0", no_run=True)
    assert host.plugged.library.failures == []


@pytest.mark.parametrize("full", ["drops rows", "drops words"])
def test_a_queue_that_nobody_reads_fills_up(full):
    """And then no more comes, or not all of it; the target itself goes on."""
    with plugged({"when_full": full, "sample_ticks": 80, "log2_averaged": 4}) as found:
        host = Host(found)
        host.registers["External Pause"].write(False)
        found.library.pass_time(0.6)
        most = 32_767 + 114_688
        assert most - 14 < host.rows_in.read(0, timeout_ms=0).elements_remaining <= most
        found.library.pass_time(0.1)
        assert most - 14 < host.rows_in.read(0, timeout_ms=0).elements_remaining <= most
        assert found.library.failures == []


@pytest.mark.parametrize("distance", [False, True])
@pytest.mark.parametrize("jumps", [False, True])
def test_what_nobody_knows_of_a_line_is_a_switch(distance, jumps):
    """Bench tests 10 and 11: a voltage in a line that moves z, and word 8 of a line of type 3."""
    switches = {
        "jumps_while_z_moves": jumps, "retract_word": "distance" if distance else "type",
    }  # fmt: skip
    with plugged(switches) as found:
        host = Host(found)
        host.deaf()
        before = host.registers["Applied Z"].read()
        words = line(Travel("Z", 2000, 20_000), kind=3)
        words[9], words[13] = 1234, words[13] | 0b1_1000
        host.send(words)
        rows = host.rows(4)
        assert host.registers["Applied Voltage"].read() == (1234 if jumps else 0)
        found.library.pass_time(0.5)
        assert host.registers["Applied Z"].read() == before - 2000
        assert (2000 if distance else 3) in rows[:, 8]
