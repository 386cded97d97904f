"""A bitfile without a bitstream: names, types and places of what a host can see of the target.

`nifpga` reads these elements and no others. The real file belongs to its authors and is not here.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

SIGNATURE = "5ECC0000000000000000000000005ECC"
TARGET = "PCIe-7852R"


class Register(NamedTuple):
    """A control or indicator of the program on the target."""

    kind: str
    """The LabVIEW type."""
    indicator: bool = False


class Fifo(NamedTuple):
    """A queue of 16-bit words between host and target."""

    number: int
    direction: str
    depth: int


_READ = True
REGISTERS = {
    "External Stop": Register("Boolean"),
    "External Pause": Register("Boolean"),
    "Internal Pause": Register("Boolean"),
    "Internal Stop": Register("Boolean", _READ),
    "Buffer Loop Wait Time (tICKS)": Register("U32"),
    "2^(-n)": Register("I16"),
    "HoldTimerScale": Register("U64"),
    **{f"ExpandVelScaller {axis}": Register("I16") for axis in ("X", "Y", "Z", "V", "V2")},
    "FeedBackType": Register("U8"),
    "FeedBackType 2": Register("U8"),
    "Feedback_Threshold": Register("I32"),
    "Feedback_Threshold 2": Register("I32"),
    "GreaterThan": Register("Boolean"),
    "GreaterThan 2": Register("Boolean"),
    "P": Register("FXP"),
    "Upper limit Of dZ": Register("I32"),
    "P2AvgWhole": Register("I32"),
    "P2AvgMinus": Register("I32"),
    "Feedback1 on  Hold": Register("Boolean"),
    "DistanceToBulk": Register("I16"),
    "DistanceToBulk 2": Register("I16"),
    "DistanceToBulk 3": Register("I16"),
    "V on Fly": Register("I16"),
    "V2 on Fly": Register("I16"),
    "Change V on Fly": Register("Boolean"),
    "Change V on Fly 2": Register("Boolean"),
    "EndCurrentLine": Register("Boolean"),
    "Applied X": Register("I16", _READ),
    "Applied Y": Register("I16", _READ),
    "Applied Z": Register("I16", _READ),
    "Applied Voltage": Register("I16", _READ),
    "Applied Voltage 2": Register("I16", _READ),
    **{f"MeasuredCurrent{n}": Register("I16", _READ) for n in ("", " 2", " 3", " 4")},
    "Ext amp": Register("I16", _READ),
    "Ext Phase": Register("I16", _READ),
    "LineNumber": Register("U64", _READ),
    "LineType": Register("I16", _READ),
    "WaitingForWayPoints": Register("Boolean", _READ),
    "Feedback1 Boolean": Register("Boolean", _READ),
    "Feedback2 Boolean": Register("Boolean", _READ),
    "Feedback1 Error": Register("I32", _READ),
    "Z END": Register("I16", _READ),
    "StopMoveZ": Register("Boolean", _READ),
}
TO_TARGET, TO_HOST = "Host_To_FPGA_Positions", "FPGA_To_Host_FIFO"
FIFOS = {TO_TARGET: Fifo(0, "HostToTarget", 8197), TO_HOST: Fifo(1, "TargetToHost", 32767)}
_BITS = {"Boolean": 1, "I16": 16, "U8": 8, "I32": 32, "U32": 32, "U64": 64, "FXP": 32}
_FIXED = "<Signed>true</Signed><WordLength>32</WordLength><IntegerWordLength>16</IntegerWordLength>"
_FIRST = 0x18000


def offsets() -> dict[str, int]:
    """Return where each register lies; rising, as in files of NI's compiler."""
    where, at = {}, _FIRST
    for name, register in REGISTERS.items():
        where[name] = at
        at += 8 if register.kind == "U64" else 4
    return where


def _register(name: str, register: Register, offset: int) -> str:
    fixed = _FIXED if register.kind == "FXP" else ""
    return (
        f"<Register><Name>{escape(name)}</Name><Hidden>false</Hidden>"
        f"<Indicator>{str(register.indicator).lower()}</Indicator><Datatype><{register.kind}>"
        f"<Name>{escape(name)}</Name>{fixed}</{register.kind}></Datatype>"
        f"<Offset>{offset}</Offset><SizeInBits>{_BITS[register.kind]}</SizeInBits>"
        "<Internal>false</Internal><AccessMayTimeout>false</AccessMayTimeout></Register>"
    )


def _fifo(name: str, fifo: Fifo) -> str:
    return (
        f'<Channel name="{name}"><DataType><SubType>I16</SubType></DataType>'
        f"<Direction>{fifo.direction}</Direction><Number>{fifo.number}</Number>"
        f"<NumberOfElements>{fifo.depth}</NumberOfElements></Channel>"
    )


def xml(*, signature: str = SIGNATURE, without: str = "") -> str:
    """Return the text of the file.

    Args:
        signature: of the bitstream.
        without: a register or queue to leave out, for tests.
    """
    at = offsets()
    registers = "".join(
        _register(name, one, at[name]) for name, one in REGISTERS.items() if name != without
    )
    fifos = "".join(_fifo(name, one) for name, one in FIFOS.items() if name != without)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Bitfile><SignatureRegister>{signature}'
        "</SignatureRegister><VI><Name>FPGA Target.vi</Name>"
        f"<RegisterList>{registers}</RegisterList></VI><Project><TargetClass>{TARGET}"
        "</TargetClass><CompilationResultsTree><CompilationResults><NiFpga>"
        "<BaseAddressOnDevice>0</BaseAddressOnDevice><DmaChannelAllocationList>"
        f"{fifos}</DmaChannelAllocationList></NiFpga></CompilationResults>"
        "</CompilationResultsTree></Project></Bitfile>"
    )


def write(path: Path) -> Path:
    """Write the file, and return its path."""
    path.write_text(xml(), encoding="utf-8")
    return path
