"""A digital piezo controller of PI: asked how it is set when the rig opens, set up on request.

It is never told where to go: the stage follows the card, through the controller's analog inputs.
PI's package pipython is imported only here, when a rig file has the table `[piezo]`; its licence
is PI's own.

What is believed of the controller, from PI's E-727 User Manual E727T0005 (read at manualshive.com
and easymanua.ls): `SPA 1 0x06000500 4` makes input signal channel 4 the target of axis 1 in
volatile memory, needs command level 1, and 0 is none (pages 90, 92, 93). An enabled input
overrides all other targets (page 90). 0x02000200 and 0x02000300 are offset and gain from the
normalised input, -100 to +100 for the full scale of volts, to micrometres (pages 87, 90). `TMN?`
and `TMX?` are the ends of the travel (page 96), `TSP?` is the scaled value of an input (page 93).
Of pipython, from its version 2.11.0.6: queries take an axis as text and return a dictionary by
axis, `qSPA` one of dictionaries by parameter; errors are `GCSError`; `PISocket` needs no library
of PI's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from hardware.ni.config import NidaqConfig
from hardware.ni.scaling import Scale
from hardware.pi.piezo_config import PiezoAxisConfig, PiezoConfig
from seccm.errors import PlanError, Problem, RigError
from seccm.installing import install_hint
from seccm.quantities import validate
from seccm.rig import Axis, Range
from seccm.units import show

TARGET = 0x06000500
"""The parameter "ADC Channel for Target" of an axis."""
OFFSET, GAIN = 0x02000200, 0x02000300
"""Parameters of an input signal channel."""
PERCENT = 100.0
LEVEL, PASSWORD = 1, "advanced"
"""Command level that may change the target, and its password in PI's manuals."""
ORDER: tuple[Axis, ...] = ("z", "x", "y")
"""The tip goes up before anything else."""


class Gcs(Protocol):
    """What is used of pipython's GCSDevice."""

    def qIDN(self) -> str: ...  # noqa: D102
    def qSVO(self, axes: str) -> Mapping[str, bool]: ...  # noqa: D102
    def qPOS(self, axes: str) -> Mapping[str, float]: ...  # noqa: D102
    def qTMN(self, axes: str) -> Mapping[str, float]: ...  # noqa: D102
    def qTMX(self, axes: str) -> Mapping[str, float]: ...  # noqa: D102
    def qSPA(self, items: str, params: int) -> Mapping[str, Mapping[int, Any]]: ...  # noqa: D102
    def SPA(self, items: str, params: int, values: int) -> None: ...  # noqa: D102
    def SVO(self, axes: str, values: bool) -> None: ...  # noqa: D102
    def CCL(self, level: int, password: str = "") -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class AxisState:
    """How one axis of the controller is set."""

    servo: bool
    target: int
    """Input signal channel that it follows; 0 for none."""
    position: float
    """Metres, in the controller's coordinates."""
    travel: Range
    """Metres, in the controller's coordinates."""
    commanded: Scale
    """From volts at its input to metres, in the controller's coordinates."""


class Piezo:
    """A controller that is connected.

    Args:
        config: its table.
        device: the connection.
        errors: what the connection raises.
    """

    def __init__(
        self, config: PiezoConfig, device: Gcs, errors: tuple[type[Exception], ...] = (OSError,)
    ) -> None:
        self._config, self._device = config, device
        # The last three: what pipython makes of an answer that it did not expect.
        self._errors: tuple[type[Exception], ...] = (*errors, KeyError, ValueError, TypeError)

    def identity(self) -> str:
        """Say which controller answers.

        Raises:
            RigError: none does, or one of another type.
        """
        with self._spoken("asked for its name"):
            name = " ".join(self._device.qIDN().split())
        if self._config.controller not in name:
            what = f"is {name}, and the rig file says {self._config.controller}. Nothing moved."
            raise RigError("wrong-controller", "piezo", what, "Correct piezo.controller.")
        return name

    def state(self, one: PiezoAxisConfig) -> AxisState:
        """Ask how an axis is set.

        Raises:
            RigError: the controller does not answer.
        """
        axis, channel, unit = one.axis, str(one.input), self._config.unit
        device = self._device
        with self._spoken(f"asked about axis {axis}"):
            offset = float(device.qSPA(channel, OFFSET)[channel][OFFSET])
            gain = float(device.qSPA(channel, GAIN)[channel][GAIN])
            return AxisState(
                servo=bool(device.qSVO(axis)[axis]),
                target=int(device.qSPA(axis, TARGET)[axis][TARGET]),
                position=unit * float(device.qPOS(axis)[axis]),
                travel=Range(
                    unit * float(device.qTMN(axis)[axis]), unit * float(device.qTMX(axis)[axis])
                ),
                commanded=Scale(
                    unit * gain * PERCENT / self._config.full_scale, unit * offset, "controller"
                ),
            )

    def differences(self, rig: NidaqConfig) -> Iterator[str]:
        """Say what is set otherwise than the rig file has it, one sentence each."""
        for axis, one in self._config.axes.items():
            state, mine = self.state(one), rig.axes[axis]
            if state.target != one.input:
                what = f"input {state.target}" if state.target else "no analog input"
                yield f"axis {one.axis} ({axis}) follows {what} instead of input {one.input}"
            if not state.servo:
                yield f"the servo of axis {one.axis} ({axis}) is off"
            allowed = self._config.tolerance
            slope, its = mine.gain, abs(state.commanded.slope)
            if abs(its - slope) > allowed * slope:
                yield (
                    f"axis {one.axis} ({axis}) goes {show(its, 'm')} per volt, and the rig file "
                    f"says {show(slope, 'm')}"
                )
            reach = state.commanded.span(Range(*mine.volts))
            slack = allowed * (state.travel.upper - state.travel.lower)
            if reach.lower < state.travel.lower - slack or reach.upper > state.travel.upper + slack:
                yield (
                    f"axis {one.axis} ({axis}) would be moved to {_span(reach)}, beyond its travel "
                    f"of {_span(state.travel)}"
                )

    def words(self) -> tuple[str, ...]:
        """Say what answers, and where its axes are."""
        said = [f"Piezo controller: {self.identity()}."]
        for axis, one in self._config.axes.items():
            state = self.state(one)
            servo = "servo on" if state.servo else "SERVO OFF"
            said.append(
                f"Piezo axis {one.axis} ({axis}): {servo}, follows input {state.target}, is at "
                f"{show(state.position, 'm', 5)} of {_span(state.travel)} by its own sensor."
            )
        return tuple(said)

    def set_up(self) -> None:
        """Make the axes follow their inputs, servo on. THIS CAN MOVE THE STAGE.

        Nothing is written to the controller's permanent memory.

        Raises:
            RigError: the controller refused, or did not do what it was told.
        """
        self.identity()
        ordered = [self._config.axes[axis] for axis in ORDER if axis in self._config.axes]
        with self._spoken("set up"):
            self._device.CCL(LEVEL, PASSWORD)
            try:
                for one in ordered:
                    self._device.SPA(one.axis, TARGET, one.input)
                    self._device.SVO(one.axis, True)
            finally:
                self._device.CCL(0)
        for one in ordered:
            state = self.state(one)
            if not state.servo or state.target != one.input:
                what = f"axis {one.axis} did not take its servo or its input."
                raise RigError("not-set-up", "piezo", what, "Set it up in PIMikroMove instead.")

    @contextmanager
    def _spoken(self, doing: str) -> Iterator[None]:
        """Turn what the connection raises into an error of the rig."""
        try:
            yield
        except self._errors as error:
            what = f"{self._config.controller} gave an error when it was {doing}: {error}."
            remedy = "Check its power, its cable, and that no other program holds it."
            raise RigError("piezo", "piezo", what, remedy) from error


