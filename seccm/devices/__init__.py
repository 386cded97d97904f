"""Stage, hop and whole scan as devices of bluesky, which is not imported here.

bluesky asks its devices for methods, not for a base class: `Movable` and `Readable` for the places,
`Triggerable` and `Readable` for a hop, `Flyable` for a whole scan.
"""

from __future__ import annotations

from seccm.devices.flying import ScanFlyer
from seccm.devices.hopping import Hop, Instrument, Place
from seccm.devices.status import DeviceStatus

__all__ = ["DeviceStatus", "Hop", "Instrument", "Place", "ScanFlyer"]
