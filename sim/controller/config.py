"""What a virtual controller is like; every key is optional."""

from __future__ import annotations

from pydantic import Field

from seccm.quantities import Duration, Model


class VirtualControllerConfig(Model):
    """A virtual controller on a serial port."""

    latency: Duration = Field(12e-3, ge=0)
    """From an order until the stage obeys it."""
    jitter: Duration = Field(4e-3, ge=0)
    """That an order may take longer, at most."""
    lost_at: Duration | None = None
    """When its cable comes off, in time of the rig; never without."""
    silent_at: Duration | None = None
    """From when on it answers nothing."""
    garbled_at: Duration | None = None
    """From when on bytes of its answers are wrong."""
    refuses_at: Duration | None = None
    """When it reports an error."""
    slow_at: Duration | None = None
    """From when on an order takes twenty times as long."""
