"""What can be asked of a run from the command line."""

from enum import StrEnum


class Verb(StrEnum):
    """What can be asked of a run."""

    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    STOP = "stop"
    HALT = "halt"
    EMERGENCY = "emergency"
    PIN = "pin"
    ADD = "add"
    FORBID = "forbid"
    ALLOW = "allow"

    @property
    def instructs(self) -> bool:
        """Whether it is about the sites to come of a run with a planner: it names a place."""
        return self in (Verb.PIN, Verb.ADD, Verb.FORBID, Verb.ALLOW)
