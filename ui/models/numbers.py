"""The newest numbers of a rig, and how old they are: old ones must not pass for present ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seccm.remote import News
from seccm.rig import Signal
from seccm.typography import readable
from seccm.units import show
from ui.models.run_state import BY_HAND, STALE, RunState
from ui.models.showing import Showing


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was measured last; SI, potentials raw."""

    values: Mapping[str, float] = field(default_factory=dict)
    """By channel; empty while no rig is in use: nothing is known of one that is not connected."""
    commanded: Mapping[str, float] = field(default_factory=dict)
    """Where axes were told to go manually."""
    age: float = 0.0
    """Seconds since they were measured."""
    lost: bool = False
    """Whether there will be no newer ones."""

    @classmethod
    def of(cls, news: News | None, run: RunState) -> Numbers:
        """Judge by the news.

        Args:
            news: the newest.
            run: what the rig is used for; of one that was lost the last numbers stay, as old ones.
        """
        progress = news.progress if news is not None else None
        in_use = run.doing in (*BY_HAND, "scan") or bool(run.lost)
        if news is None or progress is None or not in_use:
            return cls()
        commanded = {str(axis): to for axis, to in progress.commanded.items()}
        values = {str(k): v for k, v in progress.now.items()}
        return cls(values, commanded, news.stale, lost=bool(run.lost))

    def around(self, signals: Sequence[Signal]) -> str:
        """Say what surrounds the cell: "humidity 1.2 ppm · temperature 24 °C"; empty if unknown.

        Args:
            signals: of the rig, those of the surroundings.
        """
        shown = []
        for signal in signals:
            value = self.values.get(signal.name)
            if value is not None:
                known = math.isfinite(value)
                words = readable(show(value, signal.unit, 3)) if known else "no number"
                shown.append(f"{signal.words} {words}")
        return " · ".join(shown)

    @property
    def stale(self) -> bool:
        """Whether they are old."""
        return self.lost or self.age > STALE

    def caption(self, name: str) -> str:
        """Return what stands above a number: what it is and, of an old one, how old it is."""
        return f"{name} · {self.age:.0f} s old" if self.stale and self.values else name


def seen(value: float | None, name: str, showing: Showing, offset: float) -> float | None:
    """Return a number in the convention and against the reference that are shown.

    Args:
        value: SI, raw.
        name: of its channel.
        showing: convention and reference.
        offset: turns raw potentials into those of the plan, volts.
    """
    if value is None or name not in ("potential", "current"):
        return value
    if name == "current":
        return showing.sign * value
    return value + offset + (showing.shift if showing.other else 0.0)
