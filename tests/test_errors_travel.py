"""Errors come from other processes as they are, whatever they are made of."""

from __future__ import annotations

import copy
import pickle

import pytest

from seccm.errors import (
    ContactError,
    DamagedError,
    DriverError,
    NotNow,
    PlanError,
    Problem,
    RigError,
    SeccmError,
)

EACH = [
    SeccmError("a"),
    PlanError("a.toml", [Problem("sites", "is missing.", "Write it.")]),
    DamagedError("damaged"),
    NotNow("pause", "idle", ["start"]),
    RigError("stalled-read", "card", "no data points for 2 s.", "Look at the cable."),
    DriverError("-200284", "Dev1", "read timed out."),
    ContactError("no-contact", "nothing was met."),
]


@pytest.mark.parametrize("error", EACH, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_it_travelled(error: SeccmError) -> None:
    for came in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(came) is type(error)
        assert str(came) == str(error)
        assert came.args == error.args
        assert vars(came) == vars(error)