@contextmanager
def connected(config: PiezoConfig) -> Iterator[Piezo]:
    """Connect to a controller, and let go of it in the end; nothing moves.

    Raises:
        RigError: pipython is missing, or the controller does not answer.
    """
    try:
        from pipython import GCSDevice, GCSError
        from pipython.pidevice.interfaces.pisocket import PISocket
    except ImportError as error:
        what = f"the table [piezo] needs PI's Python package pipython ({error}). Nothing moved."
        remedy = (
            f"If you agree to PI's licence, install it with: {install_hint('pi')}. Or remove "
            "[piezo] from the rig file."
        )
        raise RigError("no-pipython", "piezo", what, remedy) from error
    errors = (GCSError, OSError)
    try:
        if config.host is not None:
            gateway = PISocket(config.host, config.port)
            device = GCSDevice(config.controller, gateway=gateway)
        else:
            device = GCSDevice(config.controller)
            device.ConnectUSB(config.usb)
    except errors as error:
        what = f"no {config.controller} answers at {config.host or config.usb}: {error}."
        raise RigError("no-piezo", "piezo", what, "Check power, cable and address.") from error
    try:
        yield Piezo(config, device, errors)
    finally:
        device.close()


def survey(rig: NidaqConfig) -> tuple[str, ...]:
    """Ask the controller of a rig, if it has one, and compare it with the rig file.

    Returns:
        What it said, in sentences.

    Raises:
        RigError: it does not answer, or is set otherwise; nothing moved.
    """
    if rig.piezo is None:
        return ()
    with connected(rig.piezo) as piezo:
        words = piezo.words()
        wrong = list(piezo.differences(rig))
    if wrong:
        remedy = "Check the stage, then run: seccm rig set-up-piezo RIG. Or correct the rig file."
        raise RigError("piezo-misfit", "piezo", f"{'; '.join(wrong)}. Nothing moved.", remedy)
    return words


def set_up(config: Mapping[str, Any], source: str, confirm: Callable[[str], bool]) -> str:
    """Set up the controller that a rig file names; entry point of the group `seccm.piezo`.

    Args:
        config: the rig file.
        source: its name, for messages.
        confirm: asked before anything can move.

    Returns:
        What was done, as a sentence.

    Raises:
        PlanError: a mistake in the rig file, or it has no table [piezo].
        RigError: see `Piezo.set_up`.
    """
    rig = validate(NidaqConfig, config, source, from_file=True)
    if rig.piezo is None:
        raise PlanError(source, [Problem("piezo", "is missing.", "nidaq.toml has an example.")])
    with connected(rig.piezo) as piezo:
        name = piezo.identity()
        wrong = list(piezo.differences(rig))
        told = f"{'; '.join(wrong)}." if wrong else "All settings match the rig file."
        ask = (
            f"{name}: {told} Make all axes follow their inputs with the servo on? THE STAGE MAY "
            "JUMP: make sure that no tip is near a sample."
        )
        if not confirm(ask):
            return "Nothing was changed, nothing moved."
        piezo.set_up()
    return "All axes follow their analog inputs, servo on, until the controller is switched off."


def _span(travel: Range) -> str:
    return f"{show(travel.lower, 'm')} to {show(travel.upper, 'm')}"
