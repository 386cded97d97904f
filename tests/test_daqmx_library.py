"""The stand-in for NI's library, seen through the real nidaqmx: tasks, samples, errors."""

from __future__ import annotations

import time
from collections.abc import Iterator

import nidaqmx
import nidaqmx.constants
import numpy as np
import pytest
from card_bench import SMOOTH, UPDATES, Bench, bench, read, write
from nidaqmx.constants import AcquisitionType, RegenerationMode, TaskMode
from nidaqmx.error_codes import DAQmxErrors
from nidaqmx.errors import (
    DaqError,
    DaqFunctionNotSupportedError,
    DaqReadError,
    DaqWriteError,
)
from nidaqmx.stream_readers import AnalogMultiChannelReader, CounterReader

from seccm.errors import PlanError
from seccm.rig import Mounted
from sim.daqmx import plug_in, seam
from sim.daqmx.codes import Action, Error, Value

STEP = 20.0 / 2**16
"""Volts of one step of the output converter."""


@pytest.fixture
def card() -> Iterator[Bench]:
    with bench() as made:
        yield made


def code(caught: pytest.ExceptionInfo[DaqError]) -> str:
    return str(caught.value.error_type.name)


def read_on(task: nidaqmx.Task) -> None:
    for _ in range(10):
        read(task, 1000, timeout=2.0)


# Where it is plugged in.


def test_nidaqmx_has_the_places_where_the_stand_in_goes() -> None:
    assert all(hasattr(nidaqmx._lib.lib_importer, place) for place in seam.PLACES)
    assert hasattr(nidaqmx._library_interpreter, seam.ENVIRONMENT)


def test_without_the_stand_in_there_is_no_library_before_and_after() -> None:
    with bench():
        assert nidaqmx.system.System.local().devices.device_names == ["Dev1"]
    assert nidaqmx._lib.lib_importer._windll is None


def test_two_cards_cannot_be_plugged_in_at_once() -> None:
    with bench(), pytest.raises(RuntimeError, match="already"), bench():
        pass


def test_every_number_of_the_c_interface_is_that_of_nidaqmx() -> None:
    assert {error.name: int(error) for error in Error} == {
        error.name: DAQmxErrors[error.name].value for error in Error
    }
    theirs = {
        member.name: member.value
        for kind in vars(nidaqmx.constants).values()
        if isinstance(kind, type) and issubclass(kind, nidaqmx.constants.Enum)
        for member in kind
    }
    known = {"SAMPLE_CLOCK", "DO_NOT_ALLOW_REGENERATION", "NONE", "DO_NOT_OVERWRITE"}
    mine = {value.name: int(value) for value in Value if value.name in theirs}
    assert {n: v for n, v in mine.items() if n not in known} == {
        n: theirs[n] for n in mine if n not in known
    }
    assert RegenerationMode.DONT_ALLOW_REGENERATION.value == Value.DO_NOT_ALLOW_REGENERATION
    assert nidaqmx.constants.TriggerType.NONE.value == Value.NONE
    assert nidaqmx.constants.SampleTimingType.SAMPLE_CLOCK.value == Value.SAMPLE_CLOCK
    assert {f"TASK_{action.name}": int(action) for action in Action} == {
        mode.name: mode.value for mode in TaskMode
    }


def test_a_function_that_the_stand_in_lacks_is_missing_as_in_an_old_driver(card: Bench) -> None:
    task = card.inputs("ai0")
    with pytest.raises(DaqFunctionNotSupportedError, match="DAQmxRegisterEveryNSamplesEvent"):
        task.register_every_n_samples_acquired_into_buffer_event(100, lambda *_: 0)


def test_a_property_that_the_stand_in_does_not_know_is_refused_with_its_number(
    card: Bench,
) -> None:
    channel = card.inputs("ai0").ai_channels[0]
    with pytest.raises(DaqError, match="0x0064") as caught:
        _ = channel.ai_coupling
    assert code(caught) == "ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT"


def test_arguments_are_checked_as_ctypes_would(card: Bench) -> None:
    task = card.inputs("ai0", "ai1")
    reader = AnalogMultiChannelReader(task.in_stream)
    reader.verify_array_shape = False
    with pytest.raises((TypeError, ValueError)):
        reader.read_many_sample(np.zeros((2, 10), dtype=np.float32), 10)


