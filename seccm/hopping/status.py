"""What is known of a run at a moment, for whoever looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seccm.events import Outcome, Phase
from seccm.hopping.life import State


@dataclass(frozen=True, slots=True)
class Status:
    """A snapshot of a run, safe to pass to any thread."""

    state: State
    row: int
    """The sample clock."""
    site: int | None
    """Number of the active site."""
    phase: Phase
    step: int
    finished: int
    """Sites closed in this run."""
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    waiting: str = ""
    """That the run is paused or suspended, and why, in a sentence; empty when it is not."""
    thinking: str = ""
    """That the run waits for its planner, in a sentence; empty when it does not."""
