"""Numbers of the C interface, from NIDAQmx.h by way of the `nidaqmx` package; a test compares.

The texts are ours: they say what the stand-in means.
"""

from __future__ import annotations

from enum import IntEnum


class Error(IntEnum):
    """Status codes; the names are those of `nidaqmx.error_codes.DAQmxErrors`."""

    PAL_RESOURCE_RESERVED = -50103
    RESOURCE_ALREADY_RESERVED = -200022
    INVALID_ATTRIBUTE_VALUE = -200077
    SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO = -200081
    INVALID_TASK = -200088
    PHYSICAL_CHAN_DOES_NOT_EXIST = -200170
    INVALID_DEVICE_ID = -200220
    READ_BUFFER_TOO_SMALL = -200229
    INVALID_ANALOG_TRIG_SRC = -200265
    SAMPLES_WILL_NEVER_BE_AVAILABLE = -200278
    SAMPLES_NO_LONGER_AVAILABLE = -200279
    SAMPLES_NOT_YET_AVAILABLE = -200284
    GEN_STOPPED_TO_PREVENT_REGEN_OF_OLD_SAMPLES = -200290
    SAMPLES_CAN_NOT_YET_BE_WRITTEN = -200292
    CHAN_ALREADY_IN_TASK = -200489
    ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT = -200452
    OUTPUT_BUFFER_EMPTY = -200462
    CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK = -200478
    WAIT_UNTIL_DONE_DOES_NOT_INDICATE_DONE = -200560
    INVALID_AO_DATA_WRITE = -200561
    OUTPUT_BUF_SIZE_TOO_SMALL_TO_START_GEN = -200609
    CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING = -200983
    ROUTE_NOT_SUPPORTED_BY_HW_ROUTING = -89136
    DEV_CANNOT_BE_ACCESSED = -201003


TEXTS = {
    Error.PAL_RESOURCE_RESERVED: "The specified resource is reserved by another task.",
    Error.RESOURCE_ALREADY_RESERVED: "A resource of this task is reserved by another task.",
    Error.INVALID_ATTRIBUTE_VALUE: "The value is not supported for this property.",
    Error.SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO: "Too many samples a second.",
    Error.INVALID_TASK: "The task does not exist.",
    Error.PHYSICAL_CHAN_DOES_NOT_EXIST: "The physical channel does not exist on the device.",
    Error.INVALID_DEVICE_ID: "The device does not exist.",
    Error.READ_BUFFER_TOO_SMALL: "The array is too small for the samples.",
    Error.INVALID_ANALOG_TRIG_SRC: "This terminal cannot be the source of an analog trigger.",
    Error.SAMPLES_WILL_NEVER_BE_AVAILABLE: "A finite acquisition has no more samples.",
    Error.SAMPLES_NO_LONGER_AVAILABLE: "Samples were overwritten before they were read.",
    Error.SAMPLES_NOT_YET_AVAILABLE: "Some samples were not acquired within the timeout.",
    Error.GEN_STOPPED_TO_PREVENT_REGEN_OF_OLD_SAMPLES: "The generation stopped: no new samples.",
    Error.SAMPLES_CAN_NOT_YET_BE_WRITTEN: "The buffer had no space within the timeout.",
    Error.CHAN_ALREADY_IN_TASK: "The channel is already in the task.",
    Error.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT: "The stand-in does not know this property.",
    Error.OUTPUT_BUFFER_EMPTY: "Nothing was written before the generation was started.",
    Error.CAN_NOT_PERFORM_OP_WHEN_NO_CHANS_IN_TASK: "The task has no channels.",
    Error.WAIT_UNTIL_DONE_DOES_NOT_INDICATE_DONE: "The task was not done within the timeout.",
    Error.INVALID_AO_DATA_WRITE: "A voltage lies outside the range of the channel.",
    Error.OUTPUT_BUF_SIZE_TOO_SMALL_TO_START_GEN: "The buffer is too small for a generation.",
    Error.CANNOT_GET_PROPERTY_WHEN_TASK_NOT_RESERVED_COMMITTED_OR_RUNNING: (
        "This is known only while the task is reserved, committed or running."
    ),
    Error.ROUTE_NOT_SUPPORTED_BY_HW_ROUTING: "There is no route from this terminal.",
    Error.DEV_CANNOT_BE_ACCESSED: "The device cannot be accessed; is it still connected?",
}


class Value(IntEnum):
    """Values of properties; a test compares them with `nidaqmx.constants`."""

    FINITE = 10178
    CONTINUOUS = 10123
    ON_DEMAND = 10390
    SAMPLE_CLOCK = 10388
    ALLOW_REGENERATION = 10097
    DO_NOT_ALLOW_REGENERATION = 10158
    NONE = 10230
    ANALOG_LEVEL = 10101
    ANALOG_WINDOW = 10103
    DIGITAL_EDGE = 10150
    ABOVE = 10093
    BELOW = 10107
    INSIDE = 10199
    OUTSIDE = 10251
    RISING = 10280
    HIGH = 10192
    ON_BOARD_MEMORY_EMPTY = 10235
    ON_BOARD_MEMORY_HALF_FULL_OR_LESS = 10239
    ON_BOARD_MEMORY_LESS_THAN_FULL = 10242
    DO_NOT_OVERWRITE = 10159
    GROUP_BY_CHANNEL = 0
    VOLTAGE = 10322
    ANALOG_INPUT = 10100
    ANALOG_OUTPUT = 10102
    COUNTER_INPUT = 10131
    DIGITAL_OUTPUT = 10153


class Action(IntEnum):
    """What `TaskControl` is asked for; `nidaqmx.constants.TaskMode`."""

    START = 0
    STOP = 1
    VERIFY = 2
    COMMIT = 3
    RESERVE = 4
    UNRESERVE = 5
    ABORT = 6


class RefusedError(Exception):
    """A call fails with a status code.

    Args:
        code: the status.
        done: samples a channel that were read or written all the same.
        detail: more about it.
    """

    def __init__(self, code: Error, *, done: int = 0, detail: str = "") -> None:
        text = f"{TEXTS[code]} {detail}".strip()
        super().__init__(f"{text}\n\nStatus Code: {int(code)}")
        self.code = code
        self.done = done
