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
