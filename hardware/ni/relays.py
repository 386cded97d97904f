"""Relays or a multiplexer between the cell and the channels of an electrode array."""

from __future__ import annotations

from hardware.ni.lines import Lines
from hardware.ni.switch_table import SwitchConfig


class Relays:
    """Sets the lines of a switch; no two channels are ever connected together.

    Args:
        config: the table `[switch]`.
    """

    def __init__(self, config: SwitchConfig) -> None:
        self._config = config
        self.connected = ""
        """The label of the channel that is connected; empty for none."""

    def leave(self, lines: Lines) -> None:
        """Connect none.

        Raises:
            RigError: the driver refuses.
        """
        if self._config.enable is not None:
            lines.set(self._config.enable, high=False)
        for line in self._config.relays.values():
            lines.set(line, high=False)
        self.connected = ""

    def connect(self, channel: str, lines: Lines) -> None:
        """Connect a channel, after every other one was left.

        Raises:
            RigError: the driver refuses.
        """
        if channel == self.connected and channel:
            return
        self.leave(lines)
        if not channel:
            return
        # Said before it is so: what fails half way is left again.
        self.connected = channel
        if self._config.enable is None:
            lines.set(self._config.relays[channel], high=True)
            return
        levels = self._config.channels[channel]
        for line, level in zip(self._config.address, levels, strict=True):
            lines.set(line, high=level == "1")
        lines.set(self._config.enable, high=True)
