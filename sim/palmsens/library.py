"""PalmSens' own library as far as `pypalmsens` asks it, over a virtual instrument.

Names with capitals are .NET's. Currents are in uA, as there.
"""
# ruff: noqa: D101, D102

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from seccm.rig import Constant, Flag, Lines
from seccm.units import parse
from sim.instrument.device import Bounds, BusyError, Device, LostError, Measured, Wanted
from sim.palmsens.dotnet import Done, Enumeration, Event, Named, Net, Value

UA = 1e-6


class CurrentRanges(metaclass=Enumeration):
    """crNAME for every name."""


class DataArrayType(metaclass=Enumeration):
    """Kinds of arrays."""


class CurrentRange:
    def __init__(self, of: Value) -> None:
        self.Range = of


class Method(Net):
    """The parameters of a technique: whatever is set."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.MethodID = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = Net()
        setattr(self, name, made)
        return made

    @staticmethod
    def FromMethodID(name: str) -> Method:
        return Method(name)

    def Validate(self, capabilities: object) -> list[object]:
        return []


class Reading:
    """A value of a current, as the device has it."""

    def __init__(self, value: float, span: float, flags: int) -> None:
        self.Value = value
        self.ValueInRange = value * UA / span
        self.CurrentRange = CurrentRange(Value(f"cr{short(span)}"))
        self.ReadingStatus = Value("Overload" if flags & Flag.SATURATED else "OK")
        self.TimingStatus = Value("OK")
        self.__implementation__ = self


class Array:
    """An array of data."""

    def __init__(self, name: str) -> None:
        self.Description, self.ArrayType = name, Value(name)
        self.values: list[float] = []

    @property
    def Count(self) -> int:
        return len(self.values)

    def GetValues(self) -> list[float]:
        return list(self.values)

    def __getitem__(self, k: int) -> Any:
        return Net() if k >= len(self.values) else _Item(self.values[k])

    def __len__(self) -> int:
        return len(self.values)


class _Item:
    def __init__(self, value: float) -> None:
        self.Value = value


class CurrentArray(Array):
    """An array of currents, with ranges."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.readings: list[Reading] = []

    def __iter__(self) -> Iterator[Reading]:
        return iter(self.readings)


class PotentialArray(Array):
    """An array of potentials."""


class DataSet:
    def __init__(self) -> None:
        self.arrays = [Array("Time"), PotentialArray("Potential"), CurrentArray("Current")]

    def GetDataArrays(self) -> list[Array]:
        return self.arrays

    @property
    def NPoints(self) -> int:
        return len(self.arrays[0])


class Measurement:
    def __init__(self) -> None:
        self.DataSet, self.Title, self.EISdata = DataSet(), "", ()


class Curve:
    def __init__(self, data: DataSet) -> None:
        self.NewDataAdded, self.Finished = Event(), Event()
        self.XAxisDataArray, self.YAxisDataArray = data.arrays[1], data.arrays[2]

    def GetCurve(self) -> Curve:
        return self

    def GetHashCode(self) -> int:
        return id(self)


class Told:
    """What an event tells."""

    def __init__(self, **told: Any) -> None:
        self.__dict__.update(told)


class Semaphore:
    CurrentCount = 1

    def Wait(self) -> None:
        self.CurrentCount = 0

    def WaitAsync(self) -> Done:
        self.CurrentCount = 0
        return Done()

    def Release(self) -> int:
        self.CurrentCount = 1
        return 0


class Comm:
    """The connection to one device.

    Args:
        device: the virtual instrument.
    """

    def __init__(self, device: Device) -> None:
        self._device = device
        device.heard = self._hear
        self.ClientConnection = Told(Semaphore=Semaphore())
        self.Capabilities = Told(
            DeviceType=Value("PalmSens4"), FirmwareVersion=9.9, MinFirmwareVersionRequired=0.0
        )
        self.BeginMeasurementAsync, self.EndMeasurementAsync = Event(), Event()
        self.Disconnected, self.BeginReceiveCurve = Event(), Event()
        self.BeginReceiveEISData = Event()
        self.StatusWhenIdle = False
        self._measurement: Measurement | None = None
        self._curve: Curve | None = None
        self.gone = False

    # What is asked of it.

    def SetStatusWhenIdleAsync(self, on: bool) -> Done:
        return Done()

    def MeasureAsync(self, method: Method) -> Done:
        try:
            self._device.order(wanted(method, self._device))
        except BusyError:
            return Done(error=OSError("Device is busy."))
        except LostError:
            return Done(error=OSError("The port is closed."))
        return Done()

    def AbortAsync(self) -> Done:
        try:
            self._device.abort()
        except LostError:
            return Done(error=OSError("The port is closed."))
        return Done()

    def SetCellOnAsync(self, on: bool) -> Done:
        try:
            if not on:
                self._device.hold(None)
        except LostError:
            return Done(error=OSError("The port is closed."))
        return Done()

    def DisconnectAsync(self) -> Done:
        self.gone = True
        return Done()

    def Dispose(self) -> None:
        """Nothing is kept."""

    def look(self) -> None:
        """Say that the device is gone, if it is: the port does, whoever asks."""
        try:
            self._device.answer()
        except LostError:
            if not self.gone:
                self.gone = True
                self.Disconnected.fire(self, None)

    # What it hears.

    def _hear(self, measured: Measured) -> None:
        if self._measurement is None:
            self._measurement = Measurement()
            self._curve = Curve(self._measurement.DataSet)
            told = Told(NewMeasurement=self._measurement)
            self.BeginMeasurementAsync.fire(self, told)
            self.BeginReceiveCurve.fire(self, self._curve)
        data, curve = self._measurement.DataSet, self._curve
        t, potential, current = data.arrays
        start = len(t)
        t.values += measured.t
        potential.values += measured.potential
        current.values += [value / UA for value in measured.current]
        if isinstance(current, CurrentArray):
            current.readings += [
                Reading(value / UA, span, flags)
                for value, span, flags in zip(
                    measured.current, measured.span, measured.flags, strict=True
                )
            ]
        if curve is not None and measured.t:
            curve.NewDataAdded.fire(curve, Told(StartIndex=start))
        if measured.over:
            if curve is not None:
                curve.Finished.fire(curve, None)
            self._measurement = self._curve = None
            self.EndMeasurementAsync.fire(self, None)


