"""The one seam to the world: what a rig is told, what it answers, what it says of itself."""

from seccm.rig.actions import Action, Drive, Freeze, Mark, Mode, Move, Wake
from seccm.rig.block import Axis, Block, Clock, ContactRecord, Flag
from seccm.rig.coarse import CoarseStage
from seccm.rig.contact import Air, ContactRule, Crossing, Deaf, StopCondition
from seccm.rig.info import AxisRange, Range, RigInfo, StopAbility
from seccm.rig.leads import NO_LEADS, Leads
from seccm.rig.mounted import Mounted
from seccm.rig.parts import Cell, CellInfo, Parts, Stage, Stream, parts_of, rig_of
from seccm.rig.protocol import Readback, Rig, SafeReport
from seccm.rig.raw import RawChannel, RawSamples
from seccm.rig.signals import BASIC, Signal, more_than_basic
from seccm.rig.waveform import Constant, Limit, Lines, Section, Sine, Sines, Waveform

__all__ = [
    "BASIC",
    "NO_LEADS",
    "Action",
    "Air",
    "Axis",
    "AxisRange",
    "Block",
    "Cell",
    "CellInfo",
    "Clock",
    "CoarseStage",
    "Constant",
    "ContactRecord",
    "ContactRule",
    "Crossing",
    "Deaf",
    "Drive",
    "Flag",
    "Freeze",
    "Leads",
    "Limit",
    "Lines",
    "Mark",
    "Mode",
    "Mounted",
    "Move",
    "Parts",
    "Range",
    "RawChannel",
    "RawSamples",
    "Readback",
    "Rig",
    "RigInfo",
    "SafeReport",
    "Section",
    "Signal",
    "Sine",
    "Sines",
    "Stage",
    "StopAbility",
    "StopCondition",
    "Stream",
    "Wake",
    "Waveform",
    "more_than_basic",
    "parts_of",
    "rig_of",
]
