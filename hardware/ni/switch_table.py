"""The table `[switch]` of a rig file: what connects the cell to the channels of an array."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from seccm.quantities import Duration, Model
from seccm.rig import SwitchInfo

LINE = r"^port\d+/line\d+$"
Line = Annotated[str, Field(pattern=LINE, examples=["port0/line3", "port0/line4"])]
Label = Annotated[str, Field(min_length=1)]
Levels = Annotated[str, Field(pattern=r"^[01]+$", examples=["00", "01"])]


class SwitchConfig(Model):
    """What connects the channels: a relay for each, or a multiplexer with an address."""

    seconds: Annotated[Duration, Field(gt=0, le=10)] = 10e-3
    """What it takes to open or to close a contact for sure."""
    relays: Annotated[dict[Label, Line], Field(default_factory=dict)]
    """The line of the relay of each channel, by its label; high closes it."""
    address: tuple[Line, ...] = ()
    """Lines of the address of a multiplexer, in the place of relays."""
    enable: Line | None = None
    """High connects the channel that is addressed, low none."""
    channels: Annotated[dict[Label, Levels], Field(default_factory=dict)]
    """The address of each channel, by its label: 0 is low, 1 is high, in the order of the lines."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.relays) == bool(self.address):
            raise ValueError("needs either relays, or the address of a multiplexer")
        if self.relays and (self.channels or self.enable is not None):
            raise ValueError("channels and enable belong to a multiplexer, which has an address")
        if self.address and (self.enable is None or not self.channels):
            raise ValueError("a multiplexer needs enable, and the address of each of its channels")
        wrong = [label for label, levels in self.channels.items()
                 if len(levels) != len(self.address)]  # fmt: skip
        if wrong:
            raise ValueError(f'the address of "{wrong[0]}" must have {len(self.address)} levels')
        if len(set(self.channels.values())) < len(self.channels):
            raise ValueError("two channels have the same address")
        return self

    def info(self) -> SwitchInfo:
        """Return what the rig says of it."""
        return SwitchInfo(tuple(self.relays or self.channels), self.seconds)

    def lines(self) -> dict[str, str]:
        """Return every line by the key that names it."""
        found = {f"switch.relays.{label}": line for label, line in self.relays.items()}
        found |= {f"switch.address[{k}]": line for k, line in enumerate(self.address)}
        return found if self.enable is None else {**found, "switch.enable": self.enable}