def test_it_says_that_it_is_simulated_and_what_it_can_do(card: Bench) -> None:
    device = nidaqmx.system.Device("Dev1")
    assert device.is_simulated
    assert device.product_type == "PCIe-6363"
    assert device.ao_physical_chans.channel_names == [f"Dev1/ao{n}" for n in range(4)]
    assert nidaqmx.constants.TriggerUsage.PAUSE in device.ao_trig_usage
    assert nidaqmx.constants.TriggerUsage.REFERENCE not in device.ao_trig_usage


def test_mistakes_of_the_table_are_named() -> None:
    with pytest.raises(PlanError, match="at_0V"), bench({"wiring": {"z": {"at_0V": "1 V"}}}):
        pass
    with pytest.raises(PlanError, match="stall_at"), bench(faults=["gap"]):
        pass
    with pytest.raises(PlanError, match="nosuch"), plug_in({}, Mounted("nosuch", 6e-6), seed=1):
        pass


# Names.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dev2/ai0", "INVALID_DEVICE_ID"),
        ("Dev1/ai99", "PHYSICAL_CHAN_DOES_NOT_EXIST"),
        ("Dev1/_ao7_vs_aognd", "PHYSICAL_CHAN_DOES_NOT_EXIST"),
    ],
)
def test_a_wrong_name_is_refused(card: Bench, name: str, expected: str) -> None:
    with pytest.raises(DaqError) as caught:
        card.task().ai_channels.add_ai_voltage_chan(name)
    assert code(caught) == expected


def test_a_list_of_channels_is_a_channel_each(card: Bench) -> None:
    task = card.task()
    task.ai_channels.add_ai_voltage_chan("Dev1/ai0:2, Dev1/ai7", min_val=-10, max_val=10)
    names = task.channels.channel_names
    assert names == ["Dev1/ai0", "Dev1/ai1", "Dev1/ai2", "Dev1/ai7"]
    assert task.number_of_channels == 4


def test_more_samples_than_the_converter_makes_are_refused(card: Bench) -> None:
    with pytest.raises(DaqError) as caught:
        card.inputs(*(f"ai{n}" for n in range(11)), rate=100e3)
    assert code(caught) == "SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO"


def test_a_rate_is_coerced_to_a_divisor_of_the_timebase(card: Bench) -> None:
    task = card.inputs("ai0", rate=48e3)
    assert task.timing.samp_clk_rate == pytest.approx(100e6 / 2083)


# Inputs.


def test_samples_take_their_time_and_nothing_else_does(card: Bench) -> None:
    task = card.inputs("ai0")
    began = time.process_time()
    read(task, 50_000)
    assert card.plugged.now == pytest.approx(0.5, abs=5e-3)
    assert time.process_time() - began < 60.0


def test_a_timeout_keeps_what_came_in_time(card: Bench) -> None:
    task = card.inputs("ai2", rate=1000.0)
    volts = np.full((1, 1000), np.nan)
    with pytest.raises(DaqReadError) as caught:
        AnalogMultiChannelReader(task.in_stream).read_many_sample(volts, 1000, timeout=0.1)
    assert code(caught) == "SAMPLES_NOT_YET_AVAILABLE"
    assert caught.value.samps_per_chan_read == pytest.approx(100, abs=2)
    got = caught.value.samps_per_chan_read
    assert volts[0, :got] == pytest.approx(5.0, abs=0.02)
    assert np.isnan(volts[0, got:]).all()


def test_who_reads_too_late_has_lost_samples_for_good() -> None:
    stalling = {"host": {"stall_at": "50 ms", "stall": "300 ms"}}
    with bench(stalling) as card:
        task = card.inputs("ai0")
        task.in_stream.input_buf_size = 20_000
        task.start()
        for _ in range(2):
            with pytest.raises(DaqReadError) as caught:
                read_on(task)
            assert code(caught) == "SAMPLES_NO_LONGER_AVAILABLE"


def test_a_finite_acquisition_ends_and_gives_no_more(card: Bench) -> None:
    task = card.inputs("ai0")
    task.timing.cfg_samp_clk_timing(1000.0, sample_mode=AcquisitionType.FINITE, samps_per_chan=100)
    task.start()
    task.wait_until_done(timeout=1.0)
    assert len(task.read(100)) == 100
    with pytest.raises(DaqReadError) as caught:
        task.read(1)
    assert code(caught) == "SAMPLES_WILL_NEVER_BE_AVAILABLE"


