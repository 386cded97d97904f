"""What DAQmx errors mean at a hopping microscope, and what to do about each.

Codes are from NIDAQmx.h as `nidaqmx.error_codes` lists them; what they mean here is from NI's
descriptions of each (those of -200019, -200278, -200621 and -200714 above all, which sound alike),
knowledge base and public threads (-50405: ni/nidaqmx-python 640 and 893). An error that is not in
the table keeps NI's own words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nidaqmx.errors import (
    DaqError,
    DaqFunctionNotSupportedError,
    DaqNotFoundError,
    DaqNotSupportedError,
)

from seccm.errors import DriverError, RigError, StreamError


@dataclass(frozen=True, slots=True)
class Meaning:
    """A family of errors with one cause and one remedy."""

    code: str
    """The stable name that goes into `RigError.code`."""
    what: str
    remedy: str
    kind: type[RigError] = DriverError


OVERRUN = Meaning(
    "overrun",
    "samples were lost because the program did not fetch them in time.",
    "Close other programs, or lengthen stop.block; then resume the scan from its file.",
    StreamError,
)
OVERFLOW = Meaning(
    "card-overflow",
    "samples were lost inside the card: the driver did not fetch them as fast as it takes them.",
    "Lower clock.sample_rate, close other programs, or move the card off a shared USB hub; then "
    "resume the scan from its file.",
    StreamError,
)
SLOW_CONVERTER = Meaning(
    "slow-converter",
    "the converter was asked for a sample before it was done with the one before.",
    "Lower clock.sample_rate, or leave out position sensors; then resume the scan from its file.",
    StreamError,
)
ENDED = Meaning(
    "ended",
    "the card has ended this task: it takes or puts out no more samples.",
    "See that no other program has stopped or reset the card, then resume the scan from its file.",
    StreamError,
)
TIMEOUT = Meaning(
    "stalled-read",
    "no more samples came within the time limit.",
    "Check the card and its clock in NI MAX, then resume the scan from its file.",
    StreamError,
)
UNDERFLOW = Meaning(
    "underflow",
    "the outputs ran out of samples because the program did not refill them in time; they hold "
    "their last values.",
    "Close other programs, or lengthen stop.horizon; then resume the scan from its file.",
)
CARD_UNDERFLOW = Meaning(
    "underflow",
    "the driver did not bring samples to the card as fast as it puts them out; the outputs hold "
    "their last values.",
    "Lower output_rate, or move the card off a shared USB hub; then resume the scan from its file.",
)
UNWRITTEN = Meaning(
    "write-late",
    "the card did not take new output samples in time: its output clock does not run. The outputs "
    "hold their last values.",
    "Check the card and its clock in NI MAX, then resume the scan from its file.",
)
UNFINISHED = Meaning(
    "unfinished",
    "the outputs did not come to the end of their way in time.",
    "Check the card and its clock in NI MAX, then resume the scan from its file.",
)
BUFFER = Meaning(
    "output-buffer",
    "the driver refuses the buffer of the outputs; they put out nothing new.",
    'Update NI-DAQmx, or write stop.kind = "stepped", which needs no buffer.',
)
BEYOND = Meaning(
    "beyond-output",
    "a voltage is beyond what the outputs can put out; none was put out.",
    "Compare the offsets and gains of axes and cell in the rig file with ±10 V.",
)
TWICE = Meaning(
    "wired-twice",
    "one terminal is to be read or written twice in a task.",
    "Give every signal of the rig file a terminal of its own.",
)
ROUTE_IN_USE = Meaning(
    "route-in-use",
    "a line inside the card that the counter needs is in use.",
    "Choose another stop.counter, or close other programs that use the card.",
)
ABORTED = Meaning(
    "aborted",
    "another program or the operating system broke off what the card was doing; the state of its "
    "outputs is not known.",
    "Close NI MAX, look at cable and power (of a USB card: no hub, no power saving of its port), "
    "raise the tip at the stage controller, then resume the scan.",
)
RESERVED = Meaning(
    "reserved",
    "another program or task holds the card.",
    "Close NI MAX test panels, LabVIEW and other scans, then start again.",
)
NO_DEVICE = Meaning(
    "no-device",
    "there is no device of this name.",
    "Write the name that NI MAX shows into device.",
)
UNPLUGGED = Meaning(
    "unplugged",
    "the device does not answer; the state of its outputs is not known.",
    "Check cable and power, raise the tip at the stage controller, then resume the scan.",
)
NO_CHANNEL = Meaning(
    "no-channel",
    "the device has no such terminal.",
    "Compare the terminals in the rig file with the card's pin-out.",
)
NO_TRIGGER = Meaning(
    "no-trigger",
    "the card cannot stop its outputs on this analog trigger.",
    'Wire the signal to APFI0, or write stop.kind = "streamed".',
)
TOO_FAST = Meaning(
    "too-fast",
    "the card cannot sample so many inputs at this rate.",
    "Lower clock.sample_rate, or leave out position sensors.",
)
NO_ROUTE = Meaning(
    "no-route",
    "the card cannot lead its output clock to this counter.",
    'Choose another stop.counter, or write stop.kind = "stepped".',
)
REFUSED = Meaning(
    "refused",
    "the card does not support a setting that this rig needs.",
    'Update NI-DAQmx, or write stop.kind = "stepped", which asks for the least.',
)

MEANINGS: dict[int, Meaning] = {
    -200279: OVERRUN,
    -200222: OVERRUN,
    -200361: OVERFLOW,
    -200010: OVERFLOW,
    -200714: OVERFLOW,
    -200019: SLOW_CONVERTER,
    -200278: ENDED,
    -200288: ENDED,
    -200284: TIMEOUT,
    -200474: TIMEOUT,
    -200290: UNDERFLOW,
    -200621: CARD_UNDERFLOW,
    -200016: CARD_UNDERFLOW,
    -200018: CARD_UNDERFLOW,
    -200292: UNWRITTEN,
    -200560: UNFINISHED,
    -200293: BUFFER,
    -200609: BUFFER,
    -200547: BUFFER,
    -200462: BUFFER,
    -200561: BEYOND,
    -50103: RESERVED,
    -200022: RESERVED,
    -200489: TWICE,
    -200369: ROUTE_IN_USE,
    -200370: ROUTE_IN_USE,
    -89137: ROUTE_IN_USE,
    -89138: ROUTE_IN_USE,
    -200220: NO_DEVICE,
    -201003: UNPLUGGED,
    -200324: UNPLUGGED,
    -200045: UNPLUGGED,
    -89130: UNPLUGGED,
    -88705: UNPLUGGED,
    -88708: UNPLUGGED,
    -88709: ABORTED,
    -88710: ABORTED,
    -50405: ABORTED,
    -200170: NO_CHANNEL,
    -200265: NO_TRIGGER,
    -200081: TOO_FAST,
    -200332: TOO_FAST,
    -200368: NO_ROUTE,
    -89136: NO_ROUTE,
    -200077: REFUSED,
    -200452: REFUSED,
    -200983: REFUSED,
}

_NO_LIBRARY = (
    "no-driver",
    "NI-DAQmx, the driver of the card, is not installed on this machine.",
    "Install NI-DAQmx from ni.com; the Python package alone does not contain it.",
)


def translate(error: Exception, where: str) -> RigError:
    """Say in the operator's words what the driver reported.

    Args:
        error: raised by `nidaqmx`; it should become the cause of what is returned.
        where: the device, task or axis.
    """
    match error:
        case RigError():
            return error
        case DaqNotFoundError():
            code, what, remedy = _NO_LIBRARY
            return DriverError(code, where, what, remedy)
        case DaqNotSupportedError():
            what = "NI-DAQmx does not exist for this kind of machine."
            return DriverError("no-driver", where, what, "Use Windows, or one of NI's Linuxes.")
        case DaqFunctionNotSupportedError():
            what = f"the installed NI-DAQmx is too old: {_first_line(error)}"
            return DriverError("old-driver", where, what, "Update NI-DAQmx from ni.com.")
        case DaqError():
            meaning = MEANINGS.get(error.error_code)
            if meaning is None:
                what = f"the driver says: {_first_line(error)} (DAQmx {error.error_code})"
                return DriverError("driver", where, what, "Look the code up at ni.com.")
            what = f"{meaning.what} (DAQmx {error.error_code})"
            return meaning.kind(meaning.code, where, what, meaning.remedy)
        case _:
            return DriverError("driver", where, f"{error!r}.", "")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


DAQMX = (DaqError, DaqNotFoundError, DaqNotSupportedError, DaqFunctionNotSupportedError)
"""Everything that nidaqmx raises on its own account."""


@contextmanager
def spoken(where: str) -> Iterator[None]:
    """Turn whatever the driver raises inside into a `RigError`.

    Args:
        where: the device, task or axis.

    Raises:
        RigError: in place of the driver's error, which is its cause.
    """
    try:
        yield
    except DAQMX as error:
        raise translate(error, where) from error
