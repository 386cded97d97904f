"""What the program on the target has to have for this driver: names and types, nothing else.

Spelling, capitals and double blanks are parts of the names. The same contract holds for the images
of the PCIe-7852R and of the USB-7856R, whose signatures differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

STOP, PAUSE = "External Stop", "External Pause"
OWN_PAUSE, OWN_STOP = "Internal Pause", "Internal Stop"
SAMPLE_TICKS, AVERAGED = "Buffer Loop Wait Time (tICKS)", "2^(-n)"
HOLD_SCALE = "HoldTimerScale"
LINE, WAITING = "LineNumber", "WaitingForWayPoints"
X, Y, Z = "Applied X", "Applied Y", "Applied Z"
V, V2 = "Applied Voltage", "Applied Voltage 2"
TO_TARGET, TO_HOST = "Host_To_FPGA_Positions", "FPGA_To_Host_FIFO"
KIND, KIND_2 = "FeedBackType", "FeedBackType 2"
THRESHOLD, THRESHOLD_2 = "Feedback_Threshold", "Feedback_Threshold 2"
GREATER, GREATER_2 = "GreaterThan", "GreaterThan 2"
END_LINE = "EndCurrentLine"
ON_HOLD = "Feedback1 on  Hold"
EXPONENTS = {axis: f"ExpandVelScaller {axis}" for axis in ("X", "Y", "Z", "V", "V2")}
DISTANCES = ("DistanceToBulk", "DistanceToBulk 2", "DistanceToBulk 3")
GAIN, STEP_LIMIT, AVERAGE, AVERAGE_LESS = "P", "Upper limit Of dZ", "P2AvgWhole", "P2AvgMinus"

REGISTERS: Mapping[str, str] = {
    **dict.fromkeys((STOP, PAUSE, OWN_PAUSE, OWN_STOP, END_LINE, ON_HOLD, WAITING), "Bool"),
    **dict.fromkeys((GREATER, GREATER_2), "Bool"),
    SAMPLE_TICKS: "U32",
    **dict.fromkeys((HOLD_SCALE, LINE), "U64"),
    **dict.fromkeys((AVERAGED, *EXPONENTS.values(), *DISTANCES, X, Y, Z, V, V2), "I16"),
    **dict.fromkeys((KIND, KIND_2), "U8"),
    **dict.fromkeys((THRESHOLD, THRESHOLD_2, STEP_LIMIT, AVERAGE, AVERAGE_LESS), "I32"),
}
"""Each register that is read or written, with its type; `P`, a fixed-point number, is there too."""
LIMITS = {
    "Bool": (0, 1),
    "U8": (0, 2**8 - 1),
    "I16": (-(2**15), 2**15 - 1),
    "I32": (-(2**31), 2**31 - 1),
    "U32": (0, 2**32 - 1),
    "U64": (0, 2**64 - 1),
}
"""What fits into each type; the package hands on whatever fits not, cut to fit."""


def misfits(registers: Mapping[str, str], fifos: Mapping[str, str]) -> Iterator[str]:
    """Yield what a bitfile lacks, or has of another type, in words.

    Args:
        registers: its registers with their types.
        fifos: its queues with their types.
    """
    for name, kind in REGISTERS.items():
        found = registers.get(name)
        if found != kind:
            yield f'register "{name}" ({kind}) {_instead(found)}'
    if GAIN not in registers:
        yield f'register "{GAIN}" is missing'
    for name in (TO_TARGET, TO_HOST):
        if fifos.get(name) != "I16":
            yield f'queue "{name}" (I16) {_instead(fifos.get(name))}'


def _instead(found: str | None) -> str:
    return "is missing" if found is None else f"is {found} there"
