"""Where a virtual device of another maker finds the world of the rig that it stands beside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seccm.rig import Rig


def world_of(beside: Rig) -> Callable[[], Any] | None:
    """Return what gives the world of a simulated rig once that is open; None if it has none.

    What is given has `connect_instrument` and `connect_controller`.
    """
    rig: Any = getattr(beside, "rig", beside)  # that a pace slows down
    plugs = hasattr(type(rig), "plugged") or hasattr(rig, "plugged")
    if not beside.info.virtual or not (plugs or hasattr(rig, "connect_instrument")):
        return None
    return lambda: rig.plugged if plugs else rig