def test_samples_do_not_depend_on_how_they_are_read() -> None:
    parts = []
    for sizes in ([3000], [1000] * 3, [7, 993, 1500, 500]):
        with bench({"host": {"call": "0 s"}}) as card:
            task = card.inputs("ai0", "ai1", "ai4")
            parts.append(np.concatenate([read(task, size) for size in sizes], axis=1))
    assert np.array_equal(parts[0], parts[1])
    assert np.array_equal(parts[0], parts[2])


def test_an_input_saturates_five_percent_beyond_its_range_and_has_sixteen_bit() -> None:
    with bench() as card:
        card.drive(-5.0)
        task = card.task()
        task.ai_channels.add_ai_voltage_chan("Dev1/ai1", min_val=-1.0, max_val=1.0)
        assert task.read() == pytest.approx(1.05, abs=1e-4)
        wide = card.inputs("ai1")
        volts = read(wide, 1000)[0]
        steps = volts / (2 * 10.5 / 2**16)
        assert np.allclose(steps, np.round(steps), atol=1e-6)


# Reservations.


def test_two_tasks_cannot_have_the_inputs_at_once(card: Bench) -> None:
    first, second = card.inputs("ai0"), card.inputs("ai1")
    first.start()
    with pytest.raises(DaqError) as caught:
        second.start()
    assert code(caught) == "PAL_RESOURCE_RESERVED"
    first.stop()
    second.start()
    assert read(second, 10).shape == (1, 10)


def test_a_committed_task_keeps_what_it_reserved_when_it_is_stopped(card: Bench) -> None:
    first = card.inputs("ai0")
    first.control(TaskMode.TASK_COMMIT)
    first.start()
    first.stop()
    with pytest.raises(DaqError) as caught:
        card.inputs("ai1").start()
    assert code(caught) == "PAL_RESOURCE_RESERVED"
    first.control(TaskMode.TASK_UNRESERVE)
    card.inputs("ai1").start()


def test_a_single_value_cannot_be_written_while_a_clock_owns_the_outputs(card: Bench) -> None:
    streaming = card.outputs("ao0", "ao1")
    write(streaming, np.zeros((2, 1000)))
    streaming.start()
    with pytest.raises(DaqError) as caught:
        card.on_demand("ao2").write(1.0)
    assert code(caught) == "PAL_RESOURCE_RESERVED"


# Outputs.


def test_a_value_on_demand_is_on_the_pin_at_once_and_stays(card: Bench) -> None:
    task = card.on_demand("ao0", "ao1")
    task.write([1.5, -2.5])
    seen = card.inputs("_ao0_vs_aognd", "_ao1_vs_aognd")
    assert read(seen, 10)[:, -1] == pytest.approx([1.5, -2.5], abs=STEP)
    task.close()
    card.tasks.remove(task)
    assert read(seen, 10)[:, -1] == pytest.approx([1.5, -2.5], abs=STEP)


def test_a_voltage_beyond_the_range_is_refused_and_nothing_changes(card: Bench) -> None:
    task = card.on_demand("ao0")
    task.write(1.0)
    for wrong in (10.5, float("nan")):
        with pytest.raises(DaqWriteError) as caught:
            task.write(wrong)
        assert code(caught) == "INVALID_AO_DATA_WRITE"
    assert read(card.inputs("_ao0_vs_aognd"), 2)[0, -1] == pytest.approx(1.0, abs=STEP)


def test_inputs_and_outputs_started_together_stay_together(card: Bench) -> None:
    ao, ai = card.outputs("ao0"), card.inputs("_ao0_vs_aognd")
    ao.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    ramp = np.arange(1000) * 10 * STEP
    write(ao, ramp[None, :])
    ao.start()
    assert ao.out_stream.total_samp_per_chan_generated == 0
    ai.start()
    volts = read(ai, 4001)[0]
    # Update k comes with input sample 20 k, which still sees the level before it.
    assert volts[1:] == pytest.approx(np.repeat(ramp[:200], 20), abs=STEP)


