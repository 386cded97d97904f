"""The life of a run: its states, what can be asked of it, and one table for both.

    idle --start--> running --(sites exhausted)--> done
    running --pause--> pausing --(site over)--> paused --resume--> running
    running --(a signal past its limit, site over)--> suspended --(back, or resume)--> running
    suspended --pause--> pausing --> paused
    running, pausing --stop--> stopping --(site over)--> done
    any of these --halt, emergency--> done          any of these --(rig failed)--> fault

The engine, the command line and the buttons of the window all read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where the run is in its life."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    """As paused, until a signal of the rig is back within its limit."""
    STOPPING = "stopping"
    DONE = "done"
    FAULT = "fault"


class Request(StrEnum):
    """What an operator can ask of a run."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    STOP = "stop"
    HALT = "halt"
    EMERGENCY = "emergency"


S, R = State, Request
AT_ONCE: Mapping[Request, State] = {R.HALT: S.DONE, R.EMERGENCY: S.DONE}
"""What takes effect with the next block whatever the hop is about."""
MOVES: Mapping[State, Mapping[Request, State]] = {
    S.IDLE: {R.START: S.RUNNING, R.STOP: S.DONE, **AT_ONCE},
    S.RUNNING: {R.PAUSE: S.PAUSING, R.SKIP: S.RUNNING, R.STOP: S.STOPPING, **AT_ONCE},
    S.PAUSING: {R.RESUME: S.RUNNING, R.SKIP: S.PAUSING, R.STOP: S.STOPPING, **AT_ONCE},
    S.PAUSED: {R.RESUME: S.RUNNING, R.STOP: S.DONE, **AT_ONCE},
    S.SUSPENDED: {R.RESUME: S.RUNNING, R.PAUSE: S.PAUSING, R.STOP: S.DONE, **AT_ONCE},
    S.STOPPING: AT_ONCE,
    S.DONE: {R.EMERGENCY: S.DONE},
    S.FAULT: {},
}


def possible(state: State) -> frozenset[Request]:
    """Return what can be asked of a run that goes on, beside what takes effect at once."""
    return frozenset(MOVES[state]) - {Request.START, *AT_ONCE}