def short(span: float) -> str:
    """Return the end of a range as PalmSens names it, such as "100nA"."""
    for unit, size in (("pA", 1e-12), ("nA", 1e-9), ("uA", 1e-6), ("mA", 1e-3)):
        if span < 999.0 * size:
            return f"{span / size:.0f}{unit}"
    return f"{span:.0f}A"


def _span(of: CurrentRange) -> float:
    name = of.Range.name.removeprefix("cr")
    digits = name.rstrip("pnumkA")
    return parse(f"{digits} {name[len(digits) :]}", "A")


def _ends(method: Method, kind: str, unit: float) -> tuple[float, float]:
    """Return the lower and the upper limit of a technique."""
    if kind == "charge":
        low = method.ChargeLimitMin if getattr(method, "UseChargeLimitMin", False) is True else None
        top = method.ChargeLimitMax if getattr(method, "UseChargeLimitMax", False) is True else None
    else:
        low = method.LimitMinValue if getattr(method, "UseLimitMinValue", False) is True else None
        top = method.LimitMaxValue if getattr(method, "UseLimitMaxValue", False) is True else None
    return (
        -math.inf if low is None else float(low) * unit,
        math.inf if top is None else float(top) * unit,
    )


def wanted(method: Method, device: Device) -> Wanted:
    """Return what a method asks of the instrument."""
    none = (-math.inf, math.inf)
    charge = _ends(method, "charge", UA)
    stays = float(method.StandbyPotential) if method.CellOnAfterMeasurement is True else None
    name = method.MethodID
    ranges = _span(method.Ranging.MinimumCurrentRange), _span(method.Ranging.MaximumCurrentRange)
    interval = float(getattr(method, "IntervalTime", 0.0)) if name in ("ad", "pot") else 0.0
    if name == "ad":
        waveform: Constant | Lines = Constant(float(method.Potential), float(method.RunTime))
        bounds = Bounds(none, _ends(method, "current", UA), charge)
        return Wanted("potential", waveform, bounds, interval, ranges, stays)
    if name == "pot":
        amperes = float(method.Current) * _span(method.AppliedCurrentRange)
        bounds = Bounds(_ends(method, "potential", 1.0), none, charge)
        waveform = Constant(amperes, float(method.RunTime))
        return Wanted("current", waveform, bounds, interval, None, None)
    begin = float(method.BeginPotential)
    values = [begin]
    if name == "lsv":
        values.append(float(method.EndPotential))
    else:
        for _ in range(int(method.nScans)):
            values += [float(method.Vtx1Potential), float(method.Vtx2Potential), begin]
    rate, times, kept = float(method.Scanrate), [0.0], [begin]
    for value in values[1:]:
        if value != kept[-1]:
            times.append(times[-1] + abs(value - kept[-1]) / rate)
            kept.append(value)
    interval = max(float(method.StepPotential) / rate, 1e-4)
    bounds = Bounds(none, _ends(method, "current", UA), charge)
    return Wanted("potential", Lines(tuple(times), tuple(kept)), bounds, interval, ranges, stays)


def names(comm: Comm) -> Mapping[str, Any]:
    """Return what is found in the namespaces of .NET, for one device that is plugged in."""

    class Port:
        def ToString(self) -> str:
            return "PalmSens4 (stand-in)"

        def OpenAsync(self) -> Done:
            return Done()

        def CloseAsync(self) -> Done:
            return Done()

        @staticmethod
        def DiscoverDevicesAsync() -> Done:
            return Done([Port()])

    class Nobody:
        @staticmethod
        def DiscoverDevicesAsync() -> Done:
            return Done([])

    class CommManager(metaclass=Named):
        DeviceState = Told(Measurement=1)

        @staticmethod
        def CommManagerAsync(device: object) -> Done:
            comm.gone = False
            return Done(comm)

    version = Told(ProductVersion="stand-in")
    where = ("PalmSens.Core.Linux.Comm.Devices", "PalmSens.Windows.Devices")
    ports = {
        f"{space}.{name}": Nobody
        for space in where
        for name in ("FTDIDevice", "USBCDCDevice", "BluetoothDevice", "BLEDevice")
    }
    return ports | {
        "PalmSens.Core.Linux.Comm.Devices.SerialPortDevice": Port,
        "PalmSens.Windows.Devices.WinUSBDevice": Port,
        "PalmSens.Comm.CommManager": CommManager,
        "PalmSens.CurrentRanges": CurrentRanges,
        "PalmSens.CurrentRange": CurrentRange,
        "PalmSens.Method": Method,
        "PalmSens.Data.DataArrayType": DataArrayType,
        "PalmSens.Data.DataArray": Array,
        "PalmSens.Data.DataArrayCurrents": CurrentArray,
        "PalmSens.Data.DataArrayPotentials": PotentialArray,
        "PalmSens.Data.DataSet": DataSet,
        "PalmSens.ExtraValueMask": _Mask,
        "System.Diagnostics": Told(FileVersionInfo=Told(GetVersionInfo=lambda path: version)),
    }


class _Mask(metaclass=Enumeration):
    """Extra values; none are asked for."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