def test_outputs_on_the_clock_of_the_inputs_take_one_step_a_sample(card: Bench) -> None:
    ao, ai = card.on_demand("ao0"), card.inputs("_ao0_vs_aognd", rate=10e3)
    ao.timing.cfg_samp_clk_timing(
        10e3,
        source="/Dev1/ai/SampleClock",
        sample_mode=AcquisitionType.CONTINUOUS,
        samps_per_chan=500,
    )
    ao.out_stream.regen_mode = RegenerationMode.DONT_ALLOW_REGENERATION
    ramp = np.arange(500) * 10 * STEP
    write(ao, ramp[None, :])
    ao.start()
    ai.start()
    assert read(ai, 301)[0, 1:] == pytest.approx(ramp[:300], abs=STEP)
    ai.stop()
    before = ao.out_stream.total_samp_per_chan_generated
    card.inputs("ai0").read(1000)
    assert ao.out_stream.total_samp_per_chan_generated == before


def test_stopping_holds_the_level_and_discards_what_was_queued(card: Bench) -> None:
    ao, ai = card.outputs("ao0"), card.inputs("_ao0_vs_aognd")
    ao.control(TaskMode.TASK_COMMIT)
    write(ao, np.arange(1000)[None, :] * 1e-3)
    ai.start()
    ao.start()
    read(ai, 5000)
    ao.stop()
    taken = ao.out_stream.total_samp_per_chan_generated
    held = read(ai, 20_000)[0, 1000:]
    assert taken == pytest.approx(250, abs=5)
    assert held == pytest.approx((taken - 1) * 1e-3, abs=STEP)


def test_without_new_samples_the_outputs_hold_and_the_next_call_says_so(card: Bench) -> None:
    ao, ai = card.outputs("ao0"), card.inputs("_ao0_vs_aognd")
    write(ao, np.linspace(0.0, 2.0, 1000)[None, :])
    ao.start()
    assert read(ai, 40_000)[0, -1] == pytest.approx(2.0, abs=STEP)
    expected = "GEN_STOPPED_TO_PREVENT_REGEN_OF_OLD_SAMPLES"
    with pytest.raises(DaqWriteError) as caught:
        write(ao, np.full((1, 10), 3.0))
    assert code(caught) == expected
    with pytest.raises(DaqError) as asked:
        ao.is_task_done()
    assert code(asked) == expected
    with pytest.raises(DaqError) as stopped:
        ao.stop()
    assert code(stopped) == expected
    assert read(ai, 10)[0, -1] == pytest.approx(2.0, abs=STEP)


def test_with_regeneration_old_motion_is_repeated(card: Bench) -> None:
    ao, ai = card.outputs("ao0"), card.inputs("_ao0_vs_aognd")
    ao.out_stream.regen_mode = RegenerationMode.ALLOW_REGENERATION
    ramp = np.linspace(0.0, 1.0, 1000)
    write(ao, ramp[None, :])
    ao.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    ao.start()
    volts = read(ai, 60_001)[0, 1:].reshape(3, 20_000)
    assert volts[1] == pytest.approx(volts[0], abs=STEP)
    assert volts[2] == pytest.approx(volts[0], abs=STEP)


def test_the_on_board_memory_takes_samples_that_then_cannot_be_changed() -> None:
    with bench({"card": {"fifo": 400}}) as card:
        ao = card.outputs("ao0", room=1000)
        assert write(ao, np.zeros((1, 1000))) == 1000
        ao.start()
        # A fresh buffer has no space; what went to the memory has made room.
        assert ao.out_stream.space_avail == pytest.approx(400, abs=5)
        assert ao.out_stream.curr_write_pos == 1000
        assert write(ao, np.zeros((1, 400))) == 400


def test_a_write_without_space_waits_then_writes_what_fits(card: Bench) -> None:
    ao = card.outputs("ao0", room=1000)
    with pytest.raises(DaqWriteError) as caught:
        write(ao, np.zeros((1, 1500)), timeout=0.05)
    assert code(caught) == "SAMPLES_CAN_NOT_YET_BE_WRITTEN"
    assert caught.value.samps_per_chan_written == 1000
    ao.start()
    before = card.plugged.now
    # The memory of one channel takes 8191 samples at once; then updates make space.
    assert write(ao, np.zeros((1, 9000))) == 9000
    # It held 1000 of 9191 and got 9000 more, so that 809 updates had to come first.
    assert card.plugged.now - before == pytest.approx(809 / UPDATES, abs=0.01)


