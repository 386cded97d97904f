"""The one seam to the world: what a rig is told, what it answers, what it says of itself."""

from seccm.rig.actions import (
    Action,
    Carry,
    Connect,
    Drive,
    Freeze,
    Mark,
    Mode,
    Modulate,
    Move,
    Wake,
)
from seccm.rig.block import Axis, Block, Clock, ContactRecord, Flag
from seccm.rig.camera import Camera, CameraInfo, Frame
from seccm.rig.coarse import CoarseStage
from seccm.rig.contact import NEVER, Air, ContactRule, Crossing, Deaf, StopCondition
from seccm.rig.drives import DriveInfo
from seccm.rig.info import (
    AxisRange,
    CarrierInfo,
    CurrentRange,
    Modulation,
    RigInfo,
    StopAbility,
    SwitchInfo,
)
from seccm.rig.late import Late
from seccm.rig.leads import NO_LEADS, Leads
from seccm.rig.mounted import Channel, Mounted
from seccm.rig.parts import Cell, CellInfo, Parts, Stage, Stream, WatchingStage, parts_of, rig_of
from seccm.rig.protocol import Readback, Rig, SafeReport
from seccm.rig.raw import RawChannel, RawSamples
from seccm.rig.signals import BASIC, Signal, environment, more_than_basic
from seccm.rig.span import Range
from seccm.rig.technique import Collected, Points, RunningCell, Runs, shape_of
from seccm.rig.tie import Tie
from seccm.rig.waveform import Constant, Limit, Lines, Section, Sine, Sines, Waveform

__all__ = [
    "BASIC",
    "NEVER",
    "NO_LEADS",
    "Action",
    "Air",
    "Axis",
    "AxisRange",
    "Block",
    "Camera",
    "CameraInfo",
    "CarrierInfo",
    "Carry",
    "Cell",
    "CellInfo",
    "Channel",
    "Clock",
    "CoarseStage",
    "Collected",
    "Connect",
    "Constant",
    "ContactRecord",
    "ContactRule",
    "Crossing",
    "CurrentRange",
    "Deaf",
    "Drive",
    "DriveInfo",
    "Flag",
    "Frame",
    "Freeze",
    "Late",
    "Leads",
    "Limit",
    "Lines",
    "Mark",
    "Mode",
    "Modulate",
    "Modulation",
    "Mounted",
    "Move",
    "Parts",
    "Points",
    "Range",
    "RawChannel",
    "RawSamples",
    "Readback",
    "Rig",
    "RigInfo",
    "RunningCell",
    "Runs",
    "SafeReport",
    "Section",
    "Signal",
    "Sine",
    "Sines",
    "Stage",
    "StopAbility",
    "StopCondition",
    "Stream",
    "SwitchInfo",
    "Tie",
    "Wake",
    "WatchingStage",
    "Waveform",
    "environment",
    "more_than_basic",
    "parts_of",
    "rig_of",
    "shape_of",
]
