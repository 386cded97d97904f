"""Raw samples of a card: what its numbers mean, and what happens where nobody knows."""

from __future__ import annotations

from typing import Any

import nidaqmx
import numpy as np
import pytest
from card_bench import REDOX
from nidaq_bench import HOLD, nidaq_rig, rig_table
from nidaqmx.constants import AcquisitionType
from nidaqmx.stream_readers import AnalogMultiChannelReader, AnalogUnscaledReader
from numpy.polynomial.polynomial import polyval
from rig_contract import Stream, raw_codes

from hardware.ni.coding import Coding, coding_of, raw_channels
from hardware.ni.config import NidaqConfig
from hardware.ni.inputs import terminals_of
from seccm.commissioning.check import describe
from seccm.errors import RigError
from seccm.quantities import validate
from seccm.rig import Flag
from sim.daqmx import plug_in

CODES = np.array([[-32768, -20000, -1, 0, 1, 777, 32767]] * 3, np.int16)
CURVES = np.array([[1e-3, 3.2e-4, 0.0, 0.0], [0.0, -1e-4, 3e-12, 0.0], [2.0, 3e-4, 1e-12, 4e-17]])


def read_config(table: dict[str, Any]) -> NidaqConfig:
    return validate(NidaqConfig, table, "test", from_file=True)


def test_volts_are_the_polynomial_that_the_driver_tells():
    for terms in (CURVES, CURVES[:1].repeat(3, axis=0)):
        wanted = [
            polyval(row.astype(float), curve) for row, curve in zip(CODES, terms, strict=True)
        ]
        np.testing.assert_allclose(Coding(terms).volts(CODES), wanted, rtol=1e-14)


@pytest.mark.parametrize("sensors", [True, False])
def test_raw_channels_mean_what_the_rows_mean(sensors: bool):
    """Where no sensor is wired, the read-back of the output stands for the position."""
    table = rig_table()
    if not sensors:
        table["axes"] = {
            axis: {key: value for key, value in one.items() if key != "sensor"}
            for axis, one in table["axes"].items()
        }
    config = read_config(table)
    terminals = terminals_of(config)
    terms = np.tile(CURVES, (3, 1))[: len(terminals)]
    channels = raw_channels(config, terminals, Coding(terms))
    named = {channel.name: (k, channel) for k, channel in enumerate(channels)}
    for name, (terminal, scale) in config.measured().items():
        k, channel = named.pop(name)
        assert terminals[k] == terminal
        wanted = scale.si(polyval(CODES[0].astype(float), terms[k]))
        np.testing.assert_allclose(channel.si(CODES[0]), wanted, rtol=1e-12, atol=1e-22)
    outputs = {"x output", "y output", "z output"} if sensors else set()
    assert set(named) == {*outputs, "command"}
    assert named["command"][1].unit == "V"
    assert raw_channels(config, terminals, None) == ()


def test_unscaled_and_scaled_reads_are_the_same_samples():
    """Two cards with one seed, one read in volts, the other in numbers."""

    def sampled(unscaled: bool) -> np.ndarray:
        with plug_in({}, REDOX, seed=5), nidaqmx.Task() as task:
            for terminal in ("ai0", "ai1", "_ao2_vs_aognd"):
                task.ai_channels.add_ai_voltage_chan(f"Dev1/{terminal}", min_val=-10, max_val=10)
            task.timing.cfg_samp_clk_timing(1e5, sample_mode=AcquisitionType.CONTINUOUS)
            coding = coding_of(task)
            task.start()
            seen = np.empty((3, 700), np.int16 if unscaled else np.float64)
            if not unscaled:
                AnalogMultiChannelReader(task.in_stream).read_many_sample(seen, 700)
                return seen
            AnalogUnscaledReader(task.in_stream).read_int16(seen, 700)
            assert coding is not None
            return coding.volts(seen)

    np.testing.assert_allclose(sampled(True), sampled(False), rtol=0, atol=1e-12)


def test_a_card_whose_numbers_nobody_understands_has_no_raw_samples(monkeypatch):
    monkeypatch.setattr("hardware.ni.coding.BITS", 32)
    with nidaq_rig() as rig:
        rig.open()
        assert rig.info.raw == ()
        with pytest.raises(RigError, match=r"record\.raw"):
            rig.start(raw=True)
        rig.start()
        assert rig.read().raw == ()


def test_the_rig_says_what_can_be_recorded():
    with nidaq_rig() as rig:
        assert not [said for said in describe(rig.info) if "can be recorded" in said]
        rig.open()
        (said,) = (said for said in describe(rig.info) if "can be recorded" in said)
        assert "9 inputs" in said
        assert "z output" in said


def test_a_wrong_scaling_is_found_out_before_the_stream_begins(monkeypatch):
    """The outputs are read back both ways; the tip rests at some 5 V, not at half of it."""
    monkeypatch.setattr("sim.daqmx.properties.coefficients", lambda limit: [0.0, 1.6e-4, 0.0, 0.0])
    with nidaq_rig() as rig:
        at = rig.open().position["z"]
        with pytest.raises(RigError, match="scaling is not understood") as raised:
            rig.start(raw=True)
        assert raised.value.code == "raw-scaling"
        assert rig.bench.player.position["z"] == at


def test_samples_before_a_failure_are_handed_on_with_their_rows():
    with nidaq_rig(faults=("stalled-read@at=0.5 s",)) as rig:
        rig.open()
        rig.start(raw=True)
        rig.apply(HOLD)
        stream = Stream(rig)
        with pytest.raises(RigError, match="no more samples"):
            stream.until(lambda block: bool(block.flags[-1] & Flag.GAP))
        assert raw_codes(stream.blocks).shape[1] >= stream.row * rig.info.clock.spacing