@pytest.mark.parametrize("counting", ["updates", "transfers"])
def test_positions_may_count_updates_or_transfers(counting: str) -> None:
    with bench({"card": {"positions_count": counting}}) as card:
        ao = card.outputs("ao0")
        write(ao, np.zeros((1, 1000)))
        ao.start()
        read(card.inputs("ai0"), 1000)
        expected = 50 if counting == "updates" else 1000
        assert ao.out_stream.total_samp_per_chan_generated == pytest.approx(expected, abs=10)


def test_a_finite_generation_comes_to_its_end(card: Bench) -> None:
    ao = card.on_demand("ao0")
    ao.timing.cfg_samp_clk_timing(5e3, sample_mode=AcquisitionType.FINITE, samps_per_chan=500)
    write(ao, np.linspace(0, 1, 500)[None, :])
    ao.start()
    with pytest.raises(DaqError) as caught:
        ao.wait_until_done(timeout=0.01)
    assert code(caught) == "WAIT_UNTIL_DONE_DOES_NOT_INDICATE_DONE"
    ao.wait_until_done(timeout=1.0)
    assert card.plugged.now == pytest.approx(0.1, abs=0.01)
    ao.stop()
    assert read(card.inputs("_ao0_vs_aognd"), 2)[0, -1] == pytest.approx(1.0, abs=STEP)


def test_nothing_written_is_nothing_to_start(card: Bench) -> None:
    with pytest.raises(DaqError) as caught:
        card.outputs("ao0").start()
    assert code(caught) == "OUTPUT_BUFFER_EMPTY"


def test_a_reset_sets_every_output_to_zero_volts(card: Bench) -> None:
    card.on_demand("ao0", "ao2").write([4.0, 6.0])
    nidaqmx.system.Device("Dev1").reset_device()
    levels = read(card.inputs(*(f"_ao{n}_vs_aognd" for n in range(4))), 10)
    assert levels[:, -1] == pytest.approx(0.0, abs=STEP)


# Counters.


def test_a_counter_on_the_output_clock_counts_updates_at_every_input_sample(card: Bench) -> None:
    ao, ai, ci = card.outputs("ao0"), card.inputs("_ao0_vs_aognd"), card.counter()
    ao.triggers.start_trigger.cfg_dig_edge_start_trig("/Dev1/ai/StartTrigger")
    write(ao, np.arange(1000)[None, :] * 1e-3)
    ci.start()
    ao.start()
    ai.start()
    volts = read(ai, 10_000)[0]
    counts = np.zeros(10_000, dtype=np.uint32)
    CounterReader(ci.in_stream).read_many_sample_uint32(counts, 10_000)
    expected = -(-np.arange(10_000) // 20)
    assert np.array_equal(counts, expected)
    assert volts[1:] == pytest.approx((counts[1:] - 1) * 1e-3, abs=STEP)


# What goes wrong.


def test_an_unplugged_card_fails_every_call_from_then_on() -> None:
    with bench(faults=["unplugged@at=30 ms"]) as card:
        task = card.inputs("ai0")
        read(task, 1000)
        with pytest.raises(DaqError) as caught:
            read_on(task)
        assert code(caught) == "DEV_CANNOT_BE_ACCESSED"
        with pytest.raises(DaqError) as again:
            task.stop()
        assert code(again) == "DEV_CANNOT_BE_ACCESSED"


def test_a_silent_clock_ends_in_a_timeout_but_commands_still_work() -> None:
    with bench(SMOOTH, faults=["stalled-read@at=30 ms"]) as card:
        task = card.inputs("ai0")
        with pytest.raises(DaqReadError) as caught:
            read_on(task)
        assert code(caught) == "SAMPLES_NOT_YET_AVAILABLE"
        task.stop()
        card.on_demand("ao0").write(1.0)


def test_every_call_costs_the_host_its_time_and_jitter() -> None:
    costs = []
    for host in ({"call": "1 ms"}, {"call": "1 ms", "jitter": "1 ms"}):
        with bench({"host": host}) as card:
            before = card.plugged.now
            for _ in range(100):
                card.plugged.card.call()
            costs.append(card.plugged.now - before)
    assert costs[0] == pytest.approx(0.1)
    assert costs[1] == pytest.approx(0.2, rel=0.3)
